package runs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/readiness/checklist"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// restart is another process on the same ledger; a platform that is nil is one
// that its configuration does not name.
func (y *yard) restart(log storage.Log, p *deploytest.Platform) *yard {
	next := newYard(y.t, log, y.p)
	if p == nil {
		next.runs = runs.New(runs.Options{Ledger: next.ledger, Checklist: (&checklist.Checklist{}).Index(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	}
	return next
}

// lostUpdate is a yard whose deployment has lost the answer to its write, and
// cannot look whether it took effect.
func lostUpdate(t *testing.T, log storage.Log) (y *yard, id string, stop func()) {
	t.Helper()
	p := deploytest.New("1")
	y = newYard(t, log, p)
	stop = y.open()
	p.Hold, p.Entered = make(chan struct{}), make(chan struct{})
	p.ActErr = &deploy.Unknown{Cause: errors.New("the connection broke")}
	id = y.begin()
	<-p.Entered
	p.Set(func() { p.Away = true })
	close(p.Hold)
	if run := y.run(id); run.Asked == nil || !run.Asked.Interrupted {
		t.Fatalf("asks %+v, want what to do about a write of unknown fate", run.Asked)
	}
	return y, id, stop
}

// A question that stands at a restart waits for its answer: the next process
// does not write by itself.
func TestQuestionOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := storagetest.NewMemory()
		y, id, stop := lostUpdate(t, log)
		stop()
		y.p.Set(func() { y.p.Away = false })
		y = y.restart(log.Reopen(), y.p)
		defer y.open()()
		if run := y.run(id); run.Asked == nil || len(y.p.Writes) > 0 {
			t.Fatalf("asks %+v after a restart, having written %v; want the question and nothing written", run.Asked, y.p.Writes)
		}
		if err := y.runs.Answer(t.Context(), "k", id, work.ChooseContinue, "U0DEV"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(id); run.Outcome != work.Completed || len(y.p.Writes) != 1 {
			t.Errorf("ended %q after %v: %s", run.Outcome, y.p.Writes, run.Reason)
		}
	})
}

// A run that a person abandoned stays abandoned, wherever gonogo died after.
func TestAbandonedStaysAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := storagetest.NewMemory()
		y, id, stop := lostUpdate(t, log)
		stop()
		log = log.Reopen()
		background := newYard(t, log, y.p)
		ledger, cancel := context.WithCancel(t.Context())
		go background.ledger.Run(ledger) // a process that dies right after the answer
		synctest.Wait()
		if err := background.runs.Answer(t.Context(), "k", id, work.ChooseAbandon, "U0DEV"); err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait()
		y.p.Set(func() { y.p.Away = false })
		y = y.restart(log.Reopen(), y.p)
		defer y.open()()
		if run := y.run(id); run.Outcome != work.Interrupted || len(y.p.Writes) > 0 {
			t.Errorf("ended %q after writing %v: %s", run.Outcome, y.p.Writes, run.Reason)
		}
		if _, locked := y.ledger.State().Locks["production"]; locked {
			t.Error("still locked")
		}
	})
}

// A process that cannot go on with a run keeps it open and locked, says why,
// and the next one that can goes on with it.
func TestStuckWithoutConfiguration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := storagetest.NewMemory()
		p := deploytest.New("1")
		y := newYard(t, log, p)
		stop := y.open()
		id := y.begin()
		time.Sleep(time.Second) // of the bubble's time: written, and not healthy three times
		stop()

		log = log.Reopen()
		y = y.restart(log, nil)
		stop = y.open()
		run := y.run(id)
		if run.Asked == nil || !slices.Equal(run.Asked.Choices, []string{work.ChooseAbandon}) || !strings.Contains(run.Asked.Why, "token") {
			t.Errorf("asks %+v, want the reason and whether to abandon", run.Asked)
		}
		if lock := y.ledger.State().Locks["production"]; lock.Run != id {
			t.Errorf("lock %+v, want the run's", lock)
		}
		stop()

		y = y.restart(log.Reopen(), p)
		defer y.open()()
		if run := y.run(id); run.Outcome != work.Completed || len(p.Writes) != 1 {
			t.Errorf("ended %q after %v: %s", run.Outcome, p.Writes, run.Reason)
		}
	})
}

// Where the platform may still be at a write, it is not sent again, however
// long nothing of it shows; a person's word sends it.
func TestLateWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := deploytest.New("1")
		y := newYard(t, storagetest.NewMemory(), p)
		defer y.open()()
		p.ActErr = &deploy.Unknown{Cause: errors.New("524")}
		id := y.begin()
		if run := y.run(id); run.Asked == nil || len(p.Writes) > 0 {
			t.Fatalf("asks %+v, having written %v", run.Asked, p.Writes)
		}
		if err := y.runs.Answer(t.Context(), "k", id, work.ChooseContinue, "U0DEV"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(id); run.Outcome != work.Completed || len(p.Writes) != 1 {
			t.Errorf("ended %q after %v: %s", run.Outcome, p.Writes, run.Reason)
		}
	})
}

// A rollback that has begun is not cancelled, and one that a person leaves
// keeps the environment locked until its pin is ended.
func TestPinIsSettled(t *testing.T) {
	for choice, want := range map[string]string{work.ChooseKeep: "1", work.ChooseReturn: "2"} {
		t.Run(choice, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := deploytest.New("1")
				y := newYard(t, storagetest.NewMemory(), p)
				defer y.open()()
				id := y.begin()
				y.run(id)
				p.Hold, p.Entered = make(chan struct{}), make(chan struct{})
				p.ActErr, p.Effect = &deploy.Unknown{Cause: errors.New("the connection broke")}, true
				back, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", To: "1", By: "U0ONCALL"})
				if err != nil {
					t.Fatal(err)
				}
				<-p.Entered
				p.Set(func() { p.Away = true })
				close(p.Hold)
				y.run(back)
				if err := y.runs.Cancel(t.Context(), "cancel", back, "U0TL"); !errors.Is(err, runs.ErrBegun) {
					t.Errorf("cancelled with %v after it had begun", err)
				}
				if err := y.runs.Answer(t.Context(), "leave", back, work.ChooseAbandon, "U0ONCALL"); err != nil {
					t.Fatal(err)
				}
				p.Set(func() { p.Away = false })
				y.run(back)
				if !y.ledger.State().Pinned("production") {
					t.Fatalf("locks %+v, want one for the pin", y.ledger.State().Locks)
				}
				settle, err := y.runs.Settle(t.Context(), runs.SettleRequest{Key: "settle", Environment: "production", Choice: choice, By: "U0ONCALL"})
				if err != nil {
					t.Fatal(err)
				}
				if run := y.run(settle); run.Outcome != work.Completed || p.Pinned || p.Live != want {
					t.Errorf("ended %q with %s live, pinned %t: %s", run.Outcome, p.Live, p.Pinned, run.Reason)
				}
				if locks := y.ledger.State().Locks; len(locks) > 0 {
					t.Errorf("still locked: %+v", locks)
				}
				if _, err := y.runs.Settle(t.Context(), runs.SettleRequest{Key: "again", Environment: "production", Choice: choice, By: "U0TL"}); !errors.Is(err, runs.ErrNotPinned) {
					t.Errorf("settled again with %v", err)
				}
			})
		})
	}
}

// A cancel that comes while it is not known whether the write happened first
// finds that out, and stops what it began.
func TestCancelOfALostWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y, id, stop := lostUpdate(t, storagetest.NewMemory())
		defer stop()
		y.p.Set(func() { y.p.Away = false })
		if err := y.runs.Cancel(t.Context(), "cancel", id, "U0TL"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // of the bubble's time
		y.p.Land("update", id)
		if run := y.run(id); run.Outcome != work.Cancelled || !slices.Equal(y.p.Writes, []string{"update", "abort"}) {
			t.Errorf("ended %q after %v: %s", run.Outcome, y.p.Writes, run.Reason)
		}
	})
}

// What the platform says is live counts more than what gonogo remembers: a way
// back is found from there.
func TestRollbackFromWhatIsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := deploytest.New("1")
		y := newYard(t, storagetest.NewMemory(), p)
		defer y.open()()
		if err := y.release(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)        // of the bubble's time
		p.Set(func() { p.Live = "2" }) // somebody deployed by other means
		plan, err := y.runs.PlanRollback(t.Context(), "production", "")
		if err != nil || plan.From.Version != "2" || plan.To.Version != "1" {
			t.Errorf("plans from %q to %q: %v", plan.From.Version, plan.To.Version, err)
		}
	})
}

// A process that dies at any append of a cancelled deployment is followed by
// one that stops what was begun, once, and releases the lock; so it is where a
// rollback has pre-empted the deployment.
func TestDeathWhileStopping(t *testing.T) {
	for _, preempt := range []bool{false, true} {
		for n, ended := 1, false; !ended; n++ {
			synctest.Test(t, func(t *testing.T) { ended = dieWhileStopping(t, n, preempt) })
			if ended && n < 8 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
		}
	}
}

// dieWhileStopping reports whether all was over before the process could die.
func dieWhileStopping(t *testing.T, n int, preempt bool) bool {
	p, log := deploytest.New("1"), &dying{storagetest.NewMemory(), n}
	y := newYard(t, log, p)
	stop := y.open()
	act := func() {
		id, err := y.deploy()
		if err != nil {
			return
		}
		time.Sleep(time.Second) // of the bubble's time
		if preempt {
			_, _ = y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", To: "1", By: "U0ONCALL"})
		} else {
			_ = y.runs.Cancel(t.Context(), "cancel", id, "U0TL")
		}
		y.run(id)
	}
	if y.release() == nil {
		act()
	}
	stop()
	alive := log.left > 0

	y = newYard(t, log.Reopen(), p)
	defer y.open()()
	if y.ledger.State().Open == "" {
		if err := y.release(); err != nil {
			t.Fatal(err)
		}
	}
	act()
	time.Sleep(10 * time.Minute) // of the bubble's time
	synctest.Wait()
	for _, run := range y.ledger.State().OpenRuns() {
		if run.Asked == nil || run.What != work.Rollback {
			t.Errorf("preempted %t, after dying at append %d %s hangs at %+v", preempt, n, run.What, run.Current())
		}
	}
	for i, write := range p.Writes {
		if slices.Contains(p.Writes[:i], write) {
			t.Errorf("preempted %t, after dying at append %d the platform saw %v", preempt, n, p.Writes)
		}
	}
	if locks := y.ledger.State().Locks; !preempt && len(locks) > 0 {
		t.Errorf("after dying at append %d still locked: %v", n, locks)
	}
	for _, run := range y.ledger.State().Runs {
		if !preempt && run.Outcome == work.Cancelled && slices.Contains(p.Writes, "update") && !slices.Contains(p.Writes, "abort") {
			t.Errorf("after dying at append %d the platform saw %v: what was begun was not stopped", n, p.Writes)
		}
	}
	return alive
}
