package readiness

import (
	"testing"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// rehearse has a rehearsal on staging, whose health check had a verdict.
func (h *scenario) rehearse(health answer.Verdict) *scenario {
	return h.add(event.RunStarted{Run: "r", What: work.Rollback, Title: "staging back to 1.0", Change: &work.Change{Environment: "staging", Rehearsal: true,
		From: build.Build{Version: "2.0"}, To: build.Build{Version: "1.0"}}, Plan: []work.Planned{{Name: "back", Role: work.RoleRollback}, {Name: "health", Title: "Healthy"}, {Name: "decide", Role: work.RoleDecide}}},
		event.StepStarted{Run: "r", Step: "back"}, event.StepEnded{Run: "r", Step: "back", Evidence: answer.Evidence{Verdict: answer.Passed}},
		event.StepStarted{Run: "r", Step: "health"}, event.StepEnded{Run: "r", Step: "health", Evidence: answer.Evidence{Verdict: health}},
		event.RunEnded{Run: "r", Outcome: work.Completed})
}

// A rehearsal counts if all of it went well, for as long as the gate says.
func TestRehearsedGate(t *testing.T) {
	adopted := func(h *scenario, versions ...string) *scenario {
		for _, v := range versions {
			h.add(event.EnvironmentAdopted{Environment: "staging", Version: v, By: "U0DEV"})
		}
		return h
	}
	for name, tt := range map[string]struct {
		then    func(*scenario)
		within  time.Duration
		verdict answer.Verdict
		says    string
	}{
		"rehearsed":          {func(h *scenario) { adopted(h, "1.0", "2.0").rehearse(answer.Passed) }, 0, answer.Passed, "a rollback from 2.0 to 1.0 was rehearsed on staging"},
		"not long ago":       {func(h *scenario) { adopted(h, "1.0", "2.0").rehearse(answer.Passed).wait(48 * time.Hour) }, 48 * time.Hour, answer.Passed, "a rollback from 2.0 to 1.0 was rehearsed on staging"},
		"too long ago":       {func(h *scenario) { adopted(h, "1.0", "2.0").rehearse(answer.Passed).wait(49 * time.Hour) }, 48 * time.Hour, answer.Failed, "a rollback was last rehearsed on staging 49h ago, the limit is 2d"},
		"a step failed":      {func(h *scenario) { adopted(h, "1.0", "2.0").rehearse(answer.Failed) }, 0, answer.Failed, "the last rehearsal of a rollback on staging failed: Healthy"},
		"never":              {func(h *scenario) { adopted(h, "1.0", "2.0") }, 0, answer.Failed, "no rollback was rehearsed on staging"},
		"the first version":  {func(h *scenario) { adopted(h, "1.0") }, 0, answer.NotApplicable, "nothing was live on staging before 1.0, so there is nothing to go back to"},
		"nothing known live": {func(*scenario) {}, 0, answer.Failed, "no rollback was rehearsed on staging"},
	} {
		t.Run(name, func(t *testing.T) {
			h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}}})
			tt.then(h)
			got := h.view().Met(checklist.Condition{Rehearsed: "staging", Within: tt.within})
			if got.Verdict != tt.verdict || got.Summary != tt.says {
				t.Errorf("it is %s: %q, want %s: %q", got.Verdict, got.Summary, tt.verdict, tt.says)
			}
		})
	}
}
