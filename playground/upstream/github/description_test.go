package github_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gonogo/playground/upstream/github"
	"gonogo/playground/upstream/vendortest"
)

// scanned is an account whose commits have checks, and whose scanners have found
// something.
func scanned(t *testing.T) *account {
	a := open(t)
	a.opts.Login = "acme-gonogo"
	a.start()
	a.SetChecks([]github.Check{
		{Name: "build", App: "github-actions", State: "success"}, {Name: "test", App: "github-actions", State: "in_progress"},
		{Name: "lint", App: "github-actions", State: "queued"}, {Name: "ci/preview", State: "pending"}, {Name: "build", App: "github-actions", State: "failure", Of: shaOld},
	})
	a.SetRuns([]github.WorkflowRun{{Workflow: "ci.yml", Of: shaMain, Artifacts: []github.Artifact{{Name: "reports", Zip: []byte("PK")}, {Name: "signed", Digest: "sha256:00"}}}, {Workflow: "ci.yml", Of: shaMain, State: "in_progress"},
		{Workflow: "deploy.yml", Of: shaMain, Event: "workflow_dispatch", State: "failure", Title: "Deploy 1", Reviews: []github.Review{{Environment: "production", State: "rejected", By: "ann", Comment: "not today"}}}, {Workflow: "deploy.yml", Of: shaMain, Event: "workflow_dispatch", State: "waiting", Title: "Deploy 2"}})
	a.SetWorkflows(github.Workflow{File: "deploy.yml", Inputs: []string{"version"}, Jobs: []string{"build", "deploy"}, Into: "production"})
	a.SetEnvironments(github.Environment{Name: "production", Reviewers: []string{"acme-gonogo", "ann"}})
	a.SetDeployments(github.Deployment{Environment: "production", Ref: "main", SHA: shaMain, Run: 3, State: "success", At: a.now()})
	a.SetSecurity(func(s *github.Security) {
		s.Analyses = []github.Analysis{{Tool: "CodeQL", Category: "/language:go", Ref: "refs/heads/main", SHA: shaMain, At: a.now()}}
		s.Code = []github.Alert{{Number: 1, Severity: "high", Level: "error", Title: "go/x", Tool: "CodeQL", At: a.now()}, {Number: 2, Level: "note", Title: "y", Tool: "CodeQL", At: a.now()}}
		s.Secrets = []github.Alert{{Number: 1, Title: "slack_api_token", Secret: "xoxb-canary", At: a.now()}}
		s.Packages = []github.Alert{{Number: 1, Severity: "low", Title: "requests", At: a.now()}}
	})
	return a
}

// environmentID is the ID of the environment of [scanned].
func environmentID(t *testing.T) int64 {
	var found struct{ ID int64 }
	if err := json.Unmarshal([]byte(scanned(t).send("GET", api+"/environments/production", "").body), &found); err != nil {
		t.Fatal(err)
	}
	return found.ID
}

// TestAnswersAreAsDescribed compares an answer of each operation with GitHub's own
// description of it.
func TestAnswersAreAsDescribed(t *testing.T) {
	d := vendortest.Read(t)
	const repo = "/repos/{owner}/{repo}"
	tried := map[string]bool{}
	for _, test := range []struct{ operation, path, body string }{
		{"POST " + repo + "/issues", "/issues", `{"title":"A","body":"B","labels":["bug","new"]}`},
		{"PATCH " + repo + "/issues/{issue_number}", "/issues/5", `{"state":"closed"}`},
		{"POST " + repo + "/issues/{issue_number}/comments", "/issues/5/comments", `{"body":"C"}`},
		{"POST " + repo + "/labels", "/labels", `{"name":"other","color":"d73a4a"}`},
		{"GET " + repo + "/issues", "/issues?state=all", ""},
		{"GET " + repo + "/issues/{issue_number}", "/issues/4", ""},
		{"GET " + repo + "/issues/{issue_number}/comments", "/issues/5/comments", ""},
		{"GET " + repo + "/issues/{issue_number}/events", "/issues/4/events", ""},
		{"GET " + repo + "/labels", "/labels", ""},
		{"GET " + repo + "/labels/{name}", "/labels/bug", ""},
		{"GET " + repo + "/commits", "/commits?sha=main", ""},
		{"GET " + repo + "/commits/{ref}", "/commits/main", ""},
		{"GET " + repo + "/commits/{ref}/check-runs", "/commits/" + shaMain + "/check-runs", ""},
		{"GET " + repo + "/commits/{ref}/status", "/commits/" + shaMain + "/status", ""},
		{"GET " + repo + "/git/ref/{ref}", "/git/ref/tags/signed", ""},
		{"GET " + repo + "/git/tags/{tag_sha}", "/git/tags/" + shaTag, ""},
		{"GET " + repo + "/code-scanning/alerts", "/code-scanning/alerts", ""},
		{"GET " + repo + "/code-scanning/analyses", "/code-scanning/analyses?ref=main", ""},
		{"GET " + repo + "/secret-scanning/alerts", "/secret-scanning/alerts?state=open", ""},
		{"GET " + repo + "/dependabot/alerts", "/dependabot/alerts?state=open,fixed", ""},
		{"GET " + repo + "/actions/runs", "/actions/runs?head_sha=" + shaMain, ""},
		{"GET " + repo + "/actions/runs/{run_id}/artifacts", "/actions/runs/1/artifacts?name=reports", ""},
		{"GET " + repo + "/actions/runs/{run_id}", "/actions/runs/2", ""},
		{"GET " + repo + "/actions/runs/{run_id}/jobs", "/actions/runs/3/jobs?filter=latest", ""},
		{"GET " + repo + "/actions/runs/{run_id}/pending_deployments", "/actions/runs/4/pending_deployments", ""},
		{"POST " + repo + "/actions/runs/{run_id}/pending_deployments", "/actions/runs/4/pending_deployments", fmt.Sprintf(`{"environment_ids":[%d],"state":"approved","comment":"GO"}`, environmentID(t))},
		{"GET " + repo + "/actions/runs/{run_id}/approvals", "/actions/runs/3/approvals", ""},
		{"GET " + repo + "/environments/{environment_name}", "/environments/production", ""},
		{"GET " + repo + "/environments/{environment_name}/deployment_protection_rules", "/environments/production/deployment_protection_rules", ""},
		{"POST " + repo + "/actions/runs/{run_id}/cancel", "/actions/runs/4/cancel", ""},
		{"GET " + repo + "/actions/workflows/{workflow_id}", "/actions/workflows/deploy.yml", ""},
		{"GET " + repo + "/actions/workflows/{workflow_id}/runs", "/actions/workflows/deploy.yml/runs?event=workflow_dispatch", ""},
		{"POST " + repo + "/actions/workflows/{workflow_id}/dispatches", "/actions/workflows/deploy.yml/dispatches", `{"ref":"main","inputs":{"version":"2"},"return_run_details":true}`},
		{"GET " + repo + "/contents/{path}", "/contents/.github/workflows/deploy.yml?ref=main", ""},
		{"GET " + repo + "/deployments", "/deployments?environment=production", ""},
		{"GET " + repo + "/deployments/{deployment_id}/statuses", "/deployments/1/statuses", ""},
	} {
		a := scanned(t)
		if strings.Contains(test.path, "/5") {
			a.create("Another", "")
			a.send("POST", api+"/issues/5/comments", `{"body":"First"}`)
		}
		method, _, _ := strings.Cut(test.operation, " ")
		got := a.send(method, api+test.path, test.body)
		d.Check(t, test.operation, got.status, got.body)
		tried[test.operation] = true
	}
	tried["POST "+repo+"/actions/runs/{run_id}/deployment_protection_rule"] = true // in TestRule, by an App
	for operation := range d.Paths {
		if !tried[operation] && !slices.Contains(abridged, operation) {
			t.Errorf("no answer of %s is tried", operation)
		}
	}
}

// abridged are the operations whose answers lack what GitHub's description requires:
// the repository's many addresses and settings, a comparison's files, what a user has
// besides the name, and an App's token, which is tried where the app is.
var abridged = []string{"GET /user", "GET /repos/{owner}/{repo}", "GET /repos/{owner}/{repo}/compare/{basehead}", "POST /app/installations/{installation_id}/access_tokens"}

// TestParametersAreAsDescribed: what the lists let in here is in GitHub's description too.
func TestParametersAreAsDescribed(t *testing.T) {
	d, a := vendortest.Read(t), scanned(t)
	for _, list := range []string{
		"/issues", "/issues/{issue_number}/comments", "/issues/{issue_number}/events", "/labels", "/commits", "/commits/{ref}/check-runs", "/commits/{ref}/status", "/code-scanning/alerts", "/code-scanning/analyses",
		"/secret-scanning/alerts", "/dependabot/alerts", "/actions/runs", "/actions/runs/{run_id}/artifacts",
		"/actions/runs/{run_id}", "/actions/runs/{run_id}/jobs", "/actions/workflows/{workflow_id}/runs", "/deployments", "/deployments/{deployment_id}/statuses",
	} {
		known := d.Paths["GET /repos/{owner}/{repo}"+list].Query
		path := api + strings.NewReplacer("{issue_number}", "4", "{run_id}", "1", "{workflow_id}", "deploy.yml", "{deployment_id}", "1", "{ref}", shaMain).Replace(list)
		for _, name := range []string{
			"after", "app_id", "assignees", "before", "check_name", "cursor", "direction", "filter", "has", "hide_secret", "event", "environment", "label", "labels", "page", "per_page", "ref", "scope", "severity",
			"since", "sort", "state", "tool_name",
		} {
			if got := a.send("GET", path+"?"+name+"=1", ""); !slices.Contains(known, name) && got.status != 422 {
				t.Errorf("%s takes %s, which GitHub doesn't know: %d", list, name, got.status)
			}
		}
	}
}
