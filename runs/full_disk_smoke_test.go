package runs_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/gates"
	"gonogo/readiness/answer"
	"gonogo/readiness/work"
	"gonogo/storage/storagetest"
)

// smokeYard is a yard whose deployments are measured by two smoke gates.
func smokeYard(t *testing.T, log *filling, p *deploytest.Platform, second answer.Verdict) (*yard, *counted) {
	c := &counted{asked: map[string]int{}}
	smoke := func(id string, verdict answer.Verdict) deploy.Smoke {
		return deploy.Smoke{ID: id, Title: id, Built: gates.Built{Gate: c.gate(id, verdict)}}
	}
	y := newYardOn(t, log, p, smoke("a", answer.Passed), smoke("b", second))
	y.p = p
	return y, c
}

// The smoke gates of a deployment are measured once, also where their result can't be
// recorded for a while; it counts from when it was measured.
func TestFullDiskAfterTheSmokeGates(t *testing.T) {
	for verdict, outcome := range map[answer.Verdict]work.Outcome{answer.Passed: work.Completed, answer.Failed: work.Unsuccessful} {
		t.Run(string(verdict), func(t *testing.T) {
			for n, ended := 3, false; !ended; n++ {
				synctest.Test(t, func(t *testing.T) { ended = fullDiskAfterSmoke(t, n, verdict, outcome) })
			}
		})
	}
}

// fullDiskAfterSmoke deploys on a disk that is full from its append n+1 on, for ten
// minutes, and reports whether the run ended before that.
func fullDiskAfterSmoke(t *testing.T, n int, verdict answer.Verdict, outcome work.Outcome) (ended bool) {
	log := &filling{Memory: storagetest.NewMemory(), left: n}
	y, c := smokeYard(t, log, deploytest.New("1"), verdict)
	defer y.open()()
	id := y.begin()
	ended = y.run(id).Outcome != ""
	measured, stalled := len(c.asked) > 0, y.runs.Stalled()
	if !ended && len(stalled) != 1 {
		t.Errorf("full from append %d on: said to stand still: %v", n+1, stalled)
	}
	room := time.Now()
	log.roomy.Store(true)
	run := y.run(id)
	if run.Outcome != outcome || !maps.Equal(c.asked, map[string]int{"a": 1, "b": 1}) || !slices.Equal(y.p.Writes, []string{"update"}) {
		t.Errorf("full from append %d on: ended %q (%s), asked %v, wrote %v", n+1, run.Outcome, run.Reason, c.asked, y.p.Writes)
	}
	if step, _ := run.Step("smoke"); measured && !step.Evidence.At.Before(room) {
		t.Errorf("full from append %d on: it counts from %v, which is when it was recorded", n+1, step.Evidence.At)
	}
	return ended
}

// Whoever answers that a failed deployment is to continue has the smoke gates measured
// again.
func TestSmokeGatesAreMeasuredAgainOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, asked := deploytest.New("1"), 0
		fails := gate(func(context.Context) answer.Evidence {
			p.Set(func() { p.Away = true }) // so that a person is asked
			asked++
			return answer.Evidence{Verdict: answer.Failed}
		})
		y := newYardOn(t, storagetest.NewMemory(), p, deploy.Smoke{ID: "a", Title: "a", Built: gates.Built{Gate: fails}})
		defer y.open()()
		id := y.begin()
		if run := y.run(id); run.Asked == nil || asked != 1 {
			t.Fatalf("asked %+v after %d measurements: %s", run.Asked, asked, run.Reason)
		}
		if err := y.runs.Answer(t.Context(), "k", id, work.ChooseContinue, "U0DEV"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(id); run.Asked == nil || asked != 2 {
			t.Errorf("measured %d times, want twice; asked %+v", asked, run.Asked)
		}
	})
}
