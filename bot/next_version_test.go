package main

import (
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/suite"
	"slices"
	"strings"
	"testing"
)

// TestLoginOfTheNextVersion measures a version on staging and deploys the next
// one there, whose login page answers 500. What passed on the first says nothing
// about the second, so production is NO-GO. What is asked a day after the
// deployment can't be answered before it.
func TestLoginOfTheNextVersion(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	p.useExample("insightpulse.yml")
	p.configure("- { smoke: login-page, ", "- { smoke: health, ", "{target.url}/web/login", "{target.url}/web/health", "body: oe_login_form", "body: pass")
	stop := p.start()
	p.openRelease("19.0.1 0a1b2c3d")
	expect(t, p.say("U0DEV", "/deploy adopt staging"), "19.0.1 counts as live on staging")
	p.say("U0DEV", "/ready run all")
	p.await("the end of the run, which takes a load test", func() bool { return p.count("run.ended") == p.count("run.started") })
	expect(t, p.say("U0DEV", "/ready status staging-login"), "passed on staging: answered 200")
	stop()

	p.release("19.0.2", "0b1c2d3e")
	p.answerAll()
	for _, modules := range []string{"staging-oca-dependencies", "staging-remaining-modules"} {
		p.set(modules, "installed") // as it was answered, should a schedule measure it meanwhile
	}
	p.set("staging-site", "login-fails")
	stop = p.start()
	expect(t, p.say("U0DEV", "/ready 19.0.2 status day-responds"), "not deployed yet on production: 19.0.2 is not live on production yet")
	expect(t, p.say("U0PO", "/ready 19.0.2 check day-workflows they work"), "Not deployed yet")
	expect(t, p.say("U0SO", "/ready 19.0.2 check week-security none"), "Not deployed yet")
	p.tell("U0DEV", "/deploy staging 19.0.2")
	plan := p.seen("Plan: 19.0.2 to staging")
	click(t, p.slack, "U0DEV", plan, "Start")
	p.seen("19.0.2 to staging: live and verified")
	p.seen("19.0.2 as it is live on staging: ")
	expect(t, p.say("U0DEV", "/deploy production 19.0.2"), "NO-GO")
	stop()
	p.wantBlocker("production", "staging-login", "status is 500")
	p.wantDayOne()
}

// wantBlocker checks that an item holds the newest release back for a reason,
// and that what comes before the environment does not.
func (p *practice) wantBlocker(environment, item, reason string) {
	p.t.Helper()
	p.record(func(v readiness.View) []event.Event {
		d := v.Decide(environment)
		if !slices.ContainsFunc(d.Blockers, func(b readiness.Blocker) bool {
			return b.Item != nil && b.Item.ID == item && strings.Contains(b.Reason, reason)
		}) {
			p.t.Errorf("%s is not held back by %s for %q: %+v", environment, item, reason, d.Blockers)
		}
		for _, b := range d.Blockers {
			if b.Kind == readiness.BlockedByEarlier {
				p.t.Errorf("%s: %s, want it verified", b.Title, b.Reason)
			}
		}
		return nil
	})
}

// wantDayOne checks that nothing about production's first day is met before a
// version is live there.
func (p *practice) wantDayOne() {
	p.t.Helper()
	p.atLedger(func(v readiness.View, it *checklist.Item, s readiness.Standing) event.Event {
		if it.Section == "day-1" && (s.Through || s.Waiting == "") {
			p.t.Errorf("%s is %q before production is live", s.Key, s.Verdict())
		}
		return nil
	})
}
