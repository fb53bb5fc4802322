package runs

import (
	"context"
	"fmt"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"time"
)

// RollbackRequest asks to roll back to an earlier version.
type RollbackRequest struct {
	Key         string
	Environment string
	From, To    string // versions as confirmed; if they have changed by now, it is refused
	Reason      string
	Incident    string // what it answers; empty: a person asked for it
	Rehearsal   bool   // a rehearsal: it doesn't count against the version that it leaves
	By, Channel string

	MembershipAsOf time.Time // when the membership that permits By was read; zero: it is current

	auto func(*history.State, time.Time) error // gonogo asks by itself, unless this is an error in the decision; nil: a person asked

	kept []build.Build // what the platform can roll back to, in addition to what is known to be good
}

// RollBack starts a rollback. It takes the environment's lock from a deployment that is
// under way, which is stopped, and ignores a person's lock.
func (r *Runs) RollBack(ctx context.Context, req RollbackRequest) (id string, err error) {
	id = runID(req.Key)
	within, cancel := context.WithTimeout(ctx, r.opts.LookWithin)
	defer cancel()
	if r.opts.Ledger.State().Runs[id] == nil { // otherwise it was begun before
		if err := r.findTarget(within, &req); err != nil {
			return "", err
		}
	}
	stops := ""
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *history.State, now time.Time) ([]event.Event, error) {
		if req.auto != nil {
			if err := req.auto(s, now); err != nil {
				return nil, err
			}
		}
		plan, err := r.planRollback(s, now, id, req)
		if err == nil && req.Rehearsal {
			err = r.MayRehearse(s, req.Environment)
		}
		if err != nil {
			return nil, err
		}
		if req.From != "" && plan.From.Version != req.From {
			return nil, ErrOtherRelease
		}
		var events []event.Event
		if plan.Stops != nil {
			stops = plan.Stops.ID
			events = append(events, event.RunCancelAsked{Run: stops, By: req.By, MembershipAsOf: req.MembershipAsOf})
		}
		title := fmt.Sprintf("%s back to %s", req.Environment, plan.To.Version)
		return append(events, starting(r.opts.Environments[req.Environment], event.RunStarted{Run: id, What: work.Rollback, Title: title,
			Release: s.Open, By: req.By, Channel: req.Channel, Change: plan.change(req)})...), nil
	})
	if err != nil {
		return "", err
	}
	if !receipt.Repeat {
		r.launch(id, false)
		r.cut(stops)
	}
	return id, nil
}
