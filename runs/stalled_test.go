package runs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy/deploytest"
	"gonogo/readiness/work"
	"gonogo/storage/storagetest"
)

// says checks that one run stands still, and for which reason; none, that no run
// does.
func (y *yard) says(id, why string) {
	y.t.Helper()
	stalled := y.runs.Stalled()
	if why == "" && len(stalled) > 0 {
		y.t.Errorf("said to stand still: %v", stalled)
	}
	if why != "" && (len(stalled) != 1 || !strings.Contains(stalled[id], why)) {
		y.t.Errorf("said to stand still: %v; want %s, which %s", stalled, id, why)
	}
}

// A run that waits for a disk with room is said to stand still, also while it is
// attempted again, and no longer once it goes on.
func TestStalledOnAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &filling{Memory: storagetest.NewMemory(), left: 5}
		y := newYard(t, log, deploytest.New("1"))
		defer y.open()()
		id := y.begin()
		y.says(id, "")
		y.run(id)
		y.says(id, "”"+" waits until the ledger can be written.")
		log.roomy.Store(true)
		time.Sleep(31 * time.Second) // longer than the longest pause
		synctest.Wait()
		y.says(id, "")
		if run := y.run(id); run.Outcome != work.Completed {
			t.Errorf("ended %q: %s", run.Outcome, run.Reason)
		}
		y.says(id, "")
	})
}

// A run goes on as soon as the ledger itself has found that it can be written,
// not after the longest pause.
func TestGoesOnWhenTheLedgerCanBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &filling{Memory: storagetest.NewMemory(), left: 5}
		y := newYard(t, log, deploytest.New("1"))
		defer y.open()()
		id := y.begin()
		y.run(id)
		time.Sleep(2 * time.Second) // past an attempt, and far from the next
		log.roomy.Store(true)
		time.Sleep(11 * time.Second) // longer than the pause between the ledger's trials
		synctest.Wait()
		y.says(id, "")
	})
}

// A run that only a restart helps, or another configuration, is said to stand
// still as well.
func TestStalledForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &claimed{Memory: storagetest.NewMemory(), left: 5}
		y := newYard(t, log, deploytest.New("1"))
		stop := y.open()
		id := y.begin()
		y.run(id)
		y.says(id, "can't continue until gonogo is restarted")
		stop()
		unconfigured := newYard(t, log, y.p).restart(log, nil)
		stop = unconfigured.open()
		unconfigured.run(id)
		unconfigured.says(id, "can't continue with the present configuration")
		stop()
		y = newYard(t, log, y.p)
		defer y.open()()
		y.run(id)
		y.says(id, "")
	})
}
