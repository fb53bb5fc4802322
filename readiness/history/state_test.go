package history

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

func TestRunFromStartToEnd(t *testing.T) {
	h := began()
	h.add(event.RunStarted{Run: "r1", What: work.Gates, Title: "all gates", Release: "19.0.1", By: "U0DEV", Channel: "C0RELEASES", Steps: []string{"http", "tls"}})
	started := h.now
	h.add(event.StepStarted{Run: "r1", Step: "http"})
	stepStarted := h.now
	passed := answer.Evidence{Verdict: answer.Passed, Settings: "s1"}
	h.add(event.StepEnded{Run: "r1", Step: "http", Item: "http", Evidence: passed})
	passed.At = h.now
	h.add(event.RunCancelAsked{Run: "r1", By: "U0TL"})

	want := &work.Run{
		ID: "r1", What: work.Gates, Title: "all gates", Release: "19.0.1", By: "U0DEV", Channel: "C0RELEASES",
		Started: started, CancelAsked: true, CancelledBy: "U0TL",
		Steps: []work.Step{{Name: "http", Started: stepStarted, Ended: passed.At, Evidence: passed}, {Name: "tls"}},
	}
	if diff := cmp.Diff([]*work.Run{want}, h.state.OpenRuns()); diff != "" {
		t.Errorf("open runs (-want +got):\n%s", diff)
	}
	if got := h.state.Runs["r1"].Done(); got != 1 {
		t.Errorf("%d steps are done, want 1", got)
	}
	if diff := cmp.Diff(passed, h.state.OpenRelease().Evidence[answer.Key{Item: "http"}]); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}

	h.add(event.RunEnded{Run: "r1", Outcome: work.Cancelled, Reason: "stopped by U0TL"})
	want.Outcome, want.Reason, want.Ended = work.Cancelled, "stopped by U0TL", h.now
	// What comes after the end is too late.
	h.add(
		event.RunCancelAsked{Run: "r1", By: "U0DEV"}, event.StepStarted{Run: "r1", Step: "tls"},
		event.StepEnded{Run: "r1", Step: "tls", Item: "docs", Evidence: passed}, event.RunEnded{Run: "r1", Outcome: work.Completed},
	)
	if diff := cmp.Diff(want, h.state.Runs["r1"]); diff != "" {
		t.Errorf("the ended run (-want +got):\n%s", diff)
	}
	if open := h.state.OpenRuns(); len(open) != 0 {
		t.Errorf("%d runs are open after the end", len(open))
	}
	if ev, answered := h.state.OpenRelease().Evidence[answer.Key{Item: "docs"}]; answered {
		t.Errorf("a step that ended after its run left evidence: %+v", ev)
	}
}

// A run's evidence belongs to the release it was started for, even when
// another one was opened meanwhile.
func TestRunOutlivesItsRelease(t *testing.T) {
	h := began()
	h.add(
		event.RunStarted{Run: "r1", Release: "19.0.1", Steps: []string{"http"}}, event.ReleaseOpened{Version: "19.0.2"},
		event.StepEnded{Run: "r1", Step: "http", Item: "http", Evidence: answer.Evidence{Verdict: answer.Passed}},
	)
	for version, want := range map[string]answer.Verdict{"19.0.1": answer.Passed, "19.0.2": ""} {
		if got := h.state.Releases[version].Evidence[answer.Key{Item: "http"}].Verdict; got != want {
			t.Errorf("release %s: verdict %q, want %q", version, got, want)
		}
	}
}

func TestOldRunsAreForgottenAndOpenOnesKept(t *testing.T) {
	h := began()
	h.add(event.RunStarted{Run: "open"})
	var want []string
	for i := range keptRuns + 50 {
		id := fmt.Sprintf("run-%03d", i)
		h.state = h.state.Next()
		h.add(event.RunStarted{Run: id}, event.RunEnded{Run: id, Outcome: work.Completed})
		if i >= 50 {
			want = append(want, id)
		}
	}
	want = append([]string{"open"}, want...)
	var got []string
	for id := range h.state.Runs {
		got = append(got, id)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("runs remembered (-want +got):\n%s", diff)
	}
}

// Two successors of one state must not write into each other's memory of
// ended runs either.
func TestSiblingsForgetApart(t *testing.T) {
	parent := NewState()
	for i := range keptRuns {
		id := fmt.Sprintf("run-%03d", i)
		parent.Apply(monday, event.RunStarted{Run: id})
		parent.Apply(monday, event.RunEnded{Run: id, Outcome: work.Completed})
	}
	child := func(id string) *State {
		s := parent.Next()
		s.Apply(monday, event.RunStarted{Run: id})
		s.Apply(monday, event.RunEnded{Run: id, Outcome: work.Completed})
		return s
	}
	first, second := child("first"), child("second")
	if len(parent.Runs) != keptRuns || len(first.Runs) != keptRuns || len(second.Runs) != keptRuns {
		t.Errorf("parent and children remember %d, %d and %d runs, want %d each", len(parent.Runs), len(first.Runs), len(second.Runs), keptRuns)
	}
	if got := first.ended[len(first.ended)-1]; got != "first" {
		t.Errorf("the first child remembers %s as its last run", got)
	}
}

func TestWhatIsLiveAndWhereItShows(t *testing.T) {
	h := began()
	h.live("staging")
	at := h.now
	h.add(event.PostIntended{Subject: "run/r1", Channel: "C1", Mark: "m1"}, event.PostIntended{Subject: "run/r2", Channel: "C1", Thread: "1.0", File: "F1"})
	h.add(event.AnchorPosted{Subject: "run/r1", Channel: "C1", TS: "1.0"}, event.AnchorPosted{Subject: "run/r1", Channel: "C2", TS: "2.0"})
	if diff := cmp.Diff(map[string]Live{"staging": {Build: build.Build{Version: "19.0.1", Commit: "c0ffee"}, Arrival: 1, By: "U0DEV", At: at, Verified: true}}, h.state.Live); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]Anchor{"run/r1": {Channel: "C2", TS: "2.0", At: h.now}}, h.state.Anchors); diff != "" {
		t.Errorf("anchors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]Post{"run/r2": {Channel: "C1", Thread: "1.0", File: "F1", At: at.Add(2 * time.Minute)}}, h.state.Posts); diff != "" {
		t.Errorf("posts of which it is not known whether they arrived (-want +got):\n%s", diff)
	}
}

// The post that made a message is kept as long as a copy of it may arrive.
func TestPostsThatWereRepeated(t *testing.T) {
	h := began()
	h.add(event.PostIntended{Subject: "run/r1", Channel: "C1", Mark: "m1"})
	at, posted := h.state.Posts["run/r1"].At, time.Time{}
	for _, again := range []event.AnchorPosted{{TS: "1.0", Repeated: true}, {TS: "1.0", Shows: "done", Repeated: true}} {
		again.Subject, again.Channel = "run/r1", "C1"
		h.add(again)
		if again.Shows == "" {
			posted = h.now
		}
		want := Anchor{Channel: "C1", TS: "1.0", Shows: again.Shows, At: posted, Repeated: &Post{Channel: "C1", Mark: "m1", At: at}}
		if diff := cmp.Diff(map[string]Anchor{"run/r1": want}, h.state.Anchors); diff != "" || len(h.state.Posts) != 0 {
			t.Errorf("anchors (-want +got):\n%s\nposts: %v", diff, h.state.Posts)
		}
	}
	h.add(event.PostIntended{Subject: "run/r1", Channel: "C1", Mark: "m2"}, event.AnchorPosted{Subject: "run/r1", Channel: "C1", TS: "2.0"})
	if got := h.state.Anchors["run/r1"]; got != (Anchor{Channel: "C1", TS: "2.0", At: h.now}) {
		t.Errorf("another message: %+v", got)
	}
}

func TestOpenRunsOldestFirst(t *testing.T) {
	s := NewState()
	for i, id := range []string{"third", "first", "second"} {
		s.Apply(monday.Add([]time.Duration{3, 1, 2}[i]*time.Minute), event.RunStarted{Run: id})
	}
	var got []string
	for _, r := range s.OpenRuns() {
		got = append(got, r.ID)
	}
	if diff := cmp.Diff([]string{"first", "second", "third"}, got); diff != "" {
		t.Errorf("open runs (-want +got):\n%s", diff)
	}
}

func TestUnknownEventChangesNothing(t *testing.T) {
	before, after := NewState(), NewState()
	after.Apply(monday, event.Unknown{Type: "canary.moved", Data: []byte(`{"percent": 5}`)})
	if diff := cmp.Diff(before, after, sameState); diff != "" {
		t.Errorf("an unknown event changed the state:\n%s", diff)
	}
}
