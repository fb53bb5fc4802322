package kinds

import (
	"strings"
	"testing"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// TestPracticeGitHub turns the practice GitHub's switches, and back.
func TestPracticeGitHub(t *testing.T) {
	const (
		checks = `{connection: repo, checks: [build, "test (*)", ci/preview]}`
		alerts = `{connection: repo, code: {critical: 0, high: 0, ref: "refs/tags/v{release.version}"}, secrets: {open: 0}, dependencies: {critical: 0}}`
		audit  = `{connection: repo, labels: [audit], open: "<= 5", with: {critical: 0, high: 0}, total: 35}`
	)
	release := gates.Scope{View: gatestest.NoRelease, Release: "19.0.2", Commit: "4a393cde4c8eeb12a0c32479677514d0a212627f"}
	p := newPractice(t)
	turn := func(id, state string) {
		t.Helper()
		if id == "" {
			return
		}
		if state == "" {
			state = p.switches[id].States[0].ID
		}
		if err := p.switches[id].Turn(state); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, turn, kind, settings string
		verdict                    answer.Verdict
		words                      string
	}{
		{"checks succeed", "", "github_checks", checks, answer.Passed, "4 checks succeeded on commit 4a393cd"},
		{"a check fails", "github-checks fails", "github_checks", checks, answer.Failed, "test (modules) (github-actions): failure"},
		{"a check is running", "github-checks running", "github_checks", checks, answer.Errored, "test (modules) (github-actions) is still running"},
		{"a check is missing", "github-checks missing", "github_checks", checks, answer.Failed, "no check named build"},
		{"no checks", "github-checks none", "github_checks", `{connection: repo}`, answer.NotConfigured, "neither check runs nor statuses"},
		{"no alerts", "", "github_alerts", alerts, answer.Passed, "CodeQL /language:python analyzed the commit"},
		{"a code alert", "github-code-scanning alert", "github_alerts", alerts, answer.Failed, "high code scanning alerts is 1, limit 0"},
		{"an unscanned commit", "github-code-scanning stale", "github_alerts", alerts, answer.Errored, "analyzed commit d318a12 last, not 4a393cd"},
		{"code scanning off", "github-code-scanning off", "github_alerts", alerts, answer.NotConfigured, "code scanning is not enabled"},
		{"a secret", "github-secret-scanning alert", "github_alerts", alerts, answer.Failed, "open secret scanning alerts is 1"},
		{"secret scanning off", "github-secret-scanning off", "github_alerts", alerts, answer.NotConfigured, "secret scanning is not enabled"},
		{"a vulnerable package", "github-dependabot alert", "github_alerts", alerts, answer.Failed, "critical Dependabot alerts is 1"},
		{"Dependabot off", "github-dependabot off", "github_alerts", alerts, answer.NotConfigured, "Dependabot is not enabled"},
		{"the audit's findings", "", "github_issues", audit, answer.Passed, "5 of 35 issues open"},
		{"a critical finding", "github-audit critical", "github_issues", audit, answer.Failed, "open issues with critical is 1, limit 0"},
		{"an incomplete register", "github-audit incomplete", "github_issues", audit, answer.Failed, "31, limit 35"},
		{"mended again", "", "github_issues", audit, answer.Passed, "5 of 35 issues open"},
		{"GitHub is down", "github down", "github_issues", audit, answer.Errored, "GitHub couldn't be asked"},
	} {
		id, state, _ := strings.Cut(test.turn, " ")
		turn(id, state)
		if said := kindtest.Odd(kindtest.Measured(t, built(t, test.kind, test.settings, p.deps), release), test.verdict, test.words); said != "" {
			t.Errorf("%s: %s", test.name, said)
		}
		turn(id, "")
	}
}
