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
	names := slices.Sorted(maps.Keys(c.inputs))
	texts := []string{c.ref}
	for _, name := range names {
		texts = append(texts, c.inputs[name])
	}
	texts, err := deploy.Placeholders{Of: "the workflow " + c.file, Environment: environment, To: to, From: from, More: []string{"{run}", mark}}.Fill(texts...)
	if err != nil {
		return c, err
	}
	filled := workflowCall{c.file, texts[0], map[string]string{}}
	for i, name := range names {
		filled.inputs[name] = texts[i+1]
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
	return deploy.Out(e, o, g.through(e, start))
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
		deploy.VerifyStep("verify"+suffix, version, g),
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
		err = fmt.Errorf("%s is live, and not %s", deploy.OrNothing(now.Live.Version), version)
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
	back := workflowStart{strategy: g, environment: e.Name, step: "rollback", fact: work.DeploymentFact, call: g.back(), to: o.To, from: o.From, urgent: true}
	again := workflowStart{strategy: g, environment: e.Name, step: "deploy-return", suffix: "-return", fact: work.ReturnedFact, call: g.out(), to: o.From, from: o.To}
	return deploy.Back{Stop: g.stop(o), Out: g.through(e, back), Hard: hardSteps, Again: g.through(e, again)}.Steps(e, o)
}

// stop cancels the deployment that a rollback stops, and gives it time to end.
func (g *strategy) stop(o deploy.Order) []deploy.Step {
	cancel := workflowCancel{strategy: g, run: o.Stops}
	return []deploy.Step{
		{Name: "stop", Title: "Cancel the workflow run under way", Deadline: time.Minute, Calls: []string{"POST …/actions/runs/ID/cancel"}, Effect: cancel},
		{Name: "stopped", Title: "Wait until it has ended", Deadline: cancelPatience + time.Minute, Watch: cancel.ended},
	}
}

// Abort implements [deploy.Strategy].
func (g *strategy) Abort(o deploy.Order) *deploy.Step {
	return &deploy.Step{Name: "abort", Role: work.RoleAbort, Title: "Cancel the workflow run", Deadline: 5 * time.Minute, Effect: workflowCancel{strategy: g, run: o.Run, wait: true}}
}
