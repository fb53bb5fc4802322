package runs_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// jumpy is a log, and the clock of a yard, which jumps at one of the appends.
type jumpy struct {
	*storagetest.Memory
	left  int
	jump  time.Duration
	ahead atomic.Int64
}

func (j *jumpy) now() time.Time { return time.Now().Add(time.Duration(j.ahead.Load())) }

func (j *jumpy) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if j.left--; j.left == 0 {
		j.ahead.Add(int64(j.jump))
	}
	return j.Memory.Append(ctx, fence, records...)
}

// newJumpyYard is a yard that lives by the clock of its log.
func newJumpyYard(t *testing.T, log *jumpy) *yard {
	t.Helper()
	p, logger := deploytest.New("1"), slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Now: log.now, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: p.App().String()}}}).Index()
	environments := map[string]deploy.Environment{"production": {Name: "production", Strategy: p, Health: deploy.Health{Consecutive: 3, Every: 10 * time.Second}}}
	return &yard{t, p, ledger, runs.New(runs.Options{Ledger: ledger, Checklist: list, Environments: environments, Now: log.now, Log: logger})}
}

// A clock that jumps, and a machine that slept, change nothing about a deployment:
// it comes to its end in the same time, and writes once. The environment is locked
// until then and no longer.
func TestClockJumpsInADeployment(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, 24 * time.Hour, -time.Hour, -24 * time.Hour} {
		for n, jumped := 3, true; jumped; n++ {
			synctest.Test(t, func(t *testing.T) {
				log := &jumpy{Memory: storagetest.NewMemory(), left: n, jump: jump}
				y := newJumpyYard(t, log)
				defer y.open()()
				id := y.begin()
				run, when := y.run(id), fmt.Sprintf("by %v at append %d", jump, n)
				jumped = log.ahead.Load() != 0
				if run.Outcome != work.Completed || !slices.Equal(y.p.Writes, []string{"update"}) {
					t.Errorf("%s: ended %q after %v: %s", when, run.Outcome, y.p.Writes, run.Reason)
				}
				if lock, locked := y.ledger.State().Locks["production"]; locked {
					t.Errorf("%s: still locked by %+v", when, lock)
				}
			})
		}
	}
}

// A freeze that a person made while the clock was right holds again once the clock
// was ahead and is set back.
func TestFreezeOutlastsAWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &jumpy{Memory: storagetest.NewMemory()}
		y := newJumpyYard(t, log)
		defer y.open()()
		y.run(y.begin())
		y.freeze()
		log.ahead.Store(int64(48 * time.Hour))
		y.run("")
		y.add(event.StatusSeen{By: "U1"})
		log.ahead.Store(0)
		y.run("")
		if _, err := y.deployAgain("plan/2"); held(err) != "freeze" {
			t.Errorf("a deployment gives %v; want it held by the freeze", err)
		}
	})
}
