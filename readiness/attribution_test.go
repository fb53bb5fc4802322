package readiness

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// backSeen is what the platform says after a rollback that somebody made there.
func backSeen(version, deployment, left string) PlatformObserved {
	return with(seen(version, deployment), func(e *PlatformObserved) { e.Back, e.Left, e.Pinned = true, left, true })
}

// TestRolledBackOutside holds the version that somebody's rollback outside
// gonogo has left, and nothing else.
func TestRolledBackOutside(t *testing.T) {
	two := []Event{ran("1", "d1"), ran("2", "d2"), seen("2", "d2")}
	back := backSeen("1", "d3", "2")
	ours := func(change func(*Change)) []Event {
		c := &Change{Environment: "production", From: Build{Version: "2"}, To: Build{Version: "1"}}
		if change != nil {
			change(c)
		}
		return []Event{RunStarted{Run: "b", What: RunRollback, By: "U0CALL", Plan: []Planned{{Name: "rollback"}}, Change: c}, StepStarted{Run: "b", Step: "rollback"}}
	}
	asked := StepEnded{Run: "b", Step: "rollback", Evidence: Evidence{Verdict: Passed}, Facts: map[string]string{DeploymentFact: "d3"}}
	failed := RunEnded{Run: "b", Outcome: Interrupted}
	for _, tt := range []struct {
		name   string
		events []Event
		want   []string // the versions that are held, and by which claim
	}{
		{"a rollback in the console", []Event{back}, []string{"2 back/outside/d3"}},
		{"seen again, and unpinned", []Event{back, with(back, func(e *PlatformObserved) { e.Pinned = false })}, []string{"2 back/outside/d3"}},
		{"committed at once", []Event{with(back, func(e *PlatformObserved) { e.Pinned = false })}, []string{"2 back/outside/d3"}},
		{"the platform does not say from what", []Event{backSeen("1", "d3", "")}, []string{"2 back/outside/d3"}},
		{"from a hotfix that gonogo never saw", []Event{backSeen("1", "d3", "2.1")}, []string{"2.1 back/outside/d3"}},
		{"to what is live, only to pin it", []Event{backSeen("2", "d3", "2")}, nil},
		{"a hotfix", []Event{seen("2.1", "d3")}, nil},
		{"an older version, deployed", []Event{seen("1", "d3")}, nil},
		{"maintenance after it", []Event{back, seen("1", "d4")}, []string{"2 back/outside/d3"}},
		{"by gonogo", append(ours(nil), asked, back), []string{"2 back/b"}},
		{"by gonogo, which did not see its end", append(ours(nil), asked, failed, back), []string{"2 back/b"}},
		{"by gonogo, which lost the answer", append(ours(nil), failed, back), []string{"2 back/b"}},
		{"a rehearsal", append(ours(func(c *Change) { c.Rehearsal = true }), asked, failed, back), nil},
		{"a rehearsal whose answer was lost", append(ours(func(c *Change) { c.Rehearsal = true }), failed, back), nil},
		{"by gonogo, on another environment of the app", append(ours(func(c *Change) { c.Environment = "staging" }), asked, back), nil},
		{"after gonogo's, of what was out again", append(ours(nil), asked, ran("1", "d3"), RunEnded{Run: "b", Outcome: Completed}, seen("2", "d4"), backSeen("1", "d5", "2")),
			[]string{"2 back/outside/d5"}},
		{"and was adopted", []Event{back, EnvironmentAdopted{Environment: "production", App: "app/web", Version: "1", Deployment: "d3", By: "U0TL"}, back}, []string{"2 back/outside/d3"}},
		{"and what it left is adopted again", []Event{back, EnvironmentAdopted{Environment: "production", App: "app/web", Version: "2", Deployment: "d4", By: "U0TL"}}, nil},
		{"found by an older gonogo, and seen by this one", []Event{seen("1", "d3"), back}, []string{"2 back/outside/d3"}},
		{"found by an older gonogo, and adopted since", []Event{seen("1", "d3"), EnvironmentAdopted{Environment: "production", App: "app/web", Version: "1", Deployment: "d3", By: "U0TL"}, back}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(Checklist{Environments: []Environment{{Name: "production", App: "app/web"}, {Name: "live", After: []string{"production"}}}})
			h.add(slices.Concat(two, tt.events)...)
			var got []string
			for _, version := range []string{"1", "2", "2.1"} {
				for _, hold := range h.view().HoldsOf("live", version) { // in what comes after
					got = append(got, version+" "+hold.Claim)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRolledBackOutsideIsLifted lifts such a hold as any other, and takes what
// it left for good no longer.
func TestRolledBackOutsideIsLifted(t *testing.T) {
	h := begin(Checklist{Environments: []Environment{{Name: "production", App: "app/web"}}})
	h.add(ran("1", "d1"), ran("2", "d2"), backSeen("1", "d3", "2"))
	since := h.now
	held := func() (all []Hold) {
		return slices.DeleteFunc(h.view().HoldsOf("production", "2"), func(h Hold) bool { return h.Kind != HeldByReturn || h.Lift != nil })
	}
	got := held()
	if len(got) != 1 || got[0].What != "2 was rolled back on production outside gonogo" || got[0].Since.IsZero() || got[0].Since.After(since) || got[0].Permission != "release" {
		t.Fatalf("held by %+v", got)
	}
	if back := h.view().State.WayBackFrom("production", "1"); len(back) > 0 {
		t.Errorf("%s counts as good still", back[0].Version)
	}
	h.lift(HeldByReturn, "production", "2")
	if got := held(); len(got) > 0 {
		t.Errorf("lifted, and held by %+v", got)
	}
	h.add(backSeen("1", "d3", "2"))
	if got := held(); len(got) > 0 {
		t.Errorf("seen again after the lift, and held by %+v", got)
	}
}

// TestLiveAfterAll recognises what a run of gonogo brought after it had ended.
func TestLiveAfterAll(t *testing.T) {
	run := func(outcome Outcome, facts map[string]string) []Event {
		return []Event{RunStarted{Run: "x", What: RunDeployment, Title: "2 to production", By: "U0DEV", Plan: []Planned{{Name: "update"}},
			Change: &Change{Environment: "production", From: Build{Version: "1"}, To: Build{Version: "2", Commit: "beef"}}},
			StepStarted{Run: "x", Step: "update"}, StepEnded{Run: "x", Step: "update", Facts: facts}, RunCancelAsked{Run: "x", By: "U0TL"}, RunEnded{Run: "x", Outcome: outcome}}
	}
	known := map[string]string{DeploymentFact: "d2"}
	marked := func(version, deployment string) PlatformObserved {
		return with(seen(version, deployment), func(e *PlatformObserved) { e.Mark = "x" })
	}
	after := []string{"x", "U0DEV", "beef"}
	for _, tt := range []struct {
		name   string
		events []Event
		want   []string // the run, who started it, and the commit; nil: from outside
		late   bool
	}{
		{"cancelled", append(run(Cancelled, known), marked("2", "d2")), after, true},
		{"abandoned, its answer lost", append(run(Interrupted, nil), marked("2", "d2")), after, true},
		{"given up", append(run(Unsuccessful, known), marked("2", "d2")), after, true},
		{"seen by an older gonogo before", append(run(Cancelled, known), seen("2", "d2"), marked("2", "d2")), after, true},
		{"somebody's change of it", append(run(Cancelled, known), marked("2", "d3")), nil, false},
		{"somebody's tag under the same mark", append(run(Cancelled, nil), marked("2.1", "d2")), nil, false},
		{"a change of what came through", append(run(Completed, known), with(ran("2", "d2"), func(e *VersionWentLive) { e.Run = "x" }),
			with(marked("2", "d3"), func(e *PlatformObserved) { e.Spec = "edited" })), nil, false},
		{"a change of what came through, in a run that names no deployment", append(run(Completed, nil), with(ran("2", "d2"), func(e *VersionWentLive) { e.Run = "x" }),
			with(marked("2", "d3"), func(e *PlatformObserved) { e.Spec = "edited" })), nil, false},
		{"a run that is forgotten", []Event{marked("2", "d2")}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(Checklist{Environments: []Environment{{Name: "production", App: "app/web"}}})
			h.add(append([]Event{ran("1", "d1")}, tt.events...)...)
			live := h.view().State.Live["production"]
			var got []string
			if !live.Outside() {
				got = []string{live.Run, live.By, live.Commit}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || live.Verified || live.Arrival < 2 {
				t.Errorf("live %+v (-want +got):\n%s", live, diff)
			}
			if late := h.view().State.AfterAll(live); (late != nil) != tt.late || late != nil && late.EndedBy() != "U0TL" {
				t.Errorf("went live after all: %+v, want %t", late, tt.late)
			}
		})
	}
}

// TestRollbackOfSomethingElse has a rollback find another version live than it
// was confirmed to leave: both are held, and it returns to the one it found.
func TestRollbackOfSomethingElse(t *testing.T) {
	h := begin(Checklist{Environments: []Environment{{Name: "production", App: "app/web"}}})
	h.add(ran("1", "d1"), ran("3", "d3"), ReleaseOpened{Version: "2", Commit: "beef"},
		RunStarted{Run: "b", What: RunRollback, Plan: []Planned{{Name: "look"}, {Name: "rollback"}}, Change: &Change{Environment: "production", From: Build{Version: "3"}, To: Build{Version: "1"}}},
		StepStarted{Run: "b", Step: "look"}, StepEnded{Run: "b", Step: "look", Facts: map[string]string{LeftFact: "2", LeftDeploymentFact: "d4"}})
	if back := h.view().State.RolledBack; len(back) > 0 {
		t.Errorf("held before anything was sent: %v", back)
	}
	h.add(StepStarted{Run: "b", Step: "rollback"})
	state := h.view().State
	if got, want := state.Runs["b"].Change.From, (Build{"2", "beef", "d4"}); got != want {
		t.Errorf("it leaves %+v, want %+v", got, want)
	}
	for _, version := range []string{"2", "3"} {
		if w, held := state.RolledBack[Place{"production", version}]; !held || w.Run != "b" {
			t.Errorf("%s is held by %+v", version, w)
		}
	}
	h.add(VersionWentLive{Environment: "production", Build: Build{Version: "1"}, Run: "b", Verified: true, Instead: "2"})
	if back := h.view().State.WayBackFrom("production", "1"); len(back) > 0 {
		t.Errorf("%s counts as good still", back[0].Version)
	}
}
