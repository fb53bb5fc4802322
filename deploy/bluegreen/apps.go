package bluegreen

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/deploy"
)

// apps are the blue and the green app, as they were just read.
type apps [2]digitalocean.App

// read reads both apps.
func (s *strategy) read(ctx context.Context) (now apps, err error) {
	var errs [2]error
	var both sync.WaitGroup
	for i, one := range s.sides {
		both.Go(func() {
			if now[i], errs[i] = one.Read(ctx); errs[i] != nil {
				errs[i] = fmt.Errorf("%s: %w", one.colour, errs[i])
			}
		})
	}
	both.Wait()
	for _, err := range errs {
		if err != nil {
			return now, err
		}
	}
	return now, nil
}

// holders are the sides whose spec has the name.
func (s *strategy) holders(now apps) (at []int) {
	for i, app := range now {
		if app.Spec.Domain(s.Cutover.Domain) != "" {
			at = append(at, i)
		}
	}
	return at
}

// arrived reports whether the live deployment of an app has the name.
func (s *strategy) arrived(app digitalocean.App) bool {
	return app.Active != nil && app.Active.Spec.Domain(s.Cutover.Domain) != ""
}

// stillMoving is after how long it is worth asking again.
const stillMoving = 5 * time.Second

// live is the side that has the name.
func (s *strategy) live(now apps) (int, error) {
	name, panel := s.Cutover.Domain, ", in DigitalOcean's control panel under Settings"
	at := s.holders(now)
	switch {
	case len(at) == 0:
		return 0, errors.New("neither app has " + name + " in its spec, so nothing is known to be live; add it to the domains of the app that is to be live" + panel)
	case len(at) > 1:
		return 0, errors.New("both apps have " + name + " in their specs, so it isn't known which one is live; remove it from the domains of the other one" + panel)
	}
	one, app := s.sides[at[0]], now[at[0]]
	if s.arrived(app) {
		return at[0], nil
	}
	if d, _ := deploy.UnderWay(app); d != nil {
		return 0, &deploy.Passing{After: stillMoving, Cause: fmt.Errorf("%s is being moved to %s, so it isn't known what is live", name, one.colour)}
	}
	return 0, &deploy.Passing{After: stillMoving, Cause: fmt.Errorf("%s is in the spec of %s and not in what is live there, so it isn't known what is live; if it stays so, deploy %s again in DigitalOcean's control panel", name, one.colour, one.colour)}
}

// Current implements [deploy.Strategy].
func (s *strategy) Current(ctx context.Context) (deploy.Current, error) {
	now, err := s.read(ctx)
	if err != nil {
		return deploy.Current{}, err
	}
	at, err := s.live(now)
	if err != nil {
		return deploy.Current{}, err
	}
	s.wasIdle.Store(int32(1 - at))
	c := s.sides[at].Live(now[at])
	c.WantedIn = "the spec of " + s.sides[at].colour
	c.Notes = s.notes(now, at)
	return c, nil
}

// Was implements [deploy.Strategy].
func (s *strategy) Was(ctx context.Context, deployment string) (was deploy.Current, err error) {
	for _, one := range s.sides {
		var gone *deploy.Gone
		if was, err = one.Was(ctx, deployment); !errors.As(err, &gone) {
			return was, err
		}
	}
	return was, err
}

// idle is the side that had no name when the platform was asked last.
func (s *strategy) idle() side { return s.sides[s.wasIdle.Load()] }

// The facts with which the steps of a run tell each other where they are. A suffix
// follows them in the steps that return.
const (
	factTarget    = "target"    // the ID of the app that the name goes to
	factIdleURL   = "idle_url"  // the platform's own address of that app
	factEntry     = "entry"     // what the spec of the other app said about the name
	factUntouched = "untouched" // "yes": what should be live was live all the time
	factKept      = "kept"      // "yes": the app still has the version
)

// target is the side that the name goes to, and the other one.
func (s *strategy) target(w deploy.Work, suffix string) (to, from side, err error) {
	id := w.Fact(factTarget + suffix)
	for i, one := range s.sides {
		if one.ID() == id {
			return one, s.sides[1-i], nil
		}
	}
	return side{}, side{}, fmt.Errorf("this run is at the app %s, which the configuration doesn't name any more; put it back, and restart gonogo", id)
}

// on is a step at the app that the name goes to. Which one that is turns out when the run
// looks; both do the same.
func (s *strategy) on(of func(deploy.Side) deploy.Step) deploy.Step {
	step := of(s.idle().Side)
	if step.Watch != nil {
		step.Watch = func(ctx context.Context, w deploy.Work) (deploy.Result, error) {
			to, _, err := s.target(w, "")
			if err != nil {
				return deploy.Result{}, err
			}
			return of(to.Side).Watch(ctx, w)
		}
	}
	if step.Effect != nil {
		step.Effect = onTarget{s, func(to deploy.Side) deploy.Effect { return of(to).Effect }}
	}
	return step
}

// onTarget is an effect at the app that the name goes to.
type onTarget struct {
	*strategy
	of func(deploy.Side) deploy.Effect
}

// Look implements [deploy.Effect].
func (e onTarget) Look(ctx context.Context, w deploy.Work) (*deploy.Result, error) {
	to, _, err := e.target(w, "")
	if err != nil {
		return nil, err
	}
	return e.of(to.Side).Look(ctx, w)
}

// Prepare implements [deploy.Effect].
func (e onTarget) Prepare(ctx context.Context, w deploy.Work) (map[string]string, error) {
	to, _, err := e.target(w, "")
	if err != nil {
		return nil, err
	}
	return e.of(to.Side).Prepare(ctx, w)
}

// Act implements [deploy.Effect].
func (e onTarget) Act(ctx context.Context, w deploy.Work) (deploy.Result, error) {
	to, _, err := e.target(w, "")
	if err != nil {
		return deploy.Result{}, err
	}
	return e.of(to.Side).Act(ctx, w)
}
