package deploy

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	practice "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// consoleBack rolls the app back in the platform's console, and waits until
// that is live unless it is to be under way still.
func (y *yard) consoleBack(deployment string, live bool) {
	y.Helper()
	if _, err := y.client.Rollback(y.Context(), shop, deployment); err != nil {
		y.Fatal(err)
	}
	if live {
		y.now = y.now.Add(time.Hour)
	}
}

func (y *yard) routes() (all []string) {
	for _, w := range y.platform.Writes() {
		all = append(all, strings.TrimPrefix(w.Route, "POST /v2/apps/{id}/"))
	}
	return all
}

// TestRollbackOfAPinnedApp rolls an app back that somebody else has pinned: to
// a third version, and to the one that it is pinned to.
func TestRollbackOfAPinnedApp(t *testing.T) {
	for _, tt := range []struct {
		name   string
		from   string // the version that was confirmed to be left; empty: what is live
		to     string // the version that the rollback is to bring
		live   bool   // what the console brings is live already
		choice string
		writes []string // after the console's
		want   string   // live in the end
	}{
		{"a third version, kept", "", "1.0", true, work.ChooseKeep, []string{"rollback/commit", "rollback", "rollback/commit"}, "1.0"},
		{"a third version, returned from", "", "1.0", true, work.ChooseReturn, []string{"rollback/commit", "rollback", "rollback/revert"}, "2.0"},
		{"a third version while the other is being started", "", "1.0", false, work.ChooseKeep, []string{"rollback/commit", "rollback", "rollback/commit"}, "1.0"},
		{"a third version, and nobody had heard of the pin", "3.0", "1.0", true, work.ChooseReturn, []string{"rollback/commit", "rollback", "rollback/revert"}, "2.0"},
		{"what it is pinned to, kept", "3.0", "2.0", true, work.ChooseKeep, []string{"rollback/commit"}, "2.0"},
		{"what it is pinned to, returned from", "3.0", "2.0", true, work.ChooseReturn, []string{"rollback/revert"}, "3.0"},
		{"what it is pinned to while that is being started", "3.0", "2.0", false, work.ChooseKeep, []string{"rollback/commit"}, "2.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
			builds := map[string]build.Build{"1.0": y.current().Live}
			y.deploy("r1", "2.0")
			builds["2.0"] = y.current().Live
			y.deploy("r2", "3.0")
			builds["3.0"] = y.current().Live
			y.consoleBack(builds["2.0"].Deployment, tt.live)
			before := len(y.platform.Writes())
			from := y.current().Live
			if tt.from != "" {
				from = builds[tt.from]
			}
			facts := map[string]string{"choice": tt.choice}
			o := Order{Run: "r3", From: from, To: builds[tt.to]}
			y.carry(y.strategy.Rollback(Environment{Name: "staging", Strategy: y.strategy}, o), y.work(o, facts), facts)
			if got := y.routes()[before:]; !slices.Equal(got, tt.writes) {
				t.Errorf("wrote %q, want %q", got, tt.writes)
			}
			if now := y.current(); now.Live.Version != tt.want || now.Pinned() {
				t.Errorf("the platform is left with %+v, want %s live and no pin", now, tt.want)
			}
			if facts[factMissed] != "no" {
				t.Errorf("what it brought is not recorded: %v", facts)
			}
			if tt.to == "1.0" && (facts[factPinnedTo] != "2.0" || facts[factPinnedFrom] != "3.0") {
				t.Errorf("the pin is recorded from %q to %q, want from 3.0 to 2.0", facts[factPinnedFrom], facts[factPinnedTo])
			}
		})
	}
}

// TestPinIsKeptWhereThereIsNoWayBack releases no pin for a rollback that the
// platform says it would not take.
func TestPinIsKeptWhereThereIsNoWayBack(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.deploy("r1", "2.0")
	y.consoleBack(first.Deployment, true)
	o := Order{Run: "r2", From: first, To: build.Build{Version: "0.9", Deployment: "gone"}}
	unpin := releasePin{y.strategy}
	if _, err := unpin.Prepare(t.Context(), y.work(o, map[string]string{})); err == nil || !strings.Contains(err.Error(), "the pin was left as it is") {
		t.Errorf("prepared with %v, want the platform's refusal", err)
	}
	if !y.current().Pinned() {
		t.Error("the pin is gone")
	}
}

// TestPinThatIsBusy has the platform refuse to release the pin while it starts
// what it is pinned to: that is tried again. It may also be gone by then.
func TestPinThatIsBusy(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.deploy("r1", "2.0")
	y.consoleBack(first.Deployment, false)
	facts := map[string]string{}
	w := y.work(Order{Run: "r2", To: build.Build{Version: "1.0", Deployment: first.Deployment}}, facts)
	unpin := releasePin{y.strategy}
	y.platform.OnCall(func(c practice.Call) practice.Fault {
		if c.Write && c.Route == "POST /v2/apps/{id}/rollback/commit" {
			return practice.Fault{Status: http.StatusConflict}
		}
		return practice.Fault{}
	})
	var passing *Passing
	if _, err := unpin.Act(t.Context(), w); !errors.As(err, &passing) {
		t.Errorf("refused while it is busy gives %v, want to try again", err)
	}
	y.now = y.now.Add(time.Hour)
	if _, err := unpin.Act(t.Context(), w); err == nil || errors.As(err, &passing) {
		t.Errorf("refused for good gives %v", err)
	}
	y.platform.OnCall(nil)
	if err := y.client.Commit(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	if result, err := unpin.Act(t.Context(), w); err != nil || !strings.Contains(result.Summary, "no longer pinned") {
		t.Errorf("released by somebody else gives %+v, %v", result, err)
	}
}

// TestPinnedAgainMeanwhile finds another pin than the one that was to be
// released: what became of the release is not known then.
func TestPinnedAgainMeanwhile(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.deploy("r1", "2.0")
	second := y.current().Live
	y.consoleBack(first.Deployment, true)
	facts, err := releasePin{y.strategy}.Prepare(t.Context(), y.work(Order{To: second}, map[string]string{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := y.client.Commit(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	y.consoleBack(second.Deployment, true)
	if found, err := (releasePin{y.strategy}).Look(t.Context(), y.work(Order{To: second}, facts)); found != nil || err == nil || !strings.Contains(err.Error(), "rolled back again") {
		t.Errorf("found %+v, %v", found, err)
	}
}
