package runs_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/deploy/deploytest"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// lockedYard is a yard whose locks are seen to.
type lockedYard struct {
	*yard
	log  *storagetest.Memory
	stop func()
}

func withLocks(t *testing.T, test func(*lockedYard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &lockedYard{log: storagetest.NewMemory()}
		l.start(t, l.log)
		defer func() { l.stop() }()
		test(l)
	})
}

func (l *lockedYard) start(t *testing.T, log storage.Log) {
	t.Helper()
	l.yard = newYard(t, log, deploytest.New("1"))
	stopRuns := l.open()
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production"}}}).Index()
	locks := runstest.Background(t, runs.Locks{Ledger: l.ledger, Checklist: list, Now: time.Now, Log: slog.New(slog.DiscardHandler)}.Run)
	l.stop = func() { locks(); stopRuns() }
	synctest.Wait()
}

// lock locks production; for zero it has no end.
func (l *lockedYard) lock(by string, lasts time.Duration) {
	l.t.Helper()
	locked := event.EnvironmentLocked{Environment: "production", Claim: by, By: by, Reason: "the database work"}
	if lasts > 0 {
		locked.Until = time.Now().Add(lasts)
	}
	l.add(locked)
	synctest.Wait()
}

func (l *lockedYard) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// news is what people were told, with when.
func (l *lockedYard) news(since time.Time) (told []string) {
	for _, n := range l.ledger.State().LockNews {
		told = append(told, string(n.Kind)+" "+n.To+" "+n.At.Sub(since).String())
	}
	return told
}

func (l *lockedYard) wantNews(since time.Time, want ...string) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.news(since)); diff != "" {
		l.t.Errorf("told (-want +got):\n%s", diff)
	}
}

// A lock ends at its time, once, and whoever waits is told then, one after another.
func TestLockExpires(t *testing.T) {
	withLocks(t, func(l *lockedYard) {
		began := time.Now()
		l.lock("U0DBA", 2*time.Hour)
		l.add(event.EnvironmentQueued{Environment: "production", By: "U0DEV"}, event.EnvironmentQueued{Environment: "production", By: "U0TL"})
		l.pass(2*time.Hour - time.Second)
		l.wantNews(began)
		l.pass(time.Second)
		l.wantNews(began, "expired U0DBA 2h0m0s", "free U0DEV 2h0m0s")
		l.pass(24 * time.Hour)
		l.wantNews(began, "expired U0DBA 2h0m0s", "free U0DEV 2h0m0s", "free U0TL 2h15m0s")
	})
}

// Whoever is told takes the environment: the next one is told once it is free again.
func TestQueueWaitsForTheNextLock(t *testing.T) {
	withLocks(t, func(l *lockedYard) {
		began := time.Now()
		l.lock("U0DBA", time.Hour)
		l.add(event.EnvironmentQueued{Environment: "production", By: "U0DEV"}, event.EnvironmentQueued{Environment: "production", By: "U0TL"})
		l.pass(time.Hour + time.Minute)
		l.lock("U0DEV", 0)
		l.pass(time.Hour)
		l.wantNews(began, "expired U0DBA 1h0m0s", "free U0DEV 1h0m0s")
		l.add(event.EnvironmentUnlocked{Environment: "production", Claim: "U0DEV", By: "U0DEV"})
		l.pass(time.Second)
		l.wantNews(began, "expired U0DBA 1h0m0s", "free U0DEV 1h0m0s", "free U0TL 2h1m0s")
	})
}

// A deployment keeps an environment from being free.
func TestQueueWaitsForADeployment(t *testing.T) {
	withLocks(t, func(l *lockedYard) {
		id := l.begin()
		l.add(event.EnvironmentQueued{Environment: "production", By: "U0TL"})
		l.pass(time.Second)
		if told := l.news(time.Now()); len(told) > 0 {
			t.Errorf("told %q while the deployment is under way", told)
		}
		run := l.run(id)
		l.wantNews(run.Ended, "free U0TL 0s")
	})
}

// Whoever holds a lock is reminded of it every four hours, also across a restart.
func TestLockIsRemindedOf(t *testing.T) {
	withLocks(t, func(l *lockedYard) {
		began := time.Now()
		l.lock("U0DBA", 0)
		l.pass(5 * time.Hour)
		l.wantNews(began, "lasts U0DBA 4h0m0s")
		l.stop()
		l.log = l.log.Reopen()
		l.start(l.t, l.log)
		l.pass(4 * time.Hour)
		l.wantNews(began, "lasts U0DBA 4h0m0s", "lasts U0DBA 8h0m0s")
	})
}

// A lock whose time is over holds nothing, also if nobody has ended it, since gonogo was
// down.
func TestExpiredLockHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, storagetest.NewMemory(), deploytest.New("1"))
		defer y.open()()
		if err := y.release(); err != nil {
			t.Fatal(err)
		}
		y.add(event.EnvironmentLocked{Environment: "production", Claim: "c", By: "U0DBA", Reason: "the database work", Until: time.Now().Add(time.Hour)})
		if _, err := y.deploy(); held(err) != string(event.HeldByLock) {
			t.Errorf("while it is locked: %v", err)
		}
		time.Sleep(time.Hour)
		id, err := y.deployAgain("plan/2")
		if err != nil {
			t.Fatal(err)
		}
		y.run(id)
		if live := y.ledger.State().Live["production"]; live.Version != "2" {
			t.Errorf("%s is live", live.Version)
		}
	})
}
