package storage_test

import (
	"context"
	"errors"
	"fmt"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// cramped is a log on a disk of limited size, which it shares with a reserve.
type cramped struct {
	*storagetest.Memory
	room    atomic.Int64 // the ledger asks for it at any time
	reserve string
}

// Append implements [storage.Log].
func (c *cramped) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if c.used(records...) > c.room.Load() {
		return 0, fmt.Errorf("append: %w", syscall.ENOSPC)
	}
	return c.Memory.Append(ctx, fence, records...)
}

// used is how many bytes of the disk are used with some more records.
func (c *cramped) used(more ...storage.Record) (used int64) {
	for _, r := range append(c.Records(), more...) {
		used += int64(len(r.Data)) + 10_000 // in pages, as a file has them
	}
	if info, err := os.Stat(c.reserve); err == nil {
		used += info.Size()
	}
	return used
}

// crampedLedger is a ledger on a disk that is full except for its reserve.
func crampedLedger(t *testing.T, clock *time.Time) (*storage.Ledger, *cramped) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db.reserve")
	log := &cramped{Memory: storagetest.NewMemory(), reserve: path}
	log.room.Store(1<<20 + 1000)
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{
		Reserve: &storage.Reserve{Path: path, Free: func() (int64, error) { return max(0, log.room.Load()-log.used()), nil }}, Now: func() time.Time { return *clock }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ledger.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return ledger, log
}

func record(t *testing.T, l *storage.Ledger, events ...event.Event) error {
	t.Helper()
	_, err := l.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil })
	return err
}

// rollback is what a rollback records from start to end.
func rollback() [][]event.Event {
	change := &work.Change{Environment: "production", From: build.Build{Version: "2"}, To: build.Build{Version: "1"}}
	return [][]event.Event{
		{event.RunStarted{Run: "r", What: work.Rollback, Title: "production back to 1", Change: change, Plan: []work.Planned{{Name: "rollback"}}},
			event.EnvironmentLocked{Environment: "production", Claim: "run/r", Run: "r"}},
		{event.StepStarted{Run: "r", Step: "rollback"}},
		{event.StepEnded{Run: "r", Step: "rollback", Evidence: answer.Evidence{Verdict: answer.Passed}}},
		{event.VersionWentLive{Environment: "production", Build: change.To, Run: "r", Instead: "2"}},
		{event.RunAsked{Run: "r", Step: "decide", Choices: []string{work.ChooseKeep}}},
		{event.RunAnswered{Run: "r", Step: "decide", Choice: work.ChooseKeep}},
		{event.RunEnded{Run: "r", Outcome: work.Completed}, event.EnvironmentUnlocked{Environment: "production", Claim: "run/r"}},
	}
}

// On a full disk a rollback can be recorded from start to end, and nothing else can.
// Once there is space, the reserve is filled up again.
func TestRollbackOnAFullDisk(t *testing.T) {
	clock := time.Date(2025, 11, 3, 3, 0, 0, 0, time.UTC)
	ledger, log := crampedLedger(t, &clock)
	opened := event.ReleaseOpened{Version: "3"}
	if err := record(t, ledger, opened); !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, storage.ErrNothingDone) {
		t.Fatalf("a release on a full disk: %v", err)
	}
	if info, err := os.Stat(log.reserve); err != nil || info.Size() != 1<<20 {
		t.Errorf("the reserve is %+v, %v; want it whole, since no rollback needed it", info, err)
	}
	for i, events := range rollback() {
		if err := record(t, ledger, events...); err != nil {
			t.Fatalf("event %d of a rollback on a full disk: %v", i, err)
		}
	}
	if run := ledger.State().Runs["r"]; run == nil || run.Outcome != work.Completed {
		t.Errorf("the rollback is %+v", run)
	}
	info, err := os.Stat(log.reserve)
	if err != nil || info.Size() == 1<<20 || info.Size() == 0 {
		t.Errorf("the reserve is %+v, %v; want a part of it left", info, err)
	}

	log.room.Store(2 * log.room.Load())
	clock = clock.Add(time.Hour)
	if err := record(t, ledger, opened); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Answers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(log.reserve); err != nil || info.Size() != 1<<20 {
		t.Errorf("with room again the reserve is %+v, %v; want it whole", info, err)
	}
}

// Once the reserve is used up, a rollback is refused like anything else, and the error
// doesn't claim otherwise.
func TestRollbackWithoutAReserve(t *testing.T) {
	clock := time.Date(2025, 11, 3, 3, 0, 0, 0, time.UTC)
	ledger, log := crampedLedger(t, &clock)
	log.room.Store(1000)
	if err := record(t, ledger, rollback()[0]...); !errors.Is(err, storage.ErrNothingDone) {
		t.Errorf("got %v", err)
	}
	if ledger.State().Runs["r"] != nil {
		t.Error("the rollback is in the state")
	}
	if info, err := os.Stat(log.reserve); err != nil || info.Size() != 0 {
		t.Errorf("the reserve is %+v, %v; want it used up", info, err)
	}
}

// A rollback on a full disk waits for the deployment that it stops, so the end of that
// one is recorded too. Without a rollback, a deployment is refused like anything else.
func TestRollbackOfADeploymentOnAFullDisk(t *testing.T) {
	clock := time.Date(2025, 11, 3, 3, 0, 0, 0, time.UTC)
	ledger, log := crampedLedger(t, &clock)
	room := log.room.Load()
	log.room.Store(2 * log.room.Load())
	there := &work.Change{Environment: "production", From: build.Build{Version: "1"}, To: build.Build{Version: "2"}}
	if err := record(t, ledger, event.RunStarted{Run: "d", What: work.Deployment, Title: "2 to production", Change: there, Plan: []work.Planned{{Name: "update"}}}); err != nil {
		t.Fatal(err)
	}
	log.room.Store(room)
	end := []event.Event{event.StepEnded{Run: "d", Step: "update", Evidence: answer.Evidence{Verdict: answer.Failed}}, event.RunEnded{Run: "d", Outcome: work.Cancelled}}
	if err := record(t, ledger, end...); !errors.Is(err, storage.ErrUnwritten) {
		t.Fatalf("the end of a deployment on a full disk: %v", err)
	}
	back := rollback()
	back[0][0].(event.RunStarted).Change.Stops = "d"
	for i, events := range append([][]event.Event{back[0], end}, back[1:]...) {
		if err := record(t, ledger, events...); err != nil {
			t.Fatalf("decision %d of a rollback that stops a deployment: %v", i, err)
		}
		log.room.Store(log.used()) // something else takes the freed space
	}
}

// A gonogo that starts on a full disk claims its ledger with the space kept for a
// rollback, which couldn't be recorded otherwise. Without that space it says what is
// wrong.
func TestClaimOnAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.reserve")
	reserve := &storage.Reserve{Path: path}
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	log := &claimless{&cramped{Memory: storagetest.NewMemory(), reserve: path}}
	log.room.Store(1<<20 - 100_000)
	if _, err := storage.OpenLedger(t.Context(), log, storage.Options{Reserve: reserve}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 1<<20-2*64<<10 {
		t.Errorf("the reserve is %+v, %v; want two pieces of it used", info, err)
	}
	for _, none := range []*storage.Reserve{nil, {Path: path + ".none"}} {
		log.room.Store(0)
		if _, err := storage.OpenLedger(t.Context(), log, storage.Options{Reserve: none}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("without a reserve: %v, want that there is no room", err)
		}
	}
}

// claimless is a log that needs space to be claimed.
type claimless struct{ *cramped }

func (c *claimless) Claim(ctx context.Context, name string, now time.Time) (uint64, error) {
	if c.used() > c.room.Load() {
		return 0, fmt.Errorf("claim: %w", syscall.ENOSPC)
	}
	return c.Memory.Claim(ctx, name, now)
}
