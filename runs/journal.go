package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/redact"
)

// begin journals the intent to do a step. It is refused once the run is cancelled or
// has lost its lock, since nothing more may happen then. Before a write the decision is
// made again, on what the platforms say now.
func (o *orderRun) begin(ctx context.Context, step deploy.Step, facts map[string]string) error {
	if run := o.run(); run != nil && o.judged(run, step, facts) {
		o.Observe(ctx, o.env.Name)
	}
	_, err := o.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		run := s.Runs[o.id]
		aborting := step.Role == work.RoleAbort
		switch {
		case run == nil || !run.Open() || run.CancelAsked && !aborting:
			return nil, errStopping
		case s.Locks[o.env.Name].Claim != claim(o.id) && !aborting:
			return nil, errors.New("the environment is no longer locked for this run")
		}
		known, planned := run.Step(step.Name)
		if o.judged(run, step, facts) {
			if err := o.stillGo(s, run, now); err != nil {
				return nil, err
			}
		}
		if planned && !known.Started.IsZero() && len(facts) == 0 {
			return nil, nil
		}
		return []event.Event{event.StepStarted{Run: o.id, Step: step.Name, Title: extraTitle(planned, step), Facts: facts}}, nil
	})
	return err
}

// judged reports whether a deployment's decision must still allow a step. One that
// completes what an earlier step began is not kept back.
func (o *orderRun) judged(run *work.Run, step deploy.Step, facts map[string]string) bool {
	known, _ := run.Step(step.Name)
	return run.What == work.Deployment && step.Effect != nil && step.Role != work.RoleAbort && !step.Completes && (known.Started.IsZero() || len(facts) > 0)
}

// stillGo makes the decision once more before the first request to the platform, since
// the run may have waited. If only a platform that doesn't answer is in the way, that
// platform may be asked again.
func (o *orderRun) stillGo(s *history.State, run *work.Run, now time.Time) error {
	to := run.Change.To
	if release := s.Releases[to.Version]; !s.IsOpen(to.Version) || to.Commit != "" && !build.SameCommit(release.Commit, to.Commit) {
		return fmt.Errorf("%s was closed meanwhile, or is another commit now", to.Version)
	}
	judge := func(v readiness.View) readiness.Decision {
		decision := v.DecideAgain(o.env.Name, run.By)
		if o.written(run) {
			return decision.PastHolds()
		}
		return decision
	}
	view := readiness.View{Checklist: o.opts.Checklist, State: s, Now: now, Version: to.Version}
	decision := judge(view)
	if decision.Go {
		return nil
	}
	first := decision.Blockers[0]
	err := fmt.Errorf("it is now NO-GO: %s, %s", first.Title, first.Reason)
	if judge(view.AsLastObserved()).Go {
		return &deploy.Passing{After: firstPause, Cause: err}
	}
	return err
}

// written reports whether a run has written to the platform: stopping it for a new hold
// would leave its work half done, so it no longer stops.
func (o *orderRun) written(run *work.Run) bool {
	return slices.ContainsFunc(o.steps, func(step deploy.Step) bool {
		known, _ := run.Step(step.Name)
		return step.Effect != nil && known.Evidence.Verdict == answer.Passed
	})
}

// extraTitle is the title of a step that the plan did not have.
func extraTitle(planned bool, step deploy.Step) string {
	if planned {
		return ""
	}
	return step.Title
}

// endStep journals a step's outcome. It does not depend on the run's context: what has
// happened is recorded.
func (o *orderRun) endStep(step deploy.Step, ev answer.Evidence, facts map[string]string) error {
	events := []event.Event{event.StepEnded{Run: o.id, Step: step.Name, Evidence: o.dated(step, o.clean(ev)), Facts: facts}}
	if step.Record != nil && ev.Verdict != answer.NotApplicable {
		if at := step.Record(o.work(step, facts)); at != nil {
			run := o.run()
			events = append(events, event.VersionWentLive{Environment: o.env.Name, Build: at.Build, Run: o.id, By: run.By,
				App: o.env.Strategy.App().String(), Digest: at.Digest, Spec: at.Spec, Verified: !at.Untried && o.sound(run), Instead: at.Instead})
			events = append(events, o.alongside(run)...)
		}
	}
	return o.journal(events...)
}

// alongside records what a change brought to the environments that share the app: the
// platform deploys and rolls back the whole app. If nothing changed there, that is no
// arrival; a platform that gives no answer is asked again within a minute.
func (o *orderRun) alongside(run *work.Run) []event.Event {
	var events []event.Event
	state := o.opts.Ledger.State()
	for _, name := range o.opts.Checklist.Sharing(o.env.Name) {
		env, ok := o.opts.Environments[name]
		if !ok {
			continue
		}
		ctx, cancel := context.WithTimeout(o.life(), askTimeout)
		now, err := env.Strategy.Current(ctx)
		said := o.observations(ctx, env, state.Live[name], now, err)
		cancel()
		if live := state.Live[name]; said[len(said)-1].Problem != "" || now.Live.Version == live.Version && now.Spec == live.Spec {
			continue
		}
		e := event.VersionWentLive{Environment: name, Build: now.Live, Run: run.ID, By: run.By, App: env.Strategy.App().String(), Digest: now.Digest, Spec: now.Spec}
		if release := state.Releases[now.Live.Version]; release != nil {
			e.Build.Commit = release.Commit
		}
		events = append(events, e)
	}
	return events
}

// sound reports whether nothing has failed since the last write to the platform: what
// it brought then counts as verified.
func (o *orderRun) sound(run *work.Run) bool {
	sound := true
	for _, step := range o.steps {
		known, _ := run.Step(step.Name)
		switch {
		case known.Evidence.Verdict == answer.Failed:
			sound = false
		case step.Effect != nil && known.Evidence.Verdict == answer.Passed:
			sound = true
		}
	}
	return sound
}

// recordLive does a step that only the ledger does.
func (o *orderRun) recordLive(step deploy.Step) (deploy.Result, error) {
	at := step.Record(o.work(step, nil))
	if at == nil {
		return deploy.Result{Summary: "nothing else than before is live on " + o.env.Name}, nil
	}
	return deploy.Result{Summary: at.Build.Version + " is recorded as live on " + o.env.Name}, nil
}

// journal appends events, even if the run's context has ended.
func (r *Runs) journal(events ...event.Event) error {
	_, err := r.opts.Ledger.Update(context.Background(), func(*history.State, time.Time) ([]event.Event, error) {
		return events, nil
	})
	return err
}

// recordProgress records the progress of a step, if it has changed.
func (o *orderRun) recordProgress(step deploy.Step, doing string, parts []work.StepPart) {
	doing = o.redacted(doing)
	for i := range parts {
		parts[i].Detail = o.redacted(parts[i].Detail)
	}
	known, _ := o.run().Step(step.Name)
	if known.Doing == doing && slices.Equal(known.Parts, parts) || len(parts) == 0 && known.Doing == doing {
		return
	}
	if len(parts) == 0 {
		parts = known.Parts
	}
	if err := o.journal(event.StepProgressed{Run: o.id, Step: step.Name, Doing: doing, Parts: parts}); err != nil {
		o.opts.Log.Error("progress could not be recorded", "run", o.id, "step", step.Name, "error", err)
	}
}

func evidenceOf(r deploy.Result) answer.Evidence {
	ev := answer.Evidence{Verdict: r.Verdict, Summary: r.Summary, Measures: r.Measures, Details: r.Details}
	if ev.Verdict == "" {
		ev.Verdict = answer.Passed
	}
	return ev
}

// failedEvidence is the outcome of a step that failed, with what it had found.
func failedEvidence(r deploy.Result, why error) answer.Evidence {
	return answer.Evidence{Verdict: answer.Failed, Summary: phrase.Cause(why), Measures: r.Measures, Details: r.Details}
}

// clean redacts secrets in evidence that didn't come from a gate.
func (o *orderRun) clean(ev answer.Evidence) answer.Evidence {
	if ev.Verdict == answer.NotApplicable { // no gate returns it, and Presentable would take it for a missing verdict
		return answer.Evidence{Verdict: ev.Verdict, Summary: o.redacted(ev.Summary)}
	}
	return gates.Presentable(ev, o.opts.Secrets)
}

// redacted redacts secrets in a text.
func (r *Runs) redacted(text string) string { return redact.Line(text, r.opts.Secrets) }

// measure runs smoke gates side by side; their results are no evidence for any item.
func (o *orderRun) measure(ctx context.Context, target string, build build.Build, smoke []deploy.Smoke) []answer.Evidence {
	view := readiness.View{Checklist: o.opts.Checklist, State: o.opts.Ledger.State(), Now: o.opts.Now()}
	scope := gates.Scope{View: view, Environment: o.env.Name, TargetURL: target, Release: build.Version, Commit: build.Commit}
	found := make([]answer.Evidence, len(smoke))
	index := map[string]int{}
	var jobs []gates.Job
	for i, s := range smoke {
		index[s.ID] = i
		jobs = append(jobs, gates.Job{Name: s.ID, Gate: s.Built.Gate, Scope: scope, Deadline: o.opts.Deadline,
			Secrets: slices.Concat(s.Built.Secrets, o.opts.Secrets)})
	}
	runner := gates.Runner{Parallel: o.opts.Parallel}
	runner.Run(ctx, jobs, func(gates.Job) error { return nil },
		func(j gates.Job, ev answer.Evidence) { found[index[j.Name]] = ev })
	for i := range found {
		if found[i].Verdict == "" {
			found[i] = lost("it was not measured in time")
		}
	}
	return found
}
