package alertmanager

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options say how alerts are grouped and where they are posted.
type Options struct {
	URL      string        // where it is reached from outside, without a slash at its end
	Receiver string        // what the receiver is called
	Webhook  func() string // where to post; "" is a receiver that cannot be reached
	Token    string        // sent as a bearer token; empty: none

	GroupBy        []string      // names of labels
	GroupWait      time.Duration // from a group's first alert to its first post
	GroupInterval  time.Duration // between two flushes of a group
	RepeatInterval time.Duration // until an unchanged group is posted again

	Client *http.Client     // nil: http.DefaultClient
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: nothing is logged
}

// Alertmanager is one Alertmanager with one route.
type Alertmanager struct {
	opts    Options
	started time.Time
	wake    chan struct{} // has one element when Run should look at what is due

	mu       sync.Mutex // guards what follows
	alerts   map[string]*alert
	groups   map[string]*group
	silences map[string]*Silence
}

// New makes an Alertmanager and starts nothing.
func New(opts Options) *Alertmanager {
	if opts.Client == nil {
		opts.Client = http.DefaultClient
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Alertmanager{
		opts: opts, started: opts.Now(), wake: make(chan struct{}, 1),
		alerts: map[string]*alert{}, groups: map[string]*group{}, silences: map[string]*Silence{},
	}
}

// Receive takes alerts as a Prometheus sends them. An alert that is known
// keeps the moment it began.
func (a *Alertmanager) Receive(alerts ...Alert) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range alerts {
		a.take(one)
	}
	a.look()
}

// Fire begins an alert that goes on until it is resolved.
func (a *Alertmanager) Fire(one Alert) {
	one.EndsAt = time.Time{}
	a.Receive(one)
}

// Resolve ends the alert with these labels now, if it is there.
func (a *Alertmanager) Resolve(one Alert) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.opts.Now()
	if known := a.alerts[fingerprint(one.Labels)]; known != nil && !known.resolved(now) {
		known.EndsAt, known.updated = now, now
	}
	a.look()
}

// take stores an alert and puts it into its group. The caller holds the lock.
func (a *Alertmanager) take(one Alert) {
	now := a.opts.Now()
	if one.StartsAt.IsZero() {
		one.StartsAt = now
	}
	taken := &alert{Alert: one, fingerprint: fingerprint(one.Labels), updated: now}
	if known := a.alerts[taken.fingerprint]; known != nil && !known.resolved(now) && known.StartsAt.Before(one.StartsAt) {
		taken.StartsAt = known.StartsAt
	}
	a.alerts[taken.fingerprint] = taken
	labels := taken.only(a.opts.GroupBy)
	key := groupKey(labels)
	g := a.groups[key]
	if g == nil {
		g = &group{key: key, labels: labels, alerts: map[string]bool{}, due: a.firstFlush(taken, now)}
		a.groups[key] = g
	}
	g.alerts[taken.fingerprint] = true
}

// firstFlush is when a new group is posted: at once if its first alert has
// been firing for longer than the wait.
func (a *Alertmanager) firstFlush(first *alert, now time.Time) time.Time {
	if first.StartsAt.Add(a.opts.GroupWait).Before(now) {
		return now
	}
	return now.Add(a.opts.GroupWait)
}

// look makes Run see what is due.
func (a *Alertmanager) look() {
	select {
	case a.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run posts what is due until ctx ends, and returns when no post is under way.
func (a *Alertmanager) Run(ctx context.Context) error {
	var flushes sync.WaitGroup
	defer flushes.Wait()
	for {
		timer := time.NewTimer(a.startDue(func(g *group) {
			flushes.Go(func() { a.flush(ctx, g) })
		}))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-a.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// idle is how long Run rests when there is no group.
const idle = time.Hour

// startDue begins the flushes that are due, and gives the time until the next.
// A group whose flush is still under way is looked at when that is over.
func (a *Alertmanager) startDue(start func(*group)) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, wait := a.opts.Now(), idle
	for _, key := range slices.Sorted(maps.Keys(a.groups)) {
		g := a.groups[key]
		if g.flushing {
			continue
		}
		if !g.due.After(now) {
			g.flushing, g.due = true, now.Add(a.opts.GroupInterval)
			start(g)
			continue
		}
		wait = min(wait, g.due.Sub(now))
	}
	return wait
}
