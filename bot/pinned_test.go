package main

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/suite"
)

// backOutside rolls the app back to a version in the platform's console, and
// waits until that is live.
func (p *practice) backOutside(platform *digitalocean.Platform, version string) {
	p.t.Helper()
	var list struct {
		Deployments []struct {
			ID   string
			Spec json.RawMessage
		}
	}
	if err := json.Unmarshal(p.console("GET", "/deployments", ""), &list); err != nil {
		p.t.Fatal(err)
	}
	for _, d := range list.Deployments {
		if strings.Contains(string(d.Spec), `"tag":"`+version+`"`) {
			p.console("POST", "/rollback", `{"deployment_id": "`+d.ID+`"}`)
			p.active(platform, version)
			return
		}
	}
	p.t.Fatalf("the platform has no deployment of %s", version)
}

// pinnedByOthers is a practice world in which 3.0 went out after 1.0 and 2.0,
// and somebody has rolled the app back to 2.0 in the platform's console.
func pinnedByOthers(t *testing.T) (*practice, *digitalocean.Platform, func()) {
	t.Helper()
	p := newPractice(t)
	platform := p.newCloud()
	kill := p.startProcess()
	p.open()
	p.deploy()
	p.openRelease("3.0 0a1b2c3e")
	p.tell("U0DEV", "/deploy start staging 3.0 --plan=5678")
	p.seen("3.0 to staging: live and verified")
	p.backOutside(platform, "2.0")
	return p, platform, kill
}

// TestRollbackOfAPinnedApp rolls back an app that somebody else has pinned: the
// pin is released first, and the decision afterwards is about this rollback.
func TestRollbackOfAPinnedApp(t *testing.T) {
	t.Parallel()
	for choice, route := range map[string]string{"keep staging": commit, "return staging it was not the release": revert} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			p, platform, _ := pinnedByOthers(t)
			p.tell("U0DEV", "/rollback start staging to 1.0 because 2.0 fails as well")
			p.await("the question", func() bool { return p.shows("C0ONCALL", ": waiting for ") })
			p.tell("U0DEV", "/rollback "+choice)
			end, live := "1.0 is kept", "1.0"
			if route == revert {
				end, live = "returned to 2.0", "2.0"
			}
			p.await("the end", func() bool { return p.shows("C0ONCALL", end) })
			p.wantWrites(platform, putApp, putApp, rollBack, commit, rollBack, route)
			if tag, _ := platform.Live(cloudApp); tag != live {
				t.Errorf("%s is live, want %s", tag, live)
			}
		})
	}
}

// TestPinReleasedWithLostAnswers loses the answer to the release of the pin.
func TestPinReleasedWithLostAnswers(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	for name, fault := range lostAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, platform, _ := pinnedByOthers(t)
			onFirst(platform, commit, fault)
			p.tell("U0DEV", "/rollback start staging to 1.0 because 2.0 fails as well")
			if strings.Contains(name, "not done") && !strings.HasPrefix(name, "429") {
				p.await("the question whether it happened", func() bool { return p.shows("C0ONCALL", ": interrupted") })
				p.tell("U0DEV", "/deploy continue staging")
			}
			p.await("the question", func() bool { return p.shows("C0ONCALL", ": waiting for ") })
			p.wantWrites(platform, putApp, putApp, rollBack, commit, rollBack)
		})
	}
}

// TestKilledWhileRollingBackAPinnedApp kills the bot with -9 around every call
// of a rollback that has to release a pin first.
func TestKilledWhileRollingBackAPinnedApp(t *testing.T) {
	suite.LeftToFull(t)
	strikeEach(t, func(t *testing.T, s *strike) {
		p, platform, kill := pinnedByOthers(t)
		s.arm(platform, kill)
		restart := sync.OnceFunc(func() {
			p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
			p.start()
		})
		p.tell("U0DEV", "/rollback start staging to 1.0 because 2.0 fails as well")
		p.await("the question, or the kill", func() bool { return s.hit.Load() || p.shows("C0ONCALL", ": waiting for ") })
		if s.hit.Load() {
			restart()
			p.await("the question", func() bool { return p.shows("C0ONCALL", ": waiting for ") })
		}
		p.wantWrites(platform, putApp, putApp, rollBack, commit, rollBack)
		if tag, _ := platform.Live(cloudApp); tag != "1.0" {
			t.Errorf("%s is live, want 1.0", tag)
		}
	})
}
