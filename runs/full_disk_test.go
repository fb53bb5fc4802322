package runs_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/work"
	"gonogo/runs"
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
		for n, ended := 2, false; !ended; n++ {
			synctest.Test(t, func(t *testing.T) {
				log := &filling{Memory: storagetest.NewMemory(), left: n}
				b, c := countedBench(t, log, parallel)
				defer b.open()()
				id := b.start("k")
				settle()
				if ended = b.ledger.State().Runs[id].Outcome != ""; ended && n < 5 {
					t.Fatalf("ended after %d appends; the test sees less than it thinks", n)
				}
				b.fullUntil(log, id, ended)
				b.onceEach(fmt.Sprintf("%d at a time, full from append %d on", parallel, n+1), id, c)
			})
		}
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
			count := func(step string) runs.RunbookStep {
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
