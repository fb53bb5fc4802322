package deploy

import (
	"cmp"
	"context"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
)

// verify checks that the deployment is the live one. If the platform has replaced it
// meanwhile with another deployment of the same thing, that one has to be healthy and
// to pass the smoke gates as well.
func (r *rolling) verify(e Environment, name, fact string, build func(Work) build.Build) Step {
	return Step{Name: name, Title: "See that it is what is live", Deadline: time.Minute + e.Health.orDefaults().Timeout + smokeDeadline,
		Calls: []string{"GET /v2/apps/" + r.app}, Undo: "Live, unverified",
		Watch: func(ctx context.Context, w Work) (Result, error) {
			want, id := build(w), w.Fact(fact)
			for {
				now, err := seeLive(ctx, w, r)
				switch {
				case err != nil:
					return Result{}, err
				case now.Live.Deployment == id && now.Live.Version == want.Version:
					return verified(now, fact), nil
				case now.Live.Deployment == id:
					return Result{}, failed("the live deployment carries %s, not %s", cmp.Or(now.Live.Version, "no version"), want.Version)
				}
				switch outdated, err := r.replaced(ctx, w, id, now.Live.Deployment); {
				case err != nil:
					return Result{}, err
				case outdated:
					w.Tell("the platform lists an older deployment as live; asking again")
					if err := w.Pause(ctx, repeatAfter); err != nil {
						return Result{}, orTooLong(ctx, err, "the platform still lists an older deployment as live")
					}
					continue
				}
				if result, err := r.tryAgain(ctx, w, e, want); err != nil {
					return result, err
				}
				id = now.Live.Deployment
			}
		}}
}

func verified(now Current, fact string) Result {
	version := now.Live.Version
	facts := LiveFacts(now)
	facts[fact] = now.Live.Deployment
	return Result{Summary: version + " is live", Facts: facts, Measures: []answer.Measure{{Name: "live version", Value: version, Limit: version, OK: true}}}
}

// replaced returns an error if a deployment was replaced with one of something else.
// The answer that named the other is outdated if that is the older of the two:
// deployments become live in the order in which they are made.
func (r *rolling) replaced(ctx context.Context, w Work, id, by string) (outdated bool, err error) {
	var pair [2]digitalocean.Deployment
	err = poll(ctx, w, func() (bool, error) {
		for i, one := range []string{id, by} {
			var err error
			if pair[i], err = r.client.Deployment(ctx, r.app, one); err != nil {
				return false, unlessPassing(classifyRead(err), w)
			}
		}
		return true, nil
	})
	switch {
	case err != nil && !isGone(err):
		return false, orTooLong(ctx, err, "the platform does not say what is live")
	case err == nil && pair[1].CreatedAt.Before(pair[0].CreatedAt):
		return true, nil
	case err != nil || !r.repeats(pair[1], pair[0]):
		return false, &Superseded{Cause: failed("deployment %s is live, not %s: something has replaced it", short(by), short(id))}
	}
	return false, nil
}

// tryAgain checks the health and the smoke gates of the replacement of a deployment
// that had passed them.
func (r *rolling) tryAgain(ctx context.Context, w Work, e Environment, build build.Build) (Result, error) {
	w.Tell("the platform has deployed it again; looking at that one")
	if result, err := e.Health.orDefaults().await(ctx, w, r.healthy); err != nil || len(e.Smoke) == 0 {
		return result, err
	}
	return judgeSmoke(e.Smoke, w.Measure(ctx, e.URL, build, e.Smoke))
}

// healthy checks the platform's health of every component once.
func (r *rolling) healthy(ctx context.Context, _ Work) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	components, err := r.client.Health(ctx, r.app)
	if err != nil {
		return err
	}
	if len(components) == 0 {
		return r.healthyByPhase(ctx)
	}
	for _, c := range components {
		if !c.Healthy() {
			return failed("%s is %s, %s ready", c.Name, c.State, phrase.Of(c.Ready, c.Desired, "replica"))
		}
	}
	return nil
}

// healthyByPhase checks an app without any component health. An app with only static
// sites or functions has none: it is healthy if its deployment is active. Source:
// DigitalOcean API reference, App health.
func (r *rolling) healthyByPhase(ctx context.Context) error {
	app, err := r.client.App(ctx, r.app)
	switch {
	case err != nil:
		return err
	case app.Active == nil || len(app.Active.Spec.Running()) > 0:
		return failed("the platform tells the health of no component")
	case app.Active.Phase != digitalocean.PhaseActive:
		return failed("the live deployment is %s", stateOf(app.Active.Phase).Words())
	}
	return nil
}
