package github_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/github"
	practice "gonogo/playground/upstream/github"
)

// inActions has a client of a repository whose workflow deploys to production.
func inActions(t *testing.T, opts practice.Options, test func(*testing.T, *github.Client, *practice.Host)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts.Repository, opts.Token = "acme/shop", "t0ken"
		opts.Code = practice.Code{Commits: []practice.Commit{{SHA: newSHA, Message: "Go on", At: time.Now()}}, Branches: map[string]string{"main": newSHA}}
		host, err := practice.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		host.SetWorkflows(practice.Workflow{File: "deploy.yml", Inputs: []string{"version"}, RunName: "Deploy ${{ inputs.version }}", Jobs: []string{"build", "push"}, Into: "production"})
		w := &world{}
		w.connect(t, host.Handler(), github.Options{Repository: "acme/shop", Token: "t0ken"})
		test(t, w.client, host)
	})
}

// TestWorkflow starts a workflow and follows it until GitHub records the deployment.
func TestWorkflow(t *testing.T) {
	inActions(t, practice.Options{}, func(t *testing.T, c *github.Client, _ *practice.Host) {
		ctx := t.Context()
		if found, err := c.Workflow(ctx, "deploy.yml"); err != nil || found.State != "active" || found.Path != ".github/workflows/deploy.yml" {
			t.Errorf("found %+v, %v", found, err)
		}
		id, err := c.Dispatch(ctx, "deploy.yml", "main", map[string]string{"version": "2"})
		if err != nil || id != 1 {
			t.Fatalf("run %d, %v", id, err)
		}
		for _, want := range []string{"in_progress", "completed"} {
			run, err := c.WorkflowRun(ctx, id)
			if err != nil || run.Status != want || run.Title != "Deploy 2" || run.Attempt != 1 || run.By != "gonogo[bot]" || run.Created.IsZero() {
				t.Errorf("%+v, %v; want it %s", run, err, want)
			}
		}
		runs, err := c.DispatchedRuns(ctx, "deploy.yml", 10)
		if err != nil || len(runs) != 1 || !runs[0].Over() || runs[0].Conclusion != "success" {
			t.Errorf("listed %+v, %v", runs, err)
		}
		jobs, err := c.Jobs(ctx, id)
		want := []github.Job{{Name: "build", Status: "completed", Conclusion: "success"}, {Name: "push", Status: "completed", Conclusion: "success"}}
		if diff := cmp.Diff(want, jobs); err != nil || diff != "" {
			t.Errorf("jobs: %v\n%s", err, diff)
		}
		deployed, err := c.Deployments(ctx, "production")
		if err != nil || len(deployed) != 1 || deployed[0].Ref != "main" || deployed[0].SHA != newSHA {
			t.Fatalf("deployed %+v, %v", deployed, err)
		}
		if state, err := c.DeploymentState(ctx, deployed[0].ID); err != nil || state != (github.DeploymentState{State: "success", Run: id}) {
			t.Errorf("state %+v, %v", state, err)
		}
		var refused *github.Refused
		if err := c.CancelRun(ctx, id); !errors.As(err, &refused) || refused.Status != 409 {
			t.Errorf("cancelled after its end: %v", err)
		}
	})
}

// TestWorkflowOnAnOlderServer starts a workflow on a server that doesn't return its run:
// it refuses the wish as a whole, and the workflow is started once.
func TestWorkflowOnAnOlderServer(t *testing.T) {
	inActions(t, practice.Options{NoRunDetails: true}, func(t *testing.T, c *github.Client, host *practice.Host) {
		id, err := c.Dispatch(t.Context(), "deploy.yml", "main", map[string]string{"version": "2"})
		if err != nil || id != 0 || len(host.Runs()) != 1 {
			t.Fatalf("run %d, %v; %d runs", id, err, len(host.Runs()))
		}
		if err := c.CancelRun(t.Context(), 1); err != nil {
			t.Errorf("cancelled: %v", err)
		}
	})
}

// TestWorkflowRefused reads why GitHub starts nothing, and that a start whose answer was
// lost is not repeated.
func TestWorkflowRefused(t *testing.T) {
	inActions(t, practice.Options{}, func(t *testing.T, c *github.Client, host *practice.Host) {
		for _, tt := range []struct{ file, ref, input, want string }{
			{"nope.yml", "main", "version", "it has no such workflow on its default branch"},
			{"deploy.yml", "trunk", "version", "No ref found for: trunk; compare the workflow's file"},
			{"deploy.yml", "main", "tag", `Unexpected inputs provided: ["tag"]; compare`},
		} {
			_, err := c.Dispatch(t.Context(), tt.file, tt.ref, map[string]string{tt.input: "2"})
			if refused := new(github.Refused); !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v: %v", tt, err)
			}
		}
		host.OnCall(func(c practice.Call) practice.Fault { return practice.Fault{Status: 502, Done: c.Write} })
		if _, err := c.Dispatch(t.Context(), "deploy.yml", "main", nil); !errors.As(err, new(*github.Unsure)) || len(host.Runs()) != 1 {
			t.Errorf("a lost answer: %v, %d runs", err, len(host.Runs()))
		}
	})
}

// TestAwaitedReviews names the environment that holds a run back.
func TestAwaitedReviews(t *testing.T) {
	inActions(t, practice.Options{}, func(t *testing.T, c *github.Client, host *practice.Host) {
		host.SetRuns([]practice.WorkflowRun{{Workflow: "deploy.yml", Of: newSHA, Event: "workflow_dispatch", State: "waiting"}})
		if names, err := c.AwaitedReviews(t.Context(), 1); err != nil || len(names) != 1 || names[0] != "production" {
			t.Errorf("waits for %v, %v", names, err)
		}
		if _, err := c.WorkflowRun(t.Context(), 9); err == nil || !strings.Contains(err.Error(), "look up the workflow run 9") {
			t.Errorf("a run that isn't there: %v", err)
		}
	})
}
