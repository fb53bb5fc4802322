package main

import (
	"sync"
	"testing"

	"gonogo/playground/upstream/digitalocean"
)

// taken gives a command and waits until the bot has taken it: what goes to another
// socket may be taken earlier than what was said before it.
func (p *practice) taken(user, command, text string) {
	p.t.Helper()
	delivery, err := p.slack.Slash(user, "C0RELEASES", command, text)
	if err != nil {
		p.t.Fatal(err)
	}
	if outcome, err := delivery.Wait(p.ctx); err != nil || !outcome.Acked {
		p.t.Fatalf("%s %s was not acknowledged: %v, %s", command, text, err, outcome.Error)
	}
}

// A Stop that is sent right after Start, while the same person's plan waits for
// the platform, overtakes the Start. Nothing is deployed then.
func TestStopRightAfterStart(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	asked, answer := make(chan struct{}, 1), make(chan struct{})
	release := sync.OnceFunc(func() { close(answer) })
	defer release()
	platform.OnCall(func(digitalocean.Call) digitalocean.Fault {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-answer
		return digitalocean.Fault{}
	})
	p.tell("U0DEV", "/deploy staging")
	<-asked
	p.taken("U0DEV", "/deploy", "start staging 2.0")
	if said := p.say("U0DEV", "/deploy cancel staging"); said != "Stopped before it began" {
		t.Errorf("the Stop is answered %q", said)
	}
	release()
	p.await("the answers to Start and Stop", func() bool {
		n := 0
		for _, m := range p.slack.Ephemerals("U0DEV") {
			if m.Text == "Stopped before it began" {
				n++
			}
		}
		return n == 2
	})
	p.wantWrites(platform)
	p.wantCounts(map[string]int{"run.started": 0})
}
