package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonogo/playground/upstream/github"
)

// TestOverrideInSlack has two people let a release go out past an item that isn't checked:
// one press stays NO-GO, the second is GO, the deployment goes out and leaves one issue
// behind, and the next one is NO-GO again.
func TestOverrideInSlack(t *testing.T) {
	t.Parallel()
	p, dir := newPractice(t), t.TempDir()
	sha := strings.Repeat("1a", 20)
	host, server := servedPipeline(t, github.Code{Commits: []github.Commit{{SHA: sha, Message: "Begin"}}, Branches: map[string]string{"main": sha}, Tags: map[string]string{"1.0": sha, "2.0": sha}})
	text := strings.NewReplacer("{ deployer: { users: [U0DEV] } }", "{ deployer: { users: [U0DEV] }, lead: { title: Technical Lead, users: [U0TL] }, security: { title: Security Officer, users: [U0SO] } }",
		"title: Tests, blocks: []", "title: Everybody is trained", "  staging:\n", "  staging:\n    override: { roles: [lead], second: [security], items: [tests] }\n").Replace(piped) + "issues: { connection: repo }\n"
	if err := os.WriteFile(filepath.Join(dir, "gonogo.yml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.config, p.variables = filepath.Join(dir, "gonogo.yml"), map[string]string{"GITHUB_TOKEN": "ghp_canaryOfTheWorkflow", "GITHUB_API_URL": server.URL + "/api/v3/"}
	p.ledger = filepath.Join(dir, "gonogo.db")
	stop := p.start()
	p.openRelease("2.0 " + sha)
	expect(t, p.say("U0DEV", "/deploy adopt staging"), "1.0 counts as live on staging")

	expect(t, p.say("U0DEV", "/deploy staging"), "Plan: 2.0 to staging: NO-GO")
	if plan := lastOf(p.slack.Ephemerals("U0DEV")); !slices.Contains(labels(plan), "Ask for an override") {
		t.Errorf("the plan offers %q", labels(plan))
	}
	expect(t, p.say("U0TL", "/deploy override staging the shop is down"), "Override asked for: 2.0 to staging")
	card := p.offered("C0ONCALL", "Confirm override")
	wantShown(t, p.offered("C0RELEASES", "Confirm override"), "the shop is down", "Everybody is trained", "nobody has checked it yet", "Security Officer")
	expect(t, p.press("U0TL", card, "Confirm override"), "Somebody else has to confirm it")
	expect(t, p.say("U0DEV", "/deploy start staging 2.0"), "NO-GO for staging: 1 blocker")
	stop()
	p.start()
	p.pressed("U0SO", p.offered("C0ONCALL", "Confirm override"), "Confirm override")
	p.seen("Override confirmed: 2.0 to staging")
	p.tell("U0DEV", "/deploy staging")
	plan := p.offered("C0RELEASES", "Start")
	wantShown(t, plan, "1 item overridden", "nobody has checked it yet; overridden by", "the shop is down", "except 1 that is overridden")
	p.pressed("U0DEV", plan, "Start")
	p.seen("2.0 to staging: live and verified")

	p.await("both cards", func() bool {
		return p.shows("C0RELEASES", "Override used: 2.0 to staging") && p.shows("C0ONCALL", "Override used: 2.0 to staging")
	})
	p.await("the issue", func() bool { return len(host.Issues()) == 1 && p.count("override.issue_written") == 1 })
	expect(t, host.Issues()[0].Title, "[gonogo] 2.0 went to staging with 1 item overridden")
	wantShown(t, p.seen("1 item overridden by"), "Everybody is trained")
	expect(t, p.say("U0DEV", "/deploy start staging 2.0 --plan=again"), "NO-GO for staging: 1 blocker")
	p.wantCounts(map[string]int{"override.asked": 1, "override.confirmed": 1, "override.issue_intended": 1, "override.issue_written": 1, "run.started": 1})
	if n := len(host.Issues()); n != 1 {
		t.Errorf("there are %d issues", n)
	}
}
