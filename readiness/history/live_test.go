package history

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// goLive says that a run brought a version to production, verified or not.
func (h *scenario) goLive(version string, verified bool, instead string) *scenario {
	return h.add(event.VersionWentLive{Environment: "production", Build: build.Build{Version: version}, Run: "r-" + version, Verified: verified, Instead: instead})
}

// change starts a deployment or rollback of production.
func (h *scenario) change(run, what, to, stops string) *scenario {
	return h.add(event.RunStarted{Run: run, What: what, Title: what + " " + to, Change: &work.Change{Environment: "production", To: build.Build{Version: to}, Stops: stops}})
}

// waysBack are the versions that production may go back to.
func (h *scenario) waysBack() []string {
	var versions []string
	for _, l := range h.state.WayBack("production") {
		versions = append(versions, l.Version)
	}
	return versions
}

func TestWaysBack(t *testing.T) {
	for _, tt := range []struct {
		name     string
		happened func(*scenario)
		live     string
		want     []string
	}{
		{"nothing is live", func(*scenario) {}, "", nil},
		{"only what was adopted", func(h *scenario) { h.live("production") }, "19.0.1", nil},
		{"the newest known good first", func(h *scenario) { h.goLive("1", true, "").goLive("2", true, "").goLive("3", true, "") }, "3", []string{"2", "1"}},
		{"what was never verified is no way back", func(h *scenario) { h.goLive("1", true, "").goLive("2", false, "").goLive("3", true, "") }, "3", []string{"1"}},
		{"from what is not verified", func(h *scenario) { h.goLive("1", true, "").goLive("2", false, "") }, "2", []string{"1"}},
		{"a version that came again counts as new", func(h *scenario) {
			h.goLive("1", true, "").goLive("2", true, "").goLive("1", true, "").goLive("3", true, "")
		}, "3", []string{"1", "2"}},
		{"what a rollback left is known good no more", func(h *scenario) { h.goLive("1", true, "").goLive("2", true, "").goLive("1", true, "2") }, "1", nil},
		{"until it is verified again", func(h *scenario) {
			h.goLive("1", true, "").goLive("2", true, "").goLive("1", true, "2").goLive("2", true, "").goLive("3", true, "")
		}, "3", []string{"2", "1"}},
		{"while a deployment is under way", func(h *scenario) { h.goLive("1", true, "").goLive("2", true, "").change("r", work.Deployment, "3", "") }, "2", []string{"2", "1"}},
		{"while an older version goes out again", func(h *scenario) { h.goLive("1", true, "").goLive("2", true, "").change("r", work.Deployment, "1", "") }, "2", []string{"2"}},
		{"while a rollback is under way", func(h *scenario) { h.goLive("1", true, "").goLive("2", true, "").change("r", work.Rollback, "1", "") }, "2", []string{"1"}},
		{"another environment is another matter", func(h *scenario) { h.live("staging").goLive("2", true, "") }, "2", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := began()
			tt.happened(h)
			if diff := cmp.Diff(tt.want, h.waysBack()); diff != "" {
				t.Errorf("ways back (-want +got):\n%s", diff)
			}
			if got := h.state.Live["production"].Version; got != tt.live {
				t.Errorf("%q is live, want %q", got, tt.live)
			}
		})
	}
}

// It stays known that a version was rolled back, also once it is live and good again,
// unless the rollback answered a false alarm.
func TestRolledBackBefore(t *testing.T) {
	h := began().goLive("1", true, "").goLive("2", true, "")
	h.deliver(fires("a", 0))
	back := &work.Change{Environment: "production", From: build.Build{Version: "2"}, To: build.Build{Version: "1"}, Incident: "i1"}
	h.add(event.RunStarted{Run: "r-1", What: work.Rollback, Change: back}).goLive("1", true, "2")
	left := h.now
	if _, was := h.state.LastRolledBack("production", "1"); was {
		t.Error("the version that came back was rolled back")
	}
	h.change("r-2", work.Deployment, "2", "").goLive("2", true, "").goLive("3", true, "")
	if _, held := h.state.RolledBack[Place{"production", "2"}]; held {
		t.Error("a version that is live again is held")
	}
	if w, was := h.state.LastRolledBack("production", "2"); !was || !w.At.Equal(left) {
		t.Errorf("rolled back %v at %v, want at %v", was, w.At, left)
	}
	h.add(event.FalseAlarmDeclared{Incident: "i1", By: "U0OPS"})
	if _, was := h.state.LastRolledBack("production", "2"); was {
		t.Error("it counts as rolled back after the false alarm was declared")
	}
}

func TestOldKnownGoodVersionsAreForgotten(t *testing.T) {
	h := began()
	for n := range keptGood + 3 {
		h.goLive(string(rune('a'+n)), true, "")
	}
	if good := h.state.Good["production"]; len(good) != keptGood || good[0].Version != "d" {
		t.Errorf("%d known good versions from %q on, want %d from d on", len(good), good[0].Version, keptGood)
	}
}

// claims are the locks of production, the one that counts first.
func (h *scenario) claims() []string {
	lock, locked := h.state.Locks["production"]
	if !locked {
		return nil
	}
	claims := []string{lock.Claim}
	for under := lock.Under; under != nil; under = under.Under {
		claims = append(claims, under.Claim)
	}
	return claims
}

func TestLocks(t *testing.T) {
	person := event.EnvironmentLocked{Environment: "production", Claim: "k", By: "U0DEV", Reason: "database upgrade"}
	held := func(run string) event.EnvironmentLocked {
		return event.EnvironmentLocked{Environment: "production", Claim: "run/" + run, Reason: "it is changing", Run: run}
	}
	release := func(claim string) event.EnvironmentUnlocked {
		return event.EnvironmentUnlocked{Environment: "production", Claim: claim}
	}
	for _, tt := range []struct {
		name   string
		events []event.Event
		want   []string
	}{
		{"free", nil, nil},
		{"a person's", []event.Event{person}, []string{"k"}},
		{"taken twice", []event.Event{person, person}, []string{"k"}},
		{"released", []event.Event{person, release("k")}, nil},
		{"released by another name", []event.Event{person, release("other")}, []string{"k"}},
		{"another environment's is released", []event.Event{person, event.EnvironmentUnlocked{Environment: "staging", Claim: "k"}}, []string{"k"}},
		{"nothing to release", []event.Event{release("k")}, nil},
		{"a rollback goes past a person's", []event.Event{person, held("b")}, []string{"run/b", "k"}},
		{"which comes back", []event.Event{person, held("b"), release("run/b")}, []string{"k"}},
		{"a rollback takes a deployment's over", []event.Event{held("d"), held("b")}, []string{"run/b"}},
		{"which does not come back", []event.Event{held("d"), held("b"), release("run/b")}, nil},
		{"the deployment's release comes late", []event.Event{held("d"), held("b"), release("run/d")}, []string{"run/b"}},
		{"a rollback after a rollback keeps the person's", []event.Event{person, held("b"), held("c"), release("run/c")}, []string{"k"}},
		{"the person's is released meanwhile", []event.Event{person, held("b"), release("k")}, []string{"run/b"}},
		{"and does not come back", []event.Event{person, held("b"), release("k"), release("run/b")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := began()
			for _, e := range tt.events {
				h.state = h.state.Next()
				h.add(e)
			}
			if diff := cmp.Diff(tt.want, h.claims()); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

// A state that was handed out keeps its pile of locks when the next one
// releases the lock underneath.
func TestReleasingUnderneathLeavesEarlierStatesAlone(t *testing.T) {
	h := began()
	h.add(event.EnvironmentLocked{Environment: "production", Claim: "k"}, event.EnvironmentLocked{Environment: "production", Claim: "run/b", Run: "b"})
	earlier := *h
	h.state = h.state.Next()
	h.add(event.EnvironmentUnlocked{Environment: "production", Claim: "k"})
	if before, after := earlier.claims(), h.claims(); len(before) != 2 || len(after) != 1 {
		t.Errorf("claims before %q, after %q; want two and one", before, after)
	}
}

func TestChangingAndLastChange(t *testing.T) {
	h := began()
	h.change("d", work.Deployment, "2", "")
	began := h.now
	h.add(event.RunStarted{Run: "gates", What: work.Gates}, event.RunStarted{Run: "s", What: work.Deployment, Change: &work.Change{Environment: "staging"}})
	h.change("b", work.Rollback, "1", "d")
	changing := func(want string) {
		t.Helper()
		if got := h.state.Changing("production"); want == "" && got != nil || want != "" && (got == nil || got.ID != want) {
			t.Errorf("changing production: %+v, want %q", got, want)
		}
	}
	changing("b")
	h.add(event.RunEnded{Run: "b", Outcome: work.Completed})
	changing("d")
	h.add(event.RunEnded{Run: "d", Outcome: work.Cancelled})
	changing("")
	for at, want := range map[time.Time]string{began.Add(-1): "", began: "d", began.Add(time.Minute): "d", h.now: "b"} {
		got := h.state.LastChange("production", at)
		if want == "" && got != nil || want != "" && (got == nil || got.ID != want) {
			t.Errorf("the last change by %v is %+v, want %q", at, got, want)
		}
	}
}

// A rollback may be journaled in the moment in which the deployment began.
func TestARollbackFollowsTheDeploymentThatItStops(t *testing.T) {
	s := NewState()
	for _, run := range []*work.Change{{Environment: "production"}, {Environment: "production", Stops: "z"}} {
		id := "z" // the deployment's ID comes after the rollback's
		if run.Stops != "" {
			id = "a"
		}
		s.Apply(monday, event.RunStarted{Run: id, What: work.Deployment, Change: run})
	}
	for range 20 { // the order of a map is never the same
		if changing, last := s.Changing("production"), s.LastChange("production", monday); changing.ID != "a" || last.ID != "a" {
			t.Fatalf("changing is %s and the last change %s, want the rollback a", changing.ID, last.ID)
		}
	}
}
