package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/playground/workspace"
)

// TestRollbackOvertakesAFlood has a person without a role mention gonogo again and
// again, whose refusals Slack does not take yet. On-call's Acknowledge is in the
// ledger and a confirmed rollback at the platform long before the flood is answered.
func TestRollbackOvertakesAFlood(t *testing.T) {
	t.Parallel()
	const flood = 100
	f := newFleet(t, 1, cloudPace)
	f.deployAll()
	f.alert("HighErrorRate")
	answered := func() (n int) {
		for _, m := range f.slack.Ephemerals("U0PO") {
			if strings.Contains(m.Text, "You don't have permission for that") {
				n++
			}
		}
		return n
	}
	f.slack.RateLimit("chat.postEphemeral", 1<<20, time.Second)
	for n := range flood {
		if err := f.slack.Say("U0PO", "C0RELEASES", "", fmt.Sprintf("<@U0GONOGO> rollback ack %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	f.tell("U0DEV", "/rollback ack")
	f.await("the Acknowledge", func() bool {
		return slices.ContainsFunc(f.slack.Messages("C0ONCALL"), func(m workspace.Message) bool { return strings.Contains(string(m.Blocks), "Acknowledged ") })
	})

	arrived := make(chan struct{}, 1)
	f.platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if c.Write {
			select {
			case arrived <- struct{}{}:
			default: // only the first counts
			}
		}
		return digitalocean.Fault{}
	})
	f.tell("U0DEV", "/rollback start env0 because of it")
	select {
	case <-arrived:
	case <-f.ctx.Done():
		t.Fatalf("no request arrived; the bot logged:\n%s", f.logs)
	}
	if n := answered(); n != 0 {
		t.Errorf("%d of the flood were answered, though Slack took none", n)
	}
}
