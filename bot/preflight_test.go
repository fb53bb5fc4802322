package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/playground/upstream/github"
)

// newPipeline starts a world whose releases are in a repository: 2.0 has a migration and
// a security fix more than 1.0, and a workflow deploys.
func newPipeline(t *testing.T) (*practice, *github.Host) {
	t.Helper()
	p, dir := newPractice(t), t.TempDir()
	first, second, third := strings.Repeat("1a", 20), strings.Repeat("2b", 20), strings.Repeat("3c", 20)
	host, server := servedPipeline(t, github.Code{Commits: []github.Commit{
		{SHA: first, Message: "Begin", Author: "Ada", Login: "ada"},
		{SHA: second, Parent: first, Message: "Drop the column", Author: "Bob", Login: "bob", Files: []string{"db/migrations/7.sql"}},
		{SHA: third, Parent: second, Message: "Fix CVE-2026-7", Author: "Eve", Login: "eve"},
	}, Branches: map[string]string{"main": third}, Tags: map[string]string{"1.0": first, "2.0": third}})
	text := piped + "notable_commits: { paths: [db/migrations] }\nissues: { connection: repo }\n"
	if err := os.WriteFile(filepath.Join(dir, "gonogo.yml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.config, p.variables = filepath.Join(dir, "gonogo.yml"), map[string]string{"GITHUB_TOKEN": "ghp_canaryOfTheWorkflow", "GITHUB_API_URL": server.URL + "/api/v3/"}
	p.ledger = filepath.Join(dir, "gonogo.db")
	p.start()
	return p, host
}

// TestRollbackPlanSaysWhatItRemoves shows before a rollback which commits go away, the
// notable ones first, also in a terminal and in a dry run. If GitHub doesn't respond, the
// plan says so, and the rollback can be started all the same.
func TestRollbackPlanSaysWhatItRemoves(t *testing.T) {
	t.Parallel()
	p, host := newPipeline(t)
	p.tell("U0DEV", "/deploy adopt staging")
	p.openRelease("2.0 " + strings.Repeat("3c", 20))
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: live and verified")

	p.say("U0DEV", "/rollback staging")
	removed := []string{"It removes", "2 commits", "Fix CVE-2026-7, Eve ⚠ mentions CVE-", "Drop the column, Bob ⚠ changes db/migrations", "1.0 was live there until", "A rollback was never rehearsed on staging."}
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), removed...)
	code, shown := p.onHost("", "staging", "--dry-run")
	if code != 0 {
		t.Errorf("the dry run ended with %d", code)
	}
	wantLines(t, shown, []string{"Dry run: staging back to 1.0"}, []string{"It removes 2 commits"}, []string{"Start the workflow deploy.yml for 1.0", "POST …/actions/workflows/deploy.yml/dispatches"}, []string{"Nothing was sent and nothing was started."})
	if started := len(host.Writes()); started != 1 {
		t.Errorf("%d workflows were started, want 1: the deployment's", started)
	}

	p.await("the deployment's commits", func() bool { return p.count("run.compared") > 0 })
	host.OnCall(func(c github.Call) github.Fault {
		if strings.Contains(c.Route, "/compare/") {
			return github.Fault{Mode: github.Slow}
		}
		return github.Fault{}
	})
	p.say("U0DEV", "/rollback staging")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "Fix CVE-2026-7, Eve ⚠ mentions CVE-", "GitHub said so when 2.0 was deployed, and can't be asked now: GitHub doesn't respond.", "Roll back to 1.0")
	p.tell("U0DEV", "/rollback start staging from 2.0 to 1.0 because it is slow")
	p.press("U0DEV", p.offered("C0ONCALL", "Keep 1.0"), "Keep 1.0")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
}

// TestRollbackHasAPostmortem rolls back and keeps the earlier version: one issue tells what
// happened, the thread asks for a date, and the next plan begins with what is open.
func TestRollbackHasAPostmortem(t *testing.T) {
	t.Parallel()
	p, host := newPipeline(t)
	p.outAndBack(t)
	p.await("the issue", func() bool { return len(host.Issues()) == 1 })
	expect(t, host.Issues()[0].Title, "[gonogo] staging was rolled back from 2.0 to 1.0")
	card := p.inThread("Postmortem of the rollback of staging")
	wantShown(t, card, "No date is set for the postmortem")
	if got, want := labels(card), []string{"Set the date", "Done"}; !slices.Equal(got, want) {
		t.Errorf("the card offers %q, want %q", got, want)
	}
	expect(t, p.say("U0DEV", "/deploy staging"), "Plan: 2.0 to staging")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "Open incident", "3 open follow-ups, Find the cause")
	tomorrow := time.Now().UTC().AddDate(0, 0, 1)
	p.tell("U0DEV", "/rollback postmortem-date staging on "+tomorrow.Format(time.DateOnly))
	p.seen("The postmortem of staging is planned")
	p.tell("U0DEV", "/rollback postmortem-done staging the pool was too small")
	p.await("the issue to be closed", func() bool { return host.Issues()[0].State() == "closed" })
	for _, want := range []string{"`U0DEV` started the rollback to 1.0", "`U0DEV` decided: keep", "The postmortem is on " + tomorrow.Format("Monday, 2 January 2006"), "The postmortem ended (the pool was too small)"} {
		if body := host.Issues()[0].Body; !strings.Contains(body, want) {
			t.Errorf("the issue doesn't say %q:\n%s", want, body)
		}
	}
	if n := len(host.Issues()); n != 1 {
		t.Errorf("there are %d issues", n)
	}
}
