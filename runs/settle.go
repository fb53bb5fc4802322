package runs

import (
	"context"
	"fmt"
	"time"

	"gonogo/deploy"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// SettleRequest asks to end the pin that a rollback left.
type SettleRequest struct {
	Key         string
	Environment string
	Choice      string // work.ChooseKeep or work.ChooseReturn
	Reason      string // why the version that was left may be live again
	By, Channel string
	Deputy      string // role for which By acts as a deputy; empty: as a holder
}

// Settle starts a run that ends the pin which an earlier rollback left without a
// decision, or which somebody made on the platform.
func (r *Runs) Settle(ctx context.Context, req SettleRequest) (id string, err error) {
	env, ok := r.opts.Environments[req.Environment]
	if !ok {
		return "", ErrNoStrategy
	}
	pinner, ok := env.Pinner()
	if !ok {
		return "", ErrNotPinned
	}
	id = runID(req.Key)
	now, err := r.Current(ctx, req.Environment)
	if err != nil {
		r.opts.Log.Warn("pin to be ended without a look at the platform", "environment", req.Environment, "error", err)
	}
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *history.State, at time.Time) ([]event.Event, error) {
		if under := s.Changing(req.Environment); under != nil {
			return nil, AlreadyRunning{under}
		}
		change := pinnedChange(s, env.Name, pinner, now)
		if change == nil || req.Choice == work.ChooseReturn && change.From.Version == "" {
			return nil, ErrNotPinned
		}
		change.Settles, change.Deputy = req.Choice, req.Deputy
		title := fmt.Sprintf("%s: keep %s", req.Environment, change.To.Version)
		if req.Choice == work.ChooseReturn {
			title = fmt.Sprintf("%s: return to %s", req.Environment, change.From.Version)
		}
		events := r.returning(s, at, change, event.RunAnswered{Choice: req.Choice, By: req.By, Reason: req.Reason, Deputy: req.Deputy})
		return append(events, starting(env, event.RunStarted{Run: id, What: work.Rollback, Title: title,
			Release: s.Open, By: req.By, Channel: req.Channel, Change: change})...), nil
	})
	if err != nil {
		return "", err
	}
	if !receipt.Repeat {
		r.launch(id, false)
	}
	return id, nil
}

// pinnedChange is the change behind a pin, or nil if none is known. now is what the
// platform says; empty if it says nothing.
func pinnedChange(s *history.State, environment string, pinner deploy.Pinner, now deploy.Current) *work.Change {
	if !now.Pinned() && !s.Pinned(environment) {
		return nil
	}
	last := s.LastRollback(environment)
	if last != nil {
		if pin := pinner.EarlierPin(last); pin != nil && (!now.Pinned() || now.Live.Version == pin.To.Version) {
			return &work.Change{Environment: environment, From: knownBuild(s, pin.From), To: knownBuild(s, pin.To)}
		}
	}
	if last != nil && (!now.Pinned() || now.Live.Version == last.Change.To.Version) {
		return &work.Change{Environment: environment, From: last.Change.From, To: last.Change.To, Rehearsal: last.Change.Rehearsal}
	}
	change := &work.Change{Environment: environment, To: knownBuild(s, now.Live)}
	if now.Pinned() {
		change.From = knownBuild(s, now.Pin.From)
	}
	if change.From.Version != "" {
		return change
	}
	if live := s.Live[environment].Build; live.Version != now.Live.Version {
		change.From = live
	}
	return change
}

// returning lifts the hold on the version that a rollback left, if a person returns to
// that.
func (r *Runs) returning(s *history.State, now time.Time, c *work.Change, given event.RunAnswered) []event.Event {
	if c == nil || given.Choice != work.ChooseReturn {
		return nil
	}
	var events []event.Event
	view := readiness.View{Checklist: r.opts.Checklist, State: s, Now: now}
	for _, h := range view.HoldsOf(c.Environment, c.From.Version) {
		if h.Kind == event.HeldByReturn && h.Environment == c.Environment && h.Lift == nil {
			events = append(events, event.HoldLifted{Hold: h.Kind, Environment: h.Environment, Claim: h.Claim, Version: h.Version, By: given.By, Reason: given.Reason, Deputy: given.Deputy})
		}
	}
	return events
}
