package workflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"gonogo/clients/github"
	"gonogo/deploy"
)

// cancelPatience is how long a rollback waits for a cancelled workflow to end. GitHub
// gives its steps a few minutes.
const cancelPatience = 5 * time.Minute

// workflowCancel cancels the workflow run of a deployment.
type workflowCancel struct {
	*strategy
	run  string // gonogo's
	wait bool   // it isn't done until the workflow run has ended
}

// Look implements [deploy.Effect].
func (e workflowCancel) Look(ctx context.Context, w deploy.Work) (*deploy.Result, error) {
	run, err := e.target(ctx, w)
	switch {
	case errors.Is(err, errNotShown) && !e.wait: // a rollback isn't held up
		return &deploy.Result{Summary: e.notShown() + ": it may change things beside the rollback"}, nil
	case errors.Is(err, errNotShown):
		return nil, errors.New(e.notShown())
	case isGone(err):
		return &deploy.Result{Summary: "its workflow run was deleted"}, nil
	case err != nil:
		return nil, err
	case run == nil:
		return &deploy.Result{Summary: "no workflow was started"}, nil
	case run.Over():
		return &deploy.Result{Summary: fmt.Sprintf("workflow run %d has ended: %s", run.ID, run.Conclusion)}, nil
	}
	return nil, nil
}

// target is the workflow run; nil: none was started.
func (e workflowCancel) target(ctx context.Context, w deploy.Work) (*github.WorkflowRun, error) {
	of := w.State().Runs[e.run]
	if of == nil {
		return nil, nil
	}
	start, _ := of.Step(deployStep)
	id, _ := strconv.ParseInt(of.Fact(factWorkflowRun), 10, 64) // 0: not known
	switch {
	case start.Started.IsZero():
		return nil, nil
	case id != 0:
		run, err := e.client.WorkflowRun(ctx, id)
		return &run, classifyGitHubRead(err)
	}
	return e.shown(ctx, w)
}

// errNotShown means that a workflow may have been started, and no run is known to be its.
var errNotShown = errors.New("GitHub shows no run of it")

func (e workflowCancel) notShown() string {
	return fmt.Sprintf("GitHub shows no run of %s that is known to be this one; see whether there is one, and cancel it there", e.Workflow)
}

// visible is how long GitHub may take to list a run.
const visible = 15 * time.Second

// shown finds the run by its mark.
func (e workflowCancel) shown(ctx context.Context, w deploy.Work) (run *github.WorkflowRun, err error) {
	out := e.out()
	if !out.marked() {
		return nil, errNotShown
	}
	within, cancel := context.WithTimeout(ctx, visible)
	defer cancel()
	err = deploy.Poll(within, w, func() (bool, error) {
		run, err = e.findMarked(ctx, out.file, markBegins+e.run)
		return run != nil, err
	})
	if within.Err() != nil && ctx.Err() == nil && run == nil {
		err = errNotShown
	}
	return run, err
}

// Prepare implements [deploy.Effect].
func (e workflowCancel) Prepare(context.Context, deploy.Work) (map[string]string, error) {
	return nil, nil
}

// Act implements [deploy.Effect].
func (e workflowCancel) Act(ctx context.Context, w deploy.Work) (deploy.Result, error) {
	run, err := e.target(ctx, w)
	if err != nil || run == nil {
		return deploy.Result{Summary: "no workflow was started"}, err
	}
	var refused *github.Refused
	err = e.client.CancelRun(ctx, run.ID)
	if errors.As(err, &refused) && refused.Status == http.StatusConflict {
		err = nil // it has ended meanwhile
	}
	if err != nil {
		return deploy.Result{}, classifyGitHubWrite(err)
	}
	if !e.wait {
		return deploy.Result{Summary: fmt.Sprintf("GitHub was told to cancel workflow run %d", run.ID)}, nil
	}
	if err := e.await(ctx, w); err != nil {
		return deploy.Result{}, &deploy.Unknown{Cause: fmt.Errorf("GitHub was told to cancel workflow run %d, which hasn't ended yet", run.ID)}
	}
	return deploy.Result{Summary: fmt.Sprintf("workflow run %d was cancelled", run.ID)}, nil
}

// await waits until the workflow run has ended.
func (e workflowCancel) await(ctx context.Context, w deploy.Work) error {
	return deploy.Poll(ctx, w, func() (bool, error) {
		found, err := e.Look(ctx, w)
		return found != nil, deploy.UnlessPassing(err, w)
	})
}

// ended waits for the end of a workflow run that was cancelled. A rollback isn't held up
// by one that doesn't end.
func (e workflowCancel) ended(ctx context.Context, w deploy.Work) (deploy.Result, error) {
	within, cancel := context.WithTimeout(ctx, cancelPatience)
	defer cancel()
	err := e.await(within, w)
	switch {
	case err == nil:
		return deploy.Result{Summary: "it has ended"}, nil
	case ctx.Err() != nil:
		return deploy.Result{}, err
	case within.Err() != nil:
		return deploy.Result{Summary: "it hasn't ended, and may change things beside the rollback; GitHub's page of the run can force it to end"}, nil
	}
	return deploy.Result{Summary: "it isn't known whether it has ended: " + err.Error()}, nil
}
