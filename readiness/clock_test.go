package readiness_test

import (
	"testing"
	"time"

	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// What was recorded while the clock was a day ahead counts no longer than it
// would have: not once the clock is right, and not a day later, when its time has
// come. What was recorded before and after counts as always.
func TestRecordedWhileTheClockWasAhead(t *testing.T) {
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}},
		Roles:    []checklist.Role{{ID: "lead", Title: "Lead"}},
		SignOffs: []checklist.SignOffRule{{Environment: "staging", Roles: []string{"lead"}, Expires: 2 * time.Hour}},
		Sections: []checklist.Section{{ID: "all", Title: "All", Weight: 1, Items: []*checklist.Item{
			gated("before", time.Hour), gated("ahead", time.Hour), gated("after", time.Hour), gated("lasting", 0), gated("waived", 0)}}}}).Index()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	day := noon.Add(24 * time.Hour)
	s := history.NewState()
	apply := func(at time.Time, happened ...event.Event) {
		s = s.Next()
		for _, e := range happened {
			s.Apply(at, e)
		}
	}
	passed := func(item string) event.Event {
		return event.EvidenceRecorded{Release: "1", Item: item, Evidence: answer.Evidence{Verdict: answer.Passed, Settings: "s"}}
	}
	apply(noon, event.ReleaseOpened{Version: "1"}, passed("before"))
	shared := s
	apply(day, passed("ahead"), passed("lasting"), event.SignOffGiven{Release: "1", Environment: "staging", Role: "lead", By: "U1", Approved: true},
		event.WaiverGiven{Release: "1", Item: "waived", Environment: "staging", By: "U1", Reason: "why", Until: day.Add(time.Hour)},
		event.EnvironmentFrozen{Environment: "staging", Claim: "f", By: "U1", Reason: "the fair", Until: day.Add(time.Hour)})
	apply(noon.Add(10*time.Minute), event.ClockSetBack{Ahead: 24*time.Hour - 10*time.Minute}, passed("after"))
	for _, tt := range []struct {
		now  time.Time
		want map[string]bool
	}{
		{noon.Add(11 * time.Minute), map[string]bool{"before": true, "ahead": false, "after": true, "lasting": true}},
		{day.Add(time.Minute), map[string]bool{"before": false, "ahead": false, "after": false, "lasting": true}},
	} {
		v := readiness.View{Checklist: list, State: s, Now: tt.now, Version: "1"}
		for id, want := range tt.want {
			item, _ := list.Item(id)
			if got := v.Standing(item, answer.Key{Item: id}); got.Through != want {
				t.Errorf("at %v, %s passes: %v (%s)", tt.now, id, got.Through, got.Stale)
			}
		}
		if approval := v.Approval("staging"); approval.Count() != 0 {
			t.Errorf("at %v, %d approvals count", tt.now, approval.Count())
		}
		if w := s.Releases["1"].Waivers[answer.Key{Item: "waived", Environment: "staging"}]; w.Counts(tt.now) {
			t.Errorf("at %v, the waiver counts", tt.now)
		}
		if holds := v.Holds("staging"); len(holds) != 1 {
			t.Errorf("at %v, held by %v; want the freeze until its end", tt.now, holds)
		}
	}
	if len(shared.Releases["1"].Evidence) != 1 {
		t.Error("a state that was handed out has changed")
	}
}

func gated(id string, maxAge time.Duration) *checklist.Item {
	return &checklist.Item{ID: id, Title: id, MaxAge: maxAge, Blocks: []string{"staging"}, Gate: &checklist.Gate{Kind: "http", Settings: "s"}}
}

// What nobody takes waits its five minutes from when the clock is right, not from a
// moment that is still to come; what waited before waits as long as it would have.
func TestUnansweredWhileTheClockWasAhead(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := history.NewState()
	trip := func(at time.Time, id string) {
		s.Apply(at, event.TriggerTripped{Incident: id, Environment: "staging", Trigger: id, Problem: alert.OverLimit})
	}
	trip(noon, "early")
	trip(noon.Add(24*time.Hour), "late")
	back := noon.Add(4 * time.Minute)
	s.Apply(back, event.ClockSetBack{Ahead: 24 * time.Hour})
	got := map[string]time.Time{}
	for _, u := range (readiness.View{Checklist: (&checklist.Checklist{}).Index(), State: s, Now: back}).OnCall().Unanswered() {
		got[u.Incident] = u.Since
	}
	if !got["early"].Equal(noon) || !got["late"].Equal(back) {
		t.Errorf("waiting since %v; want early since %v, late since %v", got, noon, back)
	}
}
