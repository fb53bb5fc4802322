package main

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"gonogo/suite"
)

// useEnvironments has the bot deploy as a shipped example does, with a checklist of one
// line that blocks nothing.
func (p *practice) useEnvironments(example string) {
	p.t.Helper()
	p.useExample(example)
	text, err := os.ReadFile(p.config)
	if err != nil {
		p.t.Fatal(err)
	}
	before, _, found := strings.Cut(string(text), "\n# The five milestones")
	if !found {
		p.t.Fatal("the example has no milestones any more")
	}
	const checklist = "\nchecklist: [{ section: tests, items: [{ item: tested, title: It was tested, blocks: [], manual: {} }] }]\n"
	before = regexp.MustCompile(`\n    override:(\n      .*)+`).ReplaceAllString(before, "") // it names items of the checklist
	if err := os.WriteFile(p.config, []byte(before+checklist), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// TestInsightPulseGoesOutBlueGreen deploys to staging and production as the example does:
// green gets the version and is tested at its own address, the public name moves there,
// and a rollback moves it back to blue.
func TestInsightPulseGoesOutBlueGreen(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	p.useEnvironments("insightpulse.yml")
	p.start()
	p.openRelease("19.0.2")
	for _, environment := range []string{"staging", "production"} {
		expect(t, p.say("U0DEV", "/deploy adopt "+environment), "19.0.1 counts as live on "+environment)
	}
	p.tell("U0DEV", "/deploy staging")
	p.pressed("U0DEV", p.seen("Plan: 19.0.2 to staging"), "Start")
	p.seen("19.0.2 to staging: live and verified")
	for _, user := range []string{"U0PO", "U0TL", "U0SO", "U0PM"} {
		expect(t, p.say(user, "/ready approve production"), "Approved")
	}

	p.tell("U0DEV", "/deploy production")
	plan := p.seen("Plan: 19.0.2 to production")
	wantShown(t, plan, "blue is live, and the new version goes to green, which has 19.0.1", "Take insightpulse.test out of the spec of the app that is live")
	p.wantSides("19.0.1", "19.0.1", "19.0.1")
	p.pressed("U0DEV", plan, "Start")
	p.seen("19.0.2 to production: live and verified")
	p.wantSides("19.0.2", "19.0.1", "19.0.2")

	p.tell("U0ONCALL", "/rollback start production because it is slow")
	p.press("U0ONCALL", p.offered("C0ONCALL", "Keep 19.0.1"), "Keep 19.0.1")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "19.0.1 is kept") })
	p.wantSides("19.0.1", "19.0.1", "19.0.2")
}

// wantSides checks which version the public name shows, and each side at its own address.
func (p *practice) wantSides(public, blue, green string) {
	p.t.Helper()
	site, _ := p.environ("PRODUCTION_URL")
	for path, want := range map[string]string{"/version": public, "/blue/version": blue, "/green/version": green} {
		response, err := http.Get(site + path)
		if err != nil {
			p.t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(got) != want {
			p.t.Errorf("%s shows %q (%v), want %s", path, got, err, want)
		}
	}
}
