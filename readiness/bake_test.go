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

// bake deploys 19.0.1 to staging and begins to bake for 20 minutes, with a look after 5.
func (h *scenario) bake() *scenario {
	built := build.Build{Version: "19.0.1", Commit: "c0ffee"}
	return h.add(
		event.RunStarted{Run: "r", What: work.Deployment, Title: "19.0.1 to staging", Change: &work.Change{Environment: "staging", To: built}, Plan: []work.Planned{{Name: "update"},
			{Name: "bake-1", Role: work.RoleBake, Lasts: 5 * time.Minute}, {Name: "bake-2", Role: work.RoleBake, Lasts: 20 * time.Minute}}},
		event.VersionWentLive{Environment: "staging", Build: built, Run: "r", Verified: true},
		event.StepStarted{Run: "r", Step: "bake-1"})
}

func (h *scenario) baked(verdict answer.Verdict) *scenario {
	return h.add(event.StepEnded{Run: "r", Step: "bake-1", Evidence: answer.Evidence{Verdict: answer.Warned}}, event.StepStarted{Run: "r", Step: "bake-2"},
		event.StepEnded{Run: "r", Step: "bake-2", Evidence: answer.Evidence{Verdict: verdict}})
}

// A version has baked once its deployment has baked and succeeded. Before, it is live and
// verified.
func TestBaked(t *testing.T) {
	completed := event.RunEnded{Run: "r", Outcome: work.Completed}
	for name, tt := range map[string]struct {
		then func(*scenario)
		want string
	}{
		"baking":            {func(*scenario) {}, "19.0.1 is still baking on staging"},
		"measured again":    {func(h *scenario) { h.baked(answer.Passed) }, "19.0.1 is live on staging, and has not baked there"},
		"baked":             {func(h *scenario) { h.baked(answer.Passed).add(completed) }, ""},
		"failed afterwards": {func(h *scenario) { h.baked(answer.Passed).add(event.RunEnded{Run: "r", Outcome: work.Unsuccessful}) }, "19.0.1 is live on staging, and has not baked there"},
		"ended early": {func(h *scenario) {
			h.add(event.RunCancelAsked{Run: "r"}, event.RunEnded{Run: "r", Outcome: work.Cancelled})
		}, "19.0.1 is live on staging, and has not baked there"},
		"bake not begun": {func(h *scenario) { h.add(completed) }, "19.0.1 is live on staging, and has not baked there"},
		"deployed again": {func(h *scenario) {
			h.baked(answer.Passed).add(completed).add(event.VersionWentLive{Environment: "staging", Build: build.Build{Version: "19.0.1", Commit: "c0ffee"}, Run: "other", Verified: true})
		}, "19.0.1 is live on staging, and has not baked there"},
	} {
		t.Run(name, func(t *testing.T) {
			h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}}}).bake()
			tt.then(h)
			if got := h.view().Met(checklist.Condition{Deployed: "staging"}); got.Verdict != answer.Passed {
				t.Errorf("it isn't live and verified: %s", got.Summary)
			}
			got := h.view().Met(checklist.Condition{Deployed: "staging", Baked: true})
			if (got.Verdict == answer.Passed) != (tt.want == "") || tt.want != "" && got.Summary != tt.want {
				t.Errorf("baked is %s: %q, want %q", got.Verdict, got.Summary, tt.want)
			}
		})
	}
}

func TestBakingUntil(t *testing.T) {
	h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}}}).bake()
	if until, baking := h.state.Baking("staging"); !baking || !until.Equal(h.now.Add(20*time.Minute)) {
		t.Errorf("baking %t until %v, want until %v", baking, until, h.now.Add(20*time.Minute))
	}
	h.baked(answer.Passed)
	if _, baking := h.state.Baking("staging"); baking {
		t.Error("baking after its last look")
	}
}
