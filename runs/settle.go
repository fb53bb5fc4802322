package runs

import (
	"context"
	"fmt"
	"time"

	"gonogo/deploy"
	"gonogo/readiness"
)

// SettleRequest asks to end the pin that a rollback left.
type SettleRequest struct {
	Key         string
	Environment string
	Choice      string // readiness.ChooseKeep or readiness.ChooseReturn
	Reason      string // why the version that was left may be live again
	By, Channel string
	Deputy      string // role for which By acts as a deputy; empty: as a holder
}

// Settle starts a run that ends the pin which an earlier rollback left when it
// ended without a decision, or which somebody made at the platform.
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
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *readiness.State, at time.Time) ([]readiness.Event, error) {
		if under := s.Changing(req.Environment); under != nil {
			return nil, AlreadyRunning{under}
		}
		change := pinnedChange(s, env.Name, pinner, now)
		if change == nil || req.Choice == readiness.ChooseReturn && change.From.Version == "" {
			return nil, ErrNotPinned
		}
		change.Settles, change.Deputy = req.Choice, req.Deputy
		title := fmt.Sprintf("%s: keep %s", req.Environment, change.To.Version)
		if req.Choice == readiness.ChooseReturn {
			title = fmt.Sprintf("%s: return to %s", req.Environment, change.From.Version)
		}
		events := r.returning(s, at, change, readiness.RunAnswered{Choice: req.Choice, By: req.By, Reason: req.Reason, Deputy: req.Deputy})
		return append(events, starting(env, readiness.RunStarted{Run: id, What: readiness.RunRollback, Title: title,
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

// pinnedChange is what a pin that stands went from and to, or nil where none is
// known of. now is what the platform says; nothing, if it says nothing.
func pinnedChange(s *readiness.State, environment string, pinner deploy.Pinner, now deploy.Current) *readiness.Change {
	if !now.Pinned() && !s.Pinned(environment) {
		return nil
	}
	last := s.LastRollback(environment)
	if last != nil {
		if pin := pinner.EarlierPin(last); pin != nil && (!now.Pinned() || now.Live.Version == pin.To.Version) {
			return &readiness.Change{Environment: environment, From: knownBuild(s, pin.From), To: knownBuild(s, pin.To)}
		}
	}
	if last != nil && (!now.Pinned() || now.Live.Version == last.Change.To.Version) {
		return &readiness.Change{Environment: environment, From: last.Change.From, To: last.Change.To, Rehearsal: last.Change.Rehearsal}
	}
	change := &readiness.Change{Environment: environment, To: knownBuild(s, now.Live)}
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

// returning lifts the hold on the version that a rollback left, where that is
// what a person returns to.
func (r *Runs) returning(s *readiness.State, now time.Time, c *readiness.Change, given readiness.RunAnswered) []readiness.Event {
	if c == nil || given.Choice != readiness.ChooseReturn {
		return nil
	}
	var events []readiness.Event
	view := readiness.View{Checklist: r.opts.Checklist, State: s, Now: now}
	for _, h := range view.HoldsOf(c.Environment, c.From.Version) {
		if h.Kind == readiness.HeldByReturn && h.Environment == c.Environment && h.Lift == nil {
			events = append(events, readiness.HoldLifted{Hold: h.Kind, Environment: h.Environment, Claim: h.Claim, Version: h.Version, By: given.By, Reason: given.Reason, Deputy: given.Deputy})
		}
	}
	return events
}
