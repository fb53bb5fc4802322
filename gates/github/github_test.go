package github

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gonogo/clients/connection"
	"gonogo/clients/github"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	host "gonogo/playground/upstream/github"
	"gonogo/readiness/answer"
)

// The commits of the practice repository: the second is the head of main, and v1 is at
// the first.
var firstCommit, headCommit = strings.Repeat("1a", 20), strings.Repeat("2b", 20)

// practiceGitHub serves a practice GitHub.
func practiceGitHub(t *testing.T) (*host.Host, gates.Deps) {
	t.Helper()
	served, err := host.New(host.Options{
		Repository: "acme/shop", Token: "ghp_x",
		Code: host.Code{
			Commits:  []host.Commit{{SHA: firstCommit, Message: "Begin", At: time.Now()}, {SHA: headCommit, Parent: firstCommit, Message: "Go on", At: time.Now()}},
			Branches: map[string]string{"main": headCommit}, Tags: map[string]string{"v1": firstCommit},
		},
		Labels: []host.Label{{Name: "audit"}, {Name: "critical"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(served.Handler())
	t.Cleanup(server.Close)
	return served, gates.Deps{Connections: map[string]connection.Connection{"repo": gatestest.GitHubAt(t, server.URL+"/api/v3", "acme/shop", "ghp_x")}}
}

// action is a check run of GitHub Actions.
func action(name, state string) host.Check {
	return host.Check{Name: name, App: "github-actions", State: state}
}

func TestGitHubChecks(t *testing.T) {
	good := []host.Check{action("build", "success"), action("test (1)", "success"), action("test (2)", "success"), action("docs", "skipped"), {Name: "ci", State: "success"}}
	with := func(more ...host.Check) []host.Check { return append(append([]host.Check{}, good...), more...) }
	suite := func(c host.Check, n int) host.Check { c.Suite = n; return c }
	of := func(c host.Check, sha string) host.Check { c.Of = sha; return c }
	for _, tt := range []struct {
		name, settings string
		checks         []host.Check
		verdict        answer.Verdict
		words          string
	}{
		{"all there are", "", good, answer.Passed, "4 checks succeeded on commit 2b2b2b2, 1 neutral or skipped"},
		{"by name", "checks: [build, 'test (*)', ci]", good, answer.Passed, "4 checks succeeded"},
		{"none at all", "", nil, answer.NotConfigured, "commit 2b2b2b2 has neither check runs nor statuses"},
		{"none of those named", "checks: [build]", nil, answer.Failed, "commit 2b2b2b2 has no check named build"},
		{"one is missing", "checks: [build, deploy]", good, answer.Failed, "has no check named deploy"},
		{"of another commit only", "", []host.Check{of(action("build", "success"), firstCommit)}, answer.NotConfigured, ""},
		{"one fails", "", with(action("lint", "failure")), answer.Failed, "lint (github-actions): failure"},
		{"one that doesn't count fails", "ignore: [lint]", with(action("lint", "failure")), answer.Passed, ""},
		{"one that isn't named fails", "checks: [build]", with(action("lint", "failure")), answer.Passed, "1 check succeeded"},
		{"a status fails", "", with(host.Check{Name: "ci", State: "error"}), answer.Failed, "ci (status): error"},
		{"timed out", "", with(action("lint", "timed_out")), answer.Failed, "lint (github-actions): timed out"},
		{"cancelled", "", with(action("lint", "cancelled")), answer.Failed, "cancelled"},
		{"somebody has to act", "", with(action("lint", "action_required")), answer.Failed, "action required"},
		{"stale", "", with(action("lint", "stale")), answer.Failed, "stale"},
		{"unheard of", "", with(action("lint", "splendid")), answer.Failed, "splendid"},
		{"running", "", with(action("lint", "in_progress")), answer.Errored, "lint (github-actions) is still running"},
		{"queued", "", with(action("lint", "queued")), answer.Errored, "lint (github-actions) is still queued"},
		{"a status is pending", "checks: [ci]", with(host.Check{Name: "ci", State: "pending"}), answer.Errored, "ci (status) is still pending"},
		{"one fails while one runs", "", with(action("a", "in_progress"), action("b", "failure")), answer.Failed, "b (github-actions): failure"},
		{"named and skipped", "checks: [docs]", good, answer.Failed, "docs (github-actions): skipped"},
		{"named, skipped and accepted", "checks: [docs], accept: [skipped]", good, answer.Passed, ""},
		{"only skipped ones", "", []host.Check{action("a", "skipped"), action("b", "neutral")}, answer.Failed, "no check of commit 2b2b2b2 has succeeded: a (github-actions): skipped"},
		{"only neutral ones, accepted", "accept: [neutral]", []host.Check{action("b", "neutral")}, answer.Passed, ""},
		{"run again in its suite", "", []host.Check{action("test", "failure"), action("test", "success")}, answer.Passed, "1 check"},
		{"worse when run again", "", []host.Check{action("test", "success"), suite(action("test", "failure"), 2)}, answer.Failed, "test"},
		{"running again", "", []host.Check{action("test", "success"), suite(action("test", "queued"), 2)}, answer.Errored, "still queued"},
		{"run again in another suite", "", []host.Check{action("test", "failure"), suite(action("test", "success"), 2)}, answer.Warned, "an earlier one in another check suite didn't"},
		{"the same name of two Apps", "", []host.Check{{Name: "test", App: "other", State: "failure"}, action("test", "success")}, answer.Failed, "test (other): failure"},
		{"of one App", "app: github-actions", []host.Check{{Name: "test", App: "other", State: "failure"}, {Name: "test", State: "failure"}, action("test", "success")}, answer.Passed, ""},
		{"an App that has none", "app: circleci", good, answer.Failed, "none of the 5 checks of commit 2b2b2b2 counts by these settings"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, deps := practiceGitHub(t)
			server.SetChecks(tt.checks)
			b := kindtest.Built(t, GitHubChecks, strings.TrimSuffix("{connection: repo, "+tt.settings, ", ")+"}", deps)
			ev := kindtest.Measured(t, b, gates.Scope{View: gatestest.NoRelease, Commit: headCommit})
			if said := kindtest.Odd(ev, tt.verdict, tt.words); said != "" {
				t.Errorf("%s\n%+v", said, ev)
			}
		})
	}
}

// TestGitHubCommit: what is measured is the release's commit, and nothing else where it
// isn't known or isn't there.
func TestGitHubCommit(t *testing.T) {
	server, deps := practiceGitHub(t)
	old := action("test", "failure")
	old.Of = firstCommit
	server.SetChecks([]host.Check{action("test", "success"), old})
	server.SetSecurity(func(s *host.Security) {
		s.Analyses = []host.Analysis{{Tool: "CodeQL", Category: "/go", Ref: "refs/heads/main", SHA: headCommit}, {Tool: "CodeQL", Category: "/go", Ref: "refs/tags/v1", SHA: firstCommit}}
	})
	for _, tt := range []struct {
		kind, settings, commit string
		verdict                answer.Verdict
		words                  string
	}{
		{"github_checks", "", headCommit, answer.Passed, ""},
		{"github_checks", "", headCommit[:7], answer.Passed, ""},
		{"github_checks", "", firstCommit, answer.Failed, "test (github-actions): failure"},
		{"github_checks", "", "", answer.Errored, "the release's commit isn't known"},
		{"github_checks", "", strings.Repeat("0", 40), answer.Errored, "no such tag, branch or commit"},
		{"github_alerts", ", code: {}", headCommit, answer.Passed, "0 open code scanning alerts; CodeQL /go analyzed the commit"},
		{"github_alerts", ", code: {}", headCommit[:7], answer.Passed, ""},
		{"github_alerts", ", code: {}", firstCommit, answer.Errored, "CodeQL /go analyzed commit 2b2b2b2 last, not 1a1a1a1; analyze the release's commit"},
		{"github_alerts", ", code: { ref: 'refs/tags/v{release.version}' }", firstCommit, answer.Passed, ""},
		{"github_alerts", ", code: {}", "", answer.Errored, "the release's commit isn't known"},
		{"github_alerts", ", secrets: {}", "", answer.Passed, "0 open secret scanning alerts"},
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, githubKinds[tt.kind], "{connection: repo"+tt.settings+"}", deps), gates.Scope{View: gatestest.NoRelease, Release: "1", Commit: tt.commit})
		if said := kindtest.Odd(ev, tt.verdict, tt.words); said != "" {
			t.Errorf("%s%s of %q: %s", tt.kind, tt.settings, tt.commit, said)
		}
	}
}

func TestGitHubAlerts(t *testing.T) {
	server, deps := practiceGitHub(t)
	main := "refs/heads/main"
	server.SetSecurity(func(s *host.Security) {
		s.Analyses = []host.Analysis{{Tool: "CodeQL", Category: "/go", Ref: main, SHA: headCommit}}
		s.Code = []host.Alert{{Number: 2, Severity: "medium", Title: "go/b", Tool: "CodeQL"}, {Number: 1, Severity: "high", Title: "go/a", Tool: "CodeQL"}, {Number: 3, Title: "go/c"}}
		s.Secrets = []host.Alert{{Number: 9, Title: "slack_api_token", Secret: gatestest.Canary}}
		s.Packages = []host.Alert{{Number: 4, Severity: "low", Title: "requests"}}
	})
	try := func(settings string, verdict answer.Verdict, words ...string) answer.Evidence {
		t.Helper()
		ev := kindtest.Measured(t, kindtest.Built(t, GitHubAlerts, "{connection: repo, "+settings+"}", deps), gates.Scope{View: gatestest.NoRelease, Release: "1", Commit: headCommit})
		if said := kindtest.Odd(ev, verdict, words...); said != "" {
			t.Errorf("%s: %s", settings, said)
		}
		if strings.Contains(fmt.Sprint(ev), gatestest.Canary) {
			t.Errorf("%s: the secret is in %+v", settings, ev)
		}
		return ev
	}
	ev := try(`code: {}`, answer.Failed, "open code scanning alerts is 3, limit 0")
	if want := "code scanning alert #3: go/c"; len(ev.Details) == 0 || ev.Details[0] != want || !strings.HasSuffix(ev.Link, "/security/code-scanning/3") {
		t.Errorf("the worst is not the first of %q, %s", ev.Details, ev.Link)
	}
	try(`code: { critical: 0 }`, answer.Failed, "critical code scanning alerts is 1, limit 0") // the one without a severity
	try(`code: { critical: 1, high: 0 }`, answer.Failed, "high code scanning alerts is 1, limit 0")
	try(`code: { critical: 1, high: 1 }`, answer.Passed, "3 open code scanning alerts; CodeQL /go analyzed the commit")
	try(`code: { critical: 1, high: 1, warn: { medium: 0 } }`, answer.Warned, "medium code scanning alerts is 1, warning limit 0")
	try(`code: { open: "<= 3", tools: [CodeQL] }`, answer.Passed)
	try(`code: { open: "<= 3", tools: [CodeQL, gosec] }`, answer.NotConfigured, "gosec has no analysis of refs/heads/main")
	try(`code: { ref: refs/heads/other }`, answer.NotConfigured, "no analysis found")
	try(`secrets: {}`, answer.Failed, "open secret scanning alerts is 1, limit 0")
	try(`secrets: { open: "<= 1", warn: 0 }`, answer.Warned, "warning limit 0")
	try(`dependencies: { critical: 0, high: 0 }`, answer.Passed, "1 open Dependabot alert")
	try(`dependencies: {}, secrets: { open: "<= 1" }`, answer.Failed, "open Dependabot alerts is 1, limit 0")

	server.SetSecurity(func(s *host.Security) { s.Analyses[0].Error = "no space left" })
	try(`code: {}`, answer.Errored, "CodeQL /go could not be taken by GitHub: no space left")
	server.SetSecurity(func(s *host.Security) {
		s.Analyses = append(s.Analyses, host.Analysis{Tool: "gosec", Category: "lint", Ref: main, SHA: firstCommit})
		s.Analyses[0].Error = ""
	})
	try(`code: {}`, answer.Errored, "gosec lint analyzed commit 1a1a1a1 last, not 2b2b2b2") // although alerts are open
	try(`code: { open: 3, tools: [CodeQL] }`, answer.Passed)
	server.SetSecurity(func(s *host.Security) { s.Off = []host.Scanner{host.CodeScanning, host.Dependabot} })
	try(`code: {}`, answer.NotConfigured, "code scanning is not enabled in acme/shop (Code Security must be enabled")
	try(`code: {}, dependencies: {}`, answer.NotConfigured, "Dependabot is not enabled")
	try(`code: {}, secrets: {}`, answer.Failed, "secret scanning alerts is 1")
	server.SetSecurity(func(s *host.Security) { s.Off = []host.Scanner{host.SecretScanning} })
	try(`secrets: {}`, answer.NotConfigured, "secret scanning is not enabled in acme/shop (Secret scanning is disabled on this repository)")
}

func TestGitHubIssues(t *testing.T) {
	server, deps := practiceGitHub(t)
	client := deps.Connections["repo"].Client.(*github.Client)
	try := func(settings string, verdict answer.Verdict, words ...string) {
		t.Helper()
		if said := kindtest.Odd(kindtest.Measured(t, kindtest.Built(t, GitHubIssues, "{connection: repo, "+settings+"}", deps), gates.Scope{View: gatestest.NoRelease}), verdict, words...); said != "" {
			t.Errorf("%s: %s", settings, said)
		}
	}
	try(`labels: [audit]`, answer.Passed, "0 open issues")
	try(`labels: [audit], total: ">= 2"`, answer.Failed, "issues is 0, limit >= 2")
	try(`labels: [auditt]`, answer.NotConfigured, `no label "auditt"`)
	try(`labels: [audit], with: { worst: 0 }`, answer.NotConfigured, `no label "worst"`)
	if _, err := client.Create(t.Context(), github.Draft{Title: "A door is open", Labels: []string{"audit", "critical"}}); err != nil {
		t.Fatal(err)
	}
	try(`labels: [audit]`, answer.Failed, "open issues is 1, limit 0")
	try(`labels: [audit], open: "<= 1"`, answer.Passed, "1 open issue")
	try(`labels: [audit], open: "<= 1", warn: 0`, answer.Warned, "open issues is 1, warning limit 0")
	try(`labels: [audit], with: { Critical: 0 }`, answer.Failed, "open issues with Critical is 1, limit 0")
	try(`labels: [audit, critical], with: { critical: "<= 1" }, total: 1`, answer.Passed, "1 of 1 issue open")
	if _, err := server.SetLabelled(false, 0, "audit"); err != nil {
		t.Fatal(err)
	}
	try(`labels: [audit], total: ">= 1"`, answer.Passed, "0 of 1 issue open")
	server.SetMode(host.SecondaryLimit)
	try(`labels: [audit]`, answer.Errored, "GitHub's rate limit is used up")
}

func TestGitHubFaults(t *testing.T) {
	_, deps := practiceGitHub(t)
	for _, tt := range []struct{ kind, settings, want string }{
		{"github_checks", `checks: [""]`, "a name is empty; write the name that GitHub shows for the check"},
		{"github_checks", `accept: [failure]`, `"failure" can't count as success; write neutral or skipped`},
		{"github_alerts", ``, "there is nothing to measure; write code, secrets or dependencies, as in secrets: { open: 0 }"},
		{"github_alerts", `code: { medium: 0 }`, "medium has a limit and high has none; add high: 0"},
		{"github_alerts", `dependencies: { critical: 0, medium: 0 }`, "medium has a limit and high has none; add high: 0"},
		{"github_alerts", `code: { ref: main }`, `"main" is no whole name of a branch or tag; write refs/heads/main or refs/tags/main`},
		{"github_issues", ``, "labels is missing; it names the labels that the issues have, as in [audit]"},
		{"github_issues", `labels: ["a,b"]`, `the label "a,b" contains a comma, which GitHub's filter can't handle; use another label`},
	} {
		settings := strings.Replace("{connection: repo, "+tt.settings+"}", ", }", "}", 1)
		if got := kindtest.Faulty(t, githubKinds[tt.kind], settings, deps); !strings.Contains(got, tt.want) {
			t.Errorf("%s %s\ngot  %s\nwant %s", tt.kind, settings, got, tt.want)
		}
	}
}

// githubKinds are the kinds that ask GitHub, by name.
var githubKinds = map[string]gates.Kind{"github_checks": GitHubChecks, "github_alerts": GitHubAlerts, "github_issues": GitHubIssues}
