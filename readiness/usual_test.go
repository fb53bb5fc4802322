package readiness

import (
	"fmt"
	"testing"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// What is usual of a step is the median of the last three deployments that did it.
func TestUsualSteps(t *testing.T) {
	h := begin(checklist.Checklist{Environments: []checklist.Environment{{Name: "production"}}})
	for i, took := range []time.Duration{time.Hour, 3 * time.Minute, 9 * time.Minute, 2 * time.Minute} {
		run := fmt.Sprint("r", i)
		h.add(event.RunStarted{Run: run, What: work.Deployment, Steps: []string{"update", "follow"}, Change: &work.Change{Environment: "production", To: build.Build{Version: "2"}}})
		h.add(event.StepStarted{Run: run, Step: "update"})
		h.wait(took).add(event.StepEnded{Run: run, Step: "update", Evidence: answer.Evidence{Verdict: answer.Passed}})
		h.add(event.StepEnded{Run: run, Step: "follow", Evidence: answer.Evidence{Verdict: answer.NotApplicable}})
		h.add(event.RunEnded{Run: run, Outcome: work.Completed})
	}
	got := h.view().UsualSteps("production")
	if takes := got["update"].Round(time.Minute); len(got) != 1 || takes > 5*time.Minute || takes < 3*time.Minute {
		t.Errorf("got %v, want about 3m of update alone", got)
	}
	if took := h.view().LastTook("production"); len(took) != 3 || took[0] >= took[1] || took[1] <= took[2] {
		t.Errorf("the last three took %v, want the newest first", took)
	}
}

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
