package deploy

import (
	"net/http"
	"testing"
	"time"

	practice "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// lag lets the next readings of the app, so many that come once a condition
// holds, give as live what was live two hours ago.
func (y *yard) lag(times int, once func() bool) {
	y.platform.OnCall(func(c practice.Call) practice.Fault {
		if c.Route != "GET /v2/apps/{id}" || times == 0 || !once() {
			return practice.Fault{}
		}
		times--
		return practice.Fault{Behind: 2 * time.Hour}
	})
}

func (y *yard) isLive(version string) func() bool {
	return func() bool {
		live, _ := y.platform.Live(shop)
		return live == version
	}
}

// TestOutdatedAnswers has the platform list as live, for a while after each
// switch, what it has replaced: nothing fails by that, and nothing is taken to
// be live that is not.
func TestOutdatedAnswers(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.now = y.now.Add(3 * time.Hour)
	y.lag(3, y.isLive("2.0"))
	facts := y.deploy("r1", "2.0")
	second := build.Build{Version: "2.0", Deployment: facts[factDeployment]}
	y.now = y.now.Add(time.Hour)

	back := map[string]string{"choice": work.ChooseKeep}
	o := Order{Run: "r2", From: second, To: first}
	y.lag(3, y.isLive("2.0")) // 1.0 is listed, as if there was nothing to go back from
	steps := y.strategy.Rollback(Environment{Name: "staging", Strategy: y.strategy}, o)
	y.carry(steps[:5], y.work(o, back), back)
	if back[factUntouched] == "yes" {
		t.Fatal("the rollback believed that 1.0 had never stopped being live")
	}
	y.now = y.now.Add(3 * time.Hour)
	y.lag(5, y.isLive("1.0"))
	y.carry(steps[5:], y.work(o, back), back)
	if back[factMissed] != "no" {
		t.Errorf("the rollback is not believed to have come through: %v", back)
	}
	if now := y.current(); now.Live.Version != "1.0" || now.Pinned() {
		t.Errorf("left with %+v", now)
	}
}

// TestOutdatedForGood has the platform never catch up: the rollback goes back
// all the same.
func TestOutdatedForGood(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.now = y.now.Add(3 * time.Hour)
	y.deploy("r1", "2.0")
	o := Order{Run: "r2", From: y.current().Live, To: first}
	y.lag(1000, func() bool { return true })
	facts := map[string]string{}
	result, err := y.strategy.waitStopped(o).Watch(t.Context(), y.work(o, facts))
	if err != nil || result.Facts[factUntouched] == "yes" || result.Summary != "2.0 is live" {
		t.Errorf("found %+v, %v", result, err)
	}
}

// TestRestoredDespiteOutdatedAnswers records what a rollback brought although
// the platform first lists what it left.
func TestRestoredDespiteOutdatedAnswers(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.now = y.now.Add(3 * time.Hour)
	y.deploy("r1", "2.0")
	o := Order{Run: "r2", From: y.current().Live, To: first}
	y.now = y.now.Add(3 * time.Hour)
	y.consoleBack(first.Deployment, true)
	facts := map[string]string{factDeployment: y.current().Live.Deployment}
	y.lag(2, func() bool { return true })
	result, err := y.strategy.restored(o).Watch(t.Context(), y.work(o, facts))
	if err != nil || result.Facts[factMissed] != "no" {
		t.Errorf("restored with %+v, %v", result, err)
	}
}

// A reading of the deployment that fails on the way says nothing of whether the
// answer before it was outdated: both are asked again.
func TestRestoredDespiteAReadThatFails(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.now = y.now.Add(3 * time.Hour)
	y.deploy("r1", "2.0")
	o := Order{Run: "r2", From: y.current().Live, To: first}
	y.now = y.now.Add(3 * time.Hour)
	y.consoleBack(first.Deployment, true)
	facts := map[string]string{factDeployment: y.current().Live.Deployment}
	outdated, refused := 2, 5 // more than the client tries again by itself
	y.platform.OnCall(func(c practice.Call) practice.Fault {
		switch {
		case c.Route == "GET /v2/apps/{id}" && outdated > 0:
			outdated--
			return practice.Fault{Behind: 2 * time.Hour}
		case c.Route == routeDeployment && refused > 0:
			refused--
			return practice.Fault{Status: http.StatusBadGateway}
		}
		return practice.Fault{}
	})
	result, err := y.strategy.restored(o).Watch(t.Context(), y.work(o, facts))
	if err != nil || result.Facts[factMissed] != "no" {
		t.Errorf("restored with %+v, %v", result, err)
	}
}
