package deploy

import (
	"context"
	"errors"

	"gonogo/clients/digitalocean"
)

// updateApp writes the spec back with the new version in it. The platform replaces the
// whole spec and makes a deployment from it.
type updateApp struct{ *rolling }

// Look implements [Effect]: it looks for the run's mark in the spec, or in a deployment
// made from it.
func (u updateApp) Look(ctx context.Context, w Work) (*Result, error) {
	app, err := u.read(ctx)
	if err != nil {
		return nil, err
	}
	d, err := u.since(ctx, w.Fact("before"), func(d digitalocean.Deployment) bool { return markOf(&d) == w.Run })
	if err != nil || d != nil {
		return u.found(d), err
	}
	if app.Spec.Mark(markKey) == w.Run {
		return nil, failed("the app's spec is ours, and the platform shows no deployment of it")
	}
	return nil, nil
}

func (u updateApp) found(d *digitalocean.Deployment) *Result {
	if d == nil {
		return nil
	}
	return &Result{Summary: "the platform took it as deployment " + short(d.ID), Facts: map[string]string{"deployment": d.ID}}
}

// Prepare implements [Effect].
func (u updateApp) Prepare(ctx context.Context, w Work) (map[string]string, error) {
	return u.newest(ctx)
}

// Act implements [Effect].
func (u updateApp) Act(ctx context.Context, w Work) (Result, error) {
	app, err := u.read(ctx)
	if err != nil {
		return Result{}, err
	}
	spec, err := u.specWith(app.Spec, w.To.Version, w.Run)
	if err != nil {
		return Result{}, err
	}
	id, _, err := u.client.Update(ctx, u.app, spec)
	if err != nil {
		return Result{}, classifyWrite(err)
	}
	if id == "" {
		return Result{}, &Unknown{Cause: errors.New("the platform took the spec and named no deployment")}
	}
	return Result{Summary: "the platform took it as deployment " + short(id), Facts: map[string]string{"deployment": id}}, nil
}

// newest notes the newest deployment: later ones are recognized by their place in the
// list, not by comparing two clocks.
func (r *rolling) newest(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	list, err := r.client.Deployments(ctx, r.app, 1)
	if err != nil {
		return nil, classifyRead(err)
	}
	facts := map[string]string{"before": "none"}
	if len(list) > 0 {
		facts["before"] = list[0].ID
	}
	return facts, nil
}

// since finds the oldest deployment after a given one that is as wanted.
func (r *rolling) since(ctx context.Context, before string, wanted func(digitalocean.Deployment) bool) (*digitalocean.Deployment, error) {
	if before == "" {
		return nil, nil // the intent was not recorded, so nothing was sent
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var found *digitalocean.Deployment
	for d, err := range r.client.History(ctx, r.app) { // the newest first
		switch {
		case err != nil:
			return nil, classifyRead(err)
		case d.ID == before:
			return found, nil
		case wanted(d):
			found = &d
		}
	}
	return found, nil
}
