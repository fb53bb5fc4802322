package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// stuckStep is used in place of a step in the question of a run that can't continue at
// all.
const stuckStep = ""

// question asks a person and waits, however long that takes.
func (o *orderRun) question(ctx context.Context, step deploy.Step) (deploy.Result, error) {
	if err := o.begin(ctx, step, nil); err != nil {
		return deploy.Result{}, err
	}
	if run := o.run(); run.Change.Rehearsal && step.Role == work.RoleDecide && run.Change.Settles == "" {
		if err := o.goOutAgain(ctx, step); err != nil {
			return deploy.Result{}, err
		}
	}
	if _, answered := o.run().AnswerTo(step.Name); !answered {
		if err := o.ask(ctx, step.Name, step.Ask.Why(o.work(step, nil)), false, step.Ask.Choices...); err != nil {
			return deploy.Result{}, err
		}
	}
	answer, _ := o.run().AnswerTo(step.Name)
	return deploy.Result{Summary: answer.Choice, Facts: map[string]string{"chosen_by": answer.By}}, nil
}

// ask asks people a question and waits for the answer. A question from before a restart
// is not asked again.
func (o *orderRun) ask(ctx context.Context, step, why string, interrupted bool, choices ...string) error {
	if asked := o.run().Asked; asked == nil || asked.Step != step {
		err := o.journal(event.RunAsked{Run: o.id, Step: step, Why: o.redacted(why), Choices: choices, Interrupted: interrupted})
		if err != nil {
			return err
		}
	}
	return o.await(ctx, step)
}

// await waits until an open question is answered. It gives up when a rollback takes the
// run over.
func (o *orderRun) await(ctx context.Context, step string) error {
	err := o.until(ctx, func(s *history.State) bool {
		run := s.Runs[o.id]
		return run == nil || run.Asked == nil || preempted(s, o.id, o.env.Name)
	})
	switch run := o.run(); {
	case err != nil:
		return err
	case o.abandoned(step):
		return errAbandoned
	case run != nil && run.Asked != nil:
		return errStopping
	}
	return nil
}

// abandoned reports whether a person abandoned the run, when asked about a step or
// about the whole run.
func (o *orderRun) abandoned(step string) bool {
	run := o.run()
	for _, asked := range []string{step, stuckStep} {
		if answer, _ := run.AnswerTo(asked); answer.Choice == work.ChooseAbandon {
			return true
		}
	}
	return false
}

// preempted reports whether a rollback has taken over from a deployment.
func preempted(s *history.State, run, environment string) bool {
	latest := s.Changing(environment)
	return latest != nil && latest.Change.Stops == run
}

// stuck keeps a run open that can't continue, and its environment locked: what it has
// begun on the platform is not known. A person may abandon it; once gonogo is
// configured for it again, it continues.
func (r *Runs) stuck(ctx context.Context, run *work.Run, cause error) error {
	if run.Change == nil {
		return r.close(ending(run, work.Interrupted, cause.Error())...)
	}
	o := &orderRun{Runs: r, id: run.ID, env: deploy.Environment{Name: run.Change.Environment}}
	why := fmt.Sprintf("gonogo cannot go on with this: %s. Fix that and restart gonogo again, or abandon the run", phrase.Cause(cause))
	err := o.ask(ctx, stuckStep, why, true, work.ChooseAbandon)
	switch {
	case errors.Is(err, errAbandoned), o.cancelled():
		return r.close(leaving(o.run(), ended{outcome: work.Interrupted, reason: "a person left it as it is, while gonogo could not look at the platform"}, o.run().Begun())...)
	case errors.Is(err, errStopping), ctx.Err() != nil:
		return nil
	}
	return err
}

// unstuck withdraws the question of a run that couldn't continue. A run that a person
// abandoned meanwhile stays abandoned.
func (o *orderRun) unstuck(run *work.Run) error {
	switch {
	case o.abandoned(stuckStep):
		return errAbandoned
	case run.Asked == nil || run.Asked.Step != stuckStep:
		return nil
	}
	return o.journal(event.RunAnswered{Run: o.id, Step: stuckStep, Choice: work.ChooseContinue})
}

// ErrNotAsked says that a run doesn't ask for such an answer now.
var ErrNotAsked = errors.New("that is not asked now")

// Answer gives a person's answer to what a run asks.
func (r *Runs) Answer(ctx context.Context, key, run, choice, by string) error {
	return r.Decide(ctx, key, event.RunAnswered{Run: run, Choice: choice, By: by})
}

// Return makes a rollback return to the version that it left. That allows this version
// to be deployed again, for the given reason.
func (r *Runs) Return(ctx context.Context, key, run, by, reason string) error {
	return r.Decide(ctx, key, event.RunAnswered{Run: run, Choice: work.ChooseReturn, By: by, Reason: reason})
}

// Decide is Answer and Return for somebody who may act as a deputy. The step of given
// is that of the question.
func (r *Runs) Decide(ctx context.Context, key string, given event.RunAnswered) error {
	_, err := r.opts.Ledger.Once(ctx, key, func(s *history.State, at time.Time) ([]event.Event, error) {
		found := s.Runs[given.Run]
		if found == nil || found.Asked == nil || !slices.Contains(found.Asked.Choices, given.Choice) {
			return nil, ErrNotAsked
		}
		given.Step = found.Asked.Step
		return append(r.returning(s, at, found.Change, given), given), nil
	})
	return err
}
