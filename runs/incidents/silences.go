package incidents

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"gonogo/clients/alertmanager"
	"gonogo/phrase"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Silencer is an Alertmanager in which alerts are silenced.
type Silencer interface {
	Look(ctx context.Context) (*alertmanager.Look, error)
	Silences(ctx context.Context) ([]alertmanager.Silence, error)
	Create(ctx context.Context, s alertmanager.NewSilence) (id string, err error)
	Expire(ctx context.Context, id string) error
	Host() string
}

var _ Silencer = (*alertmanager.Client)(nil)

// SilenceOptions configures Silences.
type SilenceOptions struct {
	Ledger  *storage.Ledger
	Sources []Silencer // all Alertmanagers that send alerts
	Now     func() time.Time
	Log     *slog.Logger
}

// Silences keeps the silences that people ask for in each Alertmanager.
//
//	SilenceAsked ──▶ look for its mark ──▶ SilenceIntended ──▶ POST ──▶ SilenceWritten
//	SilenceEndAsked, in force ─ look ────▶ SilenceIntended ──▶ DELETE ─▶ SilenceGone
//	in force ── each 30 s: look ── it isn't there before its time ────▶ SilenceGone, lost
//
// Creating a silence twice makes two, so each has a mark in its comment, and nothing is
// written without a look at the silences before. After a crash or a lost response the look
// tells whether it was created. One that is lost isn't created again: somebody may have
// ended it on purpose. At its time, Alertmanager ends it by itself.
//
// Each Alertmanager has a goroutine, so that one that doesn't respond delays no other.
type Silences struct{ opts SilenceOptions }

// NewSilences returns Silences; it starts nothing.
func NewSilences(opts SilenceOptions) *Silences { return &Silences{opts: opts} }

const (
	silenceTimeout = 10 * time.Second // for one request
	// peerDelay is how long an Alertmanager may take to tell its peers of a silence. Each
	// of them is told only if it doesn't know of it by then.
	peerDelay      = 5 * time.Second
	lastSilenceTry = time.Minute // between two attempts
)

// Run keeps silences until ctx ends.
func (s *Silences) Run(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	for i, source := range s.opts.Sources {
		one := &silencing{SilenceOptions: s.opts, source: source, turn: time.Duration(i) * peerDelay}
		all.Go(func() error { return one.run(ctx) })
	}
	return all.Wait()
}

// silencing keeps silences in one Alertmanager.
type silencing struct {
	SilenceOptions
	source Silencer
	turn   time.Duration // how long after a silence was asked for this one is told
	looked time.Time     // when it was asked last
	wait   retry.Backoff // after it didn't respond
}

func (s *silencing) run(ctx context.Context) error {
	changes, stop := s.Ledger.Watch()
	defer stop()
	for {
		idleTime := s.round(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
		case <-time.After(max(idleTime, time.Second)):
		}
	}
}

// open lists the silences that concern this Alertmanager, the oldest first. due reports
// whether it has to be told of one.
func (s *silencing) open() (all []history.Silence, due bool) {
	now := s.Now()
	for _, x := range s.Ledger.State().Silences {
		at := x.Sources[s.source.Host()]
		written := at.ID != "" && !at.Gone
		if at.Refused || at.Lost || !now.Before(x.Until) || !x.Wanted(now) && !at.Intended && !written {
			continue
		}
		all = append(all, x)
		due = due || x.Wanted(now) != written
	}
	slices.SortFunc(all, func(a, b history.Silence) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return all, due
}

// round does what is due, and says how long to wait if the ledger doesn't change.
func (s *silencing) round(ctx context.Context) time.Duration {
	open, due := s.open()
	now := s.Now()
	switch {
	case len(open) == 0:
		return time.Minute
	case s.wait.Until.After(now):
		return s.wait.Until.Sub(now)
	case !due && s.looked.Add(lookEvery).After(now):
		return s.looked.Add(lookEvery).Sub(now)
	}
	s.looked = now
	if err := s.settleAll(ctx, open); err != nil && ctx.Err() == nil {
		s.wait.Grow(now, firstRetry, lastSilenceTry)
		return s.wait.Until.Sub(now)
	}
	s.wait = retry.Backoff{}
	if due {
		return peerDelay
	}
	return lookEvery
}

// settleAll looks at the silences of the Alertmanager, and brings those of gonogo in line.
func (s *silencing) settleAll(ctx context.Context, open []history.Silence) error {
	bounded, cancel := context.WithTimeout(ctx, silenceTimeout)
	defer cancel()
	listed, err := s.source.Silences(bounded)
	for _, x := range open {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.delayed(ctx, x, err)
		default:
			err = s.settle(ctx, x, marked(listed, x.ID))
		}
	}
	return err
}

// mark is what the comment of a silence has.
func mark(id string) string { return "gonogo silence " + id }

// marked are the silences in force that have a mark: several, if a request that seemed
// lost arrived late.
func marked(all []alertmanager.Silence, id string) []alertmanager.Silence {
	return slices.DeleteFunc(slices.Clone(all), func(s alertmanager.Silence) bool { return !s.InForce() || !strings.Contains(s.Comment, mark(id)) })
}

// settle brings one silence in line, of which the Alertmanager has these.
func (s *silencing) settle(ctx context.Context, x history.Silence, has []alertmanager.Silence) error {
	at := x.Sources[s.source.Host()]
	switch {
	case !x.Wanted(s.Now()):
		return s.end(ctx, x, has)
	case len(has) > 0:
		if at.ID != has[0].ID || !at.Until.Equal(has[0].Ends) || at.Problem != "" {
			return s.record(ctx, event.SilenceWritten{ID: x.ID, Source: s.source.Host(), Silence: has[0].ID, Until: has[0].Ends})
		}
		return nil
	case at.ID != "":
		return s.record(ctx, event.SilenceGone{ID: x.ID, Source: s.source.Host(), Lost: true})
	case s.peerTold(x):
		return nil
	}
	return s.create(ctx, x)
}

// peerTold reports whether another Alertmanager is told of the silence first, and may be
// about to tell this one.
func (s *silencing) peerTold(x history.Silence) bool {
	if s.Now().Sub(x.At) < s.turn {
		return true
	}
	for host, at := range x.Sources {
		if host != s.source.Host() && at.ID != "" && s.Now().Sub(at.At) < peerDelay {
			return true
		}
	}
	return false
}

// create creates a silence with the labels that the Alertmanager itself has for the alert:
// the ledger's may be shortened, and would silence others too.
func (s *silencing) create(ctx context.Context, x history.Silence) error {
	bounded, cancel := context.WithTimeout(ctx, silenceTimeout)
	defer cancel()
	look, err := s.source.Look(bounded)
	if err != nil {
		return s.delayed(ctx, x, err)
	}
	alert := look.Find(x.Fingerprint)
	if alert == nil {
		return s.record(ctx, event.SilenceDelayed{ID: x.ID, Source: s.source.Host(), Problem: "Alertmanager doesn't have this alert any more", Refused: true})
	}
	if ok, err := s.intend(ctx, x, false); !ok {
		return err
	}
	id, err := s.source.Create(bounded, alertmanager.NewSilence{Labels: alert.Labels, Starts: s.Now().Add(-time.Hour), Ends: x.Until, By: "gonogo", Comment: "Silenced from its card in Slack (" + mark(x.ID) + ")"})
	if err != nil {
		return s.delayed(ctx, x, err)
	}
	return s.record(ctx, event.SilenceWritten{ID: x.ID, Source: s.source.Host(), Silence: id, Until: x.Until})
}

// end ends a silence before its time.
func (s *silencing) end(ctx context.Context, x history.Silence, has []alertmanager.Silence) error {
	if len(has) > 0 {
		if ok, err := s.intend(ctx, x, true); !ok {
			return err
		}
	}
	for _, one := range has {
		bounded, cancel := context.WithTimeout(ctx, silenceTimeout)
		err := s.source.Expire(bounded, one.ID)
		cancel()
		if err != nil {
			return s.delayed(ctx, x, err)
		}
	}
	return s.record(ctx, event.SilenceGone{ID: x.ID, Source: s.source.Host()})
}

// intend records that a write is about to be made; ok is false if it no longer is to be.
func (s *silencing) intend(ctx context.Context, x history.Silence, ends bool) (ok bool, err error) {
	_, err = s.Ledger.Update(ctx, func(state *history.State, now time.Time) ([]event.Event, error) {
		current, known := state.Silences[x.ID]
		if ok = known && current.Wanted(now) != ends; !ok {
			return nil, nil
		}
		return []event.Event{event.SilenceIntended{ID: x.ID, Source: s.source.Host(), Ends: ends}}, nil
	})
	return ok && err == nil, err
}

// delayed records why a silence could not be seen to, once, and returns the error if it is
// to be tried again.
func (s *silencing) delayed(ctx context.Context, x history.Silence, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var refused *alertmanager.Refused
	is := errors.As(err, &refused)
	e := event.SilenceDelayed{ID: x.ID, Source: s.source.Host(), Problem: phrase.ShortenAtWord(err.Error(), mostWords), Refused: is}
	if at := x.Sources[s.source.Host()]; at.Problem != e.Problem || at.Refused != is {
		s.Log.Warn("a silence couldn't be seen to", "silence", x.ID, "alertmanager", s.source.Host(), "error", err)
		if failed := s.record(ctx, e); failed != nil {
			return failed
		}
	}
	if is {
		return nil
	}
	return err
}

func (s *silencing) record(ctx context.Context, e event.Event) error {
	_, err := s.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) { return []event.Event{e}, nil })
	if err != nil && ctx.Err() == nil {
		s.Log.Error("couldn't record what became of a silence", "error", err)
	}
	return err
}
