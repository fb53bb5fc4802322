package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gonogo/playground/upstream/digitalocean"
)

// rollingBack are changes to a configuration by which staging bakes for an hour and is
// rolled back by itself.
func (p *practice) rollingBack(countdown, trigger string) []string {
	control := httptest.NewServer(http.NotFoundHandler()) // whatever it answers will do
	p.t.Cleanup(control.Close)
	changes := baking("1h")
	changes[3] = strings.Replace(changes[3], "mode: ask", `mode: { auto: { countdown: `+countdown+`, control: "`+control.URL+`" } }`, 1)
	changes[3] = strings.Replace(changes[3], "every: 10s", "every: 10s"+trigger, 1)
	return changes
}

// TestAutomaticRollbackIsStopped has a trigger trip in the bake: the card counts down, and
// anyone on call stops it. What that person says counts for the version.
func TestAutomaticRollbackIsStopped(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.configure(p.rollingBack("1h", "")...)
	kill := p.startProcess()
	p.open()
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: live, baking")
	p.set("staging-errors", "every")
	card := p.offered("C0ONCALL", "Stop the rollback")
	wantShown(t, card, "gonogo rolls staging back to 1.0 at", "unless somebody stops it")
	kill()
	p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
	p.start()
	card = p.offered("C0ONCALL", "Stop the rollback")
	click(t, p.slack, "U0DEV", card, "Stop the rollback")
	p.seenOnCall("The automatic rollback of staging is stopped")
	p.await("the card to say so", func() bool {
		return strings.Contains(string(p.offered("C0ONCALL", "Roll back to 1.0").Blocks), "The automatic rollback was stopped")
	})
	expect(t, p.say("U0DEV", "/rollback stop staging"), "No automatic rollback is counting down on staging")
	p.wantWrites(platform, putApp)
	p.wantCounts(map[string]int{"rollback.planned": 1, "rollback.stopped": 1, "run.started": 1})
}

// TestAutomaticRollbackOfAHardTrigger has a hard trigger trip in the bake while Slack
// doesn't answer: gonogo waits for nobody, rolls back once, and a person keeps it.
func TestAutomaticRollbackOfAHardTrigger(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.configure(p.rollingBack("1h", ", hard: true")...)
	p.start()
	p.open()
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: live, baking")
	answers := make(chan struct{})
	p.slack.Hold("chat.postMessage", answers)
	p.set("staging-errors", "every")
	p.eventually("the rollback", func() bool {
		return slices.ContainsFunc(platform.Writes(), func(w digitalocean.Write) bool { return w.Route == rollBack })
	})
	close(answers)
	p.set("staging-errors", "none")
	question := p.offered("C0ONCALL", "Keep 1.0")
	wantShown(t, question, "gonogo started it by itself", "Errors on staging")
	p.press("U0DEV", question, "Keep 1.0")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
	p.say("U0DEV", "/deploy staging")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "2.0 was rolled back on staging")
	p.wantWrites(platform, putApp, rollBack, "POST /v2/apps/{id}/rollback/commit")
	p.wantCounts(map[string]int{"rollback.planned": 0, "run.started": 2, "run.ended": 2})
}

// TestDeclared has somebody declare what nothing measures: it is a card with the way back
// like any other trigger's, survives a restart, and ends when a person closes it.
func TestDeclared(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.newCloud()
	changes := withTrigger()
	changes[3] = strings.Replace(changes[3], "triggers: [", "triggers: [{ trigger: corruption, title: Data corruption declared, person: { roles: [deployer] } }, ", 1)
	p.configure(changes...)
	stop := p.start()
	p.open()
	p.deploy()
	expect(t, p.say("U0PM", "/rollback declare staging corruption the invoices differ"), "You don't have permission for that")
	p.tell("U0DEV", "/rollback declare staging corruption the invoices differ")
	card := p.seenOnCall("Firing: Data corruption declared on staging")
	wantShown(t, card, "Declared by", "the invoices differ", "Roll back to 1.0", "Close")
	stop()
	p.start()
	expect(t, p.say("U0DEV", "/rollback declare staging corruption once more"), "That is declared already")
	p.say("U0DEV", "/rollback status")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "Declare on staging: Data corruption declared", "Data corruption declared on staging")
	expect(t, p.press("U0DEV", p.seenOnCall("Firing: Data corruption declared on staging"), "Close"), "It counts as over")
	p.seenOnCall("Closed: Data corruption declared on staging")
	p.wantCounts(map[string]int{"trigger.tripped": 1, "trigger.cleared": 0, "incident.closed": 1})
}
