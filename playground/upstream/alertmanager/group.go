package alertmanager

import (
	"context"
	"time"
)

// group is the alerts that are told together.
type group struct {
	key      string
	labels   map[string]string
	alerts   map[string]bool // by fingerprint
	due      time.Time       // the next flush
	flushing bool
	told     record
}

// record is what the receiver knows: the last post that it accepted.
type record struct {
	at               time.Time // zero: none
	firing, resolved map[string]bool
}

// flush posts what a group has to tell, and notes that it was told. Only the
// flush that is under way touches what the group has told.
func (a *Alertmanager) flush(ctx context.Context, g *group) {
	now := a.opts.Now()
	all := a.ofGroup(g, now)
	told := g.told
	if heard := a.audible(all, now); told.misses(heard, now, a.opts.RepeatInterval) {
		ctx, stop := context.WithTimeout(ctx, max(a.opts.GroupInterval, shortest))
		err := a.post(ctx, g, heard)
		stop()
		if err != nil {
			a.opts.Log.Warn("the practice Alertmanager could not post", "group", g.key, "error", err)
			a.settle(g, nil)
			return
		}
		told = newRecord(heard, now)
	}
	g.told = told
	a.settle(g, all)
}

// shortest is the least time that a post gets with its repetitions
// (notify.MinTimeout in Alertmanager's sources).
const shortest = 10 * time.Second

// ofGroup copies the group's alerts. Like the Alertmanager it shows no end of
// an alert that fires.
func (a *Alertmanager) ofGroup(g *group, now time.Time) []alert {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []alert
	for fingerprint := range g.alerts {
		one := *a.alerts[fingerprint]
		if !one.resolved(now) {
			one.EndsAt = time.Time{}
		}
		all = append(all, one)
	}
	return sorted(all)
}

// audible are the alerts that nobody has silenced.
func (a *Alertmanager) audible(all []alert, now time.Time) []alert {
	a.mu.Lock()
	defer a.mu.Unlock()
	var heard []alert
	for _, one := range all {
		if len(a.silencing(one.Labels, now)) == 0 {
			heard = append(heard, one)
		}
	}
	return heard
}

// settle ends a flush. Resolved alerts that were dealt with, and have not come
// back meanwhile, are forgotten, and a group with none left is, too.
func (a *Alertmanager) settle(g *group, dealt []alert) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range dealt {
		known := a.alerts[one.fingerprint]
		if !one.EndsAt.IsZero() && known.updated.Equal(one.updated) {
			delete(g.alerts, one.fingerprint)
			delete(a.alerts, one.fingerprint)
		}
	}
	if g.flushing = false; len(g.alerts) == 0 {
		delete(a.groups, g.key)
	}
	a.look()
}

func newRecord(alerts []alert, now time.Time) record {
	r := record{now, map[string]bool{}, map[string]bool{}}
	for _, one := range alerts {
		if one.EndsAt.IsZero() {
			r.firing[one.fingerprint] = true
		} else {
			r.resolved[one.fingerprint] = true
		}
	}
	return r
}

// misses reports whether the receiver has to be told of the alerts
// (DedupStage.needsUpdate in
// https://github.com/prometheus/alertmanager/blob/main/notify/notify.go).
func (r record) misses(alerts []alert, now time.Time, repeat time.Duration) bool {
	is := newRecord(alerts, now)
	switch {
	case len(alerts) == 0:
		return false
	case r.at.IsZero():
		return len(is.firing) > 0
	case !within(is.firing, r.firing):
		return true
	case len(is.firing) == 0:
		return len(r.firing) > 0
	case !within(is.resolved, r.resolved):
		return true
	}
	return now.Sub(r.at) >= repeat
}

func within(some, all map[string]bool) bool {
	for one := range some {
		if !all[one] {
			return false
		}
	}
	return true
}
