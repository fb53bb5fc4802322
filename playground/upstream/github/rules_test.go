package github_test

import (
	"fmt"
	"strings"
	"testing"

	"gonogo/playground/upstream/github"
	"gonogo/playground/upstream/vendortest"
)

const rulePath = api + "/actions/runs/1/deployment_protection_rule"

// ruled is an account with a run that waits for the App's protection rule, and who may
// send as the App.
func ruled(t *testing.T, environment github.Environment) (a *account, app string) {
	t.Helper()
	a, key := withApp(t)
	a.opts.App.Secret = "webhook-secret"
	a.start()
	environment.Name = "production"
	a.SetWorkflows(deploying)
	a.SetEnvironments(environment)
	a.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: shaMain, State: "waiting", By: "ann"}})
	reply := a.send("POST", tokens, "", "Authorization", "Bearer "+a.claim(key, nil))
	_, token, _ := strings.Cut(reply.body, `"token":"`)
	token, _, _ = strings.Cut(token, `"`)
	return a, "token " + token
}

// TestRule asks the App about a run, as GitHub's description says, takes its report and
// then its answer, once, and lets the run go on.
func TestRule(t *testing.T) {
	d := vendortest.Read(t)
	a, app := ruled(t, github.Environment{Rule: true})
	delivery, err := a.Requested(a.server.URL, 1, "d-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Valid(t, "/webhooks/deployment_protection_rule", string(delivery.Body)); err != nil {
		t.Error(err)
	}
	post := func(body string) reply {
		t.Helper()
		if err := d.Valid(t, "/bodies/deployment_protection_rule", body); err != nil {
			t.Error(err)
		}
		return a.send("POST", rulePath, body, "Authorization", app)
	}
	reported := post(`{"environment_name":"production","comment":"NO-GO"}`)
	d.Check(t, "POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule", reported.status, reported.body)
	if got := post(`{"environment_name":"production","state":"approved","comment":"GO"}`); got.status != 204 {
		t.Errorf("approved: %+v", got)
	}
	if got := post(`{"environment_name":"production","state":"approved","comment":"GO"}`); got.status != 422 {
		t.Errorf("approved twice: %+v", got)
	}
	if got := a.send("GET", api+"/actions/runs/1/approvals", "", "Authorization", app); strings.Count(got.body, `"state":"pending"`) != 1 || strings.Count(got.body, `"state":"approved"`) != 1 {
		t.Errorf("reviews: %s", got.body)
	}
	a.send("GET", api+"/actions/runs/1", "", "Authorization", app)
	if got := a.Runs()[0].State; got != "in_progress" {
		t.Errorf("it is %s", got)
	}
	if _, err := a.Requested(a.server.URL, 1, "d-2"); err == nil {
		t.Error("the App is asked about a run that no longer waits")
	}
}

// TestRuleBesideReviewers lets a run go on once both have approved it.
func TestRuleBesideReviewers(t *testing.T) {
	a, app := ruled(t, github.Environment{Rule: true, Reviewers: []string{"ann"}})
	a.send("POST", rulePath, `{"environment_name":"production","state":"approved"}`, "Authorization", app)
	if got := a.send("GET", api+"/actions/runs/1/pending_deployments", "", "Authorization", app); !strings.Contains(got.body, `"name":"production"`) {
		t.Errorf("it waits for %s", got.body)
	}
	if err := a.Review(1, github.Review{Environment: "production", State: "approved", By: "ann"}); err != nil || a.Runs()[0].State != "queued" {
		t.Errorf("%v; it is %s", err, a.Runs()[0].State)
	}
}

// TestRuleIsStrict tries what GitHub refuses.
func TestRuleIsStrict(t *testing.T) {
	for name, c := range map[string]struct {
		rule, app bool
		body      string
		status    int
	}{
		"no state, no comment": {true, true, `{"environment_name":"production"}`, 422},
		"another word":         {true, true, `{"environment_name":"production","state":"pending","comment":"x"}`, 422},
		"another place":        {true, true, `{"environment_name":"staging","state":"approved"}`, 422},
		"no such rule":         {false, true, `{"environment_name":"production","state":"approved"}`, 422},
		"a long report":        {true, true, `{"environment_name":"production","comment":"` + strings.Repeat("x", 1025) + `"}`, 422},
		"a person's token":     {true, false, `{"environment_name":"production","state":"approved"}`, 403},
	} {
		a, app := ruled(t, github.Environment{Rule: c.rule, Reviewers: []string{"ann"}})
		if !c.app {
			app = "token " + token
		}
		if got := a.send("POST", rulePath, c.body, "Authorization", app); got.status != c.status || a.Runs()[0].State != "waiting" {
			t.Errorf("%s: got %+v, want %d", name, got, c.status)
		}
	}
	a, app := ruled(t, github.Environment{Rule: true})
	for i := range 11 {
		got := a.send("POST", rulePath, fmt.Sprintf(`{"environment_name":"production","comment":"report %d"}`, i), "Authorization", app)
		if (got.status == 204) != (i < 10) {
			t.Errorf("report %d: %+v", i, got)
		}
	}
}
