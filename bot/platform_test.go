package main

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/playground/workspace"
	"gonogo/suite"
)

// down answers calls of a route like a platform that is overloaded, as often as
// it is told, after some that it answers well.
func down(platform *digitalocean.Platform, route string, after, times int64) {
	var calls atomic.Int64
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if n := calls.Load(); c.Route == route && calls.CompareAndSwap(n, n+1) && n >= after && n < after+times {
			return digitalocean.Fault{Status: http.StatusServiceUnavailable}
		}
		return digitalocean.Fault{}
	})
}

// TestReadsDownForAWhile has each read fail for longer than a client repeats it
// by itself, in a deployment and in a rollback. Both go on when it is over.
func TestReadsDownForAWhile(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	for _, route := range []string{getApp, getHealth, getDeployment, deployments, validate} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			p, platform := newStaging(t)
			asked := int64(0) // the start of a deployment takes an answer
			if route == getApp {
				asked = 1
			}
			down(platform, route, asked, 5)
			p.deploy()
			down(platform, route, 0, 5)
			p.tell("U0DEV", "/rollback start staging because it is slow")
			m := p.offered("C0ONCALL", "Keep 1.0")
			p.press("U0DEV", m, "Keep 1.0")
			p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
			p.wantWrites(platform, putApp, rollBack, commit)
			p.wantCounts(map[string]int{"run.asked": 1, "run.ended": 2})
		})
	}
}

// away loses the answer of the first call of a route, and answers no read from
// then on, until back is called.
func away(platform *digitalocean.Platform, route string, done bool) (back func()) {
	var lost, over atomic.Bool
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		switch {
		case over.Load():
		case c.Route == route && lost.CompareAndSwap(false, true):
			return digitalocean.Fault{Drop: true, Done: done}
		case lost.Load() && !c.Write:
			return digitalocean.Fault{Status: http.StatusServiceUnavailable}
		}
		return digitalocean.Fault{}
	})
	return func() { over.Store(true) }
}

// TestInterruptedThenContinued loses the answer of a write, and nobody can look
// what became of it. A person is asked; told to go on, it looks again, and the
// write is made once.
func TestInterruptedThenContinued(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	for _, c := range []struct {
		name string
		done bool
	}{{"it had happened", true}, {"it had not happened", false}} {
		t.Run("a deployment, and "+c.name, func(t *testing.T) {
			t.Parallel()
			p, platform := newStaging(t)
			back := away(platform, putApp, c.done)
			p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
			p.seen("Deploying 2.0 to staging: interrupted")
			m := p.offered("C0RELEASES", "Continue")
			if got, want := labels(m), []string{"Continue", "Abandon", "Stop deployment", "Roll back"}; !slices.Equal(got, want) {
				t.Errorf("the buttons are %q, want %q", got, want)
			}
			back()
			p.press("U0DEV", m, "Continue")
			p.seen("2.0 to staging: live and verified")
			p.wantWrites(platform, putApp)
		})
		t.Run("a rollback, and "+c.name, func(t *testing.T) {
			t.Parallel()
			p, platform := newStaging(t)
			p.deploy()
			back := away(platform, rollBack, c.done)
			p.tell("U0DEV", "/rollback start staging because it is slow")
			p.offered("C0ONCALL", "Continue")
			m := p.inThread("Rolling staging back to 1.0: interrupted")
			back()
			p.press("U0DEV", m, "Continue")
			p.offered("C0ONCALL", "Keep 1.0")
			p.wantWrites(platform, putApp, rollBack)
		})
	}
}

// TestInterruptedThenLeft ends a deployment whose outcome nobody knows: as it
// is, or with a rollback, which finds the build and stops it.
func TestInterruptedThenLeft(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	t.Run("abandoned", func(t *testing.T) {
		t.Parallel()
		p, platform := newStaging(t)
		away(platform, putApp, true)
		p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
		p.press("U0DEV", p.offered("C0RELEASES", "Abandon"), "Abandon")
		m := p.offered("C0RELEASES", "Plan again")
		expect(t, m.Text, "2.0 to staging: interrupted")
		wantShown(t, m, "A person left it as it is", "The platform does not say what is live on staging now")
		p.wantWrites(platform, putApp)
		p.wantCounts(map[string]int{"run.ended": 1, "environment.unlocked": 1, "environment.live": 0})
	})
	t.Run("rolled back", func(t *testing.T) {
		t.Parallel()
		p, platform := newStaging(t)
		platform.SetBuild(digitalocean.BuildSlow)
		back := away(platform, putApp, true)
		p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
		m := p.offered("C0RELEASES", "Roll back")
		back()
		expect(t, p.press("U0DEV", m, "Roll back"), "1.0")
		p.tell("U0DEV", "/rollback start staging because nobody knows")
		p.await("the end", func() bool { return p.shows("C0ONCALL", "Staging back to 1.0: done") })
		p.wantWrites(platform, putApp, cancelBuild)
		p.wantCounts(map[string]int{"run.ended": 2, "environment.unlocked": 2, "environment.live": 1})
	})
}

// TestRefusedWrites end the run in the platform's words, with what is live, and
// unlock the environment.
func TestRefusedWrites(t *testing.T) {
	t.Parallel()
	t.Run("a pinned app is seen before anything is written", func(t *testing.T) {
		t.Parallel()
		p, platform := newStaging(t)
		p.pin()
		expect(t, p.say("U0DEV", "/deploy start staging 2.0 --plan=1234"), "NO-GO for staging: 1 blocker")
		wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "The platform keeps staging pinned", "/rollback keep staging")
		p.wantWrites(platform, rollBack)
		p.wantCounts(map[string]int{"run.started": 0})
	})
	t.Run("a spec", func(t *testing.T) {
		t.Parallel()
		p, platform := newStaging(t)
		onFirst(platform, putApp, digitalocean.Fault{Before: p.pin})
		p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
		m := p.offered("C0RELEASES", "Plan again")
		wantShown(t, m, "(409 Conflict): app_pinned", "1.0 is live on staging", "keeps it pinned")
		p.wantWrites(platform, rollBack)
		p.wantCounts(map[string]int{"environment.unlocked": 1})
	})
	t.Run("a rollback", func(t *testing.T) {
		t.Parallel()
		p, platform := newStaging(t)
		p.deploy()
		onFirst(platform, rollBack, digitalocean.Fault{Before: func() {
			p.console("PUT", "", `{"spec": `+strings.Replace(p.spec(), `"sgp"`, `"nyc"`, 1)+`}`)
		}})
		p.tell("U0DEV", "/rollback start staging because it is slow")
		p.await("the end", func() bool { return p.shows("C0ONCALL", "Staging back to 1.0: failed") })
		m, _ := newest(p.slack.Messages("C0ONCALL"), "Staging back to 1.0: failed")
		wantShown(t, m, "region_conflict", "2.0 is live on staging")
		p.wantWrites(platform, putApp, putApp)
		p.wantCounts(map[string]int{"run.asked": 0, "environment.unlocked": 2})
	})
	for _, decided := range []struct{ label, route, end string }{{"Keep 1.0", commit, "1.0 is kept"}, {"Return to 2.0", revert, "returned to 2.0"}} {
		t.Run(decided.label+" is asked about, as the app stays pinned", func(t *testing.T) {
			t.Parallel()
			p, platform := newStaging(t)
			p.deploy()
			p.tell("U0DEV", "/rollback start staging because it is slow")
			onFirst(platform, decided.route, digitalocean.Fault{Status: http.StatusConflict})
			if p.offered("C0ONCALL", decided.label); decided.route == revert {
				p.tell("U0DEV", "/rollback return staging it was not the release")
			} else {
				p.press("U0DEV", p.offered("C0ONCALL", decided.label), decided.label)
			}
			m := p.offered("C0ONCALL", "Continue")
			wantShown(t, m, "refused to", "1.0 is live on staging", "keeps it pinned")
			p.press("U0DEV", m, "Continue")
			p.await("the end", func() bool { return p.shows("C0ONCALL", decided.end) })
			p.wantWrites(platform, putApp, rollBack, decided.route)
		})
	}
}

// TestNextMoves offers after a bad deployment what helps: another plan, and the
// way back only where the new version is live.
func TestNextMoves(t *testing.T) {
	t.Parallel()
	const soon = "2s" // how long it may take to get healthy, where it never does
	for _, c := range []struct {
		name    string
		within  string // 10m unless said
		spoil   func(p *practice, platform *digitalocean.Platform) error
		says    []string
		buttons []string
	}{
		{"it cannot be built", "", func(_ *practice, platform *digitalocean.Platform) error {
			platform.SetBuild(digitalocean.BuildBad)
			return nil
		}, []string{"exited with status 1", "1.0 is live on staging"}, []string{"Plan again", "Status"}},
		{"it never gets healthy", soon, func(_ *practice, platform *digitalocean.Platform) error {
			return platform.SetHealth(cloudApp, false)
		}, []string{"did not get healthy within 2s", "2.0 is live on staging"}, []string{"Plan again", "Roll back to 1.0", "Status"}},
		{"its smoke gate fails", "", func(p *practice, _ *digitalocean.Platform) error {
			return p.world.Set("staging-site", "down")
		}, []string{"1 of 1 smoke gates failed", "2.0 is live on staging"}, []string{"Plan again", "Roll back to 1.0", "Status"}},
		{"it never gets healthy, and maintenance has replaced it", soon, func(p *practice, platform *digitalocean.Platform) error {
			onFirst(platform, getHealth, digitalocean.Fault{Before: func() {
				if _, err := platform.Maintenance(cloudApp); err != nil {
					p.t.Error(err)
				}
			}})
			return platform.SetHealth(cloudApp, false)
		}, []string{"2.0 is live on staging"}, []string{"Plan again", "Roll back to 1.0", "Status"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, platform := newStaging(t, "timeout: 10m", "timeout: "+cmp.Or(c.within, "10m"))
			if err := c.spoil(p, platform); err != nil {
				t.Fatal(err)
			}
			p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
			m := p.offered("C0RELEASES", "Plan again")
			wantShown(t, m, c.says...)
			if got := labels(m); !slices.Equal(got, c.buttons) {
				t.Errorf("the buttons are %q, want %q", got, c.buttons)
			}
			p.wantWrites(platform, putApp)
			p.wantCounts(map[string]int{"environment.unlocked": 1})
		})
	}
}

// TestMissingImage deploys a version whose image nobody has pushed.
func TestMissingImage(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud("1.0")
	p.start()
	p.open()
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	m := p.offered("C0RELEASES", "Plan again")
	wantShown(t, m, "The image app:2.0 was not found in its registry", "1.0 is live on staging")
	p.wantWrites(platform, putApp)
	click(t, p.slack, "U0DEV", m, "Plan again")
	p.seen("Plan: 2.0 to staging")
}

// TestPinOfOthers ends a pin that somebody made in the platform's own console:
// gonogo says what to do, and does it.
func TestPinOfOthers(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	p.pin()
	expect(t, p.say("U0DEV", "/deploy start staging 2.0 --plan=1234"), "NO-GO for staging: 1 blocker")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "/rollback keep staging")
	p.tell("U0DEV", "/rollback keep staging")
	p.await("its end", func() bool {
		_, ok := newest(p.slack.Messages("C0ONCALL"), "Staging: keep 1.0: done")
		return ok
	})
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=5678")
	p.seen("2.0 to staging: live and verified")
	p.wantWrites(platform, rollBack, commit, putApp)
}

// lastOf is the newest of some messages.
func lastOf(messages []workspace.Message) workspace.Message { return messages[len(messages)-1] }
