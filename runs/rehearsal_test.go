package runs_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy/deploytest"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage/storagetest"
)

// rehearsal asks for a rehearsal.
func rehearsal() runs.RollbackRequest {
	return runs.RollbackRequest{Key: "back", Environment: "production", Rehearsal: true, By: "U0ONCALL"}
}

// TestRehearsal goes back and out again by itself, whenever gonogo dies meanwhile: each
// write is made once, nothing is held, and the ledger knows how it went.
func TestRehearsal(t *testing.T) {
	for n := 1; ; n++ {
		over := false
		synctest.Test(t, func(t *testing.T) { over = rehearseAndDieAt(t, n) })
		if over {
			if n < 8 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			return
		}
	}
}

// rehearseAndDieAt reports whether all was over before the process could die.
func rehearseAndDieAt(t *testing.T, n int) bool {
	p, log := deploytest.New("1"), &dying{storagetest.NewMemory(), 1 << 20}
	y := newYard(t, log, p)
	stop := y.open()
	y.run(y.begin())
	log.left = n - 1
	if id, err := y.runs.RollBack(t.Context(), rehearsal()); err == nil {
		y.run(id)
	}
	stop()
	alive := log.left > 0

	y = newYard(t, log.Reopen(), p)
	defer y.open()()
	id, err := y.runs.RollBack(t.Context(), rehearsal())
	if err != nil {
		t.Fatalf("after dying at append %d: %v", n, err)
	}
	run := y.run(id)
	view := readiness.View{Checklist: y.checklist(), State: y.ledger.State(), Now: time.Now()}
	if run.Outcome != work.Completed || p.Live != "2" || len(view.Holds("production")) > 0 {
		t.Errorf("after dying at append %d: ended %q, %s live, held by %+v", n, run.Outcome, p.Live, view.Holds("production"))
	}
	if got := strings.Join(p.Writes, " "); got != "update rollback return" {
		t.Errorf("after dying at append %d the platform saw %q, want each once", n, got)
	}
	if last := y.ledger.State().Rehearsed["production"]; last.Run != id || last.Failed != "" || last.From != "2" || last.To != "1" {
		t.Errorf("after dying at append %d the ledger knows %+v", n, last)
	}
	return alive
}

// TestNoRehearsal refuses what would get in somebody's way.
func TestNoRehearsal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, storagetest.NewMemory(), deploytest.New("1"))
		defer y.open()()
		y.run(y.begin())
		refused := func(want string) {
			t.Helper()
			var no runs.NoRehearsal
			if _, err := y.runs.RollBack(t.Context(), rehearsal()); !errors.As(err, &no) || !strings.Contains(no.Why, want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		y.add(event.EnvironmentLocked{Environment: "production", Claim: "k", By: "U0TL", Reason: "an upgrade"})
		refused("production is locked: an upgrade")
		y.add(event.EnvironmentUnlocked{Environment: "production", Claim: "k", By: "U0TL"})
		y.add(event.TriggerTripped{Incident: "i", Environment: "production", Trigger: "errors", Title: "Errors"})
		refused("an alert is firing on production")
	})
}
