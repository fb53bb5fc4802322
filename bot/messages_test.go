package main

import "testing"

// mostMessages is how many messages one deployment makes at most, its plan included.
const mostMessages = 12

// TestDeploymentMakesFewMessages counts what is posted from the plan of a deployment to its
// end, in both channels.
func TestDeploymentMakesFewMessages(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.newCloud()
	p.start()
	p.open()
	count := func() int { return len(p.slack.Messages("C0RELEASES")) + len(p.slack.Messages("C0ONCALL")) }
	before := count()
	p.tell("U0DEV", "/deploy staging")
	p.pressed("U0DEV", p.offered("C0RELEASES", "Start"), "Start")
	wantShown(t, p.seen("2.0 to staging: live and verified"), "Took")
	p.seen("steps done")
	if n := count() - before; n > mostMessages || n < 3 {
		t.Errorf("%d messages, want at least its plan, its card and its steps, and at most %d", n, mostMessages)
	}
}
