package readiness

import (
	"testing"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// An item's estimate gives way to the median of what it took, once that was
// seen three times; what could not be measured in between changes nothing.
func TestEstimateFromCases(t *testing.T) {
	it := &checklist.Item{ID: "suite", Estimate: time.Hour, Gate: &checklist.Gate{Kind: "junit"}}
	h := &scenario{state: history.NewState(), now: monday}
	h.add(event.ReleaseOpened{Version: "1"})
	find := func(verdict answer.Verdict) {
		h.add(event.EvidenceRecorded{Release: h.state.Open, Item: "suite", Evidence: answer.Evidence{Verdict: verdict}})
	}
	estimate := func() (time.Duration, int) {
		return View{Checklist: (&checklist.Checklist{}).Index(), State: h.state, Now: h.now}.Estimate(it)
	}
	for n, took := range []time.Duration{10 * time.Minute, 3 * time.Hour, 20 * time.Minute} {
		if takes, cases := estimate(); takes != time.Hour || cases != 0 {
			t.Errorf("after %d cases it takes %s by %d, want what the checklist says", n, takes, cases)
		}
		find(answer.Failed)
		began := h.now
		find(answer.Failed)
		find(answer.Errored)
		h.now = began.Add(took - time.Minute)
		find(answer.Passed)
		find(answer.Passed)
		if n == 1 {
			h.add(event.ReleaseOpened{Version: "2"})
		}
	}
	if takes, cases := estimate(); cases != 3 || takes < 15*time.Minute || takes > 25*time.Minute {
		t.Errorf("it takes %s by %d cases, want about 20 minutes by 3", takes, cases)
	}
}
