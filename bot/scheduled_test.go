package main

import (
	"testing"
)

// TestScheduledDeployment schedules a deployment from its plan, cancels it from its card,
// schedules another, and kills the bot with -9 before its time: the next one starts it,
// once, as whoever scheduled it.
func TestScheduledDeployment(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	kill := p.startProcess()
	p.open()
	p.tell("U0DEV", "/deploy staging in 3h")
	plan := p.offered("C0RELEASES", "Schedule")
	wantShown(t, plan, "Plan: 2.0 to staging at", "Gates run again 10m before")
	p.pressed("U0DEV", plan, "Schedule")
	card := p.seen("As it looks now")
	wantShown(t, card, "Scheduled: 2.0 to staging", "GO")
	expect(t, p.press("U0PM", card, "Cancel it"), "You don't have permission for that")
	p.pressed("U0DEV", card, "Cancel it")
	p.seen("Cancelled: 2.0 to staging at")
	p.tell("U0DEV", "/deploy schedule staging 2.0 in 1s --plan=1234")
	p.seen("Scheduled: 2.0 to staging at")
	kill()
	p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
	p.start()
	done := p.seen("2.0 to staging: live and verified")
	wantShown(t, done, "It was scheduled for this time", "U0DEV")
	p.seen("Started: 2.0 to staging at")
	p.wantWrites(platform, putApp)
	p.wantCounts(map[string]int{"deployment.scheduled": 2, "deployment.unscheduled": 1, "environment.live": 1})
}

// TestScheduledDeploymentIsNoGo has something block a scheduled deployment at its time: it
// isn't started, whoever scheduled it is told in its thread, and it is over.
func TestScheduledDeploymentIsNoGo(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.start()
	p.open()
	p.tell("U0DEV", "/deploy freeze staging until 2h the fair")
	p.tell("U0DEV", "/deploy schedule staging 2.0 in 1s --plan=1234")
	end := p.seen(", nothing was started")
	wantShown(t, end, "Not started: 2.0 to staging", "staging is frozen", "the fair", "Plan again")
	expect(t, p.say("U0DEV", "/deploy scheduled"), "Nothing is scheduled")
	p.wantWrites(platform)
	p.wantCounts(map[string]int{"deployment.scheduled": 1, "deployment.unscheduled": 1, "environment.live": 0})
}
