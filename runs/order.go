package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gonogo/deploy"
	"gonogo/readiness"
)

// orderRun is one deployment or rollback being carried out. Its steps are done
// one after another by one goroutine; the ledger is all that it remembers, so
// that another process can go on where it stopped.
//
//	        Unless            Watch, Effect, Ask, Record
//	step ──▶ not needed ──▶ StepStarted ──▶ … ──▶ StepEnded ──▶ next step
//	                                         │
//	                                         ├─ fails ──▶ RunEnded (failed), lock released
//	                                         └─ cannot be told ──▶ RunAsked, a person decides
type orderRun struct {
	*Runs
	id    string
	env   deploy.Environment
	order deploy.Order
	steps []deploy.Step
}

// errStopping says that gonogo stops: the run stays as it is in the ledger.
var errStopping = errors.New("gonogo is stopping")

// errAbandoned says that a person ended a run whose outcome cannot be told.
var errAbandoned = errors.New("a person left it as it is")

// carryOut sees a deployment or rollback through to its end.
func (r *Runs) carryOut(ctx context.Context, run *readiness.Run) error {
	o, err := r.orderOf(run)
	if err != nil {
		return r.close(ending(run, readiness.Interrupted, err.Error())...)
	}
	for _, step := range o.steps {
		if err := o.take(ctx, step); err != nil {
			return o.stopAt(ctx, step, err)
		}
	}
	return r.close(ending(o.run(), readiness.Completed, "")...)
}

// orderOf builds the order that a run stands for from the ledger and the
// configuration. The two must still fit together.
func (r *Runs) orderOf(run *readiness.Run) (*orderRun, error) {
	if run.Change == nil {
		return nil, errors.New("this gonogo does not know how to go on with it")
	}
	env, ok := r.opts.Environments[run.Change.Environment]
	if !ok {
		return nil, fmt.Errorf("the configuration no longer says how to deploy to %s", run.Change.Environment)
	}
	o := &orderRun{Runs: r, id: run.ID, env: env, order: orderFor(run.ID, run.Change)}
	o.steps = stepsOf(env, run.What, o.order)
	for i, step := range run.Steps {
		if i < len(o.steps) && o.steps[i].Name != step.Name {
			return nil, errors.New("the configuration deploys in other steps since; nothing further was done")
		}
	}
	return o, nil
}

func orderFor(id string, c *readiness.Change) deploy.Order {
	return deploy.Order{Run: id, From: c.From, To: c.To, Stops: c.Stops, Incident: c.Incident}
}

func stepsOf(env deploy.Environment, what string, o deploy.Order) []deploy.Step {
	if what == readiness.RunRollback {
		return env.Strategy.Rollback(env, o)
	}
	return env.Strategy.Deploy(env, o)
}

// run is the run as the ledger has it now.
func (o *orderRun) run() *readiness.Run { return o.opts.Ledger.State().Runs[o.id] }

// take does one step, unless it was done before or is not needed.
func (o *orderRun) take(ctx context.Context, step deploy.Step) error {
	known, _ := o.run().Step(step.Name)
	if !known.Ended.IsZero() {
		return nil
	}
	if o.cancelled() {
		return errStopping
	}
	if why := o.unneeded(step); why != "" {
		return o.endStep(step, readiness.Evidence{Verdict: readiness.NotApplicable, Summary: why}, nil)
	}
	for {
		result, err := o.do(ctx, step)
		switch {
		case err == nil:
			return o.endStep(step, evidenceOf(result), result.Facts)
		case ctx.Err() != nil:
			return errStopping
		case errors.Is(err, errAbandoned):
			return err
		case step.Soft:
			return o.endStep(step, readiness.Evidence{Verdict: readiness.Failed, Summary: sentence(err)}, nil)
		case !o.pinnedDown(ctx, step):
			return err
		}
		if err := o.ask(ctx, step, sentence(err)+". "+o.world(ctx), false, readiness.ChooseContinue, readiness.ChooseAbandon); err != nil {
			return err
		}
	}
}

// unneeded says why a step is left out, or "".
func (o *orderRun) unneeded(step deploy.Step) string {
	if step.Soft {
		for _, s := range o.run().Steps {
			if s.Evidence.Verdict == readiness.Failed {
				return "left out, since “" + s.Title + "” failed"
			}
		}
	}
	if step.Unless == nil {
		return ""
	}
	return step.Unless(o.work(step))
}

// pinnedDown reports whether a rollback has begun at the platform: from there
// on it does not end without a person. A rollback that the platform refused has
// not, unless the platform holds the app pinned all the same or does not say.
func (o *orderRun) pinnedDown(ctx context.Context, failed deploy.Step) bool {
	s, ok := o.run().Step("rollback")
	switch {
	case !ok || s.Started.IsZero() || s.Evidence.Verdict == readiness.NotApplicable:
		return false
	case failed.Name != s.Name:
		return true
	}
	now, err := o.current(ctx)
	return err != nil || now.Pinned
}

// do does what a step is for, within its deadline.
func (o *orderRun) do(ctx context.Context, step deploy.Step) (result deploy.Result, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			o.opts.Log.Error("step panicked", "run", o.id, "step", step.Name, "cause", cause)
			err = errors.New("gonogo made a mistake in this step; its log has the cause")
		}
	}()
	switch {
	case step.Effect != nil:
		return o.effect(ctx, step)
	case step.Ask != nil:
		return o.question(ctx, step)
	case step.Record != nil:
		return o.record(step)
	case step.Watch == nil:
		return deploy.Result{Summary: "done"}, nil
	}
	if err := o.begin(ctx, step, nil); err != nil {
		return deploy.Result{}, err
	}
	within, cancel := o.within(ctx, step)
	defer cancel()
	return step.Watch(within, o.work(step))
}

// least is how long a step that is gone on with may take at least.
const least = time.Minute

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
	return context.WithTimeout(ctx, max(left, min(step.Deadline, least)))
}

// work is what a step sees of the order.
func (o *orderRun) work(step deploy.Step) deploy.Work {
	return deploy.Work{
		Order: o.order,
		Fact:  func(name string) string { return o.run().Fact(name) },
		Choice: func(name string) string {
			answer, _ := o.run().AnswerTo(name)
			return answer.Choice
		},
		Tell:    func(doing string, parts ...readiness.StepPart) { o.tell(step, doing, parts) },
		Pause:   pause,
		Until:   o.until,
		State:   o.opts.Ledger.State,
		Measure: o.measure,
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// until waits for the state to be so.
func (r *Runs) until(ctx context.Context, so func(*readiness.State) bool) error {
	changes, stop := r.opts.Ledger.Watch()
	defer stop()
	for !so(r.opts.Ledger.State()) {
		select {
		case <-changes:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// question asks a person and waits, however long it takes.
func (o *orderRun) question(ctx context.Context, step deploy.Step) (deploy.Result, error) {
	if err := o.begin(ctx, step, nil); err != nil {
		return deploy.Result{}, err
	}
	if _, answered := o.run().AnswerTo(step.Name); !answered {
		if err := o.ask(ctx, step, step.Ask.Why(o.work(step)), false, step.Ask.Choices...); err != nil {
			return deploy.Result{}, err
		}
	}
	answer, _ := o.run().AnswerTo(step.Name)
	return deploy.Result{Summary: answer.Choice, Facts: map[string]string{"chosen_by": answer.By}}, nil
}

// ask puts a question before people and waits for the answer. One that stands
// already, from before a restart, is not put again.
func (o *orderRun) ask(ctx context.Context, step deploy.Step, why string, interrupted bool, choices ...string) error {
	if asked := o.run().Asked; asked == nil || asked.Step != step.Name {
		err := o.write(readiness.RunAsked{Run: o.id, Step: step.Name, Why: why, Choices: choices, Interrupted: interrupted})
		if err != nil {
			return err
		}
	}
	err := o.until(ctx, func(s *readiness.State) bool { return s.Runs[o.id] == nil || s.Runs[o.id].Asked == nil })
	if err != nil {
		return err
	}
	if answer, _ := o.run().AnswerTo(step.Name); answer.Choice == readiness.ChooseAbandon {
		return errAbandoned
	}
	return nil
}

// stopAt ends a run whose step did not come to a good end.
func (o *orderRun) stopAt(ctx context.Context, step deploy.Step, err error) error {
	switch {
	case errors.Is(err, errAbandoned):
		return o.finish(ctx, readiness.Interrupted, step, "a person left it as it is")
	case o.cancelled():
		return o.abort()
	case errors.Is(err, errStopping), ctx.Err() != nil:
		return nil // the run stays open, and is gone on with
	}
	return o.finish(ctx, readiness.Unsuccessful, step, sentence(err))
}

// abort stops what a cancelled run has begun. It is not bound to the run's
// context, which is over, but by its step's deadline and by the end of gonogo;
// the next one then goes on with it.
func (o *orderRun) abort() error {
	run, reason := o.run(), ""
	if stopped := o.opts.Ledger.State().Changing(o.env.Name); stopped != nil && stopped.Change.Stops == o.id {
		reason = "a rollback stopped it"
	} else if step := o.env.Strategy.Abort(o.order); step != nil && run.What == readiness.RunDeployment && o.touched() {
		life := o.life()
		ctx, cancel := context.WithTimeout(life, step.Deadline)
		defer cancel()
		if result, err := o.effect(ctx, *step); err != nil && life.Err() != nil {
			return nil
		} else if err != nil {
			reason = "the platform's deployment could not be stopped: " + sentence(err)
		} else if err := o.endStep(*step, evidenceOf(result), result.Facts); err != nil {
			return err
		}
	}
	return o.finish(context.Background(), readiness.Cancelled, deploy.Step{}, reason)
}

// life is the context that ends when gonogo stops.
func (r *Runs) life() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ctx
}

// touched reports whether anything may have been sent to the platform.
func (o *orderRun) touched() bool {
	for _, step := range o.steps {
		if known, ok := o.run().Step(step.Name); ok && step.Effect != nil && !known.Started.IsZero() {
			return true
		}
	}
	return false
}

// finish closes a run that did not come to a good end: with why, and with what
// the platform says is live now. A build that went live all the same, be it in
// a deployment that somebody else made of it, is recorded as not verified.
func (o *orderRun) finish(ctx context.Context, outcome readiness.Outcome, step deploy.Step, why string) error {
	run := o.run()
	var events []readiness.Event
	if known, ok := run.Step(step.Name); ok && known.Ended.IsZero() {
		events = append(events, readiness.StepEnded{Run: o.id, Step: step.Name, Evidence: o.clean(readiness.Evidence{Verdict: readiness.Failed, Summary: why})})
	}
	now, err := o.current(ctx)
	reason := worldSentence(o.env.Name, now, err)
	if why != "" {
		reason = why + ". " + reason
	}
	if live := o.opts.Ledger.State().Live[o.env.Name]; err == nil && now.Live.Version == o.order.To.Version && o.touched() &&
		live.Deployment != now.Live.Deployment {
		build := o.order.To
		build.Deployment = now.Live.Deployment
		events = append(events, readiness.VersionWentLive{Environment: o.env.Name, Build: build, Run: o.id, By: run.By})
	}
	return o.close(append(events, ending(run, outcome, o.blank(reason))...)...)
}

// ending closes a run and releases its lock, in one decision.
func ending(run *readiness.Run, outcome readiness.Outcome, reason string) []readiness.Event {
	events := []readiness.Event{readiness.RunEnded{Run: run.ID, Outcome: outcome, Reason: reason}}
	if run.Change != nil {
		events = append(events, readiness.EnvironmentUnlocked{Environment: run.Change.Environment, Claim: claim(run.ID)})
	}
	return events
}

// claim names the lock that a run holds.
func claim(run string) string { return "run/" + run }

// cancelled reports whether a person wants the run to stop.
func (o *orderRun) cancelled() bool {
	run := o.run()
	return run != nil && run.CancelledBy != ""
}
