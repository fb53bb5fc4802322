package main

import (
	"strings"
	"testing"
)

// baking adds a bake of some time to the changes of withTrigger.
func baking(long string) []string {
	changes := withTrigger()
	changes[3] = strings.TrimSuffix(changes[3], "    deploy:\n") + "    deploy:\n      bake: " + long + "\n"
	return changes
}

// TestBake has a deployment bake: what the trigger measures stands beside what it did
// before the switch, and only then is the version baked.
func TestBake(t *testing.T) {
	t.Parallel()
	changes := append(baking("1s"), "blocks: [] }", `blocks: [] }
      - { item: baked, title: Baked on staging, gate: { deployed: { environment: staging, baked: true } }, blocks: [] }`)
	p, platform := newStaging(t, changes...)
	expect(t, p.say("U0DEV", "/ready status baked"), "1.0 is live on staging, not 2.0")
	p.tell("U0DEV", "/deploy staging")
	wantShown(t, p.offered("C0RELEASES", "Start"), "Measure 1 trigger before the switch", "Watch 1 trigger for 1s", "1s or longer", "Measure the smoke gates again, and release the lock")
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: live, verified and baked")
	wantShown(t, p.seen("after 1s, none of 1 trigger is breached"), "Watch 1 trigger for 1s", "before the switch", "Measure the smoke gates again")
	expect(t, p.say("U0DEV", "/ready status baked"), "2.0 is live on staging")
	p.wantWrites(platform, putApp)
	p.wantCounts(map[string]int{"run.started": 1, "run.ended": 1, "environment.live": 1})
}

// TestBakeIsPreempted kills the bot with -9 in a bake: the next one goes on baking, and
// the trigger that trips then offers the way back, which ends the bake.
func TestBakeIsPreempted(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.configure(baking("1h")...)
	kill := p.startProcess()
	p.open()
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	card := p.seen("2.0 to staging: live, baking")
	wantShown(t, card, "bakes until", "End the bake")
	for _, command := range []string{"/ready", "/deploy status"} {
		p.say("U0DEV", command)
		wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "baking until")
	}
	kill()
	p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
	p.start()
	p.say("U0DEV", "/deploy staging")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "2.0 to staging")

	p.set("staging-errors", "every")
	offer := p.seenOnCall("Firing: Errors on staging")
	p.seen("“Errors” is breached")
	expect(t, p.press("U0DEV", offer, "Roll back to 1.0"), "Roll staging back to 1.0?")
	p.set("staging-errors", "none")
	plan := lastOf(p.slack.Ephemerals("U0DEV"))
	click(t, p.slack, "U0DEV", plan, "Roll back to 1.0")
	p.seen("2.0 to staging: live and verified, its bake was ended early")
	wantShown(t, p.offered("C0ONCALL", "Keep 1.0"), "1.0 is live and pinned", "Errors on staging")
	p.wantWrites(platform, putApp, rollBack)
	p.wantCounts(map[string]int{"trigger.tripped": 1, "run.started": 2, "run.ended": 1})
}
