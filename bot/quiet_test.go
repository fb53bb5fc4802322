package main

import (
	"strings"
	"testing"

	"gonogo/playground/workspace"
	"gonogo/suite"
)

// TestQuietGateRun runs all gates of the large example, many of which fail in the practice
// world as it begins: people can read the thread to its end.
func TestQuietGateRun(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	p.useExample("insightpulse.yml")
	p.start()
	p.openRelease("19.0.2 0a1b2c3d")
	p.tell("U0DEV", "/ready run all")
	p.await("the end of the run", func() bool { n, ok := p.counted("run.ended"); return ok && n == 1 })
	anchor := p.seen("could not be measured, of ")
	p.await("the failures", func() bool { return p.shows("C0RELEASES", "Not passed: 1 to ") })
	replies := p.slack.Thread("C0RELEASES", anchor.TS)[1:]
	if len(replies) == 0 || len(replies) > 8 {
		t.Errorf("%d replies, want at most 8:\n%s", len(replies), titles(replies))
	}
	if n := len(labels(anchor)); n > 8 {
		t.Errorf("%d buttons below the run, want at most 8: %v", n, labels(anchor))
	}
	expect(t, p.say("U0DEV", "/ready status failed"), "failed")
}

// TestQuietChanges counts what people get to read of one deployment and one rollback, and
// looks for buttons that no longer do anything.
func TestQuietChanges(t *testing.T) {
	t.Parallel()
	p, _ := newStaging(t)
	before := p.said()
	p.deploy()
	p.await("the end of the steps", func() bool { return p.shows("C0RELEASES", "2.0 to staging: live and verified") })
	if n := p.said() - before; n > 12 {
		t.Errorf("a deployment took %d messages, want at most 12:\n%s", n, titles(p.slack.Messages("C0RELEASES")))
	}
	before = p.said()
	if code, shown := p.onHost("staging\nkeep\n", "staging", "--reason", "it is slow"); code != 0 {
		t.Fatalf("the rollback ended with %d:\n%s", code, shown)
	}
	p.await("the end", func() bool { return p.shows("C0ONCALL", "Staging back to 1.0: done, 1.0 is kept") })
	if n := p.said() - before; n > 12 {
		t.Errorf("a rollback took %d messages, want at most 12:\n%s", n, titles(p.slack.Messages("C0ONCALL")))
	}
	for _, m := range append(p.slack.Messages("C0RELEASES"), p.slack.Messages("C0ONCALL")...) {
		for _, label := range labels(m) {
			for _, ended := range []string{"Stop", "Start", "Keep", "Return", "Continue", "Abandon"} {
				if strings.HasPrefix(label, ended) {
					t.Errorf("%q still has %q", m.Text, label)
				}
			}
		}
	}
}

// said counts the messages that everybody can read.
func (p *practice) said() int {
	return len(p.slack.Messages("C0RELEASES")) + len(p.slack.Messages("C0ONCALL"))
}

func titles(messages []workspace.Message) string {
	var all []string
	for _, m := range messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, "\n")
}
