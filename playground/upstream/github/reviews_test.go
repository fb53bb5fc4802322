package github_test

import (
	"fmt"
	"strings"
	"testing"

	"gonogo/playground/upstream/github"
)

// waiting is an account with a run that waits for the reviewers of production.
func waiting(t *testing.T, environment github.Environment, by string) *account {
	a := open(t)
	a.opts.Login = "acme-gonogo"
	a.start()
	a.SetWorkflows(deploying)
	a.SetEnvironments(environment)
	a.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: shaMain, State: "waiting", By: by}, {Workflow: "deploy.yml", Of: shaMain}})
	return a
}

// TestReview approves a deployment once, after which its run goes on.
func TestReview(t *testing.T) {
	production := github.Environment{Name: "production", Reviewers: []string{"acme-gonogo", "ann"}}
	a, body := waiting(t, production, "ann"), fmt.Sprintf(`{"environment_ids":[%d],"state":"approved","comment":"GO"}`, environmentID(t))
	if got := a.send("GET", api+"/actions/runs?status=waiting", ""); !strings.Contains(got.body, `"total_count":1`) {
		t.Errorf("waiting runs: %s", got.body)
	}
	if got := a.send("GET", api+"/actions/runs/1/pending_deployments", ""); !strings.Contains(got.body, `"current_user_can_approve":true`) {
		t.Errorf("pending: %s", got.body)
	}
	if got := a.send("POST", api+"/actions/runs/1/pending_deployments", body); got.status != 200 || !strings.Contains(got.body, `"environment":"production"`) {
		t.Errorf("approved: %+v", got)
	}
	if got := a.send("POST", api+"/actions/runs/1/pending_deployments", body); got.status != 422 {
		t.Errorf("approved twice: %+v", got)
	}
	if got := a.send("GET", api+"/actions/runs/1/approvals", ""); strings.Count(got.body, `"state":"approved"`) != 1 || !strings.Contains(got.body, `"comment":"GO"`) {
		t.Errorf("reviews: %s", got.body)
	}
	for _, state := range []string{"in_progress", "success"} {
		a.send("GET", api+"/actions/runs/1", "")
		if got := a.Runs()[0].State; got != state {
			t.Errorf("it is %s, want %s", got, state)
		}
	}
}

// TestReviewByHand rejects a deployment on GitHub's pages: the run fails, and nothing is
// left to answer.
func TestReviewByHand(t *testing.T) {
	a := waiting(t, github.Environment{Name: "production", Reviewers: []string{"ann"}}, "bob")
	rejection := github.Review{Environment: "production", State: "rejected", By: "ann", Comment: "no"}
	if err := a.Review(1, rejection); err != nil || a.Runs()[0].State != "failure" {
		t.Errorf("rejected: %v, %+v", err, a.Runs()[0])
	}
	if err := a.Review(1, rejection); err == nil {
		t.Error("it could be rejected twice")
	}
	if got := a.send("GET", api+"/actions/runs/1/pending_deployments", ""); got.body != "[]\n" {
		t.Errorf("pending: %s", got.body)
	}
}

// TestReviewIsStrict tries what GitHub refuses.
func TestReviewIsStrict(t *testing.T) {
	id := environmentID(t)
	for name, c := range map[string]struct {
		environment github.Environment
		by, body    string
		run, status int
	}{
		"somebody else":   {github.Environment{Name: "production", Reviewers: []string{"ann"}}, "bob", `{"environment_ids":[%d],"state":"approved","comment":""}`, 1, 403},
		"self-review":     {github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}, NoSelfReview: true}, "acme-gonogo", `{"environment_ids":[%d],"state":"approved","comment":""}`, 1, 403},
		"another place":   {github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}}, "bob", `{"environment_ids":[%d1],"state":"approved","comment":""}`, 1, 422},
		"nothing waits":   {github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}}, "bob", `{"environment_ids":[%d],"state":"approved","comment":""}`, 2, 422},
		"another word":    {github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}}, "bob", `{"environment_ids":[%d],"state":"approve","comment":""}`, 1, 422},
		"without comment": {github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}}, "bob", `{"environment_ids":[%d],"state":"approved"}`, 1, 422},
		"no such run":     {github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}}, "bob", `{"environment_ids":[%d],"state":"approved","comment":""}`, 7, 404},
	} {
		a := waiting(t, c.environment, c.by)
		got := a.send("POST", fmt.Sprintf("%s/actions/runs/%d/pending_deployments", api, c.run), fmt.Sprintf(c.body, id))
		if got.status != c.status || a.Runs()[0].State != "waiting" {
			t.Errorf("%s: got %+v, want %d", name, got, c.status)
		}
	}
	a := waiting(t, github.Environment{Name: "production", Reviewers: []string{"gonogo[bot]"}}, "bob")
	if got := a.send("GET", api[:strings.Index(api, "/repos/")]+"/user", ""); got.status != 200 || !strings.Contains(got.body, `"login":"acme-gonogo"`) {
		t.Errorf("who asks: %+v", got)
	}
	a.opts.Login = "gonogo[bot]"
	a.start()
	if got := a.send("GET", api[:strings.Index(api, "/repos/")]+"/user", ""); got.status != 403 {
		t.Errorf("an App asks who it is: %+v", got)
	}
	if got := waiting(t, github.Environment{Name: "staging"}, "").send("GET", api+"/environments/production", ""); got.status != 404 {
		t.Errorf("an environment that there isn't: %d", got.status)
	}
}
