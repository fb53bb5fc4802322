package runs_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/readiness/work"
	"gonogo/storage/storagetest"
)

// A process that is killed while its write is on the way has a successor that
// does not send it again, even where the platform takes its time with it.
func TestKilledWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, log := deploytest.New("1"), &dying{storagetest.NewMemory(), 1000}
		killed := newYard(t, log, p)
		stopKilled := killed.open()
		defer stopKilled()
		onItsWay := make(chan struct{})
		p.Hold, p.Entered = onItsWay, make(chan struct{})
		id := killed.begin()
		<-p.Entered
		p.Set(func() { p.Entered = nil })
		log.left = 0

		y := newYard(t, log.Reopen(), p)
		defer y.open()()
		time.Sleep(30 * time.Second) // of the bubble's time: as long as a write may take
		close(onItsWay)
		if run := y.run(id); run.Outcome != work.Completed || !slices.Equal(p.Writes, []string{"update"}) {
			t.Errorf("ended %q after %v: %s", run.Outcome, p.Writes, run.Reason)
		}
	})
}

// A deployment that is cancelled while the platform may still be at its write
// keeps its lock until that shows, or until a person says otherwise.
func TestCancelOfALateWrite(t *testing.T) {
	for choice, want := range map[string]work.Outcome{work.ChooseContinue: work.Cancelled, work.ChooseAbandon: work.Interrupted} {
		t.Run(choice, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := deploytest.New("1")
				y := newYard(t, storagetest.NewMemory(), p)
				defer y.open()()
				p.ActErr = &deploy.Unknown{Cause: errors.New("524")}
				id := y.begin()
				time.Sleep(10 * time.Second) // of the bubble's time
				if err := y.runs.Cancel(t.Context(), "cancel", id, "U0TL"); err != nil {
					t.Fatal(err)
				}
				run := y.run(id)
				if lock := y.ledger.State().Locks["production"]; run.Asked == nil || lock.Run != id {
					t.Fatalf("ended %q, asks %+v, locked by %q; want a question and the run's lock", run.Outcome, run.Asked, lock.Run)
				}
				p.Land("update", id)
				if err := y.runs.Answer(t.Context(), "k", id, choice, "U0TL"); err != nil {
					t.Fatal(err)
				}
				run = y.run(id)
				if run.Outcome != want || slices.Contains(p.Writes, "abort") != (choice == work.ChooseContinue) {
					t.Errorf("ended %q after %v: %s", run.Outcome, p.Writes, run.Reason)
				}
				if locks := y.ledger.State().Locks; len(locks) > 0 {
					t.Errorf("still locked: %+v", locks)
				}
			})
		})
	}
}
