package runs_test

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage/storagetest"
)

// overridden has a yard's production block on an item that two people may override.
func overridden(y *yard, p *deploytest.Platform) *checklist.Checklist {
	list := (&checklist.Checklist{Sections: []checklist.Section{{ID: "all", Weight: 1, Items: []*checklist.Item{{ID: "docs", Title: "Docs", Blocks: []string{"production"}, Manual: &checklist.Manual{}}}}},
		Environments: []checklist.Environment{{Name: "production", App: p.App().String(), Override: &checklist.Override{Roles: []string{"lead"}, Second: []string{"security"}, Items: []string{"docs"}}}}}).Index()
	y.runs = runs.New(runs.Options{Ledger: y.ledger, Checklist: list, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Environments: map[string]deploy.Environment{"production": {Name: "production", Strategy: p, Health: deploy.Health{Consecutive: 3, Every: 10 * time.Second}}}})
	return list
}

// agree records an override, unless it is in the ledger already.
func (y *yard) agree(list *checklist.Checklist) error {
	_, err := y.ledger.Once(y.t.Context(), "ask", func(s *history.State, now time.Time) ([]event.Event, error) {
		v := readiness.View{Checklist: list, State: s, Now: now}
		return []event.Event{event.OverrideAsked{ID: "o1", Environment: "production", Release: "2", Items: v.Overridable("production"), Reason: "the shop is down", By: "U0TL", Until: now.Add(history.OverrideWaits)}}, nil
	})
	if err != nil {
		return err
	}
	_, err = y.ledger.Once(y.t.Context(), "confirm", func(_ *history.State, now time.Time) ([]event.Event, error) {
		return []event.Event{event.OverrideConfirmed{ID: "o1", By: "U0SEC", Until: now.Add(history.OverrideCounts)}}, nil
	})
	return err
}

// A process that dies at any append goes on in the next one: an override has one
// deployment go out, which records it, and counts for no other.
func TestOverrideCountsOnce(t *testing.T) {
	for n := 1; ; n++ {
		ended := false
		synctest.Test(t, func(t *testing.T) { ended = overrideAndDie(t, n) })
		if ended {
			if n < 8 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			return
		}
	}
}

// overrideAndDie reports whether all was over before the process could die.
func overrideAndDie(t *testing.T, n int) bool {
	p, log := deploytest.New("1"), &dying{storagetest.NewMemory(), n}
	y := newYard(t, log, p)
	list := overridden(y, p)
	stop := y.open()
	if y.release() == nil && y.agree(list) == nil {
		if id, err := y.deploy(); err == nil {
			y.run(id)
		}
	}
	stop()
	alive := log.left > 0

	y = newYard(t, log.Reopen(), p)
	list = overridden(y, p)
	defer y.open()()
	if y.ledger.State().Open == "" {
		if err := y.release(); err != nil {
			t.Fatal(err)
		}
	}
	if err := y.agree(list); err != nil {
		t.Fatal(err)
	}
	id, err := y.deploy()
	if err != nil {
		t.Fatalf("after dying at append %d: %v", n, err)
	}
	run := y.run(id)
	if run.Outcome != work.Completed || run.Change.Override == nil || run.Change.Override.ConfirmedBy != "U0SEC" || len(run.Change.Override.Items) != 1 {
		t.Errorf("after dying at append %d it is %q: %s; it records %+v", n, run.Outcome, run.Reason, run.Change.Override)
	}
	if o := y.ledger.State().Overrides["o1"]; o.Run != id || o.Used.IsZero() {
		t.Errorf("after dying at append %d the override is %+v", n, o)
	}
	var not runs.NotGo
	if _, err := y.deployAgain("plan/2"); !errors.As(err, &not) {
		t.Errorf("after dying at append %d a second deployment may start: %v", n, err)
	}
	return alive
}
