package bluegreen

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// returns follows the names of the steps that return.
const returns = "-return"

// busy is how long to wait for a deployment that somebody else has under way.
const busy = 15 * time.Minute

// Deploy implements [deploy.Strategy].
func (s *strategy) Deploy(e deploy.Environment, o deploy.Order) []deploy.Step {
	look := s.look("", "See which app is live, and that both are free", func(w deploy.Work, now apps) (int, string, error) {
		at, err := s.live(now)
		if err != nil {
			return 0, "", err
		}
		waits, err := s.free(w, now, 0, 1)
		return 1 - at, waits, err
	})
	steps := append([]deploy.Step{look}, s.prepare(e, o)...)
	steps = append(steps, s.ready(o))
	return deploy.Out(e, o, append(steps, s.cutOver(e, "", work.DeploymentFact, o.To)...))
}

// look finds out which app the name goes to. judge says which one that is, or what has to
// be waited for.
func (s *strategy) look(suffix, title string, judge func(deploy.Work, apps) (to int, waits string, err error)) deploy.Step {
	return deploy.Step{Name: "look" + suffix, Title: title, Deadline: busy, Undo: "Nothing was changed", Calls: []string{"GET /v2/apps/" + s.Apps.Blue, "GET /v2/apps/" + s.Apps.Green},
		Watch: func(ctx context.Context, w deploy.Work) (r deploy.Result, err error) {
			still := "the platform doesn't say what is live"
			err = deploy.Poll(ctx, w, func() (bool, error) {
				now, err := s.read(ctx)
				if err != nil {
					return false, deploy.UnlessPassing(err, w)
				}
				to, waits, err := judge(w, now)
				if err != nil || waits != "" {
					if still = cmp.Or(waits, still); waits != "" {
						w.Tell(waits)
					}
					return false, deploy.UnlessPassing(err, w)
				}
				r = s.seen(now, to, suffix)
				return true, nil
			})
			return r, deploy.OrTooLong(ctx, err, still)
		}}
}

// seen is where a run goes.
func (s *strategy) seen(now apps, to int, suffix string) deploy.Result {
	from, app := s.sides[1-to], now[to]
	summary := fmt.Sprintf("%s is live on %s, and %s has %s", deploy.OrNothing(from.Build(now[1-to].Active).Version), from.colour, s.sides[to].colour, deploy.OrNothing(s.sides[to].Build(app.Active).Version))
	if app.Spec.Domain(s.Cutover.Domain) != "" {
		summary = s.Cutover.Domain + " is on " + s.sides[to].colour + ", with " + deploy.OrNothing(s.sides[to].Build(app.Active).Version)
	}
	return deploy.Result{Summary: summary, Facts: map[string]string{factTarget + suffix: app.ID, factIdleURL + suffix: cmp.Or(app.Ingress, app.LiveURL)}}
}

// free says what has to be waited for at some of the apps, and fails if one refuses
// deployments or names.
func (s *strategy) free(w deploy.Work, now apps, which ...int) (waits string, err error) {
	for _, i := range which {
		if now[i].Pinned != nil {
			return "", fmt.Errorf("a rollback made in DigitalOcean's control panel keeps %s pinned, so it refuses every change; commit or revert it there first", s.sides[i].colour)
		}
		if d, run := deploy.UnderWay(now[i]); d != nil && run != w.Run {
			return "waiting for a deployment of " + s.sides[i].colour + " that " + cmp.Or(d.Cause, "somebody else") + " started", nil
		}
	}
	return "", s.primary(now)
}

// primary fails if the name can't move since both apps would have it as their primary one.
func (s *strategy) primary(now apps) error {
	for i, app := range now {
		own, other := app.Spec.PrimaryDomain(), now[1-i].Spec
		if moves := other.Domain(s.Cutover.Domain); own != "" && moves != "" && moves == other.Domain(other.PrimaryDomain()) {
			return fmt.Errorf("%s has %s as its primary domain, and an app has only one; make it an alias in DigitalOcean's control panel, so that %s can move there", s.sides[i].colour, own, s.Cutover.Domain)
		}
	}
	return nil
}

// prepare takes the version out to the idle app, and tries it there.
func (s *strategy) prepare(e deploy.Environment, o deploy.Order) []deploy.Step {
	update := s.on(func(at deploy.Side) deploy.Step { return at.Update(o) })
	update.Title = "Write " + o.To.Version + " into the spec of the idle app"
	follow := s.on(deploy.Side.Follow)
	follow.Undo, update.Undo = "Only the idle app is affected", "Only the idle app is affected"
	health := e.Health.Await("health", "The idle app is healthy "+e.Health.Row(), []string{"GET the idle app's health and address"}, s.idleHealthy)
	health.Undo = "Only the idle app is affected"
	return []deploy.Step{update, follow, health, s.idleSmoke(e, o)}
}

// idleSmoke measures the smoke gates against the idle app.
func (s *strategy) idleSmoke(e deploy.Environment, o deploy.Order) deploy.Step {
	to := func(deploy.Work) build.Build { return o.To }
	step := deploy.SmokeStep("smoke-idle", e, to)
	step.Title, step.Undo = "Measure "+phrase.Count(len(e.Smoke), "smoke gate")+" against the idle app", "Only the idle app is affected"
	step.Watch = func(ctx context.Context, w deploy.Work) (deploy.Result, error) {
		there := e
		there.URL = w.Fact(factIdleURL)
		return deploy.SmokeStep("smoke-idle", there, to).Watch(ctx, w)
	}
	return step
}

// ready sees that everything is as it was, right before the name moves.
func (s *strategy) ready(o deploy.Order) deploy.Step {
	step := deploy.Step{Name: "ready", Title: "See that the idle app has " + o.To.Version, Deadline: 2 * time.Minute, Undo: "Only the idle app is affected"}
	return s.insist(step, func(ctx context.Context, w deploy.Work) (r deploy.Result, still string, err error) {
		to, from, err := s.target(w, "")
		if err != nil {
			return r, "", err
		}
		now, err := s.read(ctx)
		if err != nil {
			return r, err.Error(), nil
		}
		at, err := s.live(now)
		switch version := to.Build(now[1-at].Active).Version; {
		case err != nil:
			return r, err.Error(), nil
		case s.sides[at].ID() != from.ID():
			return r, "", fmt.Errorf("somebody has moved %s to %s meanwhile", s.Cutover.Domain, to.colour)
		case version != o.To.Version:
			return r, fmt.Sprintf("%s has %s, and not %s: something has replaced it", to.colour, deploy.OrNothing(version), o.To.Version), nil
		}
		return deploy.Result{Summary: to.colour + " has " + o.To.Version + ", and " + from.colour + " has " + s.Cutover.Domain}, "", nil
	})
}

// insist makes a step look until nothing is in the way any more: what the platform says
// right after a change may be of a moment before.
func (s *strategy) insist(step deploy.Step, look func(context.Context, deploy.Work) (r deploy.Result, still string, err error)) deploy.Step {
	step.Watch = func(ctx context.Context, w deploy.Work) (r deploy.Result, err error) {
		why := "the platform doesn't say what is live"
		err = deploy.Poll(ctx, w, func() (done bool, err error) {
			found, still, err := look(ctx, w)
			if still != "" && ctx.Err() == nil {
				why = still
				w.Tell(still)
			}
			r = found
			return still == "", err
		})
		return r, deploy.OrTooLong(ctx, err, why)
	}
	return step
}

// cutOver moves the name to the app, and tries what it leads to then.
func (s *strategy) cutOver(e deploy.Environment, suffix, fact string, to build.Build) []deploy.Step {
	name := s.Cutover.Domain
	e.URL = publicURL(e, name)
	public := e.Health
	public.Timeout = max(public.Timeout, settingUp)
	steps := []deploy.Step{
		{Name: "detach" + suffix, Title: "Take " + name + " out of the spec of the app that is live", Deadline: 2 * time.Minute, Effect: detach{s, suffix},
			Calls: []string{"PUT /v2/apps/" + s.other().ID() + " without the domain " + name}, Undo: "The name stays where it is"},
		{Name: "attach" + suffix, Title: "Add " + name + " to the spec of the app with " + to.Version, Deadline: 2 * time.Minute, Effect: attach{s, suffix}, Completes: true,
			Calls: []string{"PUT /v2/apps/" + s.idle().ID() + " with the domain " + name}, Undo: "The name is on neither app; roll back to give it back"},
		s.settle(suffix, fact),
		public.Await("public"+suffix, s.shown.title(name, to.Version, e.Health), s.shown.calls(e.URL), s.answers(e, suffix, to.Version)),
		deploy.SmokeStep("smoke"+suffix, e, func(deploy.Work) build.Build { return to }),
		s.verify(suffix, fact, to.Version),
	}
	for i := range steps[:4] { // until the public name answers again
		steps[i].Role = work.RoleCutover
	}
	return steps
}

// other is the side that had the name when the platform was asked last.
func (s *strategy) other() side { return s.sides[1-s.wasIdle.Load()] }

// verify sees that the version is what is live.
func (s *strategy) verify(suffix, fact, version string) deploy.Step {
	step := deploy.Step{Name: "verify" + suffix, Title: "See that " + version + " is what is live", Deadline: time.Minute, Undo: "Live, unverified; go back or forward"}
	return s.insist(step, func(ctx context.Context, _ deploy.Work) (r deploy.Result, still string, err error) {
		now, err := s.Current(ctx)
		switch {
		case err != nil:
			return r, err.Error(), nil
		case now.Live.Version != version:
			return r, fmt.Sprintf("%s is live, and not %s", deploy.OrNothing(now.Live.Version), version), nil
		}
		return deploy.Result{Summary: version + " is live", Facts: facts(now, fact)}, "", nil
	})
}

// Rollback implements [deploy.Strategy]. The name moves first, and what it leads to is
// tried then: the version was live on that app before. If the app has another one by now,
// the version is taken out there first.
func (s *strategy) Rollback(e deploy.Environment, o deploy.Order) []deploy.Step {
	var stop []deploy.Step
	for _, one := range s.sides {
		stop = append(stop, deploy.Step{Name: "stop-" + one.colour, Title: "Stop the deployment under way on " + one.colour, Deadline: 2 * time.Minute, Effect: one.Stop(o.Stops)})
	}
	back := s.look("", "See which app has "+o.To.Version, func(w deploy.Work, now apps) (int, string, error) { return s.wayTo(w, now, o.To.Version) })
	seen := back.Watch
	back.Watch = func(ctx context.Context, w deploy.Work) (deploy.Result, error) {
		r, err := seen(ctx, w)
		if err != nil {
			return r, err
		}
		return s.judgeBack(ctx, r, o)
	}
	ready := []deploy.Step{back}
	for _, step := range s.prepare(e, o) {
		ready = append(ready, unless(step, kept))
	}
	out := s.cutOver(e, "", work.DeploymentFact, o.To)
	for i := range out[:2] {
		out[i] = unless(out[i], untouched)
	}
	return deploy.Back{Stop: stop, Ready: ready, Out: out, Hard: 3, Again: s.again(e, o), Untouched: untouched}.Steps(e, o)
}

// again moves the name back to what a rollback left.
func (s *strategy) again(e deploy.Environment, o deploy.Order) []deploy.Step {
	look := s.look(returns, "See that the other app still has "+o.From.Version, func(w deploy.Work, now apps) (int, string, error) {
		to, waits, err := s.wayTo(w, now, o.From.Version)
		if has := s.sides[to].Build(now[to].Active).Version; err == nil && waits == "" && has != o.From.Version {
			err = fmt.Errorf("%s has %s by now, and not %s; deploy %s again instead", s.sides[to].colour, deploy.OrNothing(has), o.From.Version, o.From.Version)
		}
		return to, waits, err
	})
	return append([]deploy.Step{look}, s.cutOver(e, returns, work.ReturnedFact, o.From)...)
}

// wayTo is the side that the name goes to, so that a version is live: the one that has
// the name already if it has the version, and else the other one. If neither has the name,
// because something stopped in the middle of a cutover, the version decides alone.
func (s *strategy) wayTo(w deploy.Work, now apps, version string) (to int, waits string, err error) {
	has := func(i int) bool { return s.sides[i].Build(now[i].Active).Version == version }
	at := s.holders(now)
	switch {
	case len(at) == 1 && has(at[0]):
		return at[0], "", nil
	case len(at) == 1:
		to = 1 - at[0]
		waits, err = s.free(w, now, to)
		return to, waits, err
	case len(at) == 0 && has(0):
		return 0, "", nil
	case len(at) == 0 && has(1):
		return 1, "", nil
	}
	_, err = s.live(now) // which fails for both and for neither
	return 0, "", err
}

// judgeBack adds what a rollback needs not do.
func (s *strategy) judgeBack(ctx context.Context, r deploy.Result, o deploy.Order) (deploy.Result, error) {
	now, err := s.read(ctx)
	if err != nil {
		return r, err
	}
	for i, one := range s.sides {
		if one.ID() != r.Facts[factTarget] || one.Build(now[i].Active).Version != o.To.Version {
			continue
		}
		r.Facts[factKept] = "yes"
		if s.arrived(now[i]) && now[i].Spec.Domain(s.Cutover.Domain) != "" {
			r.Summary, r.Facts[factUntouched] = o.To.Version+" never stopped being live", "yes"
		}
	}
	return r, nil
}

func kept(w deploy.Work) string {
	if w.Fact(factKept) == "yes" {
		return "the app still has " + w.To.Version
	}
	return ""
}

func untouched(w deploy.Work) string {
	if w.Fact(factUntouched) == "yes" {
		return w.To.Version + " never stopped being live"
	}
	return ""
}

// unless adds a reason to leave a step out.
func unless(step deploy.Step, why func(deploy.Work) string) deploy.Step {
	before := step.Unless
	step.Unless = func(w deploy.Work) string {
		if because := why(w); because != "" || before == nil {
			return because
		}
		return before(w)
	}
	return step
}

// Abort implements [deploy.Strategy].
func (s *strategy) Abort(deploy.Order) *deploy.Step {
	return &deploy.Step{Name: "abort", Role: work.RoleAbort, Title: "Stop the deployment, and leave " + s.Cutover.Domain + " where it was", Deadline: 2 * time.Minute, Effect: undo{s}}
}
