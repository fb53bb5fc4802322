package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/suite"
)

// newBuild is a practice world in which the platform takes long to build 2.0.
func newBuild(t *testing.T) (p *practice, platform *digitalocean.Platform, stop func()) {
	t.Helper()
	p = newPractice(t)
	platform = p.newCloud()
	stop = p.start()
	p.open()
	platform.SetBuild(digitalocean.BuildSlow)
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.await("the build", func() bool { return p.shows("C0RELEASES", "At the platform") })
	return p, platform, stop
}

// stillNamed is what a deployment leaves behind that was stopped half-way.
const stillNamed = "1.0 is live on staging; the app's spec names 2.0 already, so its next deployment would take that out"

// TestCancelWithLostAnswers cancels a deployment, and loses the answer of the
// platform's own cancel. It is stopped there once, and the thread says what is
// left behind.
func TestCancelWithLostAnswers(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	faults := map[string]digitalocean.Fault{"answered": {}}
	for name, fault := range lostAnswers {
		faults[name] = fault
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, platform, _ := newBuild(t)
			onFirst(platform, cancelBuild, fault)
			expect(t, p.say("U0DEV", "/deploy cancel staging"), "Stopping 2.0 to staging")
			p.seen("2.0 to staging: cancelled")
			wantShown(t, p.offered("C0RELEASES", "Plan again"), stillNamed)
			p.wantWrites(platform, putApp, cancelBuild)
			p.wantCounts(map[string]int{"run.ended": 1, "environment.unlocked": 1, "environment.live": 0})
		})
	}
}

// TestCancelTooLate has a push replace the deployment at the moment in which it
// is to be stopped: the platform refuses, as there is nothing left to stop.
func TestCancelTooLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, thread string }{
		{"/deploy cancel staging", "C0RELEASES"},
		{"/rollback start staging because it takes long", "C0ONCALL"},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			p, platform, _ := newBuild(t)
			platform.SetBuild(digitalocean.BuildGood)
			onFirst(platform, cancelBuild, digitalocean.Fault{Before: func() {
				if _, err := platform.Push(cloudApp); err != nil {
					t.Error(err)
				}
			}})
			p.tell("U0DEV", c.text)
			p.seen("2.0 to staging: cancelled")
			p.await("what became of it", func() bool {
				_, ok := newest(p.slack.Messages(c.thread), "ended before it could be stopped")
				return ok
			})
			if c.thread == "C0RELEASES" {
				p.wantWrites(platform, putApp)
				return
			}
			p.offered("C0ONCALL", "Keep 1.0")
			p.wantWrites(platform, putApp, rollBack)
		})
	}
}

// TestCancelAcrossARestart cancels while the platform does not answer, and
// stops the bot: it does not wait for the platform, and the next one stops the
// deployment.
func TestCancelAcrossARestart(t *testing.T) {
	t.Parallel()
	p, platform, stop := newBuild(t)
	asked := make(chan struct{})
	tell := sync.OnceFunc(func() { close(asked) })
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if c.Route == getApp {
			tell()
		}
		return digitalocean.Fault{Status: http.StatusServiceUnavailable}
	})
	p.say("U0DEV", "/deploy cancel staging")
	<-asked
	stop()
	platform.OnCall(nil)
	p.start()
	p.seen("2.0 to staging: cancelled")
	p.wantWrites(platform, putApp, cancelBuild)
	p.wantCounts(map[string]int{"run.ended": 1, "environment.unlocked": 1})
}

// TestRollbackOfABuildWarns stops a build with a rollback: nothing is to be
// gone back from, but the app's spec names the new version still.
func TestRollbackOfABuildWarns(t *testing.T) {
	t.Parallel()
	p, platform, _ := newBuild(t)
	p.tell("U0DEV", "/rollback start staging because it takes long")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "Staging back to 1.0: done") })
	p.await("the warning", func() bool {
		_, ok := newest(p.slack.Messages("C0ONCALL"), "the app's spec still names 2.0")
		return ok
	})
	p.wantWrites(platform, putApp, cancelBuild)
	p.wantCounts(map[string]int{"environment.unlocked": 2, "run.ended": 2})
	p.tell("U0DEV", "/deploy lock staging because nothing holds it")
	p.seen("staging is locked")
}

// TestRollbackDuringHealth presses rollback while a new version does not get
// healthy: it was live, so it is rolled back and pinned.
func TestRollbackDuringHealth(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	if err := platform.SetHealth(cloudApp, false); err != nil {
		t.Fatal(err)
	}
	onFirst(platform, rollBack, digitalocean.Fault{After: func() {
		if err := platform.SetHealth(cloudApp, true); err != nil {
			t.Error(err)
		}
	}})
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("0 of 1 replica ready")
	p.tell("U0DEV", "/rollback start staging because it is not healthy")
	m := p.offered("C0ONCALL", "Keep 1.0")
	wantShown(t, m, "1.0 is live and pinned")
	if tag, _ := platform.Live(cloudApp); tag != "1.0" {
		t.Errorf("%s is live, want 1.0", tag)
	}
	p.press("U0DEV", m, "Keep 1.0")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
	p.seen("2.0 to staging: cancelled")
	p.wantWrites(platform, putApp, rollBack, commit)
	p.wantCounts(map[string]int{"run.ended": 2, "environment.unlocked": 2})
}

// two has two people say the same thing at once.
func (p *practice) two(text string) {
	p.t.Helper()
	var both sync.WaitGroup
	for _, user := range []string{"U0DEV", "U0TL"} {
		both.Go(func() {
			if err := p.slack.Say(user, "C0RELEASES", "", text); err != nil {
				p.t.Error(err)
			}
		})
	}
	both.Wait()
}

// TestTwoAtOnce has two people start the same plan and confirm the same
// rollback at once: each is one run.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t, "users: [U0DEV]", "users: [U0DEV, U0TL]")
	p.two("/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: live and verified")
	p.two("/rollback start staging from 2.0 to 1.0 because it is slow")
	p.two("/rollback start staging from 2.0 to 1.0 because it is slow")
	p.press("U0DEV", p.offered("C0ONCALL", "Keep 1.0"), "Keep 1.0")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
	p.wantWrites(platform, putApp, rollBack, commit)
	p.wantCounts(map[string]int{"run.started": 2, "run.ended": 2, "environment.unlocked": 2})
}

// TestSecretsStayPut compares the app's spec before and after a deployment:
// nothing differs but the tag and the mark, and the secrets in it are the ones
// that the platform gave out. Neither they nor the token turn up where people
// read.
func TestSecretsStayPut(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	before := p.spec()
	if !strings.Contains(before, "EV[") {
		t.Fatalf("there is no secret in %s", before)
	}
	p.deploy()
	if after := unmarked(t, p.spec(), "2.0"); after != unmarked(t, before, "1.0") {
		t.Errorf("the spec became %s, from %s", after, before)
	}
	onFirst(platform, putApp, digitalocean.Fault{Before: p.pin})
	p.openRelease("3.0 0a1b2c3e")
	p.tell("U0DEV", "/deploy start staging 3.0 --plan=5678")
	p.seen("3.0 to staging: failed")
	for where, text := range p.readable() {
		for _, secret := range []string{"EV[", "postgres://secret", "cloud-token", "alert-token"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q: %s", where, secret, text)
			}
		}
	}
}

// unmarked is a spec without its version and the run's mark, written anew.
func unmarked(t *testing.T, spec, version string) string {
	t.Helper()
	var s map[string]any
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		t.Fatal(err)
	}
	web := s["services"].([]any)[0].(map[string]any)
	image := web["image"].(map[string]any)
	if image["tag"] != version {
		t.Errorf("the tag is %v, want %s", image["tag"], version)
	}
	delete(image, "tag")
	for _, holder := range []map[string]any{s, web} {
		var kept []any
		envs, _ := holder["envs"].([]any)
		for _, env := range envs {
			if env.(map[string]any)["key"] != "GONOGO_RUN" {
				kept = append(kept, env)
			}
		}
		holder["envs"] = kept
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readable is all that people can read: the ledger, the log and Slack.
func (p *practice) readable() map[string]string {
	p.t.Helper()
	var ledger bytes.Buffer
	if code := p.command(p.ctx, &ledger, "ledger", "export", "--ledger", p.ledger); code != 0 {
		p.t.Fatalf("ledger export ended with %d: %s", code, p.logs)
	}
	messages := p.slack.Ephemerals("U0DEV")
	for _, channel := range []string{"C0RELEASES", "C0ONCALL"} {
		messages = append(messages, p.slack.Messages(channel)...)
	}
	said, err := json.Marshal(messages)
	if err != nil {
		p.t.Fatal(err)
	}
	return map[string]string{"the ledger": ledger.String(), "the log": p.logs.String(), "Slack": string(said)}
}
