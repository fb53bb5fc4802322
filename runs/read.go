package runs

import (
	"context"
	"errors"
	"sync"

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/readiness"
)

// read samples triggers side by side. A reading may hold no secret, since it is shown.
func (o *orderRun) read(ctx context.Context, triggers []deploy.Trigger) []deploy.Reading {
	state, now := o.opts.Ledger.State(), o.opts.Now()
	live := state.Live[o.env.Name]
	scope := gates.Scope{View: readiness.View{Checklist: o.opts.Checklist, State: state, Now: now},
		Environment: o.env.Name, TargetURL: o.env.URL, Release: live.Version, Commit: live.Commit}
	readings := make([]deploy.Reading, len(triggers))
	var all sync.WaitGroup
	for i, t := range triggers {
		if t.Sample != nil {
			all.Go(func() { readings[i] = o.readOne(ctx, t, scope) })
		}
	}
	all.Wait()
	return readings
}

func (o *orderRun) readOne(ctx context.Context, t deploy.Trigger, scope gates.Scope) deploy.Reading {
	r := t.TakeSafely(ctx, scope, o.opts.Log)
	r.Words = o.redacted(r.Words)
	if r.Err != nil {
		r.Err = errors.New(o.redacted(r.Err.Error()))
	}
	return r
}
