package runs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gonogo/deploy"
	"gonogo/readiness"
	"gonogo/runs/phrase"
)

// The facts by which the ledger knows how a write fared, each followed by the
// step's name and the number of answers that were given about it: a person's
// word begins a new count.
const (
	factResent = "resent" // how often it was sent again
	factLate   = "late"   // "yes": the platform may still be at it
)

// writeTimeout bounds one write. A write is not cut off when its run is
// cancelled or gonogo stops: half a request is worse than a late one.
const writeTimeout = 30 * time.Second

// attempts is how often an act of which nothing is to be seen is sent before a
// person is asked.
const attempts = 3

// effect does a step's one write, once:
//
//	look ──▶ happened: that is the result
//	  │
//	prepare ──▶ intent in the ledger ──▶ act ──▶ result
//	                                      │
//	                 fate unknown, or a restart: look until it shows or has
//	                 had time to ──▶ ask a person; after a restart that
//	                                 may have come before act: act
//
// Once a write was sent whose outcome is unknown, the platform may still be at
// it, and nothing is sent again without a person's word, however long nothing
// shows.
func (o *orderRun) effect(ctx context.Context, step deploy.Step) (deploy.Result, error) {
	within, cancel := o.within(ctx, step)
	defer cancel()
	known, _ := o.run().Step(step.Name)
	if known.Started.IsZero() {
		found, err := o.intend(within, step)
		if err != nil || found != nil {
			return deref(found), err
		}
		return o.act(within, ctx, step)
	}
	return o.resolve(within, ctx, step, errors.New("what became of it was not heard"))
}

// resolve finds out what became of a write, and sends it again where nothing
// of it is to be seen and it cannot come any more. lost says why it is not known.
func (o *orderRun) resolve(within, ctx context.Context, step deploy.Step, lost error) (deploy.Result, error) {
	found, err := o.lookOut(within, step)
	switch {
	case err != nil:
		return o.interrupted(ctx, step, fmt.Errorf("%w; %w", lost, err))
	case found != nil:
		return *found, nil
	case o.noted(factLate, step) != "":
		return o.interrupted(ctx, step, fmt.Errorf("%w; nothing of it is to be seen, and the platform may still be at it", lost))
	}
	sent, _ := strconv.Atoi(o.noted(factResent, step))
	if sent+1 >= attempts {
		return o.interrupted(ctx, step, fmt.Errorf("it was sent %d times, and nothing of it is to be seen: %w", attempts, lost))
	}
	if err := o.begin(ctx, step, o.note(factResent, step, strconv.Itoa(sent+1))); err != nil {
		return deploy.Result{}, err
	}
	return o.act(within, ctx, step)
}

// note is a fact about how a write fares.
func (o *orderRun) note(fact string, step deploy.Step, value string) map[string]string {
	return map[string]string{o.noteName(fact, step): value}
}

func (o *orderRun) noted(fact string, step deploy.Step) string {
	return o.run().Fact(o.noteName(fact, step))
}

func (o *orderRun) noteName(fact string, step deploy.Step) string {
	answers := 0
	for _, a := range o.run().Answers {
		if a.Step == step.Name {
			answers++
		}
	}
	return fmt.Sprintf("%s_%s_%d", fact, step.Name, answers)
}

func deref(found *deploy.Result) deploy.Result {
	if found == nil {
		return deploy.Result{}
	}
	return *found
}

// intend looks whether there is anything to do, and journals the intent with
// what a later look needs. Reads that fail for a while are repeated: nothing
// was sent yet. One that fails for good ends the step.
func (o *orderRun) intend(ctx context.Context, step deploy.Step) (*deploy.Result, error) {
	w := o.work(step, nil)
	var facts map[string]string
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		found, err := step.Effect.Look(ctx, w)
		if err == nil && found != nil {
			return found, nil
		}
		if err == nil {
			facts, err = step.Effect.Prepare(ctx, w)
		}
		if err == nil {
			err = o.begin(ctx, step, facts)
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
	var later *deploy.Later
	return errors.As(err, &later)
}

// The pauses between looks that were not answered.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
)

// act sends the write and finds out what became of it. within bounds the step,
// ctx the run.
func (o *orderRun) act(within, ctx context.Context, step deploy.Step) (deploy.Result, error) {
	for {
		result, err := o.send(step)
		o.heard[step.Name] = true
		var unknown *deploy.Unknown
		var later *deploy.Later
		switch {
		case errors.As(err, &later):
			o.work(step, nil).Tell(phrase.Cause(err) + "; gonogo tries again")
			if pause(within, later.After) != nil {
				return result, err
			}
			continue
		case !errors.As(err, &unknown):
			return result, err
		}
		if lost := o.write(readiness.StepStarted{Run: o.id, Step: step.Name, Facts: o.note(factLate, step, "yes")}); lost != nil {
			return result, lost
		}
		return o.resolve(within, ctx, step, err)
	}
}

// send sends the write. Even a panic in it leaves open whether it happened.
func (o *orderRun) send(step deploy.Step) (result deploy.Result, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			o.opts.Log.Error("write panicked", "run", o.id, "step", step.Name, "cause", cause)
			err = &deploy.Unknown{Cause: errors.New("gonogo made a mistake while it wrote; its log has the cause")}
		}
	}()
	return step.Effect.Act(ctx, o.work(step, nil))
}

// patience is how many times the time that a write may take to show gonogo
// waits for a platform that does not say or that may still be at it: longer
// than a write may take.
const patience = 4

// unheard reports whether an earlier process may have sent a write whose answer
// it did not live to hear. What was sent before a person's last word is no
// longer in question.
func (o *orderRun) unheard(step deploy.Step) bool {
	_, answered := o.run().AnswerTo(step.Name)
	return !o.heard[step.Name] && (!answered || o.noted(factResent, step) != "")
}

// lookOut looks whether a write that may have been sent has taken effect,
// until it shows or has had the time to. An error means that it cannot be told.
func (o *orderRun) lookOut(ctx context.Context, step deploy.Step) (*deploy.Result, error) {
	w, began, enough := o.work(step, nil), o.opts.Now(), o.opts.Settle
	if o.noted(factLate, step) != "" || o.unheard(step) {
		enough *= patience
	}
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		found, err := step.Effect.Look(ctx, w)
		switch {
		case err == nil && found != nil:
			return found, nil
		case err == nil && o.opts.Now().Sub(began) >= enough:
			return nil, nil
		case err != nil && !passes(err):
			return nil, err
		case err != nil && o.opts.Now().Sub(began) >= patience*o.opts.Settle:
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

// interrupted asks a person what to do about a write whose fate cannot be told,
// and looks again when told to go on.
func (o *orderRun) interrupted(ctx context.Context, step deploy.Step, cause error) (deploy.Result, error) {
	if ctx.Err() != nil {
		return deploy.Result{}, ctx.Err()
	}
	why := fmt.Sprintf("it cannot be told whether “%s” happened: %s", step.Title, phrase.Cause(cause))
	if err := o.ask(ctx, step.Name, why, true, readiness.ChooseContinue, readiness.ChooseAbandon); err != nil {
		return deploy.Result{}, err
	}
	return o.effect(ctx, step)
}
