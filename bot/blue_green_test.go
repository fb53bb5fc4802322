package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gonogo/playground/upstream/digitalocean"
)

const (
	blueApp  = "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e92"
	greenApp = "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e93"
)

const coloured = `
project: Shop
slack: { releases: C0RELEASES, on_call: C0ONCALL }
storage: { bolt: "${LEDGER}" }
listen: 127.0.0.1:0
roles: { deployer: { users: [U0DEV] } }
permissions: { release: [deployer], deploy: [deployer], rollback: [deployer] }
connections: { cloud: { digitalocean: {} } }
checklist: [{ section: tests, items: [{ item: tests, title: Tests, blocks: [], manual: {} }] }]
environments:
  staging:
    url: "${SITE_URL}"
    deploy:
      blue_green:
        connection: cloud
        apps: { blue: "${BLUE_APP_ID}", green: "${GREEN_APP_ID}" }
        version_as: { image_tag: web }
        cutover: { domain: shop.example }
      health: { consecutive: 2, every: 50ms }
      smoke:
        - { smoke: version, title: The version answers, gate: { http: { url: "{target.url}", body: "{release.version}" } } }
`

// newColours puts a platform with two apps in the place of the world's: blue has the
// public name and 1.0, green has 0.9.
func (p *practice) newColours() *digitalocean.Platform {
	p.t.Helper()
	p.liftSlackLimits()
	platform, err := digitalocean.New(digitalocean.Options{Token: "cloud-token", Pace: cloudPace, Settling: 4})
	if err != nil {
		p.t.Fatal(err)
	}
	api := httptest.NewServer(platform.Handler())
	p.t.Cleanup(api.Close)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		app := map[string]string{"/blue": blueApp, "/green": greenApp}[r.URL.Path]
		if app == "" {
			app = platform.Holder("shop.example")
		}
		if version, _ := platform.Live(app); version != "" {
			fmt.Fprintln(w, version)
			return
		}
		http.Error(w, "no app has this name", http.StatusServiceUnavailable)
	}))
	p.t.Cleanup(site.Close)
	for name, app := range map[string][3]string{"blue": {blueApp, "1.0", `[{"domain":"shop.example","type":"PRIMARY"}]`}, "green": {greenApp, "0.9", "[]"}} {
		spec := fmt.Sprintf(`{"name":%q,"services":[{"name":"web","image":{"registry_type":"GHCR","repository":"shop","tag":%q},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"}],"domains":%s}`, name, app[1], app[2])
		if err := platform.Seed(digitalocean.App{ID: app[0], Name: name, URL: site.URL + "/" + name, Spec: json.RawMessage(spec)}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.config = filepath.Join(p.t.TempDir(), "gonogo.yml")
	if err := os.WriteFile(p.config, []byte(coloured), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.variables = map[string]string{"DIGITALOCEAN_API_URL": api.URL, "DIGITALOCEAN_TOKEN": "cloud-token", "BLUE_APP_ID": blueApp, "GREEN_APP_ID": greenApp, "SITE_URL": site.URL + "/"}
	return platform
}

// TestBlueGreenInSlack deploys to two apps and goes back, in Slack.
func TestBlueGreenInSlack(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newColours()
	p.start()
	p.openRelease("2.0 0a1b2c3d")
	expect(t, p.say("U0DEV", "/deploy adopt staging"), "1.0 counts as live on staging")
	p.tell("U0DEV", "/deploy staging 2.0")
	plan := p.seen("Plan: 2.0 to staging")
	shown := fmt.Sprint(plan.Text, string(plan.Blocks))
	expect(t, shown, "the cutover moves shop.example from blue to green: expect errors for some minutes")
	expect(t, shown, "No alerts are silenced during the cutover")
	expect(t, shown, "Take shop.example out of the spec of the app that is live")
	click(t, p.slack, "U0DEV", plan, "Start")
	p.seen("2.0 to staging: live and verified")

	p.tell("U0DEV", "/rollback start staging because it is slow")
	p.press("U0DEV", p.offered("C0ONCALL", "Keep 1.0"), "Keep 1.0")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
	if holder := platform.Holder("shop.example"); holder != blueApp {
		t.Errorf("%s has the name", holder)
	}
}

// coloursMoved checks that each write was made once, and the name is on one app.
func (p *practice) coloursMoved(platform *digitalocean.Platform, holder string, writes int) {
	p.t.Helper()
	p.wantWrites(platform, strings.Split(strings.TrimSuffix(strings.Repeat("PUT /v2/apps/{id},", writes), ","), ",")...)
	if got := platform.Holder("shop.example"); got != holder {
		p.t.Errorf("%s has the name, want %s", got, holder)
	}
}

// TestKilledWhileCuttingOver kills the bot with -9 around every call of a deployment to
// two apps. The next one goes on: the version was written once, and the name has moved.
func TestKilledWhileCuttingOver(t *testing.T) {
	strikeEach(t, func(t *testing.T, s *strike) {
		p := newPractice(t)
		platform := p.newColours()
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
		p.coloursMoved(platform, greenApp, 3)
		p.wantCounts(map[string]int{"run.started": 1, "run.ended": 1, "environment.live": 1, "environment.unlocked": 1})
	})
}

// TestKilledWhileMovingBack does the same around every call of a rollback and of returning
// from it.
func TestKilledWhileMovingBack(t *testing.T) {
	strikeEach(t, func(t *testing.T, s *strike) {
		p := newPractice(t)
		platform := p.newColours()
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
		p.tell("U0DEV", "/rollback return staging because it was the network")
		p.await("the end, or the kill", func() bool {
			ended, ok := p.counted("run.ended")
			return s.hit.Load() || ok && ended == 2
		})
		if s.hit.Load() {
			restart()
		}
		p.await("the end", func() bool { return p.count("run.ended") == 2 })
		p.coloursMoved(platform, greenApp, 7)
		p.wantCounts(map[string]int{"run.started": 2, "run.ended": 2, "environment.live": 3, "environment.unlocked": 2})
	})
}
