package runs_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/gates"
	"gonogo/readiness/answer"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage/storagetest"
)

// flood has people start more gate runs than any limit here, of a gate that hangs.
func (b *bench) flood(hanging *atomic.Int32, key answer.Key) {
	b.t.Helper()
	const most = 100
	for n := range most {
		if _, err := b.runs.StartGates(context.Background(), runs.GateRunRequest{Key: fmt.Sprintf("slash/%d", n), Title: fmt.Sprintf("run %d", n),
			By: fmt.Sprintf("U%d", n), Answers: []answer.Key{key}}); err != nil {
			b.t.Fatal(err)
		}
	}
	synctest.Wait()
	if n := hanging.Load(); n != most {
		b.t.Fatalf("%d gates hang, want %d", n, most)
	}
}

// hangs answers while it is told to, and else only once its time is over.
func hangs(answers *atomic.Bool, hanging *atomic.Int32) gate {
	return func(ctx context.Context) answer.Evidence {
		if answers.Load() {
			return answer.Evidence{Verdict: answer.Passed}
		}
		hanging.Add(1)
		return never(ctx)
	}
}

// However many runs of people hang, what arrives is measured at once.
func TestRunsOfPeopleHoldUpNoArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answers atomic.Bool
		var hanging atomic.Int32
		b, open := newArrivals(t, storagetest.NewMemory(), map[string]gate{"login": hangs(&answers, &hanging)})
		defer open()()
		answers.Store(true)
		b.arrives("1", "d-1")
		answers.Store(false)
		b.flood(&hanging, answer.Key{Item: "login", Environment: "staging"})
		answers.Store(true)
		b.arrives("1", "d-2")
		if s := b.login(); !s.Through {
			t.Errorf("login is %+v, want it measured on the newest build", s)
		}
	})
}

// Nor is a scheduled check.
func TestRunsOfPeopleHoldUpNoScheduledCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hanging atomic.Int32
		b := newBench(t, storagetest.NewMemory(), "http", map[string]gate{"login": answers(answer.Passed), "slow": hangs(new(atomic.Bool), &hanging)})
		defer b.open()()
		b.flood(&hanging, answer.Key{Item: "slow"})
		it, _ := b.checklist.Item("login")
		it.Every = 15 * time.Minute
		schedule := runs.NewSchedule(runs.ScheduleOptions{Ledger: b.ledger, Checklist: b.checklist, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			Gates: map[answer.Key]gates.Built{login: {Gate: answers(answer.Passed), Settings: "s"}}})
		defer runstest.Background(t, schedule.Run)()
		synctest.Wait()
		if ev := b.ledger.State().OpenRelease().Evidence[login]; ev.Verdict != answer.Passed {
			t.Errorf("the scheduled check found %+v, want passed", ev)
		}
	})
}
