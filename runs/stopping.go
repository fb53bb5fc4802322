package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
)

// The reasons for which a run is not cancelled.
var (
	ErrNotRunning = errors.New("that run is not under way")                                           // it has ended, or never was
	ErrBegun      = errors.New("a rollback that has begun can't be cancelled; choose Keep or Return") // the platform is working on it
)

// ErrStopUnrecorded says that a run is stopped although that couldn't be recorded: its
// gates and programs are cut off, and who stopped it is recorded once the ledger can be
// written. If gonogo ends before that, the run wasn't stopped.
var ErrStopUnrecorded = errors.New("the run is stopped, but this is not recorded yet")

// Cancel stops a run on a person's word. The gates under way are cut off.
func (r *Runs) Cancel(ctx context.Context, key, run, by string) error {
	return r.CancelAsOf(ctx, key, run, by, time.Time{})
}

// CancelAsOf is Cancel for a person whose roles are known as of an earlier time; a zero
// time means now.
func (r *Runs) CancelAsOf(ctx context.Context, key, run, by string, asOf time.Time) error {
	asked := event.RunCancelAsked{Run: run, By: by, MembershipAsOf: asOf}
	_, err := r.opts.Ledger.Once(ctx, key, func(s *history.State, _ time.Time) ([]event.Event, error) {
		if err := cancellable(s.Runs[run]); err != nil {
			return nil, err
		}
		return []event.Event{asked}, nil
	})
	if errors.Is(err, storage.ErrUnwritten) && r.stopUnrecorded(asked) {
		err = fmt.Errorf("%w: %w", ErrStopUnrecorded, err)
	} else if err != nil {
		return err
	}
	r.cut(run)
	return err
}

// cancellable says why a run is not cancelled, or nil.
func cancellable(run *work.Run) error {
	switch {
	case run == nil || !run.Open():
		return ErrNotRunning
	case run.Begun():
		return ErrBegun
	}
	return nil
}

// stopUnrecorded remembers that a person stops a run that is under way here. A
// rollback is not stopped like that: whether it has begun is for the ledger to say.
func (r *Runs) stopUnrecorded(asked event.RunCancelAsked) bool {
	run := r.opts.Ledger.State().Runs[asked.Run]
	if cancellable(run) != nil || run.What == work.Rollback {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancels[run.ID] == nil {
		return false
	}
	r.stops[run.ID] = asked
	return true
}

// recordStop records who stopped a run, if that is still to be recorded.
func (r *Runs) recordStop(id string) error {
	r.mu.Lock()
	asked, pending := r.stops[id]
	r.mu.Unlock()
	if !pending {
		return nil
	}
	_, err := r.opts.Ledger.Update(context.Background(), func(s *history.State, _ time.Time) ([]event.Event, error) {
		if run := s.Runs[id]; cancellable(run) != nil || run.CancelAsked {
			return nil, nil
		}
		return []event.Event{asked}, nil
	})
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.stops, id)
	}
	return err
}

// cancelAsked reports whether a person wants a run to stop.
func (r *Runs) cancelAsked(id string) bool {
	run := r.opts.Ledger.State().Runs[id]
	r.mu.Lock()
	defer r.mu.Unlock()
	_, pending := r.stops[id]
	return pending || run != nil && run.CancelAsked
}

// cut ends the work of a run that is under way here, if it is.
func (r *Runs) cut(run string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel := r.cancels[run]; cancel != nil {
		cancel()
	}
}
