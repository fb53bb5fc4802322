package runs

import (
	"context"
	"errors"
	"fmt"

	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
)

// stopAt ends a run at a step that failed or was cut off.
func (o *orderRun) stopAt(ctx context.Context, step deploy.Step, err error) error {
	switch {
	case errors.Is(err, errAbandoned):
		return o.finish(ctx, work.Interrupted, step, deploy.Result{}, "a person left it as it is")
	case o.cancelled():
		return o.abort()
	case errors.Is(err, errStopping), ctx.Err() != nil:
		return nil // the run stays open, and is resumed
	case errors.Is(err, storage.ErrUnwritten):
		return err // that is no outcome of the step: it is attempted again
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{error: err}
	}
	return o.finish(ctx, work.Unsuccessful, step, f.result, phrase.Cause(err))
}

// abort stops what a cancelled run has begun. The run's context has ended, so it uses
// that of gonogo; if gonogo stops, the next process continues.
func (o *orderRun) abort() error {
	if err := o.recordStop(o.id); err != nil {
		return err
	}
	ctx := o.life()
	reason, outcome, pollErr := "", work.Cancelled, o.pollWrites(ctx)
	step, err := o.env.Strategy.Abort(o.order), pollErr
	if pollErr == nil && step != nil && o.run().What == work.Deployment && o.touched() && !o.preempted() {
		err = o.stopPlatform(ctx, *step)
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, storage.ErrUnwritten):
		return err
	case o.preempted():
		reason = "a rollback took over"
	case errors.Is(err, errAbandoned):
		outcome, reason = work.Interrupted, "a person left it as it is"
	case pollErr != nil:
		return pollErr
	case err != nil:
		reason = "the platform's deployment could not be stopped: " + phrase.Cause(err)
	}
	return o.finish(ctx, outcome, deploy.Step{}, deploy.Result{}, reason)
}

func (o *orderRun) preempted() bool { return preempted(o.opts.Ledger.State(), o.id, o.env.Name) }

// stopPlatform does the step that stops the platform's deployment, unless it
// was done before a restart.
func (o *orderRun) stopPlatform(ctx context.Context, step deploy.Step) error {
	if known, _ := o.run().Step(step.Name); !known.Ended.IsZero() {
		return nil
	}
	if o.abandoned(step.Name) {
		return errAbandoned
	}
	return o.runWithRetry(ctx, step)
}

// pollWrites finds out what happened to a write that was in progress when the run was
// cancelled: what it began can only be stopped once that is known.
func (o *orderRun) pollWrites(ctx context.Context) error {
	for _, step := range o.steps {
		known, _ := o.run().Step(step.Name)
		if step.Effect == nil || known.Started.IsZero() || !known.Ended.IsZero() {
			continue
		}
		if err := o.pollWrite(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// pollWrite finds out what happened to one write. While the platform may still be
// working on it, a person says how long to wait, and the environment stays locked; a
// rollback that takes over doesn't wait.
func (o *orderRun) pollWrite(ctx context.Context, step deploy.Step) error {
	op := o.operation(step)
	for {
		found, err := op.pollOutcome(ctx)
		switch {
		case ctx.Err() != nil:
			return errStopping
		case err == nil && found != nil:
			return o.endStep(step, evidenceOf(*found), found.Facts)
		case op.noted(factLate) == "" || o.preempted():
			o.opts.Log.Warn("fate of a write not known", "run", o.id, "step", step.Name, "error", err)
			return nil
		}
		why := fmt.Sprintf("this is being cancelled; “%s” has no visible effect yet, and the platform may still be working on it", step.Title)
		if err := o.ask(ctx, step.Name, why, true, work.ChooseContinue, work.ChooseAbandon); err != nil {
			return err
		}
	}
}

// life is the context that ends when gonogo stops.
func (r *Runs) life() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ctx
}

// finish closes a run that didn't succeed, with the reason and what the platform says
// is live now. A build that went live anyway, even in a deployment that somebody else
// made of it, is recorded as not verified.
func (o *orderRun) finish(ctx context.Context, outcome work.Outcome, step deploy.Step, result deploy.Result, why string) error {
	run := o.run()
	var events []event.Event
	if known, ok := run.Step(step.Name); ok && known.Ended.IsZero() {
		events = append(events, event.StepEnded{Run: o.id, Step: step.Name, Evidence: o.dated(step, o.clean(failedEvidence(result, errors.New(why))))})
	}
	now, err := o.current(ctx)
	reason := liveSentence(o.env.Name, now, err)
	if why != "" {
		reason = why + ". " + reason
	}
	live := o.opts.Ledger.State().Live[o.env.Name]
	known := live.Deployment == now.Live.Deployment || live.Verified && live.Version == now.Live.Version
	if err == nil && now.Live.Version == o.order.To.Version && o.touched() && !known {
		build := o.order.To
		build.Deployment = now.Live.Deployment
		arrived := event.VersionWentLive{Environment: o.env.Name, Build: build, Run: o.id, By: run.By,
			App: o.env.Strategy.App().String(), Digest: now.Digest, Spec: now.Spec}
		if run.What == work.Rollback && o.order.Settles == "" {
			arrived.Instead = o.order.From.Version
		}
		events = append(events, arrived)
	}
	events = append(events, leaving(run, ended{outcome, o.redacted(reason), o.targets(ctx, outcome)}, o.leavesPin(now, err))...)
	if err == nil && !now.Pinned() && run.What == work.Rollback {
		events = append(events, o.unpinned()...)
	}
	return o.close(events...)
}

// leavesPin reports whether the platform keeps a pin after the run, or may do so if it
// doesn't answer.
func (o *orderRun) leavesPin(now deploy.Current, err error) bool {
	if _, pins := o.env.Pinner(); !pins || err == nil {
		return now.Pinned()
	}
	return o.run().Begun() || o.order.Settles != ""
}

// targets asks the platform, after a rollback that didn't succeed, which builds it can
// still roll back to; people are offered those.
func (o *orderRun) targets(ctx context.Context, outcome work.Outcome) []build.Build {
	if outcome == work.Cancelled || o.run().What != work.Rollback || o.order.Settles != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.opts.LookWithin)
	defer cancel()
	kept, err := o.RollbackTargets(ctx, o.env.Name)
	if err != nil {
		o.opts.Log.Warn("the platform does not say which builds it keeps", "environment", o.env.Name, "error", err)
	}
	return kept[:min(len(kept), keptBuilds)]
}

// keptBuilds is how many builds the end of a rollback remembers.
const keptBuilds = 10

// ended is how a run ends.
type ended struct {
	outcome work.Outcome
	reason  string
	kept    []build.Build
}

// leaving closes a run as ending does. If the platform stays pinned, the environment
// stays locked until a person keeps that version or returns.
func leaving(run *work.Run, e ended, pinned bool) []event.Event {
	events := ending(run, e.outcome, e.reason)
	closed := events[0].(event.RunEnded)
	closed.Kept = e.kept
	events[0] = closed
	if pinned && run.What == work.Rollback {
		env := run.Change.Environment
		events = append(events, event.EnvironmentLocked{Environment: env, Claim: history.PinClaim(env), By: run.By,
			Reason: "the platform keeps it pinned after a rollback"})
	}
	return events
}

// completed closes a run that came to its good end. Of a rollback, no pin is
// left then.
func (o *orderRun) completed() []event.Event {
	events := ending(o.run(), work.Completed, "")
	if o.run().What == work.Rollback {
		events = append(events, o.unpinned()...)
	}
	return events
}

// unpinned releases the lock that a pin left, if there is one: the platform is no
// longer pinned.
func (o *orderRun) unpinned() []event.Event {
	if !o.opts.Ledger.State().Pinned(o.env.Name) {
		return nil
	}
	return []event.Event{event.EnvironmentUnlocked{Environment: o.env.Name, Claim: history.PinClaim(o.env.Name)}}
}

// ending closes a run and releases its lock, in one decision.
func ending(run *work.Run, outcome work.Outcome, reason string) []event.Event {
	events := []event.Event{event.RunEnded{Run: run.ID, Outcome: outcome, Reason: reason}}
	if run.Change != nil {
		events = append(events, event.EnvironmentUnlocked{Environment: run.Change.Environment, Claim: claim(run.ID)})
	}
	return events
}

// claim names the lock that a run holds.
func claim(run string) string { return "run/" + run }
