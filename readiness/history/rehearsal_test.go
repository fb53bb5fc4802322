package history

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// TestRehearsed keeps the last rehearsal of an environment, and what failed in it.
func TestRehearsed(t *testing.T) {
	run := func(c work.Change, outcome work.Outcome, health answer.Verdict) []event.Event {
		c.Environment, c.From, c.To = "staging", build.Build{Version: "2.0"}, build.Build{Version: "1.0"}
		return []event.Event{
			event.RunStarted{Run: "r", What: work.Rollback, Title: "staging back to 1.0", By: "U0DEV", Change: &c, Plan: []work.Planned{
				{Name: "back", Title: "Go back", Role: work.RoleRollback}, {Name: "health", Title: "Healthy"}, {Name: "decide", Role: work.RoleDecide}}},
			event.StepStarted{Run: "r", Step: "back"}, event.StepEnded{Run: "r", Step: "back", Evidence: answer.Evidence{Verdict: answer.Passed}},
			event.StepStarted{Run: "r", Step: "health"}, event.StepEnded{Run: "r", Step: "health", Evidence: answer.Evidence{Verdict: health}},
			event.StepStarted{Run: "r", Step: "decide"}, event.StepEnded{Run: "r", Step: "decide", Evidence: answer.Evidence{Verdict: answer.Passed}},
			event.RunEnded{Run: "r", Outcome: outcome},
		}
	}
	rehearsal := work.Change{Rehearsal: true}
	good := Rehearsal{Run: "r", From: "2.0", To: "1.0", By: "U0DEV", Took: 5 * time.Minute}
	failed := func(what string) Rehearsal {
		r := good
		r.Failed = what
		return r
	}
	for name, tt := range map[string]struct {
		events []event.Event
		want   Rehearsal
	}{
		"all went well":         {run(rehearsal, work.Completed, answer.Passed), good},
		"never healthy":         {run(rehearsal, work.Completed, answer.Failed), failed("Healthy")},
		"left as it is":         {run(rehearsal, work.Interrupted, answer.Passed), failed("staging back to 1.0")},
		"a real rollback":       {run(work.Change{}, work.Completed, answer.Passed), Rehearsal{}},
		"the decision about it": {run(work.Change{Rehearsal: true, Settles: work.ChooseReturn}, work.Completed, answer.Passed), Rehearsal{}},
		"nothing was sent":      {append(run(rehearsal, work.Completed, answer.Passed)[:1], event.RunEnded{Run: "r", Outcome: work.Cancelled}), Rehearsal{}},
	} {
		got := fold(NewState(), 0, tt.events).Rehearsed["staging"]
		got.Ended = time.Time{}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestLeftAt says when a version was left that had been live.
func TestLeftAt(t *testing.T) {
	s := NewState()
	for i, version := range []string{"1.0", "2.0", "3.0"} {
		s.Apply(monday.Add(time.Duration(i)*time.Hour), event.EnvironmentAdopted{Environment: "staging", Version: version, By: "U0DEV"})
	}
	for version, want := range map[string]time.Time{"1.0": monday.Add(time.Hour), "2.0": monday.Add(2 * time.Hour), "3.0": {}} {
		for _, good := range s.Good["staging"] {
			if got := s.LeftAt("staging", good); good.Version == version && !got.Equal(want) {
				t.Errorf("%s was left at %v, want %v", version, got, want)
			}
		}
	}
}
