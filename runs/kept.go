package runs

import (
	"context"
	"time"

	"gonogo/deploy"
	"gonogo/readiness/answer"
)

// kept is what a step of a deployment or rollback has measured, until it is recorded. It
// is there for the next attempt at the run where the ledger could not be written, so that
// nothing is measured twice. It is lost with the process.
type kept struct {
	step    string
	answers int // that people had given about the step: each asks for a new measurement
	result  deploy.Result
	err     error
	at      time.Time
}

// keeping does a step's work, or gives what an earlier attempt at the run found, if the
// step asks for that.
func (o *orderRun) keeping(ctx context.Context, step deploy.Step, do func() (deploy.Result, error)) (deploy.Result, error) {
	if !step.Keep {
		return do()
	}
	if before, ok := o.keptFor(step); ok {
		return before.result, before.err
	}
	result, err := do()
	if ctx.Err() == nil { // otherwise it was cut off, and says nothing
		o.mu.Lock()
		defer o.mu.Unlock()
		o.kept[o.id] = kept{step.Name, o.answersTo(step.Name), result, err, o.opts.Now()}
	}
	return result, err
}

// keptFor is what was measured for a step and isn't recorded yet.
func (o *orderRun) keptFor(step deploy.Step) (kept, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	k, ok := o.kept[o.id]
	return k, ok && k.step == step.Name && k.answers == o.answersTo(step.Name)
}

// answersTo counts what people have answered about a step.
func (o *orderRun) answersTo(step string) (answers int) {
	for _, a := range o.run().Answers {
		if a.Step == step {
			answers++
		}
	}
	return answers
}

// dated adds to a step's evidence when it was measured, if it is recorded later.
func (o *orderRun) dated(step deploy.Step, ev answer.Evidence) answer.Evidence {
	if before, ok := o.keptFor(step); ok {
		ev.Measured = measuredBefore(o.opts.Now(), before.at)
	}
	return ev
}
