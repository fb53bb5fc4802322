package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/playground/workspace"
	"gonogo/suite"
)

// newNight is a practice world in which 2.0 is live on staging, 1.0 is known to
// be good there, and the platform has 1.5 besides; there are on-call people and
// a runbook.
func newNight(t *testing.T) (*practice, *digitalocean.Platform) {
	t.Helper()
	p := newPractice(t)
	platform := p.newCloud()
	p.configure("timeout: 10m }", "timeout: 15s }", "alerts: { token: \"${ALERT_WEBHOOK_TOKEN}\" }", "alerts: { token: \"${ALERT_WEBHOOK_TOKEN}\", mention: true }\nrunbooks:\n  calm: { title: Calm things down, steps: [ { run: [\"true\"], timeout: 1m } ] }\n",
		"alerts: [deployer] }", "alerts: [deployer], fix: [deployer] }")
	p.start()
	p.open()
	p.console("PUT", "", `{"spec": `+strings.Replace(p.spec(), `"tag":"1.0"`, `"tag":"1.5"`, 1)+`}`)
	p.lives(platform, "1.5")
	p.deploy()
	return p, platform
}

// lives asks the platform until a version is live.
func (p *practice) lives(platform *digitalocean.Platform, version string) {
	p.t.Helper()
	for p.ctx.Err() == nil {
		if tag, _ := platform.Live(cloudApp); tag == version {
			return
		}
		p.console("GET", "", "")
	}
	p.t.Fatalf("%s never went live", version)
}

// mentioned waits for the message that mentions on-call, and checks that there
// is one alone.
func (p *practice) mentioned(title string) workspace.Message {
	p.t.Helper()
	m := p.inThread(title)
	wantShown(p.t, m, "U0DEV")
	n := 0
	for _, other := range p.slack.Messages("C0ONCALL") {
		if strings.HasPrefix(other.Text, "The rollback of ") {
			n++
		}
	}
	if n != 1 {
		p.t.Errorf("%d messages mention on-call, want 1", n)
	}
	return m
}

// inThread waits for a message in on-call's channel or one of its threads.
func (p *practice) inThread(title string) (found workspace.Message) {
	p.t.Helper()
	p.await(title, func() bool {
		for _, m := range p.slack.Messages("C0ONCALL") {
			if strings.HasPrefix(m.Text, title) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// TestRefusedRollbackOffers has the platform refuse. Each offer works: again, and
// a version that only the platform knows.
func TestRefusedRollbackOffers(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	for _, offer := range []struct{ label, version, plan string }{
		{"Again", "1.0", "Roll staging back to 1.0?"},
		{"To 1.5", "1.5", "Roll staging back to 1.5?"},
	} {
		t.Run(offer.label, func(t *testing.T) {
			t.Parallel()
			p, platform := newNight(t)
			onFirst(platform, rollBack, digitalocean.Fault{Status: http.StatusConflict})
			p.tell("U0DEV", "/rollback start staging because it is slow")
			m := p.mentioned("The rollback of staging to 1.0 has failed")
			want := []string{"Again", "To 1.5", "Calm things down", "By hand"}
			if got := labels(m); !slices.Equal(got, want) {
				t.Errorf("the message offers %q, want %q", got, want)
			}
			anchor := p.inThread("Staging back to 1.0: failed")
			if got := labels(anchor); !slices.Equal(got, append(want, "Status")) {
				t.Errorf("the card offers %q, want %q", got, want)
			}
			expect(t, p.press("U0DEV", m, offer.label), offer.plan)
			plan := lastOf(p.slack.Ephemerals("U0DEV"))
			if unknown := strings.Contains(string(plan.Blocks), "never verified or adopted here"); unknown != (offer.version == "1.5") {
				t.Errorf("the plan says %s", plan.Blocks)
			}
			p.tell("U0DEV", "/rollback start staging from 2.0 to "+offer.version)
			p.press("U0DEV", p.offered("C0ONCALL", "Keep "+offer.version), "Keep "+offer.version)
			p.await("the end", func() bool { return p.shows("C0ONCALL", offer.version+" is kept") })
			if tag, _ := platform.Live(cloudApp); tag != offer.version {
				t.Errorf("%s is live, want %s", tag, offer.version)
			}
			if got := platform.Writes(); got[len(got)-2].Route != rollBack || got[len(got)-1].Route != commit {
				t.Errorf("the platform saw %+v", got)
			}
		})
	}
}

// TestHungRollbackOffers loses the answer of a rollback, and nobody can look what
// became of it. The person goes back by hand, and says so: what the platform then
// says counts, the version that was left is held, and the pin is asked about.
func TestHungRollbackOffers(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p, platform := newNight(t)
	back := away(platform, rollBack, false)
	p.tell("U0DEV", "/rollback start staging because it is slow")
	m := p.mentioned("The rollback of staging to 1.0 needs a person")
	if got, want := labels(m), []string{"Continue", "Abandon", "Calm things down", "By hand"}; !slices.Equal(got, want) {
		t.Errorf("the message offers %q, want %q", got, want)
	}
	expect(t, p.press("U0DEV", m, "By hand"), "Roll staging back by hand")
	steps := lastOf(p.slack.Ephemerals("U0DEV"))
	wantShown(t, steps, "cloud.digitalocean.com/apps/"+cloudApp, "/rollback/validate", p.oldestWhen(back))
	p.wantCounts(map[string]int{"run.ended": 1})
	expect(t, p.press("U0DEV", steps, "I did it by hand"), "2.0 is still live on staging")
	p.wantCounts(map[string]int{"run.ended": 1})

	p.console("POST", "/rollback", `{"deployment_id": "`+p.oldest()+`"}`)
	p.lives(platform, "1.0")
	p.tell("U0DEV", "/rollback record staging")
	p.await("the record", func() bool { return p.shows("C0RELEASES", "1.0 is live on staging, brought back by hand") })
	p.press("U0DEV", p.offered("C0ONCALL", "Keep 1.0"), "Keep 1.0")
	p.await("its end", func() bool { return p.shows("C0ONCALL", "Staging: keep 1.0: done") })
	p.say("U0DEV", "/deploy status staging")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "2.0 was rolled back on staging", "it is slow")
	p.wantCounts(map[string]int{"run.ended": 3})
}

// oldestWhen is the ID of the app's first deployment, once the platform answers
// again.
func (p *practice) oldestWhen(back func()) string {
	back()
	return p.oldest()
}

// TestHalfDoneRollbackOffers has the platform bring the earlier version back and
// pin it, but never healthy: on-call is mentioned, and a person decides.
func TestHalfDoneRollbackOffers(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p, platform := newNight(t)
	if err := platform.SetHealth(cloudApp, false); err != nil {
		t.Fatal(err)
	}
	p.tell("U0DEV", "/rollback start staging because it is slow")
	m := p.mentioned("The rollback of staging to 1.0 needs a person")
	wantShown(t, m, "✗ *Healthy 2 times in a row") // what is wrong, before what to do about it
	if got, want := labels(m), []string{"Keep 1.0", "Return to 2.0", "Calm things down", "By hand"}; !slices.Equal(got, want) {
		t.Errorf("the message offers %q, want %q", got, want)
	}
	click(t, p.slack, "U0DEV", m, "Calm things down")
	p.await("the runbook's plan", func() bool {
		return p.shows("C0RELEASES", "Plan: Calm things down") || p.shows("C0ONCALL", "Plan: Calm things down")
	})
}

// TestRecordIsDoneOnce records a rollback by hand under one key, also by a bot
// that was killed before it answered.
func TestRecordIsDoneOnce(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	kill := p.startProcess()
	p.open()
	p.deploy()
	p.console("POST", "/rollback", `{"deployment_id": "`+p.oldest()+`"}`)
	p.lives(platform, "1.0")
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if c.Route == getApp {
			return digitalocean.Fault{Before: kill, Drop: true}
		}
		return digitalocean.Fault{}
	})
	back := make(chan struct{})
	go func() {
		defer close(back)
		if p.slack.Await(p.ctx, func() bool { return p.slack.Sockets() == 0 }) == nil {
			platform.OnCall(nil)
			p.start()
		}
	}()
	code, shown := p.onHost("", "record", "staging")
	<-back
	if code != 0 {
		t.Errorf("ended with %d", code)
	}
	wantSaid(t, shown, "1.0 is live on staging, brought back by hand", "2.0 was rolled back on staging", me(t))
	if code, shown := p.onHost("", "record", "staging"); code != 0 || !strings.Contains(shown, "1.0 is recorded as live on staging already") {
		t.Errorf("the second time ended with %d:\n%s", code, shown)
	}
	p.wantCounts(map[string]int{"environment.live": 2})
	var app struct {
		App struct {
			Pinned *struct{ ID string } `json:"pinned_deployment"`
		}
	}
	if err := json.Unmarshal(p.console("GET", "", ""), &app); err != nil || app.App.Pinned == nil {
		t.Errorf("the app is not pinned any longer: %+v, %v", app, err)
	}
}
