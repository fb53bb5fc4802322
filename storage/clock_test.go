package storage_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// jumping is a clock that the test sets.
type jumping struct{ at atomic.Pointer[time.Time] }

func (j *jumping) set(at time.Time) { j.at.Store(&at) }

func (j *jumping) now() time.Time { return *j.at.Load() }

func openAt(t *testing.T, log storage.Log, clock *jumping) *storage.Ledger {
	t.Helper()
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	return ledger
}

func kinds(log *storagetest.Memory) (all []string) {
	for _, r := range log.Records() {
		all = append(all, r.Kind)
	}
	return all
}

// A clock that was ahead is reported as soon as it is right, and after two minutes
// records have the right time again, also after a restart.
func TestClockThatWasAhead(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	day := noon.Add(24 * time.Hour)
	clock, log := &jumping{}, storagetest.NewMemory()
	clock.set(noon)
	ledger := openAt(t, log, clock)
	stop := running(t, ledger)
	steps := []struct {
		clock, stamped time.Time
		ahead          time.Duration
	}{
		{noon, noon, 0},
		{day, day, 0},
		{noon.Add(5 * time.Minute), day, 24*time.Hour - 5*time.Minute},
		{noon.Add(6 * time.Minute), day, 24*time.Hour - 6*time.Minute},
		{noon.Add(7 * time.Minute), noon.Add(7 * time.Minute), 0},
		{noon.Add(8 * time.Minute), noon.Add(8 * time.Minute), 0},
		{noon.Add(7*time.Minute + 30*time.Second), noon.Add(8 * time.Minute), 0}, // within clockSlack
	}
	for _, step := range steps {
		clock.set(step.clock)
		at := mustUpdate(t, ledger, happens(opened("1"))).At
		if ahead := ledger.Health().Ahead; !at.Equal(step.stamped) || ahead != step.ahead {
			t.Errorf("at %v: stamped %v, ahead by %v; want %v, %v", step.clock, at, ahead, step.stamped, step.ahead)
		}
	}
	stop()
	want := []string{"release.opened", "release.opened", "release.opened", "release.opened", "clock.set_back", "release.opened", "release.opened", "release.opened"}
	if got := kinds(log); !slices.Equal(got, want) {
		t.Errorf("recorded %v, want %v", got, want)
	}
	again := openAt(t, log.Reopen(), clock)
	defer running(t, again)()
	if at := mustUpdate(t, again, happens(opened("1"))).At; !at.Equal(noon.Add(8 * time.Minute)) {
		t.Errorf("after a restart: stamped %v", at)
	}
	if _, err := storage.Verify(t.Context(), log); err != nil {
		t.Error(err)
	}
}

// A clock that is behind at the start, and corrected soon, sets nothing back.
func TestClockThatIsBehindForAWhile(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock, log := &jumping{}, storagetest.NewMemory()
	clock.set(noon)
	ledger := openAt(t, log, clock)
	defer running(t, ledger)()
	for _, at := range []time.Time{noon, time.Unix(0, 0), time.Unix(90, 0), noon.Add(time.Minute), time.Unix(300, 0), noon.Add(2 * time.Minute)} {
		clock.set(at)
		if got := mustUpdate(t, ledger, happens(opened("1"))).At; got.Before(noon) {
			t.Errorf("at %v: stamped %v", at, got)
		}
	}
	if slices.Contains(kinds(log), "clock.set_back") {
		t.Errorf("recorded %v", kinds(log))
	}
}

// If it can't be recorded that the clock was ahead, nothing changes, and it is recorded
// later.
func TestClockOnAFullDisk(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock, log := &jumping{}, &brittle{Memory: storagetest.NewMemory()}
	clock.set(noon.Add(24 * time.Hour))
	ledger := openAt(t, log, clock)
	defer running(t, ledger)()
	mustUpdate(t, ledger, happens(opened("1")))
	for minute := range 6 {
		clock.set(noon.Add(time.Duration(minute) * time.Minute))
		log.fails(errors.New("the disk is full"))
		if _, err := ledger.Update(t.Context(), happens(opened("1"))); err == nil {
			t.Fatal("written on a full disk")
		}
	}
	log.fails(nil)
	clock.set(noon.Add(10 * time.Minute))
	if at := mustUpdate(t, ledger, happens(opened("1"))).At; !at.Equal(noon.Add(10 * time.Minute)) {
		t.Errorf("stamped %v", at)
	}
	if got, want := kinds(log.Memory), []string{"release.opened", "clock.set_back", "release.opened"}; !slices.Equal(got, want) {
		t.Errorf("recorded %v, want %v", got, want)
	}
}

// A clock that was ahead is noticed even without decisions.
func TestClockIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		clock, log := &jumping{}, storagetest.NewMemory()
		clock.set(noon.Add(24 * time.Hour))
		ledger := openAt(t, log, clock)
		defer running(t, ledger)()
		mustUpdate(t, ledger, happens(opened("1")))
		for minute := range 4 {
			clock.set(noon.Add(time.Duration(minute) * time.Minute))
			time.Sleep(time.Minute) // in the bubble's time
		}
		synctest.Wait()
		if got, want := kinds(log), []string{"release.opened", "clock.set_back"}; !slices.Equal(got, want) || ledger.Health().Ahead != 0 {
			t.Errorf("recorded %v, want %v; ahead by %v", got, want, ledger.Health().Ahead)
		}
	})
}
