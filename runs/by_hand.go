package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/deploy"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// The reasons why a rollback by hand is not recorded.
var (
	ErrNoChange    = errors.New("gonogo knows of no deployment and no rollback there")
	ErrStillThere  = errors.New("the version that was to be left is still live")
	ErrNameless    = errors.New("what is live has no version")
	ErrRecorded    = errors.New("that is recorded already")
	ErrStillMoving = errors.New("the platform is deploying")
)

// RecordRequest says that somebody rolled back by hand.
type RecordRequest struct {
	Key         string
	Environment string
	By          string
}

// Record asks the platform what is live after somebody rolled back by hand, and records
// that as a rollback would have: the version that was left is held, and a pin keeps the
// environment locked until somebody keeps the version or returns. What is live is not
// verified, since no gate has measured it. This ends a rollback that waits for a
// person.
func (r *Runs) Record(ctx context.Context, req RecordRequest) (deploy.Current, error) {
	env, ok := r.opts.Environments[req.Environment]
	if !ok {
		return deploy.Current{}, ErrNoStrategy
	}
	now, err := r.Current(ctx, req.Environment)
	if err != nil {
		return now, fmt.Errorf("%w what is live: %w", ErrSilent, err)
	}
	_, err = r.opts.Ledger.Once(ctx, req.Key, func(s *history.State, at time.Time) ([]event.Event, error) {
		run := s.LastChange(req.Environment, at)
		if under := s.Changing(req.Environment); under != nil {
			run = under
		}
		if err := notByHand(run, now); err != nil {
			return nil, err
		}
		if live := s.Live[req.Environment]; !run.Open() && !live.Outside() && live.Version == now.Live.Version && live.Deployment == now.Live.Deployment {
			return nil, ErrRecorded
		}
		return byHand(s, env, run, now, req), nil
	})
	return now, err
}

// notByHand says why there is nothing to record.
func notByHand(run *work.Run, now deploy.Current) error {
	switch {
	case run == nil:
		return ErrNoChange
	case run.Open() && !letsGo(run):
		return AlreadyRunning{run}
	case now.Live.Version == "":
		return ErrNameless
	case now.Next != nil:
		return ErrStillMoving
	case now.Live.Version == leftVersion(run):
		return ErrStillThere
	}
	return nil
}

// letsGo reports whether a rollback waits for a person who may abandon it.
func letsGo(run *work.Run) bool {
	return run.What == work.Rollback && run.Asked != nil && slices.Contains(run.Asked.Choices, work.ChooseAbandon)
}

// leftVersion is the version that a rollback by hand left: the one that the last
// rollback should have left, or that the last deployment brought.
func leftVersion(run *work.Run) string {
	if run.What == work.Rollback {
		return run.Change.From.Version
	}
	return run.Change.To.Version
}

// byHand lists the events of a rollback by hand.
func byHand(s *history.State, env deploy.Environment, run *work.Run, now deploy.Current, req RecordRequest) []event.Event {
	live := event.VersionWentLive{Environment: env.Name, Build: now.Live, Run: run.ID, By: req.By, Instead: leftVersion(run),
		App: env.Strategy.App().String(), Digest: now.Digest, Spec: now.Spec}
	if run.What != work.Rollback {
		live.Run = runID(req.Key) // not a run: the request takes its place
	}
	if release := s.Releases[now.Live.Version]; release != nil && live.Build.Commit == "" {
		live.Build.Commit = release.Commit
	}
	events := []event.Event{live}
	if run.Open() {
		events = append(events, event.RunAnswered{Run: run.ID, Step: run.Asked.Step, Choice: work.ChooseAbandon, By: req.By})
	}
	pin := history.PinClaim(env.Name)
	switch {
	case now.Pinned() && !s.Pinned(env.Name):
		events = append(events, event.EnvironmentLocked{Environment: env.Name, Claim: pin, By: req.By, Reason: "the platform keeps it pinned after a rollback"})
	case !now.Pinned() && s.Pinned(env.Name):
		events = append(events, event.EnvironmentUnlocked{Environment: env.Name, Claim: pin, By: req.By})
	}
	return events
}
