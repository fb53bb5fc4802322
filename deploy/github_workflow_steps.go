package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// workflowCall is a workflow and what it is given, with placeholders.
type workflowCall struct {
	file, ref string
	inputs    map[string]string
}

func (g *githubWorkflow) out() workflowCall {
	return workflowCall{g.Workflow, g.Ref, g.Inputs}
}

func (g *githubWorkflow) back() workflowCall {
	return workflowCall{g.githubWorkflowSettings.Rollback.Workflow, g.githubWorkflowSettings.Rollback.Ref, g.githubWorkflowSettings.Rollback.Inputs}
}

// marked reports whether an input carries the mark of gonogo's run.
func (c workflowCall) marked() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(c.inputs)), func(text string) bool { return strings.Contains(text, "{run}") })
}

// fill replaces the placeholders.
func (c workflowCall) fill(environment, mark string, to, from build.Build) (workflowCall, error) {
	texts := strings.Join(append(slices.Collect(maps.Values(c.inputs)), c.ref), " ")
	switch {
	case !scriptVersion.MatchString(to.Version):
		return c, failed("there is no version to give to the workflow %s", c.file)
	case to.Commit == "" && strings.Contains(texts, "{release.commit}"):
		return c, failed("the commit of %s isn't known, and the workflow takes it; open the release with its commit", to.Version)
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

// Deploy implements [Strategy].
func (g *githubWorkflow) Deploy(e Environment, o Order) []Step {
	start := workflowStart{githubWorkflow: g, environment: e.Name, step: deployStep, fact: factDeployment, call: g.out(), to: o.To, from: o.From}
	steps := append([]Step{LockStep(e.Name)}, g.through(e, start)...)
	return append(steps, Step{Name: "record", Title: "Record what is live and release the lock",
		Record: func(w Work) *Arrival { return arrived(w, o.To, factDeployment) }})
}

// deployStep is the step of a deployment that starts the workflow.
const deployStep = "deploy"

// through takes a build out: steps that deploying, rolling back and returning share. The
// first hardSteps of them must succeed before anything can be recorded.
func (g *githubWorkflow) through(e Environment, start workflowStart) []Step {
	suffix, version := start.suffix, start.to.Version
	shown, err := start.call.fill(e.Name, markBegins+"…", start.to, start.from)
	if err != nil {
		shown = start.call
	}
	return []Step{
		{Name: start.step, Title: fmt.Sprintf("Start the workflow %s for %s", start.call.file, version), Deadline: 2 * time.Minute, Calls: []string{shown.String()}, Effect: start,
			Undo: "The old version stays live"},
		{Name: start.followStep(), Title: "Follow the workflow until it has succeeded", Deadline: time.Duration(g.Timeout), Calls: []string{"GET …/actions/runs/ID and its jobs every few seconds"},
			Watch: start.follow, Undo: "What the workflow has done so far stays"},
		{Name: "arrive" + suffix, Title: "Wait until " + version + " is what is live", Deadline: statusLag, Undo: "The workflow has succeeded; look at what is live", Watch: func(ctx context.Context, w Work) (Result, error) {
			return g.arrive(ctx, w, start)
		}},
		e.Health.Await("health"+suffix, "Healthy several times in a row", nil, func(ctx context.Context, _ Work) error { return g.isLive(ctx, version) }),
		SmokeStep("smoke"+suffix, e, func(Work) build.Build { return start.to }),
		{Name: "verify" + suffix, Title: "See that " + version + " is what is live", Deadline: time.Minute, Watch: func(ctx context.Context, w Work) (Result, error) {
			now, err := seeLive(ctx, w, g)
			if err == nil && now.Live.Version != version {
				err = failed("%s is live, and not %s", orNothing(now.Live.Version), version)
			}
			return Result{Summary: now.Live.Version + " is live", Facts: liveFacts(now)}, err
		}},
	}
}

// hardSteps is how many of the steps of a rollback must succeed.
const hardSteps = 3

// isLive is nil if a version is live.
func (g *githubWorkflow) isLive(ctx context.Context, version string) error {
	now, err := g.live.read(ctx)
	if err == nil && now.Live.Version != version {
		err = failed("%s is live, and not %s", orNothing(now.Live.Version), version)
	}
	return err
}

// arrive waits until a version is live: GitHub and sites show it some time after the
// workflow has ended.
func (g *githubWorkflow) arrive(ctx context.Context, w Work, start workflowStart) (Result, error) {
	said := "it isn't known what is live"
	err := poll(ctx, w, func() (bool, error) {
		err := g.isLive(ctx, start.to.Version)
		if err == nil || ctx.Err() != nil {
			return err == nil, nil
		}
		said = err.Error()
		w.Tell(said)
		return false, nil
	})
	return Result{Summary: start.to.Version + " is live", Facts: map[string]string{start.fact: start.to.Version}}, orTooLong(ctx, err, said)
}

// Rollback implements [Strategy].
func (g *githubWorkflow) Rollback(e Environment, o Order) []Step {
	steps := append([]Step{LockStep(e.Name)}, g.stop(o)...)
	start := workflowStart{githubWorkflow: g, environment: e.Name, step: "rollback", fact: factDeployment, call: g.back(), to: o.To, from: o.From, urgent: true}
	for i, step := range g.through(e, start) {
		switch {
		case i == 0:
			step.Role = work.RoleRollback
		case i >= hardSteps:
			step = soft(step)
		}
		steps = append(steps, step)
	}
	steps = append(steps, Step{Name: "restored", Title: "Record what is live again", Record: func(w Work) *Arrival {
		at := arrived(w, o.To, factDeployment)
		at.Instead = w.From.Version
		return at
	}}, soft(quietStep(o)), decideStep(o, func(w Work) string {
		return fmt.Sprintf("%s is live: keep it, or return to %s?", o.To.Version, w.From.Version)
	}))
	again := workflowStart{githubWorkflow: g, environment: e.Name, step: "deploy-return", suffix: "-return", fact: factReturned, call: g.out(), to: o.From, from: o.To}
	for _, step := range append(g.through(e, again), Step{Name: "returned", Title: "Record what is live",
		Record: func(w Work) *Arrival { return arrived(w, w.From, factReturned) }}) {
		steps = append(steps, onlyFor(step, work.ChooseReturn))
	}
	return steps
}

// stop cancels the deployment that a rollback stops, and gives it time to end.
func (g *githubWorkflow) stop(o Order) []Step {
	unless := func(Work) string {
		if o.Stops == "" {
			return "no deployment is under way"
		}
		return ""
	}
	cancel := workflowCancel{githubWorkflow: g, run: o.Stops}
	return []Step{
		{Name: "stop", Title: "Cancel the workflow run under way", Deadline: time.Minute, Calls: []string{"POST …/actions/runs/ID/cancel"}, Effect: cancel, Unless: unless},
		{Name: "stopped", Title: "Wait until it has ended", Deadline: cancelPatience + time.Minute, Watch: cancel.ended, Unless: unless},
	}
}

// Abort implements [Strategy].
func (g *githubWorkflow) Abort(o Order) *Step {
	return &Step{Name: "abort", Role: work.RoleAbort, Title: "Cancel the workflow run", Deadline: 5 * time.Minute, Effect: workflowCancel{githubWorkflow: g, run: o.Run, wait: true}}
}
