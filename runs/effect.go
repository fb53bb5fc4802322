package runs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gonogo/deploy"
	"gonogo/readiness"
)

// writeTimeout bounds one write. A write is not cut off when its run is
// cancelled or gonogo stops: half a request is worse than a late one.
const writeTimeout = 30 * time.Second

// attempts is how often an act whose effect surely did not happen is done
// before a person is asked.
const attempts = 2

// effect does a step's one write, once:
//
//	look ──▶ happened: that is the result
//	  │
//	prepare ──▶ intent in the ledger ──▶ act ──▶ result
//	                                      │
//	                 fate unknown, or a restart: look until it shows or has
//	                 had time to ──▶ act again, or ask a person
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
	found, err := o.lookOut(within, step)
	if err == nil && found == nil {
		return o.act(within, ctx, step)
	}
	if err != nil {
		return o.interrupted(ctx, step, err)
	}
	return *found, nil
}

func deref(found *deploy.Result) deploy.Result {
	if found == nil {
		return deploy.Result{}
	}
	return *found
}

// intend looks whether there is anything to do, and journals the intent with
// what a later look needs. Reads that fail for a while are repeated: nothing
// was sent yet.
func (o *orderRun) intend(ctx context.Context, step deploy.Step) (*deploy.Result, error) {
	w := o.work(step)
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
			return nil, o.begin(ctx, step, facts)
		}
		w.Tell("the platform does not answer yet: " + sentence(err))
		if pause(ctx, wait) != nil {
			return nil, err
		}
	}
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
		var unknown *deploy.Unknown
		var later *deploy.Later
		switch {
		case errors.As(err, &later):
			o.work(step).Tell(sentence(err) + "; gonogo tries again")
			if pause(within, later.After) != nil {
				return result, err
			}
			continue
		case !errors.As(err, &unknown):
			return result, err
		}
		found, lost := o.lookOut(within, step)
		switch {
		case lost != nil:
			return o.interrupted(ctx, step, fmt.Errorf("%w; %w", err, lost))
		case found != nil:
			return *found, nil
		}
		if again, err := o.again(within, step, err); !again {
			return o.interrupted(ctx, step, err)
		}
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
	return step.Effect.Act(ctx, o.work(step))
}

// again journals that the write is sent once more, after it surely did not
// happen; more than so often it is a person's to say.
func (o *orderRun) again(ctx context.Context, step deploy.Step, err error) (bool, error) {
	n, _ := strconv.Atoi(o.run().Fact("attempt_" + step.Name))
	if n+2 > attempts {
		return false, fmt.Errorf("the platform did not do it in %d attempts: %w", attempts, err)
	}
	facts := map[string]string{"attempt_" + step.Name: strconv.Itoa(n + 1)}
	if err := o.begin(ctx, step, facts); err != nil {
		return false, err
	}
	return true, nil
}

// patience is how many times the time that a write may take to show gonogo
// waits for a platform that does not say, before it asks a person.
const patience = 12

// lookOut looks whether a write that may have been sent has taken effect,
// until it shows or has had the time to. An error means that it cannot be told.
func (o *orderRun) lookOut(ctx context.Context, step deploy.Step) (*deploy.Result, error) {
	w := o.work(step)
	began := o.opts.Now()
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		found, err := step.Effect.Look(ctx, w)
		switch {
		case err == nil && found != nil:
			return found, nil
		case err == nil && o.opts.Now().Sub(began) >= o.opts.Settle:
			return nil, nil
		case err != nil && o.opts.Now().Sub(began) >= patience*o.opts.Settle:
			return nil, err
		case err != nil:
			w.Tell("it is not known yet whether this happened: " + sentence(err))
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
	why := fmt.Sprintf("it cannot be told whether “%s” happened: %s", step.Title, sentence(cause))
	if err := o.ask(ctx, step, o.blank(why), true, readiness.ChooseContinue, readiness.ChooseAbandon); err != nil {
		return deploy.Result{}, err
	}
	return o.effect(ctx, step)
}
