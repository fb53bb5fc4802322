package runs

import (
	"context"
	"errors"
	"sync"
	"time"

	"gonogo/gates"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
)

// gateRun is one gate run under way.
type gateRun struct {
	*Runs
	run   *work.Run
	taken map[string]*measurement // by step

	mu     sync.Mutex
	failed error // the first error of the ledger; nothing more is begun after it
}

// execute executes a run to its end in the ledger, or until ctx is done.
func (r *Runs) execute(ctx context.Context, id string, resumed bool) error {
	if err := r.recordStop(id); err != nil {
		return err
	}
	state := r.opts.Ledger.State()
	run := state.Runs[id]
	switch {
	case run == nil || !run.Open():
		return nil
	case run.What == work.Deployment || run.What == work.Rollback:
		return r.carryOut(ctx, run)
	case run.What == work.Runbook:
		return r.carryOutRunbook(ctx, run)
	case run.CancelAsked, run.What == work.Gates && run.Done() == len(run.Steps):
		return r.end(ctx, id)
	case resumed && run.What != work.Gates:
		return r.interrupt(id, "this gonogo does not know how to go on with it")
	case resumed && !state.IsOpen(run.Release):
		return r.interrupt(id, run.Release+" was closed meanwhile")
	}
	g := &gateRun{Runs: r, run: run, taken: map[string]*measurement{}}
	jobs, err := g.jobs()
	if err != nil {
		return err
	}
	runner := gates.Runner{Parallel: r.opts.Parallel}
	runner.Run(ctx, jobs,
		func(j gates.Job) error { return g.begin(ctx, j.Name) },
		func(j gates.Job, ev answer.Evidence) { g.finish(ctx, j.Name, ev) })
	if err := g.ledgerFailed(); err != nil {
		return err
	}
	return r.end(ctx, id)
}

// noteFailure remembers an error of the ledger and returns it.
func (g *gateRun) noteFailure(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed == nil && errors.Is(err, storage.ErrUnwritten) {
		g.failed = err
	}
	return err
}

func (g *gateRun) ledgerFailed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed
}

// jobs lists the steps that still have to be measured. Steps that cannot be
// measured any more get their outcome here.
func (g *gateRun) jobs() ([]gates.Job, error) {
	answers := g.answers()
	var jobs []gates.Job
	for _, step := range g.run.Steps {
		if !step.Ended.IsZero() {
			continue
		}
		key, known := answers[step.Name]
		built, measured := g.opts.Gates[key]
		item, _ := g.opts.Checklist.Item(key.Item)
		switch {
		case !known || !measured:
			if err := g.endStep(step.Name, key, lost("it is no longer in the checklist")); err != nil {
				return nil, err
			}
		case !step.Started.IsZero() && built.Acts:
			if err := g.endStep(step.Name, key, lost("gonogo was stopped while it ran, and what it did cannot be looked up; run it again")); err != nil {
				return nil, err
			}
		case g.view().Standing(item, key).Waiting != "":
			if err := g.endStep(step.Name, answer.Key{}, lost(g.view().Standing(item, key).Waiting)); err != nil {
				return nil, err
			}
		default:
			jobs = append(jobs, g.job(step.Name, item, key, built))
		}
	}
	return jobs, nil
}

func lost(why string) answer.Evidence {
	return answer.Evidence{Verdict: answer.Errored, Summary: why}
}

// answers finds the key behind each step's name.
func (g *gateRun) answers() map[string]answer.Key {
	keys := map[string]answer.Key{}
	for _, section := range g.opts.Checklist.AllSections() {
		for _, it := range section.Items {
			for _, key := range it.Keys() {
				keys[key.String()] = key
			}
		}
	}
	return keys
}

func (g *gateRun) job(name string, item *checklist.Item, key answer.Key, built gates.Built) gates.Job {
	m := &measurement{item: item, key: key, version: g.run.Release}
	g.taken[name] = m
	job := gates.Job{Name: name, Scope: ScopeFor(g.view(), key, g.opts.Targets), Secrets: g.opts.Secrets, Deadline: g.opts.Deadline}
	return m.job(job, built, g.opts.Ledger.State)
}

// view is the current view of the run's release.
func (g *gateRun) view() readiness.View { return g.viewOf(g.run.Release) }

// viewOf is the current view of a release.
func (r *Runs) viewOf(version string) readiness.View {
	return readiness.View{Checklist: r.opts.Checklist, State: r.opts.Ledger.State(), Now: r.opts.Now(), Version: version}
}

// ScopeFor is what a gate may know when it measures an answer.
func ScopeFor(v readiness.View, key answer.Key, targets map[string]string) gates.Scope {
	scope := gates.Scope{View: v, Environment: key.Environment, TargetURL: targets[key.Environment]}
	if r := v.Release(); r != nil {
		scope.Release, scope.Commit, scope.Opened = r.Version, r.Commit, r.Opened
	}
	return scope
}

// begin journals the intent to measure. Once the ledger has failed, the gates that
// have not begun wait for the next attempt at the run.
func (g *gateRun) begin(ctx context.Context, step string) error {
	if err := g.ledgerFailed(); err != nil {
		return err
	}
	_, err := g.opts.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.StepStarted{Run: g.run.ID, Step: step}}, nil
	})
	return g.noteFailure(err)
}

// finish journals a measurement. One that was cut off by a person's cancel ends its
// step but says nothing about the item. One that was cut off because gonogo stops isn't
// recorded, and is made again.
func (g *gateRun) finish(ctx context.Context, step string, ev answer.Evidence) {
	key := g.answers()[step]
	if ctx.Err() != nil {
		if ev.Verdict == answer.Errored && !g.cancelled() {
			return
		}
		if ev.Verdict == answer.Errored {
			key = answer.Key{}
		}
	}
	if err := g.noteFailure(g.endStep(step, key, ev)); err != nil {
		g.opts.Log.Error("evidence could not be recorded", "run", g.run.ID, "step", step, "error", err)
	}
}

func (g *gateRun) cancelled() bool { return g.cancelAsked(g.run.ID) }

// endStep ends a step. It is written even when the run is being cancelled, so it
// doesn't depend on the run's context, and is kept until the ledger can be written;
// what was measured, and when, is noted at the first attempt. If a person declared the
// item not applicable while the gate ran, that stays.
func (g *gateRun) endStep(step string, key answer.Key, ev answer.Evidence) error {
	if built, ok := g.opts.Gates[key]; ok {
		ev.Settings = built.Settings
	}
	ev.By = g.run.By
	measured, stamped := g.opts.Now(), false
	return g.record(g.run.ID, func(s *history.State, now time.Time) ([]event.Event, error) {
		if m := g.taken[step]; m != nil && !stamped {
			ev, stamped = m.evidence(readiness.View{Checklist: g.opts.Checklist, State: s, Now: now}, ev), true
		}
		ev.Measured = measuredBefore(now, measured)
		ended := event.StepEnded{Run: g.run.ID, Step: step, Item: key.Item, Environment: key.Environment, Evidence: ev}
		if r := s.Releases[g.run.Release]; r != nil {
			if said := r.Evidence[key]; said.Verdict == answer.NotApplicable && said.At.After(g.run.Started) {
				ended.Item, ended.Environment = "", ""
			}
		}
		return []event.Event{ended}, nil
	})
}

// measuredBefore is when something was measured, if that is earlier than now; otherwise
// zero.
func measuredBefore(now, measured time.Time) time.Time {
	if now.Sub(measured) < time.Second {
		return time.Time{}
	}
	return measured.UTC().Truncate(time.Microsecond)
}

// end closes a run: cancelled if a person asked for that, completed if every
// step has its outcome. A run that gonogo's own stop cut off stays open.
func (r *Runs) end(ctx context.Context, id string) error {
	run := r.opts.Ledger.State().Runs[id]
	switch {
	case r.cancelAsked(id):
		return r.close(event.RunEnded{Run: id, Outcome: work.Cancelled})
	case run.Done() == len(run.Steps):
		return r.close(event.RunEnded{Run: id, Outcome: work.Completed})
	case ctx.Err() != nil:
		return nil
	}
	return r.interrupt(id, "the outcome of "+phrase.Of(run.Done(), len(run.Steps), "gate")+" is known; the rest could not be recorded")
}

func (r *Runs) interrupt(id, reason string) error {
	return r.close(event.RunEnded{Run: id, Outcome: work.Interrupted, Reason: reason})
}

// close ends a run, together with other events of its end.
func (r *Runs) close(events ...event.Event) error {
	for _, happened := range events {
		if ended, ok := happened.(event.RunEnded); ok {
			if err := r.recordStop(ended.Run); err != nil {
				return err
			}
		}
	}
	_, err := r.opts.Ledger.Update(context.Background(), func(s *history.State, _ time.Time) ([]event.Event, error) {
		for _, happened := range events {
			if ended, ok := happened.(event.RunEnded); ok && (s.Runs[ended.Run] == nil || !s.Runs[ended.Run].Open()) {
				return nil, nil
			}
		}
		return events, nil
	})
	return err
}
