package runs_test

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy/deploytest"
	"gonogo/readiness/work"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// filling is a log whose disk is full from one of its appends on, until somebody
// makes room.
type filling struct {
	*storagetest.Memory
	left  int
	fault error       // what a write gives while it is full; nil: that it is
	now   atomic.Bool // it is full from now on
	roomy atomic.Bool
	full  chan struct{} // closed once it is full; may be nil
	told  sync.Once
}

func (f *filling) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if (f.left == 0 || f.now.Load()) && !f.roomy.Load() {
		if f.full != nil {
			f.told.Do(func() { close(f.full) })
		}
		return 0, cmp.Or(f.fault, error(syscall.ENOSPC))
	}
	if len(records) > 0 { // without any, the ledger tries whether it can be written
		f.left = max(0, f.left-1)
	}
	return f.Memory.Append(ctx, fence, records...)
}

// A deployment whose journal cannot be written goes on once it can, in the same
// process: the full disk is no failure of a step, and nothing is written twice.
func TestFullDiskInTheMiddle(t *testing.T) {
	for n, ended := 3, false; !ended; n++ {
		synctest.Test(t, func(t *testing.T) {
			log := &filling{Memory: storagetest.NewMemory(), left: n}
			y := newYard(t, log, deploytest.New("1"))
			defer y.open()()
			id := y.begin()
			if ended = y.run(id).Outcome != ""; ended && n < 8 {
				t.Fatalf("ended after %d appends; the test sees less than it thinks", n)
			}
			log.roomy.Store(true)
			if run := y.run(id); run.Outcome != work.Completed || !slices.Equal(y.p.Writes, []string{"update"}) {
				t.Errorf("full from append %d on: ended %q after %v: %s", n+1, run.Outcome, y.p.Writes, run.Reason)
			}
		})
	}
}

// A run that is stopped while it waits for room ends at once, since a rollback
// waits for that.
func TestStoppedBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &filling{Memory: storagetest.NewMemory(), left: 4}
		y := newYard(t, log, deploytest.New("1"))
		defer y.open()()
		stuck := y.begin()
		if run := y.run(stuck); run.Outcome != "" {
			t.Fatalf("ended %q on a full disk", run.Outcome)
		}
		log.roomy.Store(true)
		if err := y.runs.Cancel(t.Context(), "stop", stuck, "U0ONCALL"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // of the bubble's time, and less than the pause between attempts
		synctest.Wait()
		if run := y.ledger.State().Runs[stuck]; run.Outcome != work.Cancelled {
			t.Errorf("ended %q: %s; want it stopped at once", run.Outcome, run.Reason)
		}
	})
}

// stumbling is a log that fails once, at the start of a run that follows another.
type stumbling struct {
	*storagetest.Memory
	failed atomic.Bool
}

func (s *stumbling) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	follows := func(r storage.Record) bool { return bytes.Contains(r.Data, []byte(`"after":`)) }
	if slices.ContainsFunc(records, follows) && s.failed.CompareAndSwap(false, true) {
		return 0, syscall.ENOSPC
	}
	return s.Memory.Append(ctx, fence, records...)
}

// What a runbook is to mend is measured, also where the disk was full when that
// was to start.
func TestFullDiskBeforeTheRecheck(t *testing.T) {
	log := &stumbling{Memory: storagetest.NewMemory()}
	s := newShelf(t, log, t.TempDir(), sh("true"))
	defer s.open()()
	run := s.ended(s.fix("k"))
	if !log.failed.Load() {
		t.Fatal("the disk was never full")
	}
	for _, other := range s.ledger.State().Runs {
		if other.After == run.ID {
			return
		}
	}
	t.Errorf("the runbook ended %q, and nothing was measured", run.Outcome)
}

// claimed is a log that another gonogo claims before one of its appends.
type claimed struct {
	*storagetest.Memory
	left, refused int
}

func (c *claimed) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if len(records) == 0 { // the ledger tries whether it can be written
		return c.Memory.Append(ctx, fence)
	}
	if c.left--; c.left == 0 {
		if _, err := c.Claim(ctx, "another gonogo", time.Now()); err != nil {
			return 0, err
		}
	}
	last, err := c.Memory.Append(ctx, fence, records...)
	if err != nil {
		c.refused++
	}
	return last, err
}

// A run whose ledger belongs to another gonogo is not attempted again: no attempt
// could succeed, and the other one goes on with it.
func TestNoAttemptsOnAnothersLedger(t *testing.T) {
	for n := 4; n < 8; n++ {
		synctest.Test(t, func(t *testing.T) {
			log := &claimed{Memory: storagetest.NewMemory(), left: n}
			y := newYard(t, log, deploytest.New("1"))
			stop := y.open()
			id := y.begin()
			if run := y.run(id); run.Outcome != "" {
				t.Errorf("claimed before append %d: ended %q", n, run.Outcome)
			}
			refused := log.refused
			if y.run(id); refused == 0 || log.refused != refused {
				t.Errorf("claimed before append %d: %d refused at first and %d in the end; want no more attempts", n, refused, log.refused)
			}
			stop()
			y = newYard(t, log, y.p)
			defer y.open()()
			if run := y.run(id); run.Outcome != work.Completed || !slices.Equal(y.p.Writes, []string{"update"}) {
				t.Errorf("after a restart: ended %q after %v: %s", run.Outcome, y.p.Writes, run.Reason)
			}
		})
	}
}
