package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// orderRun is one deployment or rollback being carried out. One goroutine does its
// steps one after another. All that it remembers is in the ledger, so another process
// can continue where it stopped.
//
//	        Unless            Watch, Effect, Ask, Record
//	step ──▶ not needed ──▶ StepStarted ──▶ … ──▶ StepEnded ──▶ next step
//	                                         │
//	                                         ├─ fails ──▶ RunEnded (failed), lock released
//	                                         └─ fails, and the platform continues,
//	                                            or doesn't say ──▶ RunAsked, a person decides
//
// order.go takes the steps, effect.go does the writes among them, ask.go asks people,
// and ending.go ends what doesn't succeed.
type orderRun struct {
	*Runs
	id       string
	env      deploy.Environment
	order    deploy.Order
	steps    []deploy.Step
	finished map[string]bool // by step: this process has sent its write, and knows how that ended
}

// errStopping says that the run doesn't continue here: gonogo stops, or somebody
// stopped the run. The run stays open in the ledger.
var errStopping = errors.New("gonogo is stopping")

// errAbandoned says that a person ended a run that couldn't continue by itself.
var errAbandoned = errors.New("a person left it as it is")

// failure is a failed step, with what it had found.
type failure struct {
	error
	result deploy.Result
}

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.error }

// carryOut executes a deployment or rollback to its end.
func (r *Runs) carryOut(ctx context.Context, run *work.Run) error {
	o, err := r.orderOf(run)
	if err != nil {
		return r.stuck(ctx, run, err)
	}
	if err := o.unstuck(run); err != nil {
		return o.stopAt(ctx, deploy.Step{}, err)
	}
	for _, step := range o.steps {
		if err := o.take(ctx, step); err != nil {
			return o.stopAt(ctx, step, err)
		}
	}
	return r.close(o.completed()...)
}

// orderOf rebuilds the order of a run from the ledger and the configuration, which must
// still match.
func (r *Runs) orderOf(run *work.Run) (*orderRun, error) {
	if run.Change == nil {
		return nil, errors.New("this gonogo does not know how to go on with it")
	}
	env, ok := r.opts.Environments[run.Change.Environment]
	if !ok {
		return nil, fmt.Errorf("gonogo cannot deploy to %s now: the configuration does not say how, or its token is not set", run.Change.Environment)
	}
	if _, pins := env.Pinner(); run.Change.Settles != "" && !pins {
		return nil, fmt.Errorf("the platform that %s deploys to now pins nothing, so there is nothing to keep or to return from", env.Name)
	}
	if times := run.Bakes(); len(times) > 0 {
		env.Bake = times // as it was planned, whatever the configuration says by now
	}
	o := &orderRun{Runs: r, id: run.ID, env: env, order: orderFor(run.ID, run.Change), finished: map[string]bool{}}
	o.steps = slices.DeleteFunc(stepsOf(env, run.What, o.order), func(step deploy.Step) bool {
		_, planned := run.Step(step.Name)
		return step.Added && !planned
	})
	for i, step := range run.Steps {
		if i < len(o.steps) && o.steps[i].Name != step.Name {
			return nil, errors.New("the configuration deploys in other steps since this run began")
		}
	}
	return o, nil
}

func orderFor(id string, c *work.Change) deploy.Order {
	return deploy.Order{Run: id, From: c.From, To: c.To, Stops: c.Stops, Incident: c.Incident, Settles: c.Settles, Rehearsal: c.Rehearsal}
}

func stepsOf(env deploy.Environment, what string, o deploy.Order) []deploy.Step {
	switch {
	case o.Settles != "":
		if pinner, ok := env.Pinner(); ok {
			return pinner.Settle(env, o)
		}
		return nil
	case what == work.Rollback:
		return env.Strategy.Rollback(env, o)
	}
	return deploy.Deploying(env, o)
}

// run is the run as the ledger has it now.
func (o *orderRun) run() *work.Run { return o.opts.Ledger.State().Runs[o.id] }

// take does one step, unless it was done before or is not needed.
func (o *orderRun) take(ctx context.Context, step deploy.Step) error {
	known, _ := o.run().Step(step.Name)
	switch {
	case !known.Ended.IsZero():
		return nil
	case o.abandoned(step.Name):
		return errAbandoned
	case o.cancelled():
		return errStopping
	}
	if why := o.unneeded(step); why != "" && known.Started.IsZero() {
		return o.endStep(step, answer.Evidence{Verdict: answer.NotApplicable, Summary: why}, nil)
	}
	return o.runWithRetry(ctx, step)
}

// runWithRetry does a step until it is done or has failed. If its failure would leave
// the platform working on something, a person decides.
func (o *orderRun) runWithRetry(ctx context.Context, step deploy.Step) error {
	if asked := o.run().Asked; asked != nil && asked.Step == step.Name {
		if err := o.await(ctx, step.Name); err != nil { // asked before a restart
			return err
		}
	}
	for {
		result, err := o.do(ctx, step)
		switch {
		case err == nil:
			return o.endStep(step, evidenceOf(result), result.Facts)
		case errors.Is(err, errAbandoned), errors.Is(err, errStopping), errors.Is(err, storage.ErrUnwritten):
			return err
		case ctx.Err() != nil:
			return errStopping
		case step.Soft:
			return o.endStep(step, failedEvidence(result, err), result.Facts)
		}
		o.recordProgress(step, "failed: "+phrase.Cause(err), nil) // people see it before the platform, which may be silent, is asked
		if !o.needsPerson(ctx, step) {
			return &failure{err, result}
		}
		if err := o.ask(ctx, step.Name, phrase.Cause(err)+". "+o.whatIsLive(ctx), false, work.ChooseContinue, work.ChooseAbandon); err != nil {
			return err
		}
	}
}

// unneeded says why a step is left out, or "".
func (o *orderRun) unneeded(step deploy.Step) string {
	if step.Soft {
		for _, s := range o.run().Steps {
			if s.Evidence.Verdict == answer.Failed {
				return "left out, since “" + s.Title + "” failed"
			}
		}
	}
	if step.Unless == nil {
		return ""
	}
	return step.Unless(o.work(step, nil))
}

// needsPerson reports whether a run must not end by itself at a failed step: a rollback
// that has begun at the platform, which pins it; a deployment that the platform
// continues; or if the platform doesn't answer.
func (o *orderRun) needsPerson(ctx context.Context, failed deploy.Step) bool {
	run, sent := o.run(), o.touched()
	if !sent && o.order.Stops == "" {
		return false
	}
	now, err := o.current(ctx)
	switch {
	case err != nil:
		return true
	case run.Begun() && (now.Pinned() || failed.Role != work.RoleRollback):
		return true
	case o.order.Settles != "" && sent:
		return now.Pinned() || now.Next != nil
	case now.Next == nil || now.NextMark == "":
		return false
	}
	return now.NextMark == o.id || now.NextMark == o.order.Stops
}

// do does a step's work within its deadline.
func (o *orderRun) do(ctx context.Context, step deploy.Step) (result deploy.Result, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			o.opts.Log.Error("step panicked", "run", o.id, "step", step.Name, "cause", cause)
			err = errors.New("gonogo made a mistake in this step; its log has the cause")
		}
	}()
	switch {
	case step.Effect != nil:
		return o.operation(step).once(ctx)
	case step.Ask != nil:
		return o.question(ctx, step)
	case step.Watch != nil:
		return o.watch(ctx, step)
	case step.Record != nil:
		return o.recordLive(step)
	}
	return deploy.Result{Summary: "done"}, nil
}

func (o *orderRun) watch(ctx context.Context, step deploy.Step) (deploy.Result, error) {
	if err := o.begin(ctx, step, nil); err != nil {
		return deploy.Result{}, err
	}
	within, cancel := o.within(ctx, step)
	defer cancel()
	return o.keeping(ctx, step, func() (deploy.Result, error) { return step.Watch(within, o.work(step, nil)) })
}

// least is the least time that a resumed step gets.
const least = 2 * time.Minute

// within bounds a step by its deadline, counted from when it began or was last
// asked about, whatever happened to gonogo since.
func (o *orderRun) within(ctx context.Context, step deploy.Step) (context.Context, context.CancelFunc) {
	if step.Deadline == 0 {
		return context.WithCancel(ctx)
	}
	run := o.run()
	known, _ := run.Step(step.Name)
	from := known.Started
	if answer, ok := run.AnswerTo(step.Name); ok && answer.At.After(from) {
		from = answer.At
	}
	if from.IsZero() {
		from = o.opts.Now()
	}
	left := step.Deadline - o.opts.Now().Sub(from)
	left = min(left, step.Deadline) // the clock may have been ahead when it began
	return context.WithTimeout(ctx, max(left, min(step.Deadline, least)))
}

// work is what a step knows of the order. Facts that it has just found come before
// those in the ledger.
func (o *orderRun) work(step deploy.Step, found map[string]string) deploy.Work {
	order := o.order
	order.From = o.run().Change.From // a rollback may have found something else than was confirmed
	return deploy.Work{
		Order: order,
		Fact: func(name string) string {
			if value, ok := found[name]; ok {
				return value
			}
			return o.run().Fact(name)
		},
		Decision: func() string { return o.run().Decision().Choice },
		Tell:     func(doing string, parts ...work.StepPart) { o.recordProgress(step, doing, parts) },
		Pause:    pause,
		Until:    o.until,
		State:    o.opts.Ledger.State,
		Now:      o.opts.Now,
		Read: func(ctx context.Context, triggers []deploy.Trigger) []deploy.Reading {
			return o.read(ctx, o.env, triggers)
		},
		Measure: o.measure,
	}
}

// over says in people's words that a wait was ended.
type over struct{ cause error }

// Error implements error.
func (o *over) Error() string { return "timed out" }

// Unwrap gives the cause.
func (o *over) Unwrap() error { return o.cause }

func pause(ctx context.Context, d time.Duration) error {
	if err := retry.Sleep(ctx, d); err != nil {
		return &over{err}
	}
	return nil
}

// until waits for the state to be so.
func (r *Runs) until(ctx context.Context, so func(*history.State) bool) error {
	changes, stop := r.opts.Ledger.Watch()
	defer stop()
	for !so(r.opts.Ledger.State()) {
		select {
		case <-changes:
		case <-ctx.Done():
			return &over{ctx.Err()}
		}
	}
	return nil
}

func (o *orderRun) cancelled() bool { return o.cancelAsked(o.id) }

// touched reports whether anything may have been sent to the platform.
func (o *orderRun) touched() bool {
	for _, step := range o.steps {
		if known, ok := o.run().Step(step.Name); ok && step.Effect != nil && !known.Started.IsZero() {
			return true
		}
	}
	return false
}
