package runs

import (
	"context"
	"errors"
	"sync"

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/readiness"
)

// read samples triggers of an environment side by side. A reading may hold no secret,
// since it is shown.
func (r *Runs) read(ctx context.Context, env deploy.Environment, triggers []deploy.Trigger) []deploy.Reading {
	scope, readings := r.scope(env), make([]deploy.Reading, len(triggers))
	var all sync.WaitGroup
	for i, t := range triggers {
		if t.Sample != nil {
			all.Go(func() { readings[i] = r.readOne(ctx, t, scope) })
		}
	}
	all.Wait()
	return readings
}

// scope is what is live on an environment, for a measurement.
func (r *Runs) scope(env deploy.Environment) gates.Scope {
	state, now := r.opts.Ledger.State(), r.opts.Now()
	live := state.Live[env.Name]
	return gates.Scope{View: readiness.View{Checklist: r.opts.Checklist, State: state, Now: now},
		Environment: env.Name, TargetURL: env.URL, Release: live.Version, Commit: live.Commit}
}

func (r *Runs) readOne(ctx context.Context, t deploy.Trigger, scope gates.Scope) deploy.Reading {
	reading := t.TakeSafely(ctx, scope, r.opts.Log)
	reading.Words = r.redacted(reading.Words)
	if reading.Err != nil {
		reading.Err = errors.New(r.redacted(reading.Err.Error()))
	}
	return reading
}
