package deploy

import (
	"cmp"
	"context"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// This file ends the pin that the platform's rollback leaves: by keeping what was
// rolled back to, or by returning to what was left.

// keep ends a pin by keeping what was rolled back to.
func (r *rolling) keep(o Order) Step {
	return Step{Name: "keep", Title: "Keep " + o.To.Version + ": release the pin", Deadline: 2 * time.Minute,
		Undo:  "Pinned still; returning may be possible all the same",
		Calls: []string{"POST /v2/apps/" + r.app + "/rollback/commit"}, Effect: keepRollback{r}}
}

// onward ends a pin by returning to what a rollback left.
func (r *rolling) onward(e Environment, o Order) []Step {
	to := func(w Work) build.Build { return w.From }
	return []Step{
		{Name: "return", Title: "Return to " + o.From.Version, Deadline: 2 * time.Minute,
			Calls: []string{"POST /v2/apps/" + r.app + "/rollback/revert"}, Effect: returnFrom{r}},
		r.follow("follow-return", "Follow the platform's deployment of "+o.From.Version, factReturned, nil),
		e.Health.Await("health-return", r.healthTitle(e), nil, r.healthy),
		SmokeStep("smoke-return", e, to),
		r.verify(e, "verify-return", factReturned, to),
		{Name: "returned", Title: "Record that " + o.From.Version + " is live again", Record: func(w Work) *Arrival {
			return arrived(w, w.From, factReturned)
		}},
	}
}

// Settle implements [Pinner].
func (r *rolling) Settle(e Environment, o Order) []Step {
	lock := LockStep(e.Name)
	if o.Settles == work.ChooseReturn {
		steps := []Step{lock, r.pinned()}
		for _, step := range r.onward(e, o) {
			steps = append(steps, onlyIf(step, unpinned))
		}
		return steps
	}
	kept := func(Work) build.Build { return o.To }
	return []Step{lock, r.pinned(), onlyIf(r.keep(o), unpinned),
		e.Health.Await("health", r.healthTitle(e), nil, r.healthy),
		SmokeStep("smoke", e, kept),
		r.verify(e, "verify", factDeployment, kept),
		{Name: "kept", Title: "Record that " + o.To.Version + " is live", Record: func(w Work) *Arrival {
			at := arrived(w, o.To, factDeployment)
			at.Instead = o.From.Version
			return at
		}},
	}
}

// pinned checks whether there is a pin to end.
func (r *rolling) pinned() Step {
	return Step{Name: "look", Title: "See that the platform keeps the app pinned", Deadline: time.Minute, Calls: []string{"GET /v2/apps/" + r.app},
		Watch: func(ctx context.Context, w Work) (Result, error) {
			now, err := seeLive(ctx, w, r)
			if err != nil {
				return Result{}, err
			}
			result := Result{Summary: cmp.Or(now.Live.Version, "nothing") + " is live and pinned", Facts: map[string]string{factDeployment: now.Live.Deployment}}
			if !now.Pinned() {
				result.Summary, result.Facts[factUnpinned] = cmp.Or(now.Live.Version, "nothing")+" is live, and nothing is pinned any more", "yes"
			}
			return result, nil
		}}
}

func unpinned(w Work) string {
	if w.Fact(factUnpinned) == "yes" {
		return "nothing is pinned any more"
	}
	return ""
}

// keepRollback keeps the version that a rollback brought back: the platform accepts
// deployments again.
type keepRollback struct{ *rolling }

// Look implements [Effect]: it checks that the pin is gone and the rollback's
// deployment live.
func (k keepRollback) Look(ctx context.Context, w Work) (*Result, error) {
	app, err := k.read(ctx)
	switch {
	case err != nil:
		return nil, err
	case app.Pinned != nil:
		return nil, nil
	case app.Active != nil && (app.Active.ID == w.Fact(factDeployment) || k.version(app.Active.Spec) == w.To.Version):
		return &Result{Summary: w.To.Version + " is kept, and the app takes deployments again"}, nil
	}
	return nil, failed("the pin is gone, and %s is live instead of what the rollback brought", cmp.Or(k.build(app.Active).Version, "nothing"))
}

// Prepare implements [Effect].
func (k keepRollback) Prepare(context.Context, Work) (map[string]string, error) { return nil, nil }

// Act implements [Effect].
func (k keepRollback) Act(ctx context.Context, w Work) (Result, error) {
	if err := k.client.Commit(ctx, k.app); err != nil {
		return Result{}, classifyWrite(err)
	}
	return Result{Summary: w.To.Version + " is kept, and the app takes deployments again"}, nil
}

// returnFrom returns to the version that a rollback left.
type returnFrom struct{ *rolling }

// Look implements [Effect]: it looks for a deployment newer than the intent with the
// version that was left.
func (f returnFrom) Look(ctx context.Context, w Work) (*Result, error) {
	d, err := f.since(ctx, w.Fact("before"), func(d digitalocean.Deployment) bool {
		return f.version(d.Spec) == w.From.Version
	})
	if err != nil || d == nil {
		return nil, err
	}
	return returned(d.ID), nil
}

func returned(id string) *Result {
	return &Result{Summary: "the platform returns as deployment " + short(id), Facts: map[string]string{factReturned: id}}
}

// Prepare implements [Effect].
func (f returnFrom) Prepare(ctx context.Context, _ Work) (map[string]string, error) {
	return f.newest(ctx)
}

// Act implements [Effect].
func (f returnFrom) Act(ctx context.Context, w Work) (Result, error) {
	d, err := f.client.Revert(ctx, f.app)
	if err != nil {
		return Result{}, classifyWrite(err)
	}
	return *returned(d.ID), nil
}
