package runs_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy/deploytest"
	"gonogo/readiness/answer"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runbook"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// counted is gates that note how often each was asked.
type counted struct {
	mu    sync.Mutex
	asked map[string]int
}

func (c *counted) gate(name string, verdict answer.Verdict) gate {
	return func(context.Context) answer.Evidence {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked[name]++
		return answer.Evidence{Verdict: verdict, Summary: "measured"}
	}
}

// countedBench has three gates that act, of which so many run at a time.
func countedBench(t *testing.T, log storage.Log, parallel int) (*bench, *counted) {
	c := &counted{asked: map[string]int{}}
	b := newBench(t, log, "command", map[string]gate{"a": c.gate("a", answer.Passed), "b": c.gate("b", answer.Failed), "c": c.gate("c", answer.Warned)})
	b.opts.Parallel = parallel
	b.runs = runs.New(b.opts)
	return b, c
}

// A gate run whose journal cannot be written keeps what it has measured, and
// measures the rest, once the ledger can be written again: every gate is asked
// once, also one that acts, and its evidence is as old as the measurement.
func TestFullDiskInAGateRun(t *testing.T) {
	for _, parallel := range []int{1, 16} {
		unwritableGateRun(t, syscall.ENOSPC, parallel)
	}
}

// A file system that was remounted read-only under gonogo is like a full disk.
func TestReadOnlyInAGateRun(t *testing.T) {
	unwritableGateRun(t, &fs.PathError{Op: "write", Path: "gonogo.db", Err: syscall.EROFS}, 1)
}

// unwritableGateRun has a gate run whose ledger fails from each of its appends on,
// and takes records again later.
func unwritableGateRun(t *testing.T, fault error, parallel int) {
	for n, ended := 2, false; !ended; n++ {
		synctest.Test(t, func(t *testing.T) {
			log := &filling{Memory: storagetest.NewMemory(), left: n, fault: fault}
			b, c := countedBench(t, log, parallel)
			defer b.open()()
			id := b.start("k")
			settle()
			if ended = b.ledger.State().Runs[id].Outcome != ""; ended && n < 5 {
				t.Fatalf("ended after %d appends; the test sees less than it thinks", n)
			}
			b.fullUntil(log, id, ended)
			b.onceEach(fmt.Sprintf("%d at a time, %v from append %d on", parallel, fault, n+1), id, c)
		})
	}
}

// settle waits until nothing moves any more.
func settle() {
	time.Sleep(10 * time.Minute) // of the bubble's time
	synctest.Wait()
}

// fullUntil makes room, and checks that no evidence counts from then on that was
// taken before.
func (b *bench) fullUntil(log *filling, id string, ended bool) {
	measured, before := b.opts.Now(), b.ledger.State().Runs[id].Steps
	if stalled := b.runs.Stalled(); !ended && len(stalled) != 1 {
		b.t.Errorf("said to stand still: %v", stalled)
	}
	asked := 0
	for _, step := range before {
		if !step.Started.IsZero() {
			asked++
		}
	}
	log.roomy.Store(true)
	settle()
	old := 0
	for _, step := range b.ledger.State().Runs[id].Steps {
		if step.Evidence.At.Before(measured) {
			old++
		}
	}
	if old < asked {
		b.t.Errorf("%d of %d kept answers count from when they were recorded", asked-old, asked)
	}
}

func (b *bench) onceEach(when, id string, c *counted) {
	b.t.Helper()
	want := map[string]answer.Verdict{"a": answer.Passed, "b": answer.Failed, "c": answer.Warned}
	run, got := b.ledger.State().Runs[id], b.verdicts()
	if run.Outcome != work.Completed || !maps.Equal(got, want) || !maps.Equal(c.asked, map[string]int{"a": 1, "b": 1, "c": 1}) {
		b.t.Errorf("%s: ended %q (%s), asked %v, found %v", when, run.Outcome, run.Reason, c.asked, got)
	}
	if stalled := b.runs.Stalled(); len(stalled) > 0 {
		b.t.Errorf("%s: said to stand still in the end: %v", when, stalled)
	}
}

// Where gonogo ends while what a gate found waits for the disk, it is lost: that
// of a gate that acts is an error after the restart, since it cannot be looked up.
func TestKilledWithEvidenceInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &filling{Memory: storagetest.NewMemory(), left: 3} // opened, started, and the first gate begun
		b, _ := countedBench(t, log, 1)
		stop := b.open()
		id := b.start("k")
		settle()
		stop()
		log.roomy.Store(true)
		b, c := countedBench(t, log, 1)
		defer b.open()()
		settle()
		errored := 0
		for _, verdict := range b.verdicts() {
			if verdict == answer.Errored {
				errored++
			}
		}
		if run := b.ledger.State().Runs[id]; run.Outcome != work.Completed || errored != 1 || len(c.asked) != 2 {
			t.Errorf("ended %q; %v, and asked %v", run.Outcome, b.verdicts(), c.asked)
		}
	})
}

// What a runbook's program has done is recorded once the ledger can be written
// again: it runs once, nobody is asked, and the run ends as it would have.
func TestFullDiskInARunbook(t *testing.T) {
	for n := 2; n < 9; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			log := &filling{Memory: storagetest.NewMemory(), left: n, full: make(chan struct{})}
			count := func(step string) runbook.Step {
				return sh("echo ran >> " + filepath.Join(dir, step))
			}
			s := newShelf(t, log, dir, count("one"), count("two"))
			defer s.open()()
			id := s.fix("k")
			select {
			case <-log.full:
				log.roomy.Store(true)
			case <-s.over(id):
			}
			if run := s.await(id, func(r *work.Run) bool { return !r.Open() || r.Asked != nil }); run.Outcome != work.Completed || len(run.Answers) > 0 {
				t.Errorf("ended %q: %s, after the answers %v", run.Outcome, run.Reason, run.Answers)
			}
			for _, r := range log.Records() {
				if r.Kind == "run.asked" {
					t.Errorf("asked: %s", r.Data)
				}
			}
			for _, step := range []string{"one", "two"} {
				if ran, err := os.ReadFile(filepath.Join(dir, step)); err != nil || strings.Count(string(ran), "ran") != 1 {
					t.Errorf("step %s ran %q, %v", step, ran, err)
				}
			}
		})
	}
}

// over is closed once a run has ended.
func (s *shelf) over(id string) <-chan struct{} {
	ended := make(chan struct{})
	changes, stop := s.ledger.Watch()
	go func() {
		defer stop()
		defer close(ended)
		for s.ledger.State().Runs[id].Open() {
			select {
			case <-changes:
			case <-s.t.Context().Done():
				return
			}
		}
	}()
	return ended
}

// Stop cuts off what runs, also while nothing can be recorded; who said so is
// recorded as soon as there is room.
func TestStopAGateRunOnAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &filling{Memory: storagetest.NewMemory(), left: 3} // opened, started, and the gate begun
		over := make(chan struct{})
		b := newBench(t, log, "command", map[string]gate{"hangs": func(ctx context.Context) answer.Evidence {
			defer close(over)
			return never(ctx)
		}})
		defer b.open()()
		id := b.start("k")
		synctest.Wait()
		b.stops(id)
		<-over
		b.stopped(log, id)
		if len(b.verdicts()) > 0 {
			t.Errorf("the item has %v; want it as it was", b.verdicts())
		}
	})
}

// stops stops a run whose ledger can't be written.
func (b *bench) stops(id string) {
	b.t.Helper()
	if err := b.runs.Cancel(b.t.Context(), "stop", id, "U9"); !errors.Is(err, runs.ErrStopUnrecorded) {
		b.t.Errorf("to stop it gives %v", err)
	}
	synctest.Wait()
}

func (b *bench) stopped(log *filling, id string) {
	b.t.Helper()
	log.roomy.Store(true)
	settle()
	if run := b.ledger.State().Runs[id]; run.Outcome != work.Cancelled || run.CancelledBy != "U9" {
		b.t.Errorf("ended %q, stopped by %q: %s", run.Outcome, run.CancelledBy, run.Reason)
	}
}

// The program of a runbook is ended by Stop, also on a full disk.
func TestStopARunbookOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	log := &filling{Memory: storagetest.NewMemory(), left: 1000}
	s := newShelf(t, log, dir, sh("echo begun; sleep 1000"))
	defer s.open()()
	id := s.fix("k")
	s.printed(id)
	log.now.Store(true)
	if err := s.runs.Cancel(t.Context(), "stop", id, "U9"); !errors.Is(err, runs.ErrStopUnrecorded) {
		t.Fatalf("to stop it gives %v", err)
	}
	for len(carriersOf("runbook/"+id+"/step-1")) > 0 && t.Context().Err() == nil {
		runtime.Gosched()
	}
	log.roomy.Store(true)
	if run := s.ended(id); run.Outcome != work.Cancelled || run.CancelledBy != "U9" || !strings.Contains(run.Steps[0].Evidence.Summary, "was stopped") {
		t.Errorf("ended %q, stopped by %q: %+v", run.Outcome, run.CancelledBy, run.Steps[0].Evidence)
	}
}

// A deployment that is stopped on a full disk is stopped at the platform once
// that can be recorded, and nothing is written there before.
func TestStopADeploymentOnAFullDisk(t *testing.T) {
	for n := 4; n < 9; n++ {
		synctest.Test(t, func(t *testing.T) {
			log := &filling{Memory: storagetest.NewMemory(), left: n}
			y := newYard(t, log, deploytest.New("1"))
			defer y.open()()
			id := y.begin()
			if run := y.run(id); run.Outcome != "" {
				t.Fatalf("ended %q after %d appends", run.Outcome, n)
			}
			before := len(y.p.Writes)
			if err := y.runs.Cancel(t.Context(), "stop", id, "U9"); !errors.Is(err, runs.ErrStopUnrecorded) {
				t.Fatalf("to stop it gives %v", err)
			}
			if y.run(id); len(y.p.Writes) > before {
				t.Errorf("written on a full disk: %v", y.p.Writes[before:])
			}
			log.roomy.Store(true)
			if run := y.run(id); run.Outcome != work.Cancelled || run.CancelledBy != "U9" || strings.Count(strings.Join(y.p.Writes, " "), "update") > 1 {
				t.Errorf("full from append %d on: ended %q, stopped by %q, after %v: %s", n+1, run.Outcome, run.CancelledBy, y.p.Writes, run.Reason)
			}
		})
	}
}
