package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/playground/upstream/github"
)

const reviewed = `
project: Shop
slack: { releases: C0RELEASES, on_call: C0ONCALL }
roles:
  product_owner: { title: Product Owner, users: [U0PO] }
  technical_lead: { title: Technical Lead, users: [U0TL] }
  deployer: { title: Deployer, users: [U0DEV] }
permissions: { release: [deployer], deploy: [deployer], check: [technical_lead] }
connections: { repo: { github: { repository: acme/shop } } }
checklist: [{ section: tests, items: [{ item: tested, title: It is tested, manual: { by: [technical_lead] } }] }]
environments: { live: { reviews: { connection: repo, environment: production } } }
sign_offs: { live: { roles: [product_owner, technical_lead], self_approval: true } }
`

// The commits of the repository whose runs wait, the older first.
var liveSHA, mergedSHA = strings.Repeat("c4", 20), strings.Repeat("d5", 20)

// servedReviews is a repository with an environment that gonogo's token has to approve.
func servedReviews(t *testing.T) (*github.Host, *httptest.Server) {
	t.Helper()
	host, err := github.New(github.Options{Repository: "acme/shop", Token: "ghp_canaryOfTheReviews", Login: "acme-gonogo", Code: github.Code{
		Commits:  []github.Commit{{SHA: liveSHA, Message: "Begin", At: time.Now()}, {SHA: mergedSHA, Parent: liveSHA, Message: "Fix the login", Author: "Nina Park", At: time.Now()}},
		Branches: map[string]string{"main": mergedSHA}}})
	if err != nil {
		t.Fatal(err)
	}
	host.SetWorkflows(github.Workflow{File: "deploy.yml", Jobs: []string{"image", "rollout"}, Into: "production"})
	host.SetEnvironments(github.Environment{Name: "production", Reviewers: []string{"acme-gonogo", "npark"}})
	host.SetDeployments(github.Deployment{Environment: "production", Ref: "main", SHA: liveSHA, State: "success"})
	server := httptest.NewUnstartedServer(host.Handler())
	server.Config.SetKeepAlivesEnabled(false)
	server.Start()
	t.Cleanup(server.Close)
	return host, server
}

// TestReviewsInSlack has a workflow run wait for production: its card shows what would go
// out and what blocks it, people check and approve in Slack, and GitHub gets exactly one
// approval.
func TestReviewsInSlack(t *testing.T) {
	t.Parallel()
	p, dir := newPractice(t), t.TempDir()
	host, server := servedReviews(t)
	if err := os.WriteFile(filepath.Join(dir, "gonogo.yml"), []byte(reviewed), 0o600); err != nil {
		t.Fatal(err)
	}
	p.config, p.variables = filepath.Join(dir, "gonogo.yml"), map[string]string{"GITHUB_TOKEN": "ghp_canaryOfTheReviews", "GITHUB_API_URL": server.URL + "/api/v3/"}
	host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: mergedSHA, State: "waiting", Title: "Fix the login (#7)", By: "npark"}})
	stop := p.start()

	p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 3 blockers")
	p.seen("Fix the login, Nina Park")
	expect(t, p.say("U0TL", "/ready check tested"), ": checked")
	card := p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 2 blockers")
	expect(t, p.press("U0PO", card, "Approve"), "Approved")
	stop()
	p.start()
	card = p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 1 blocker")
	expect(t, p.press("U0TL", card, "Approve"), "Approved")
	p.seen("Deployment of d5d5d5d5d5d5 to live: approved")
	given := host.Runs()[0].Reviews
	want := "gonogo: GO for d5d5d5d5d5d5 on live, signed off by Product Owner (U0PO), Technical Lead (U0TL) (attempt 1)"
	if len(given) != 1 || given[0].State != "approved" || given[0].Comment != want || len(host.Writes()) != 1 {
		t.Errorf("GitHub got %+v in %d writes, want %s", given, len(host.Writes()), want)
	}
	if strings.Contains(p.export(), "canaryOfTheReviews") {
		t.Error("the token is in the ledger")
	}
}

// TestReviewRejectedInSlack rejects a waiting run in a form.
func TestReviewRejectedInSlack(t *testing.T) {
	t.Parallel()
	p, dir := newPractice(t), t.TempDir()
	host, server := servedReviews(t)
	if err := os.WriteFile(filepath.Join(dir, "gonogo.yml"), []byte(reviewed), 0o600); err != nil {
		t.Fatal(err)
	}
	p.config, p.variables = filepath.Join(dir, "gonogo.yml"), map[string]string{"GITHUB_TOKEN": "ghp_canaryOfTheReviews", "GITHUB_API_URL": server.URL + "/api/v3/"}
	host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: mergedSHA, State: "waiting", Title: "Fix the login (#7)", By: "npark"}})
	p.start()
	p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 3 blockers")
	p.tell("U0DEV", "/deploy reject live the price is wrong")
	p.seen("Deployment of d5d5d5d5d5d5 to live: rejected")
	if given := host.Runs()[0].Reviews; len(given) != 1 || given[0].State != "rejected" || !strings.Contains(given[0].Comment, "the price is wrong") {
		t.Errorf("GitHub got %+v", given)
	}
}

// TestDoctorOfReviews names what keeps gonogo from answering reviews.
func TestDoctorOfReviews(t *testing.T) {
	t.Parallel()
	p, dir := newPractice(t), t.TempDir()
	host, server := servedReviews(t)
	if err := os.WriteFile(filepath.Join(dir, "gonogo.yml"), []byte(reviewed), 0o600); err != nil {
		t.Fatal(err)
	}
	p.config, p.variables = filepath.Join(dir, "gonogo.yml"), map[string]string{"GITHUB_TOKEN": "ghp_canaryOfTheReviews", "GITHUB_API_URL": server.URL + "/api/v3/"}
	for _, tt := range []struct {
		environment github.Environment
		want        []string
	}{
		{github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}}, []string{"✓", "reviews of live", "acme-gonogo may review the deployments to production"}},
		{github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}, NoSelfReview: true}, []string{"⚠", "production prevents self-review"}},
		{github.Environment{Name: "production", Reviewers: []string{"npark"}}, []string{"✗", "acme-gonogo, the owner of gonogo's token, isn't among the required reviewers"}},
		{github.Environment{Name: "production"}, []string{"✗", "has no required reviewers"}},
		{github.Environment{Name: "prod"}, []string{"✗", "it has no such environment"}},
	} {
		host.SetEnvironments(tt.environment)
		_, out := p.doctor()
		wantLines(t, out, tt.want)
	}
	var status atomic.Int32
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		io.WriteString(w, "1.2\n")
	}))
	defer shop.Close()
	if err := os.WriteFile(filepath.Join(dir, "gonogo.yml"), []byte(strings.Replace(reviewed, "environment: production", "environment: production, live: { url: "+shop.URL+" }", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for answers, want := range map[int32][]string{200: {"✓", "what is live on live", "its site shows 1.2"}, 404: {"✗", "what is live on live", "its version can't be read: 127.0.0.1 answers with status 404"}} {
		status.Store(answers)
		_, out := p.doctor()
		wantLines(t, out, want)
	}
}
