package workflow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/deploy"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// workflowCall is a workflow and what it is given, with placeholders.
type workflowCall struct {
	file, ref string
	inputs    map[string]string
}

func (g *strategy) out() workflowCall {
	return workflowCall{g.Workflow, g.Ref, g.Inputs}
}

func (g *strategy) back() workflowCall {
	return workflowCall{g.settings.Rollback.Workflow, g.settings.Rollback.Ref, g.settings.Rollback.Inputs}
}

// marked reports whether an input carries the mark of gonogo's run.
func (c workflowCall) marked() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(c.inputs)), func(text string) bool { return strings.Contains(text, "{run}") })
}

// fill replaces the placeholders.
func (c workflowCall) fill(environment, mark string, to, from build.Build) (workflowCall, error) {
	texts := strings.Join(append(slices.Collect(maps.Values(c.inputs)), c.ref), " ")
	switch {
	case !deploy.SafeVersion(to.Version):
		return c, fmt.Errorf("there is no version to give to the workflow %s", c.file)
	case to.Commit == "" && strings.Contains(texts, "{release.commit}"):
		return c, fmt.Errorf("the commit of %s isn't known, and the workflow takes it; open the release with its commit", to.Version)
	}
	fill := strings.NewReplacer("{release.version}", to.Version, "{release.commit}", to.Commit, "{environment}", environment, "{run}", mark,
		"{rollback.version}", to.Version, "{rollback.from}", from.Version)
	filled := workflowCall{c.file, fill.Replace(c.ref), map[string]string{}}
	for name, text := range c.inputs {
		filled.inputs[name] = fill.Replace(text)
	}
	return filled, nil
}

// String is the request for a dry run.
func (c workflowCall) String() string {
	text := "POST …/actions/workflows/" + c.file + "/dispatches on " + c.ref
	for _, name := range slices.Sorted(maps.Keys(c.inputs)) {
		text += fmt.Sprintf(", %s=%s", name, c.inputs[name])
	}
	return text
}

// Deploy implements [deploy.Strategy].
func (g *strategy) Deploy(e deploy.Environment, o deploy.Order) []deploy.Step {
	start := workflowStart{strategy: g, environment: e.Name, step: deployStep, fact: work.DeploymentFact, call: g.out(), to: o.To, from: o.From}
	steps := append([]deploy.Step{deploy.LockStep(e.Name)}, g.through(e, start)...)
	return append(steps, deploy.Step{Name: "record", Title: "Record what is live and release the lock",
		Record: func(w deploy.Work) *deploy.Arrival { return deploy.Arrived(w, o.To, work.DeploymentFact) }})
}

// deployStep is the step of a deployment that starts the workflow.
const deployStep = "deploy"

// through takes a build out: steps that deploying, rolling back and returning share. The
// first hardSteps of them must succeed before anything can be recorded.
func (g *strategy) through(e deploy.Environment, start workflowStart) []deploy.Step {
	suffix, version := start.suffix, start.to.Version
	shown, err := start.call.fill(e.Name, markBegins+"…", start.to, start.from)
	if err != nil {
		shown = start.call
	}
	return []deploy.Step{
		{Name: start.step, Title: fmt.Sprintf("Start the workflow %s for %s", start.call.file, version), Deadline: 2 * time.Minute, Calls: []string{shown.String()}, Effect: start,
			Undo: "The old version stays live"},
		{Name: start.followStep(), Title: "Follow the workflow until it has succeeded", Deadline: time.Duration(g.Timeout), Calls: []string{"GET …/actions/runs/ID and its jobs every few seconds"},
			Watch: start.follow, Undo: "What the workflow has done so far stays"},
		{Name: "arrive" + suffix, Title: "Wait until " + version + " is what is live", Deadline: liveLag, Undo: "The workflow has succeeded; look at what is live", Watch: func(ctx context.Context, w deploy.Work) (deploy.Result, error) {
			return g.arrive(ctx, w, start)
		}},
		e.Health.Await("health"+suffix, "Healthy several times in a row", nil, func(ctx context.Context, _ deploy.Work) error { return g.isLive(ctx, version) }),
		deploy.SmokeStep("smoke"+suffix, e, func(deploy.Work) build.Build { return start.to }),
		{Name: "verify" + suffix, Title: "See that " + version + " is what is live", Deadline: time.Minute, Watch: func(ctx context.Context, w deploy.Work) (deploy.Result, error) {
			now, err := deploy.SeeLive(ctx, w, g)
			if err == nil && now.Live.Version != version {
				err = fmt.Errorf("%s is live, and not %s", orNothing(now.Live.Version), version)
			}
			return deploy.Result{Summary: now.Live.Version + " is live", Facts: deploy.LiveFacts(now)}, err
		}},
	}
}

// liveLag is how long GitHub and a site may take to show what a workflow has deployed.
const liveLag = 5 * time.Minute

// hardSteps is how many of the steps of a rollback must succeed.
const hardSteps = 3

// isLive is nil if a version is live.
func (g *strategy) isLive(ctx context.Context, version string) error {
	now, err := g.live.read(ctx)
	if err == nil && now.Live.Version != version {
		err = fmt.Errorf("%s is live, and not %s", orNothing(now.Live.Version), version)
	}
	return err
}

// arrive waits until a version is live: GitHub and sites show it some time after the
// workflow has ended.
func (g *strategy) arrive(ctx context.Context, w deploy.Work, start workflowStart) (deploy.Result, error) {
	said := "it isn't known what is live"
	err := deploy.Poll(ctx, w, func() (bool, error) {
		err := g.isLive(ctx, start.to.Version)
		if err == nil || ctx.Err() != nil {
			return err == nil, nil
		}
		said = err.Error()
		w.Tell(said)
		return false, nil
	})
	return deploy.Result{Summary: start.to.Version + " is live", Facts: map[string]string{start.fact: start.to.Version}}, deploy.OrTooLong(ctx, err, said)
}

// Rollback implements [deploy.Strategy].
func (g *strategy) Rollback(e deploy.Environment, o deploy.Order) []deploy.Step {
	steps := append([]deploy.Step{deploy.LockStep(e.Name)}, g.stop(o)...)
	start := workflowStart{strategy: g, environment: e.Name, step: "rollback", fact: work.DeploymentFact, call: g.back(), to: o.To, from: o.From, urgent: true}
	for i, step := range g.through(e, start) {
		switch {
		case i == 0:
			step.Role = work.RoleRollback
		case i >= hardSteps:
			step = deploy.Soft(step)
		}
		steps = append(steps, step)
	}
	steps = append(steps, deploy.Step{Name: "restored", Title: "Record what is live again", Record: func(w deploy.Work) *deploy.Arrival {
		at := deploy.Arrived(w, o.To, work.DeploymentFact)
		at.Instead = w.From.Version
		return at
	}}, deploy.Soft(deploy.QuietStep(o)), deploy.DecideStep(o, func(w deploy.Work) string {
		return fmt.Sprintf("%s is live: keep it, or return to %s?", o.To.Version, w.From.Version)
	}))
	again := workflowStart{strategy: g, environment: e.Name, step: "deploy-return", suffix: "-return", fact: work.ReturnedFact, call: g.out(), to: o.From, from: o.To}
	for _, step := range append(g.through(e, again), deploy.Step{Name: "returned", Title: "Record what is live",
		Record: func(w deploy.Work) *deploy.Arrival { return deploy.Arrived(w, w.From, work.ReturnedFact) }}) {
		steps = append(steps, deploy.OnlyFor(step, work.ChooseReturn))
	}
	return steps
}

// stop cancels the deployment that a rollback stops, and gives it time to end.
func (g *strategy) stop(o deploy.Order) []deploy.Step {
	unless := func(deploy.Work) string {
		if o.Stops == "" {
			return "no deployment is under way"
		}
		return ""
	}
	cancel := workflowCancel{strategy: g, run: o.Stops}
	return []deploy.Step{
		{Name: "stop", Title: "Cancel the workflow run under way", Deadline: time.Minute, Calls: []string{"POST …/actions/runs/ID/cancel"}, Effect: cancel, Unless: unless},
		{Name: "stopped", Title: "Wait until it has ended", Deadline: cancelPatience + time.Minute, Watch: cancel.ended, Unless: unless},
	}
}

// Abort implements [deploy.Strategy].
func (g *strategy) Abort(o deploy.Order) *deploy.Step {
	return &deploy.Step{Name: "abort", Role: work.RoleAbort, Title: "Cancel the workflow run", Deadline: 5 * time.Minute, Effect: workflowCancel{strategy: g, run: o.Run, wait: true}}
}
