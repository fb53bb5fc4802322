package readiness

import (
	"testing"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// What is usual is the median of the last three deployments that were completed there.
func TestUsual(t *testing.T) {
	h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "production"}, {Name: "staging"}}})
	deploy := func(run, env string, outcome work.Outcome, took time.Duration) {
		h.add(event.RunStarted{Run: run, What: work.Deployment, Change: &work.Change{Environment: env, To: build.Build{Version: "2"}}})
		h.wait(took - time.Minute).add(event.RunEnded{Run: run, Outcome: outcome})
	}
	if takes, of := h.view().Usual("production"); takes != 0 || of != 0 {
		t.Errorf("%v of %d, want nothing", takes, of)
	}
	deploy("r1", "production", work.Completed, time.Hour)
	deploy("r2", "production", work.Completed, 4*time.Minute)
	if takes, of := h.view().Usual("production"); takes != 4*time.Minute || of != 2 {
		t.Errorf("%v of %d, want the shorter of two", takes, of)
	}
	deploy("r3", "production", work.Unsuccessful, 2*time.Minute)
	deploy("r4", "staging", work.Completed, 2*time.Minute)
	deploy("r5", "production", work.Completed, 9*time.Minute)
	deploy("r6", "production", work.Completed, 6*time.Minute)
	if takes, of := h.view().Usual("production"); takes != 6*time.Minute || of != 3 {
		t.Errorf("%v of %d, want 6m of 3", takes, of)
	}
}
