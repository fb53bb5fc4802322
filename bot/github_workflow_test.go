package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonogo/playground/upstream/github"
)

const piped = `
project: Shop
slack: { releases: C0RELEASES, on_call: C0ONCALL }
roles: { deployer: { users: [U0DEV] } }
permissions: { release: [deployer], deploy: [deployer], rollback: [deployer] }
connections: { repo: { github: { repository: acme/shop } } }
checklist: [{ section: tests, items: [{ item: tests, title: Tests, blocks: [], manual: {} }] }]
environments:
  staging:
    deploy:
      github_workflow: { connection: repo, workflow: deploy.yml, ref: main, inputs: { version: "{release.version}", run: "{run}" }, live: { environment: production, version: 'Deploy (\S+)' } }
      health: { consecutive: 1, every: 1s }
`

// servedPipeline is a repository whose workflow deploys; 1.0 is live.
func servedPipeline(t *testing.T, code github.Code) (*github.Host, *httptest.Server) {
	t.Helper()
	sha := code.Commits[0].SHA
	for i := range code.Commits {
		code.Commits[i].At = time.Now()
	}
	host, err := github.New(github.Options{Repository: "acme/shop", Token: "ghp_canaryOfTheWorkflow", Code: code})
	if err != nil {
		t.Fatal(err)
	}
	host.SetWorkflows(github.Workflow{File: "deploy.yml", Inputs: []string{"version", "run"}, RunName: "Deploy ${{ inputs.version }} (${{ inputs.run }})", Jobs: []string{"image", "rollout"}, Into: "production"})
	host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: sha, Event: "workflow_dispatch", Title: "Deploy 1.0"}})
	host.SetDeployments(github.Deployment{Environment: "production", Ref: "main", SHA: sha, Run: 1, State: "success"})
	server := httptest.NewUnstartedServer(host.Handler())
	server.Config.SetKeepAlivesEnabled(false)
	server.Start()
	t.Cleanup(server.Close)
	return host, server
}

// TestWorkflowInSlack deploys with a workflow of GitHub Actions and rolls back, in Slack.
// The thread shows the workflow's jobs, and why one failed.
func TestWorkflowInSlack(t *testing.T) {
	t.Parallel()
	p, dir := newPractice(t), t.TempDir()
	sha := strings.Repeat("c4", 20)
	host, server := servedPipeline(t, github.Code{Commits: []github.Commit{{SHA: sha, Message: "Go on"}}, Branches: map[string]string{"main": sha}})
	if err := os.WriteFile(filepath.Join(dir, "gonogo.yml"), []byte(piped), 0o600); err != nil {
		t.Fatal(err)
	}
	p.config, p.variables = filepath.Join(dir, "gonogo.yml"), map[string]string{"GITHUB_TOKEN": "ghp_canaryOfTheWorkflow", "GITHUB_API_URL": server.URL + "/api/v3/"}
	p.start()
	p.outAndBack(t)

	host.SetWorkflows(github.Workflow{File: "deploy.yml", Inputs: []string{"version", "run"}, RunName: "Deploy ${{ inputs.version }} (${{ inputs.run }})", Jobs: []string{"image", "rollout"}, Into: "production", Outcome: "failure"})
	p.openRelease("3.0 0b1c2d3e")
	p.tell("U0DEV", "/deploy start staging 3.0 --plan=1234")
	p.seen("workflow run 4 failed in the job “rollout”, at the step “Step of rollout”; see " + server.URL)
	if started := len(host.Writes()); started != 3 {
		t.Errorf("%d workflows were started, want 3", started)
	}
	host.SetWorkflows(github.Workflow{File: "deploy.yml", State: "disabled_manually"})
	var doctor bytes.Buffer
	p.command(p.ctx, &doctor, "doctor", "--config", p.config)
	expect(t, doctor.String(), "the workflow deploy.yml is off (disabled_manually); enable it at GitHub")
	if strings.Contains(p.export(), "canaryOfTheWorkflow") {
		t.Error("the token is in the ledger")
	}
}
