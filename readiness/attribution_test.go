package readiness

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// backSeen is what the platform says after a rollback that somebody made there.
func backSeen(version, deployment, left string) event.PlatformObserved {
	return with(seen(version, deployment), func(e *event.PlatformObserved) { e.Back, e.Left, e.Pinned = true, left, true })
}

// TestRolledBackOutside holds the version that somebody's rollback outside
// gonogo has left, and nothing else.
func TestRolledBackOutside(t *testing.T) {
	two := []event.Event{ran("1", "d1"), ran("2", "d2"), seen("2", "d2")}
	back := backSeen("1", "d3", "2")
	ours := func(change func(*work.Change)) []event.Event {
		c := &work.Change{Environment: "production", From: build.Build{Version: "2"}, To: build.Build{Version: "1"}}
		if change != nil {
			change(c)
		}
		return []event.Event{event.RunStarted{Run: "b", What: work.Rollback, By: "U0CALL", Plan: []work.Planned{{Name: "rollback"}}, Change: c}, event.StepStarted{Run: "b", Step: "rollback"}}
	}
	asked := event.StepEnded{Run: "b", Step: "rollback", Evidence: answer.Evidence{Verdict: answer.Passed}, Facts: map[string]string{work.DeploymentFact: "d3"}}
	failed := event.RunEnded{Run: "b", Outcome: work.Interrupted}
	for _, tt := range []struct {
		name   string
		events []event.Event
		want   []string // the versions that are held, and by which claim
	}{
		{"a rollback in the console", []event.Event{back}, []string{"2 back/outside/d3"}},
		{"seen again, and unpinned", []event.Event{back, with(back, func(e *event.PlatformObserved) { e.Pinned = false })}, []string{"2 back/outside/d3"}},
		{"committed at once", []event.Event{with(back, func(e *event.PlatformObserved) { e.Pinned = false })}, []string{"2 back/outside/d3"}},
		{"the platform does not say from what", []event.Event{backSeen("1", "d3", "")}, []string{"2 back/outside/d3"}},
		{"from a hotfix that gonogo never saw", []event.Event{backSeen("1", "d3", "2.1")}, []string{"2.1 back/outside/d3"}},
		{"to what is live, only to pin it", []event.Event{backSeen("2", "d3", "2")}, nil},
		{"a hotfix", []event.Event{seen("2.1", "d3")}, nil},
		{"an older version, deployed", []event.Event{seen("1", "d3")}, nil},
		{"maintenance after it", []event.Event{back, seen("1", "d4")}, []string{"2 back/outside/d3"}},
		{"by gonogo", append(ours(nil), asked, back), []string{"2 back/b"}},
		{"by gonogo, which did not see its end", append(ours(nil), asked, failed, back), []string{"2 back/b"}},
		{"by gonogo, which lost the answer", append(ours(nil), failed, back), []string{"2 back/b"}},
		{"a rehearsal", append(ours(func(c *work.Change) { c.Rehearsal = true }), asked, failed, back), nil},
		{"a rehearsal whose answer was lost", append(ours(func(c *work.Change) { c.Rehearsal = true }), failed, back), nil},
		{"by gonogo, on another environment of the app", append(ours(func(c *work.Change) { c.Environment = "staging" }), asked, back), nil},
		{"after gonogo's, of what was out again", append(ours(nil), asked, ran("1", "d3"), event.RunEnded{Run: "b", Outcome: work.Completed}, seen("2", "d4"), backSeen("1", "d5", "2")),
			[]string{"2 back/outside/d5"}},
		{"and was adopted", []event.Event{back, event.EnvironmentAdopted{Environment: "production", App: "app/web", Version: "1", Deployment: "d3", By: "U0TL"}, back}, []string{"2 back/outside/d3"}},
		{"and what it left is adopted again", []event.Event{back, event.EnvironmentAdopted{Environment: "production", App: "app/web", Version: "2", Deployment: "d4", By: "U0TL"}}, nil},
		{"found by an older gonogo, and seen by this one", []event.Event{seen("1", "d3"), back}, []string{"2 back/outside/d3"}},
		{"found by an older gonogo, and adopted since", []event.Event{seen("1", "d3"), event.EnvironmentAdopted{Environment: "production", App: "app/web", Version: "1", Deployment: "d3", By: "U0TL"}, back}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: "app/web"}, {Name: "live", After: []string{"production"}}}})
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
	h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: "app/web"}}})
	h.add(ran("1", "d1"), ran("2", "d2"), backSeen("1", "d3", "2"))
	since := h.now
	held := func() (all []Hold) {
		return slices.DeleteFunc(h.view().HoldsOf("production", "2"), func(h Hold) bool { return h.Kind != event.HeldByReturn || h.Lift != nil })
	}
	got := held()
	if len(got) != 1 || got[0].What != "2 was rolled back on production outside gonogo" || got[0].Since.IsZero() || got[0].Since.After(since) || got[0].Permission != "release" {
		t.Fatalf("held by %+v", got)
	}
	if back := h.view().State.WayBackFrom("production", "1"); len(back) > 0 {
		t.Errorf("%s counts as good still", back[0].Version)
	}
	h.lift(event.HeldByReturn, "production", "2")
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
	run := func(outcome work.Outcome, facts map[string]string) []event.Event {
		return []event.Event{event.RunStarted{Run: "x", What: work.Deployment, Title: "2 to production", By: "U0DEV", Plan: []work.Planned{{Name: "update"}},
			Change: &work.Change{Environment: "production", From: build.Build{Version: "1"}, To: build.Build{Version: "2", Commit: "beef"}}},
			event.StepStarted{Run: "x", Step: "update"}, event.StepEnded{Run: "x", Step: "update", Facts: facts}, event.RunCancelAsked{Run: "x", By: "U0TL"}, event.RunEnded{Run: "x", Outcome: outcome}}
	}
	known := map[string]string{work.DeploymentFact: "d2"}
	marked := func(version, deployment string) event.PlatformObserved {
		return with(seen(version, deployment), func(e *event.PlatformObserved) { e.Mark = "x" })
	}
	after := []string{"x", "U0DEV", "beef"}
	for _, tt := range []struct {
		name   string
		events []event.Event
		want   []string // the run, who started it, and the commit; nil: from outside
		late   bool
	}{
		{"cancelled", append(run(work.Cancelled, known), marked("2", "d2")), after, true},
		{"abandoned, its answer lost", append(run(work.Interrupted, nil), marked("2", "d2")), after, true},
		{"given up", append(run(work.Unsuccessful, known), marked("2", "d2")), after, true},
		{"seen by an older gonogo before", append(run(work.Cancelled, known), seen("2", "d2"), marked("2", "d2")), after, true},
		{"somebody's change of it", append(run(work.Cancelled, known), marked("2", "d3")), nil, false},
		{"somebody's tag under the same mark", append(run(work.Cancelled, nil), marked("2.1", "d2")), nil, false},
		{"a change of what came through", append(run(work.Completed, known), with(ran("2", "d2"), func(e *event.VersionWentLive) { e.Run = "x" }),
			with(marked("2", "d3"), func(e *event.PlatformObserved) { e.Spec = "edited" })), nil, false},
		{"a change of what came through, in a run that names no deployment", append(run(work.Completed, nil), with(ran("2", "d2"), func(e *event.VersionWentLive) { e.Run = "x" }),
			with(marked("2", "d3"), func(e *event.PlatformObserved) { e.Spec = "edited" })), nil, false},
		{"a run that is forgotten", []event.Event{marked("2", "d2")}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: "app/web"}}})
			h.add(append([]event.Event{ran("1", "d1")}, tt.events...)...)
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
	h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: "app/web"}}})
	h.add(ran("1", "d1"), ran("3", "d3"), event.ReleaseOpened{Version: "2", Commit: "beef"},
		event.RunStarted{Run: "b", What: work.Rollback, Plan: []work.Planned{{Name: "look"}, {Name: "rollback"}}, Change: &work.Change{Environment: "production", From: build.Build{Version: "3"}, To: build.Build{Version: "1"}}},
		event.StepStarted{Run: "b", Step: "look"}, event.StepEnded{Run: "b", Step: "look", Facts: map[string]string{work.LeftFact: "2", work.LeftDeploymentFact: "d4"}})
	if back := h.view().State.RolledBack; len(back) > 0 {
		t.Errorf("held before anything was sent: %v", back)
	}
	h.add(event.StepStarted{Run: "b", Step: "rollback"})
	state := h.view().State
	if got, want := state.Runs["b"].Change.From, (build.Build{Version: "2", Commit: "beef", Deployment: "d4"}); got != want {
		t.Errorf("it leaves %+v, want %+v", got, want)
	}
	for _, version := range []string{"2", "3"} {
		if w, held := state.RolledBack[history.Place{Environment: "production", Version: version}]; !held || w.Run != "b" {
			t.Errorf("%s is held by %+v", version, w)
		}
	}
	h.add(event.VersionWentLive{Environment: "production", Build: build.Build{Version: "1"}, Run: "b", Verified: true, Instead: "2"})
	if back := h.view().State.WayBackFrom("production", "1"); len(back) > 0 {
		t.Errorf("%s counts as good still", back[0].Version)
	}
}
