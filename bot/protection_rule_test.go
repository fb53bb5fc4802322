package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/playground/upstream/github"
)

const webhookSecret = "canaryOfTheWebhook"

// servedRule is a repository in which gonogo's App is a deployment protection rule of
// production, and one run waits for it.
func (p *practice) servedRule() (*github.Host, *httptest.Server) {
	p.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		p.t.Fatal(err)
	}
	app := github.App{ID: 7, Installation: 42, Key: &key.PublicKey, Secret: webhookSecret}
	host, err := github.New(github.Options{Repository: "acme/shop", App: app, Code: github.Code{
		Commits:  []github.Commit{{SHA: liveSHA, Message: "Begin", At: time.Now()}, {SHA: mergedSHA, Parent: liveSHA, Message: "Fix the login", Author: "Nina Park", At: time.Now()}},
		Branches: map[string]string{"main": mergedSHA}}})
	if err != nil {
		p.t.Fatal(err)
	}
	host.SetWorkflows(github.Workflow{File: "deploy.yml", Jobs: []string{"image", "rollout"}, Into: "production"})
	host.SetEnvironments(github.Environment{Name: "production", Rule: true})
	host.SetDeployments(github.Deployment{Environment: "production", Ref: "main", SHA: liveSHA, State: "success"})
	host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: mergedSHA, State: "waiting", Title: "Fix the login (#7)", By: "npark"}})
	server := httptest.NewUnstartedServer(host.Handler())
	server.Config.SetKeepAlivesEnabled(false)
	server.Start()
	p.t.Cleanup(server.Close)

	p.config = filepath.Join(p.t.TempDir(), "gonogo.yml")
	text := strings.Replace("listen: 127.0.0.1:0\n"+reviewed, "environment: production }", "environment: production, protection_rule: true }", 1)
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.variables = map[string]string{"GITHUB_API_URL": server.URL + "/api/v3/", "GITHUB_TOKEN": "", "GITHUB_APP_ID": "7", "GITHUB_APP_INSTALLATION_ID": "42", "GITHUB_WEBHOOK_SECRET": webhookSecret,
		"GITHUB_APP_PRIVATE_KEY": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))}
	return host, server
}

// delivered posts what GitHub sends.
func (p *practice) delivered(sent github.Delivery) (status int, text string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.ctx, http.MethodPost, "http://"+p.address()+"/github", bytes.NewReader(sent.Body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header = sent.Header
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, strings.TrimSpace(string(said))
}

// states are what GitHub got about the run, in order.
func states(host *github.Host) (all []string) {
	for _, review := range host.Runs()[0].Reviews {
		all = append(all, review.State)
	}
	return all
}

// TestProtectionRuleInSlack has GitHub ask gonogo about a run: it has a card, GitHub is told
// why it waits, people check and approve in Slack, and GitHub gets one approval. What isn't
// signed, and what comes again, changes nothing.
func TestProtectionRuleInSlack(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	host, server := p.servedRule()
	waits := host.Runs()
	host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: liveSHA}})
	p.start()
	p.eventually("a first look at GitHub", func() bool {
		return slices.ContainsFunc(host.Calls(), func(c github.Call) bool { return strings.HasSuffix(c.Path, "/actions/runs") })
	})
	host.SetRuns(waits)
	sent, err := host.Requested(server.URL, 1, "0b989ba4-242f-11e5-81e1-c7b6966d2516")
	if err != nil {
		t.Fatal(err)
	}
	forged := github.Delivery{Header: sent.Header.Clone(), Body: bytes.Replace(sent.Body, []byte("/runs/1/"), []byte("/runs/9/"), 1)}
	if status, text := p.delivered(forged); status != 401 || !strings.Contains(text, "GITHUB_WEBHOOK_SECRET") {
		t.Errorf("a forged delivery got %d %s", status, text)
	}
	for _, want := range []string{`{"status":"taken"}`, `{"status":"repeated"}`} {
		if status, text := p.delivered(sent); status != 200 || text != want {
			t.Errorf("got %d %s, want %s", status, text, want)
		}
	}
	p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 3 blockers")
	p.eventually("a report at GitHub", func() bool { return len(states(host)) == 1 })
	want := "gonogo: NO-GO for d5d5d5d5d5d5 on live, 3 blockers: It is tested, Product Owner, Technical Lead (attempt 1)"
	if got := host.Runs()[0].Reviews[0]; got.State != "pending" || got.Comment != want {
		t.Errorf("GitHub was told %+v, want %s", got, want)
	}
	expect(t, p.say("U0TL", "/ready check tested"), ": checked")
	card := p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 2 blockers")
	expect(t, p.press("U0PO", card, "Approve"), "Approved")
	card = p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 1 blocker")
	expect(t, p.press("U0TL", card, "Approve"), "Approved")
	p.seen("Deployment of d5d5d5d5d5d5 to live: approved")
	want = "gonogo: GO for d5d5d5d5d5d5 on live, signed off by Product Owner (U0PO), Technical Lead (U0TL) (attempt 1)"
	given := host.Runs()[0].Reviews
	if got := given[len(given)-1]; !slices.Equal(states(host), []string{"pending", "approved"}) || got.Comment != want || got.By != "gonogo[bot]" {
		t.Errorf("GitHub got %+v, want %s", given, want)
	}
	if ledger := p.export(); strings.Contains(ledger, webhookSecret) || strings.Count(ledger, `"review.requested"`) != 1 {
		t.Error("the ledger has the secret, or not exactly one request")
	}
	if strings.Contains(p.logs.String(), webhookSecret) {
		t.Error("the secret is in the log")
	}
}

// TestKilledAsProtectionRule is killed between the intent to approve and the answer, and
// approves once. Nobody delivers anything: the run is found by asking.
func TestKilledAsProtectionRule(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]bool{"before GitHub has it": false, "after GitHub has it": true} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t)
			host, _ := p.servedRule()
			kill := p.startProcess()
			p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 3 blockers")
			p.eventually("a report at GitHub", func() bool { return len(states(host)) == 1 })
			host.OnCall(func(c github.Call) github.Fault {
				switch {
				case !c.Write:
					return github.Fault{}
				case done:
					return github.Fault{After: kill, Drop: true, Done: true}
				}
				return github.Fault{Before: kill, Drop: true}
			})
			expect(t, p.say("U0TL", "/ready check tested"), ": checked")
			card := p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 2 blockers")
			expect(t, p.press("U0PO", card, "Approve"), "Approved")
			card = p.seen("Deployment of d5d5d5d5d5d5 to live waits at GitHub: NO-GO, 1 blocker")
			p.pressed("U0TL", card, "Approve")
			p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
			host.OnCall(nil)
			p.start()
			p.seen("Deployment of d5d5d5d5d5d5 to live: approved")
			if got := states(host); !slices.Equal(got, []string{"pending", "approved"}) {
				t.Errorf("GitHub got %v", got)
			}
		})
	}
}

// TestDoctorOfProtectionRules says what keeps GitHub from waiting for gonogo.
func TestDoctorOfProtectionRules(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	host, _ := p.servedRule()
	for _, tt := range []struct {
		environment github.Environment
		want        []string
	}{
		{github.Environment{Name: "production", Rule: true}, []string{"✓", "reviews of live", "gonogo's App is a deployment protection rule of production"}},
		{github.Environment{Name: "production"}, []string{"✗", "the App's deployment protection rule isn't enabled for GitHub's environment production"}},
	} {
		host.SetEnvironments(tt.environment)
		_, out := p.doctor()
		wantLines(t, out, tt.want)
	}
}
