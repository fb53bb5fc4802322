package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/suite"
)

// The writes that a deployment and a rollback make.
const (
	putApp   = "PUT /v2/apps/{id}"
	rollBack = "POST /v2/apps/{id}/rollback"
	commit   = "POST /v2/apps/{id}/rollback/commit"
	revert   = "POST /v2/apps/{id}/rollback/revert"
)

// lostAnswers are what may become of a write whose answer says nothing.
var lostAnswers = map[string]digitalocean.Fault{
	"502, and it was done":        {Status: http.StatusBadGateway, Done: true},
	"524, and it was done":        {Status: 524, Done: true},
	"cut, and it was done":        {Drop: true, Done: true},
	"502, and it was not done":    {Status: http.StatusBadGateway},
	"cut, and it was not done":    {Drop: true},
	"429, so it was not done yet": {Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}},
}

// TestWritesWithLostAnswers loses the answer of each write once. What had
// happened is found, and not made again. Where nothing of it shows, a person
// says whether to make it; it is made once, and the run ends as it would have. The
// return loses every kind of answer only with the build tag long.
func TestWritesWithLostAnswers(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	ends := []struct{ write, command, shows string }{
		{commit, "/rollback keep staging", "1.0 is kept"},
		{revert, "/rollback return staging it was not the release", "returned to 2.0"},
	}
	for i, end := range ends {
		for name, fault := range lostAnswers {
			if i > 0 && !strings.HasPrefix(name, "cut") && !suite.Long {
				continue // what the first end went through, but for its last write
			}
			t.Run(end.write+", "+name, func(t *testing.T) {
				t.Parallel()
				p := newPractice(t)
				platform := p.newCloud()
				p.start()
				p.openRelease("2.0 0a1b2c3d")
				p.say("U0DEV", "/deploy adopt staging")
				writes := []string{putApp, rollBack, end.write}
				platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
					if c.N == 1 && slices.Contains(writes, c.Route) {
						return fault
					}
					return digitalocean.Fault{}
				})
				unclear := strings.Contains(name, "not done") && !strings.HasPrefix(name, "429")
				told := func(channel, text, shows string) {
					p.tell("U0DEV", text)
					if unclear {
						p.await("the question whether it happened", func() bool { return p.shows(channel, ": interrupted") })
						p.tell("U0DEV", "/deploy continue staging")
					}
					p.await(shows, func() bool { return p.shows(channel, shows) })
				}
				told("C0RELEASES", "/deploy start staging 2.0 --plan=1234", "2.0 to staging: live and verified")
				told("C0ONCALL", "/rollback start staging because it is slow", ": waiting for ")
				told("C0ONCALL", end.command, end.shows)
				p.wantWrites(platform, writes...)
			})
		}
	}
}

// TestRefusedDeployment has the platform refuse the spec: nothing was done, and
// the thread says so in the platform's words, with what is live.
func TestRefusedDeployment(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.start()
	p.openRelease("2.0 0a1b2c3d")
	p.say("U0DEV", "/deploy adopt staging")
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if c.Route == putApp {
			return digitalocean.Fault{Status: http.StatusUnprocessableEntity}
		}
		return digitalocean.Fault{}
	})
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: failed")
	p.seen("1.0 is live on staging")
	p.wantWrites(platform)
	expect(t, p.say("U0DEV", "/deploy status staging"), "Staging")
	p.wantCounts(map[string]int{"environment.live": 0, "environment.unlocked": 1, "run.ended": 1})
}

// TestDeploymentsOfOthers has maintenance begin a deployment before ours, and a
// push replace ours while it is built with one of the same thing, which is
// followed.
func TestDeploymentsOfOthers(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.start()
	p.openRelease("2.0 0a1b2c3d")
	p.say("U0DEV", "/deploy adopt staging")
	if _, err := platform.Maintenance(cloudApp); err != nil {
		t.Fatal(err)
	}
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: live and verified")

	p.openRelease("3.0 0a1b2c3e")
	platform.SetBuild(digitalocean.BuildSlow) // so that it is still being built when it is first looked at
	pushed := false
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if c.Route != "GET /v2/apps/{id}/deployments/{did}" || pushed {
			return digitalocean.Fault{}
		}
		pushed = true
		return digitalocean.Fault{Before: func() {
			platform.SetBuild(digitalocean.BuildGood)
			if _, err := platform.Push(cloudApp); err != nil {
				t.Error(err)
			}
		}}
	})
	p.tell("U0DEV", "/deploy start staging 3.0 --plan=5678")
	p.seen("3.0 to staging: live and verified")
}

// TestBadDeployments fail where the platform or the site does, and leave the
// environment unlocked with what is live named.
func TestBadDeployments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(p *practice, platform *digitalocean.Platform)
		says  string
	}{
		"a bad build":             {func(_ *practice, platform *digitalocean.Platform) { platform.SetBuild(digitalocean.BuildBad) }, "1.0 is live on staging"},
		"a smoke gate that fails": {func(p *practice, _ *digitalocean.Platform) { p.set("staging-site", "down") }, "2.0 is live on staging"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			platform := p.newCloud()
			p.start()
			p.openRelease("2.0 0a1b2c3d")
			p.say("U0DEV", "/deploy adopt staging")
			c.spoil(p, platform)
			p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
			p.seen("2.0 to staging: failed")
			p.seen(c.says)
			p.wantCounts(map[string]int{"environment.unlocked": 1, "run.ended": 1})
		})
	}
}

// TestRollbackStopsADeployment presses rollback while the platform builds: the
// deployment is cancelled there, and there is nothing to go back from.
func TestRollbackStopsADeployment(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.start()
	p.openRelease("2.0 0a1b2c3d")
	p.say("U0DEV", "/deploy adopt staging")
	platform.SetBuild(digitalocean.BuildSlow)
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.await("the build", func() bool { return p.shows("C0RELEASES", "At the platform") })
	p.tell("U0DEV", "/rollback start staging because it takes long")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "Staging back to 1.0: done") })
	p.seen("2.0 to staging: cancelled")
	p.wantWrites(platform, putApp, "POST /v2/apps/{id}/deployments/{did}/cancel")
	p.wantCounts(map[string]int{"environment.unlocked": 2, "run.ended": 2})
}
