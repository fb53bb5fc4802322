package main

import (
	"strings"
	"testing"
)

// TestRehearsal rehearses a rollback as people do: the plan says what it is, the platform
// goes back and out again by itself, nothing is held, and the gate that asks for a rehearsal
// passes. Where rehearsals aren't allowed, the answer says so.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.configure("      smoke:\n", "      rehearse: true\n      smoke:\n",
		"    items:\n", "    items:\n      - { item: back, title: We can go back, gate: { rehearsed: { environment: staging, max_age: 30d } }, blocks: [] }\n")
	stop := p.start()
	p.openRelease("2.0 0a1b2c3d")
	p.say("U0DEV", "/deploy adopt staging")
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: live and verified")
	expect(t, p.say("U0DEV", "/ready status back"), "no rollback was rehearsed on staging")

	p.say("U0DEV", "/rollback staging --rehearsal")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "It is a rehearsal: it goes back for real and then out again with 2.0, by itself.", "Rehearse it")
	p.tell("U0DEV", "/rollback start staging from 2.0 to 1.0 --rehearsal")
	p.await("the end of the rehearsal", func() bool { return p.count("run.ended") == 2 })
	p.await("what the gate says", func() bool {
		return strings.Contains(p.say("U0DEV", "/ready status back"), "a rollback from 2.0 to 1.0 was rehearsed on staging")
	})
	if live, _ := platform.Live(cloudApp); live != "2.0" {
		t.Errorf("%s is live, want 2.0", live)
	}
	p.wantCounts(map[string]int{"run.started": 2, "run.ended": 2, "environment.live": 3})
	stop()

	p.configure("      rehearse: true\n", "", "gate: { rehearsed: { environment: staging, max_age: 30d } }", "manual: {}")
	p.start()
	expect(t, p.say("U0DEV", "/rollback staging --rehearsal"), "No rollback can be rehearsed on staging")
}
