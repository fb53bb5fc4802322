package main

import "testing"

// TestLockExpires locks staging for a moment and kills the bot with -9: the next one says
// once that the lock has ended, and tells who waits for it.
func TestLockExpires(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.newCloud()
	kill := p.startProcess()
	p.open()
	p.tell("U0DEV", "/deploy lock staging for 3s the database work")
	p.seen("staging is locked")
	expect(t, p.say("U0DEV", "/deploy queue staging"), "You will be told when staging is free")
	kill()
	p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
	p.start()
	wantShown(t, p.seen("The lock of staging has ended"), "the database work")
	wantShown(t, p.seen("staging is free"), "U0DEV", "Plan a deployment")
	p.tell("U0DEV", "/deploy staging")
	p.offered("C0RELEASES", "Start")
	p.wantCounts(map[string]int{"environment.locked": 1, "environment.unlocked": 1, "environment.offered": 1})
}
