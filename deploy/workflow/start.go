package workflow

import (
	"context"
	"fmt"
	"strconv"

	"gonogo/clients/github"
	"gonogo/deploy"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// factWorkflowRun is the ID of the workflow run that a step has started. The name is
// followed by the suffix of the step.
const factWorkflowRun = work.WorkflowRunFact

// lookedThrough is how many runs of a workflow are looked through for a mark.
const lookedThrough = 100

// workflowStart starts a workflow, once.
type workflowStart struct {
	*strategy
	environment, step, fact string
	suffix                  string // of the names of the steps after it
	call                    workflowCall
	urgent                  bool // it starts also if it isn't known what is live
	to, from                build.Build
}

// mark is what the workflow's run is known by; empty: no input carries it.
func (e workflowStart) mark(run string) string {
	if !e.call.marked() {
		return ""
	}
	return markBegins + run + e.suffix
}

func (e workflowStart) before() string { return e.step + "_before" }

func (e workflowStart) runFact() string { return factWorkflowRun + e.suffix }

func (e workflowStart) started(id int64, summary string) *deploy.Result {
	r := &deploy.Result{Summary: summary, Facts: map[string]string{e.fact: e.to.Version}}
	if id != 0 {
		r.Facts[e.runFact()] = strconv.FormatInt(id, 10)
	}
	return r
}

// Look implements [deploy.Effect]. If no run shows the mark, the workflow may still have been
// started: GitHub shows a run some time later, and a run that was deleted not at all. So
// it is never started a second time. A version that is live now and wasn't before shows
// that it got through.
func (e workflowStart) Look(ctx context.Context, w deploy.Work) (*deploy.Result, error) {
	before := w.Fact(e.before())
	if before == "" {
		return nil, nil
	}
	run, err := e.find(ctx, e.mark(w.Run))
	switch {
	case err != nil:
		return nil, err
	case run != nil:
		return e.started(run.ID, fmt.Sprintf("GitHub shows it as workflow run %d", run.ID)), nil
	case before != e.to.Version && before != deploy.UnknownLive && e.isLive(ctx, e.to.Version) == nil:
		return e.started(0, e.to.Version+" is live"), nil
	}
	return nil, &deploy.Passing{After: slowestPoll, Cause: fmt.Errorf("GitHub shows no run of %s that is known to be this one%s; see whether there is one, and wait until it has ended: gonogo doesn't start it again", e.call.file, e.unmarked())}
}

// unmarked says why no run can be known.
func (e workflowStart) unmarked() string {
	if e.call.marked() {
		return ""
	}
	return ", since no input carries {run}"
}

// find is the run of the workflow that shows a mark; nil: none does.
func (e workflowStart) find(ctx context.Context, mark string) (*github.WorkflowRun, error) {
	if mark == "" {
		return nil, nil
	}
	return e.findMarked(ctx, e.call.file, mark)
}

func (g *strategy) findMarked(ctx context.Context, file, mark string) (*github.WorkflowRun, error) {
	runs, err := g.client.DispatchedRuns(ctx, file, lookedThrough)
	if err != nil {
		return nil, classifyGitHubRead(err)
	}
	for _, run := range runs {
		if shows(run.Title, mark) {
			return &run, nil
		}
	}
	return nil, nil
}

// Prepare implements [deploy.Effect]. A rollback doesn't wait to know what is live: in an
// incident the site may well not say it.
func (e workflowStart) Prepare(ctx context.Context, _ deploy.Work) (map[string]string, error) {
	now, err := e.live.read(ctx)
	if err != nil && e.urgent {
		return map[string]string{e.before(): deploy.UnknownLive}, nil
	}
	return map[string]string{e.before(): deploy.OrNothing(now.Live.Version)}, err
}

// Act implements [deploy.Effect].
func (e workflowStart) Act(ctx context.Context, w deploy.Work) (deploy.Result, error) {
	call, err := e.call.fill(e.environment, e.mark(w.Run), e.to, e.from)
	if err != nil {
		return deploy.Result{}, err
	}
	id, err := e.client.Dispatch(ctx, call.file, call.ref, call.inputs)
	switch {
	case err != nil:
		return deploy.Result{}, classifyGitHubWrite(err)
	case id == 0 && !e.call.marked():
		return deploy.Result{}, &deploy.Unknown{Cause: fmt.Errorf("GitHub started a run of %s and didn't say which", call.file)}
	case id == 0:
		return *e.started(0, "GitHub started the workflow"), nil
	}
	return *e.started(id, fmt.Sprintf("GitHub started workflow run %d", id)), nil
}
