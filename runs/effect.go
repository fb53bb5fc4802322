package runs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// The facts with which the ledger records how a write went. Each name is followed by
// the step's name and the number of answers that were given about it: a person's answer
// begins a new count.
const (
	factResent = "resent" // how often it was sent again
	factLate   = "late"   // "yes": the platform may still be working on it
)

// writeTimeout limits one write. A write is not cancelled with its run or when gonogo
// stops: half a request is worse than a late one.
const writeTimeout = 30 * time.Second

// attempts is how many times a write without visible effect is sent before a person is
// asked.
const attempts = 3

// operation is the one write of a step to a platform. The journal says what happened to
// it; if that is not known, the operation looks before it continues.
type operation struct {
	*orderRun
	step deploy.Step
}

func (o *orderRun) operation(step deploy.Step) operation { return operation{o, step} }

// once does the write, once:
//
//	look ──▶ happened: that is the result
//	  │
//	prepare ──▶ intent in the ledger ──▶ act ──▶ result
//	                                      │
//	                 fate unknown, or a restart: look until it shows or has
//	                 had time to ──▶ ask a person; after a restart that
//	                                 may have come before act: act
//
// Once a write was sent whose outcome is unknown, the platform may still be working on
// it, and nothing is sent again unless a person says so, however long there is no
// visible effect.
func (op operation) once(ctx context.Context) (deploy.Result, error) {
	for {
		result, err := op.attempt(ctx)
		var unsettled unsettled
		if !errors.As(err, &unsettled) {
			return result, err
		}
		if ctx.Err() != nil {
			return deploy.Result{}, ctx.Err()
		}
		if err := op.askAbout(ctx, unsettled.cause); err != nil {
			return deploy.Result{}, err
		}
	}
}

// unsettled says that only a person can tell what happened to a write.
type unsettled struct{ cause error }

// Error implements error.
func (u unsettled) Error() string { return u.cause.Error() }

// attempt makes the write within the step's deadline, or finds out what happened to it.
func (op operation) attempt(ctx context.Context) (deploy.Result, error) {
	ctx, cancel := op.within(ctx, op.step)
	defer cancel()
	known, _ := op.run().Step(op.step.Name)
	if known.Started.IsZero() {
		found, err := op.intend(ctx)
		if err != nil || found != nil {
			return deref(found), err
		}
		return op.act(ctx)
	}
	return op.resolve(ctx, errors.New("no response was received"))
}

// resolve finds out what happened to a write, and sends it again if it has no visible
// effect and can no longer get one. lost says why the outcome is not known.
func (op operation) resolve(ctx context.Context, lost error) (deploy.Result, error) {
	found, err := op.pollOutcome(ctx)
	switch {
	case err != nil:
		return deploy.Result{}, unsettled{fmt.Errorf("%w; %w", lost, err)}
	case found != nil:
		return *found, nil
	case op.noted(factLate) != "":
		return deploy.Result{}, unsettled{fmt.Errorf("%w; it has no visible effect, and the platform may still be working on it", lost)}
	}
	sent, _ := strconv.Atoi(op.noted(factResent))
	if sent+1 >= attempts {
		return deploy.Result{}, unsettled{fmt.Errorf("it was sent %s with no visible effect: %w", phrase.Count(attempts, "time"), lost)}
	}
	if err := op.begin(ctx, op.step, op.note(factResent, strconv.Itoa(sent+1))); err != nil {
		return deploy.Result{}, err
	}
	return op.act(ctx)
}

// note is a fact about how a write goes.
func (op operation) note(fact, value string) map[string]string {
	return map[string]string{op.noteName(fact): value}
}

func (op operation) noted(fact string) string {
	return op.run().Fact(op.noteName(fact))
}

func (op operation) noteName(fact string) string {
	return fmt.Sprintf("%s_%s_%d", fact, op.step.Name, op.answersTo(op.step.Name))
}

func deref(found *deploy.Result) deploy.Result {
	if found == nil {
		return deploy.Result{}
	}
	return *found
}

// intend looks whether there is anything to do, and journals the intent with what a
// later look needs. Reads that fail temporarily are repeated, since nothing was sent
// yet. One that fails permanently ends the step.
func (op operation) intend(ctx context.Context) (*deploy.Result, error) {
	w := op.work(op.step, nil)
	w.Tell("looking at the platform first")
	var facts map[string]string
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		found, err := op.step.Effect.Look(ctx, w)
		if err == nil && found != nil {
			return found, nil
		}
		if err == nil {
			facts, err = op.step.Effect.Prepare(ctx, w)
		}
		if err == nil {
			err = op.begin(ctx, op.step, facts)
		}
		if err == nil {
			return nil, nil
		}
		if !passes(err) {
			return nil, err
		}
		w.Tell("the platform does not answer yet: " + phrase.Cause(err))
		if pause(ctx, wait) != nil {
			return nil, err
		}
	}
}

// passes reports whether asking again may help.
func passes(err error) bool {
	var passing *deploy.Passing
	return errors.As(err, &passing)
}

// The pauses between looks that got no answer.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
)

// act sends the write and finds out what happened to it.
func (op operation) act(ctx context.Context) (deploy.Result, error) {
	for {
		result, err := op.send()
		op.finished[op.step.Name] = true
		var unknown *deploy.Unknown
		var passing *deploy.Passing
		switch {
		case errors.As(err, &passing):
			op.work(op.step, nil).Tell(phrase.Cause(err) + "; gonogo tries again")
			if pause(ctx, passing.After) != nil {
				return result, err
			}
			continue
		case !errors.As(err, &unknown):
			return result, err
		}
		if lost := op.journal(event.StepStarted{Run: op.id, Step: op.step.Name, Facts: op.note(factLate, "yes")}); lost != nil {
			return result, lost
		}
		return op.resolve(ctx, err)
	}
}

// send sends the write. After a panic it is also unknown whether it happened.
func (op operation) send() (result deploy.Result, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			op.opts.Log.Error("write panicked", "run", op.id, "step", op.step.Name, "cause", cause)
			err = &deploy.Unknown{Cause: errors.New("gonogo made a mistake while it wrote; its log has the cause")}
		}
	}()
	return op.step.Effect.Act(ctx, op.work(op.step, nil))
}

// patience is how many times longer than the time a write may take to become visible
// gonogo waits for a platform that doesn't answer or may still be working on it: longer
// than a write may take.
const patience = 4

// answerLost reports whether an earlier process may have sent a write without receiving
// the response. What was sent before a person's last answer no longer matters.
func (op operation) answerLost() bool {
	_, answered := op.run().AnswerTo(op.step.Name)
	return !op.finished[op.step.Name] && (!answered || op.noted(factResent) != "")
}

// pollOutcome looks whether a write that may have been sent has taken effect, until it
// is visible or has had the time to be. An error means that this can't be found out.
func (op operation) pollOutcome(ctx context.Context) (*deploy.Result, error) {
	w, began, enough := op.work(op.step, nil), op.opts.Now(), op.opts.Visible
	if op.noted(factLate) != "" || op.answerLost() {
		enough *= patience
	}
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		found, err := op.step.Effect.Look(ctx, w)
		switch {
		case err == nil && found != nil:
			return found, nil
		case err == nil && op.opts.Now().Sub(began) >= enough:
			return nil, nil
		case err != nil && !passes(err):
			return nil, err
		case err != nil && op.opts.Now().Sub(began) >= patience*op.opts.Visible:
			return nil, err
		case err != nil:
			w.Tell("it is not known yet whether this happened: " + phrase.Cause(err))
		}
		if pause(ctx, wait) != nil {
			if err == nil {
				err = errors.New("there was no time left to see whether it happened")
			}
			return nil, err
		}
	}
}

// askAbout asks a person what to do about a write whose outcome can't be found out.
func (op operation) askAbout(ctx context.Context, cause error) error {
	why := fmt.Sprintf("it cannot be told whether “%s” happened: %s", op.step.Title, phrase.Cause(cause))
	return op.ask(ctx, op.step.Name, why, true, work.ChooseContinue, work.ChooseAbandon)
}
