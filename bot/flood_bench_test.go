package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// slackLag is how long Slack takes for each answer in a flood.
const slackLag = 300 * time.Millisecond

// BenchmarkFlood has one person ask for the status 10,000 times, 700 times a second,
// while Slack takes 300 ms for each answer. It measures from on-call's Acknowledge to
// its record in the ledger, and from the press that confirms a rollback to the first
// request for it that arrives at the platform. Our target is a second each.
func BenchmarkFlood(b *testing.B) {
	const commands, perSecond = 10_000, 700
	benchFlood(b, func(ctx context.Context, f *fleet) int {
		tick := time.NewTicker(time.Second / perSecond)
		defer tick.Stop()
		for n := range commands {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return n
			}
			if _, err := f.slack.Slash("U0PM", "C0RELEASES", "/ready", "status"); err != nil {
				f.t.Error(err)
				return n
			}
		}
		return commands
	})
}

// BenchmarkMentions does the same while somebody without a role mentions gonogo 100
// times at once.
func BenchmarkMentions(b *testing.B) {
	const mentions = 100
	benchFlood(b, func(_ context.Context, f *fleet) int {
		for n := range mentions {
			if err := f.slack.Say("U0NEW", "C0RELEASES", "", fmt.Sprintf("<@U0GONOGO> rollback ack %d", n)); err != nil {
				f.t.Error(err)
				return n
			}
		}
		return mentions
	})
}

// benchFlood measures on-call's acts while a flood comes in.
func benchFlood(b *testing.B, flood func(context.Context, *fleet) int) {
	const rounds = 3
	var acks, rollbacks []time.Duration
	sent := 0
	for b.Loop() {
		f := newFleet(b, rounds, cloudPace)
		f.deployAll()
		for n := range rounds {
			f.alert(fmt.Sprintf("Alert%d", n))
		}
		f.slack.Slow(slackLag)
		var coming sync.WaitGroup
		coming.Go(func() { sent = flood(f.ctx, f) })
		f.await("the flood", func() bool {
			return f.slack.Waiting() > 0 || len(f.slack.Ephemerals("U0PM")) > 100 || f.slack.Calls("chat.postEphemeral") > 0
		})
		for n, env := range f.environments {
			acks = append(acks, f.acknowledge(fmt.Sprintf("Alert%d", n)))
			rollbacks = append(rollbacks, f.confirm(env))
		}
		coming.Wait()
		f.slack.Slow(0)
	}
	b.ReportMetric(float64(sent), "sent")
	reportAs(b, "ack", acks, time.Second)
	reportAs(b, "rollback", rollbacks, time.Second)
	reportLoad(b)
}

// acknowledge presses Acknowledge on an alert's card and returns how long it took
// until the ledger had it.
func (f *fleet) acknowledge(name string) time.Duration {
	f.t.Helper()
	m, ok := newest(f.slack.Messages("C0ONCALL"), name)
	if !ok {
		f.t.Fatalf("%s has no card", name)
	}
	before := len(f.slack.Ephemerals("U0DEV"))
	pressed := time.Now()
	click(f.t, f.slack, "U0DEV", m, "Acknowledge")
	if said := f.answer("U0DEV", before); !strings.HasPrefix(said, "You acknowledged ") {
		f.t.Fatalf("the Acknowledge is answered %q", said)
	}
	return f.recordedAt("incident.acknowledged").Sub(pressed)
}

// recordedAt is the time that the ledger gave to the last record of a kind.
func (p *practice) recordedAt(kind string) (at time.Time) {
	p.t.Helper()
	var out bytes.Buffer
	if code := p.command(p.ctx, &out, "ledger", "export", "--ledger", p.ledger); code != 0 {
		p.t.Fatalf("ledger export ended with %d: %s", code, p.logs)
	}
	for line := range strings.Lines(out.String()) {
		var event struct {
			Kind string
			At   time.Time
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			p.t.Fatal(err)
		}
		if event.Kind == kind {
			at = event.At
		}
	}
	return at
}

// BenchmarkStorm sends 2,000 warnings, each of a group of its own, and then a critical
// alert, and measures how long its card takes. Our target is 5 seconds.
func BenchmarkStorm(b *testing.B) {
	const warnings = 2000
	var cards []time.Duration
	var shown int
	for b.Loop() {
		f := newFleet(b, 1, cloudPace)
		f.slack.Slow(slackLag)
		sender := newSender(f.address(), "alert-token")
		sender.sendAll(b, "Warning", "warning", warnings)
		shown = len(f.slack.Messages("C0ONCALL"))
		cards = append(cards, f.alert("Critical"))
		f.slack.Slow(0)
	}
	b.ReportMetric(float64(shown), "cards-before")
	reportAs(b, "card", cards, 5*time.Second)
	reportLoad(b)
}

// BenchmarkManyGroups sends 2,000 alerts in as many groups to a process, as one
// webhook does, and then their ends, and tells what that takes.
func BenchmarkManyGroups(b *testing.B) {
	const alerts = 2000
	gonogo := buildProgram(b)
	for b.Loop() {
		p := newPractice(b)
		p.newCloud()
		address := freeAddress(b)
		p.configure("listen: 127.0.0.1:0", "listen: "+address)
		bot := p.startProgram(gonogo, p.logs)
		sender := newSender(address, "alert-token")
		before := residentMiB(b, bot.Process.Pid)
		began := time.Now()
		sender.sendAll(b, "Warning", "warning", alerts)
		b.ReportMetric(alerts/time.Since(began).Seconds(), "alerts/s")
		b.ReportMetric(float64(sender.again.Load()), "sent-again")
		b.ReportMetric(before, "MiB-before")
		b.ReportMetric(residentMiB(b, bot.Process.Pid), "MiB-firing")
		began = time.Now()
		if status, err := sender.send("Critical", "critical"); status != http.StatusOK {
			b.Fatalf("the critical alert was not taken: %d, %v", status, err)
		}
		p.await("the critical card", func() bool { return p.shows("C0ONCALL", "Critical") })
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "critical-card-ms(target<5000)")
		b.ReportMetric(float64(len(p.slack.Messages("C0ONCALL"))), "cards-firing")
		sender.status = "resolved"
		sender.sendAll(b, "Warning", "warning", alerts)
		b.ReportMetric(residentMiB(b, bot.Process.Pid), "MiB-resolved")
		b.ReportMetric(float64(p.count("alerts.received")), "records")
		_ = bot.Process.Kill()
		_ = bot.Wait()
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	reportLoad(b)
}

// reportAs reports the middle and the worst of what was measured, next to a target.
func reportAs(b *testing.B, what string, took []time.Duration, target time.Duration) {
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // says nothing here
	unit := fmt.Sprintf("-ms(target<%d)", target.Milliseconds())
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), what+"-p50"+unit)
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), what+"-max"+unit)
}

// reportLoad tells how busy the machine was.
func reportLoad(b *testing.B) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return // only Linux tells
	}
	var load float64
	if _, err := fmt.Sscan(string(text), &load); err == nil {
		b.ReportMetric(load, "load")
	}
}
