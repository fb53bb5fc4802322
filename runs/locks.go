package runs

import (
	"context"
	"log/slog"
	"time"

	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// How long people have.
const (
	RemindOfLock = 4 * time.Hour    // after which whoever holds a lock is reminded of it, again and again
	OfferLasts   = 15 * time.Minute // after which the next in line is told that an environment is free, if it still is
)

// Locks ends people's locks at their time, reminds those who hold one, and tells the next
// in line when an environment is free. What follows from a lock's time is in the state
// without it: a lock that is over holds nothing, also while gonogo is down.
type Locks struct {
	Ledger    *storage.Ledger
	Checklist *checklist.Checklist
	Now       func() time.Time
	Log       *slog.Logger
}

// Run sees to the locks until ctx ends.
func (l Locks) Run(ctx context.Context) error {
	changes, stop := l.Ledger.Watch()
	defer stop()
	for ctx.Err() == nil {
		wait := time.Minute
		for _, env := range l.Checklist.Environments {
			wait = min(wait, l.round(ctx, env.Name))
		}
		select {
		case <-ctx.Done():
		case <-changes:
		case <-time.After(max(wait, time.Millisecond)):
		}
	}
	return nil
}

// round does what is due on an environment, and says how long to wait if the ledger
// doesn't change.
func (l Locks) round(ctx context.Context, environment string) time.Duration {
	due, wait := dueOn(l.Ledger.State(), l.Now(), environment)
	if due == nil {
		return wait
	}
	_, err := l.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		if due, _ := dueOn(s, now, environment); due != nil {
			return []event.Event{due}, nil
		}
		return nil, nil
	})
	if err != nil && ctx.Err() == nil {
		l.Log.Error("a lock could not be seen to", "environment", environment, "error", err)
		return startAgain
	}
	return startAgain // the ledger's clock may be a little behind
}

// dueOn is what has to be recorded of an environment's lock and queue now; nil: nothing
// for as long as wait says.
func dueOn(s *history.State, now time.Time, environment string) (due event.Event, wait time.Duration) {
	lock, locked := s.Locks[environment]
	switch {
	case locked && lock.Run == "" && lock.Claim != history.PinClaim(environment):
		if lock.Over(now) {
			return event.EnvironmentUnlocked{Environment: environment, Claim: lock.Claim, Expired: true}, 0
		}
		last := lock.At
		if lock.Reminded.After(last) {
			last = lock.Reminded
		}
		if wait = last.Add(RemindOfLock).Sub(now); wait <= 0 {
			return event.LockReminded{Environment: environment, Claim: lock.Claim}, 0
		}
		if !lock.Until.IsZero() {
			wait = min(wait, lock.Until.Sub(now))
		}
		return nil, wait
	case locked:
		return nil, time.Minute
	}
	q := s.Queues[environment]
	if len(q.Waiting) == 0 || !s.Free(environment, now) {
		return nil, time.Minute
	}
	if wait = q.Offered.Add(OfferLasts).Sub(now); wait > 0 {
		return nil, wait
	}
	return event.EnvironmentOffered{Environment: environment, To: q.Waiting[0].By}, 0
}
