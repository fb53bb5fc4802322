package main

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/suite"
)

// cloudApp is the app that these tests deploy.
const cloudApp = "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90"

// cloudPace lets a deployment take a few polls.
var cloudPace = digitalocean.Pace{PendingBuild: 20 * time.Millisecond, Building: 150 * time.Millisecond, PendingDeploy: 20 * time.Millisecond, Deploying: 150 * time.Millisecond}

// newCloud puts a platform of the test's own in the place of the world's. Its
// registry has the images with these tags; without any, it has every image.
func (p *practice) newCloud(tags ...string) *digitalocean.Platform {
	p.t.Helper()
	p.liftSlackLimits()
	options := digitalocean.Options{Token: "cloud-token", Pace: cloudPace}
	if len(tags) > 0 {
		options.Registry = map[string][]string{"app": tags}
	}
	platform, err := digitalocean.New(options)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := platform.Seed(digitalocean.App{ID: cloudApp, Name: "app", Component: "web", Tag: "1.0", Region: "sgp",
		Envs: []digitalocean.Env{{Key: "DB", Value: "postgres://secret", Secret: true}, {Key: "MODE", Value: "prod"}}}); err != nil {
		p.t.Fatal(err)
	}
	server := httptest.NewServer(platform.Handler())
	p.t.Cleanup(server.Close)
	p.variables = map[string]string{"DIGITALOCEAN_API_URL": server.URL, "DIGITALOCEAN_TOKEN": "cloud-token", "STAGING_APP_ID": cloudApp,
		"ALERT_WEBHOOK_TOKEN": "alert-token"}
	p.config = "testdata/deploy.yml"
	return platform
}

// moments are when a kill strikes, seen from the platform.
var moments = []struct {
	name  string
	fault func(kill func()) digitalocean.Fault
}{
	{"before it happens", func(kill func()) digitalocean.Fault { return digitalocean.Fault{Before: kill, Drop: true} }},
	{"after it happened, before the answer", func(kill func()) digitalocean.Fault {
		return digitalocean.Fault{After: kill, Drop: true, Done: true}
	}},
}

// strike is a kill around the n-th call of a route from the moment it is armed.
// Without a route it only notes the calls.
type strike struct {
	route    string
	n        int
	moment   string
	fault    func(kill func()) digitalocean.Fault
	question bool // a read, which may come less often

	hit   atomic.Bool
	mu    sync.Mutex
	calls []string // the routes, as they came
}

func (s *strike) arm(platform *digitalocean.Platform, kill func()) {
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if s.note(c.Route) != s.n || c.Route != s.route {
			return digitalocean.Fault{}
		}
		return s.fault(func() { s.hit.Store(true); kill() })
	})
}

// note notes a call and returns how many-th of its route it is.
func (s *strike) note(route string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, route)
	for _, one := range s.calls {
		if one == route {
			n++
		}
	}
	return n
}

// strikeEach has a test go through undisturbed, and then with a kill around each
// of the writes that it made and before its first read: a sample of them at a desk. With
// the build tag long, there is one around each read too.
func strikeEach(t *testing.T, try func(t *testing.T, s *strike)) {
	t.Parallel()
	undisturbed := &strike{}
	if !t.Run("undisturbed", func(t *testing.T) { try(t, undisturbed) }) {
		return
	}
	counts, reads := map[string]int{}, 0
	var all []*strike
	for _, route := range undisturbed.calls {
		counts[route]++
		n, question := counts[route], strings.HasPrefix(route, "GET ") || strings.HasSuffix(route, "/validate")
		if question {
			reads++
		}
		if reads > 1 && question && !suite.Long {
			continue
		}
		for i, moment := range moments {
			if i > 0 && question && !suite.Long {
				continue // a question is repeated, whatever became of it
			}
			all = append(all, &strike{route: route, n: n, moment: moment.name, fault: moment.fault, question: question})
		}
	}
	for _, s := range suite.Sample(7, all) {
		t.Run(fmt.Sprintf("%s, %d, %s", s.route, s.n, s.moment), func(t *testing.T) {
			t.Parallel()
			if try(t, s); !s.hit.Load() && !s.question {
				t.Errorf("%s never came, so nothing was killed", s.route)
			}
		})
	}
}

// TestKilledWhileDeploying kills the bot with -9 around every call that a
// deployment makes. The next one goes on: the spec was written once, and the
// run ends as it would have. A start that was killed while it asked the platform
// what is live has begun nothing, so it is pressed again, which starts one run.
func TestKilledWhileDeploying(t *testing.T) {
	strikeEach(t, func(t *testing.T, s *strike) {
		p := newPractice(t)
		platform := p.newCloud()
		kill := p.startProcess()
		p.openRelease("2.0 0a1b2c3d")
		p.say("U0DEV", "/deploy adopt staging")
		s.arm(platform, kill)
		p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
		p.await("the end, or the kill", func() bool { return s.hit.Load() || p.shows("C0RELEASES", "live and verified") })
		if s.hit.Load() {
			p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
			p.start()
			p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234") // starts once, be it now
		}
		p.seen("2.0 to staging: live and verified")
		p.wantWrites(platform, "PUT /v2/apps/{id}")
		p.wantCounts(map[string]int{"run.started": 1, "run.ended": 1, "environment.live": 1, "environment.unlocked": 1})
	})
}

// TestKilledWhileRollingBack does the same around every call of a rollback and
// of keeping what it brought back.
func TestKilledWhileRollingBack(t *testing.T) {
	strikeEach(t, func(t *testing.T, s *strike) {
		p := newPractice(t)
		platform := p.newCloud()
		kill := p.startProcess()
		p.openRelease("2.0 0a1b2c3d")
		p.say("U0DEV", "/deploy adopt staging")
		p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
		p.seen("2.0 to staging: live and verified")
		s.arm(platform, kill)
		restart := sync.OnceFunc(func() {
			p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
			p.start()
		})
		p.tell("U0DEV", "/rollback start staging from 2.0 to 1.0 because it is slow")
		p.await("the question, or the kill", func() bool { return s.hit.Load() || p.shows("C0ONCALL", ": waiting for ") })
		if s.hit.Load() {
			restart()
		}
		p.await("the question", func() bool { return p.shows("C0ONCALL", ": waiting for ") })
		p.tell("U0DEV", "/rollback keep staging")
		p.await("the end, or the kill", func() bool { return s.hit.Load() || p.shows("C0ONCALL", "1.0 is kept") })
		if s.hit.Load() {
			restart()
		}
		p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
		p.wantWrites(platform, "PUT /v2/apps/{id}", "POST /v2/apps/{id}/rollback", "POST /v2/apps/{id}/rollback/commit")
		p.wantCounts(map[string]int{"run.started": 2, "run.ended": 2, "environment.live": 2, "environment.unlocked": 2})
		if tag, _ := platform.Live(cloudApp); tag != "1.0" {
			t.Errorf("%s is live, want 1.0", tag)
		}
	})
}

// tell says something without waiting for the answer, which may never come.
func (p *practice) tell(user, text string) {
	p.t.Helper()
	if err := p.slack.Say(user, "C0RELEASES", "", text); err != nil && !strings.Contains(err.Error(), "dispatch") {
		p.t.Fatal(err)
	}
}

// shows tells whether a channel has a message with a text in it.
func (p *practice) shows(channel, text string) bool {
	for _, m := range p.slack.Messages(channel) {
		if strings.Contains(m.Text, text) {
			return true
		}
	}
	return false
}

func (p *practice) wantWrites(platform *digitalocean.Platform, want ...string) {
	p.t.Helper()
	var got []string
	for _, w := range platform.Writes() {
		got = append(got, w.Route)
	}
	if !slices.Equal(got, want) {
		p.t.Errorf("the platform saw %q, want %q", got, want)
	}
}

func (p *practice) wantCounts(want map[string]int) {
	p.t.Helper()
	for kind, n := range want {
		if got := p.count(kind); got != n {
			p.t.Errorf("the ledger holds %d of %s, want %d", got, kind, n)
		}
	}
}
