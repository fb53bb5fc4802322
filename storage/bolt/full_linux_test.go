package bolt_test

import (
	"context"
	"errors"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
	"gonogo/storage/bolt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The copy of a ledger goes to a disk that is too small for it.
func TestBuildWithoutRoom(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=200k"); errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small disk")
	} else if err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH)
	path := filepath.Join(t.TempDir(), "gonogo.db")
	sample(t, path, 2000, 1000)
	_, err := built(t.Context(), filepath.Join(small, "copy.db"), false, mustOpen(t, path))
	if err == nil || !strings.HasSuffix(err.Error(), "copy.db cannot be made: there is no room for it; make room, or name a file on another disk") {
		t.Errorf("got %v", err)
	}
	wantNames(t, small)
}

// A ledger on a full disk has recorded nothing, and its error says so; it works again
// once there is space.
func TestLedgerOnAFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=400k"); errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small disk")
	} else if err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH)
	log, err := bolt.Open(filepath.Join(small, "gonogo.db"))
	must(t, err)
	defer log.Close()
	ballast := filepath.Join(small, "ballast")
	must(t, os.WriteFile(ballast, make([]byte, 200_000), 0o600))
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ledger.Run(ctx) }()
	defer func() { stop(); must(t, <-ended) }()

	opens := func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.ReleaseOpened{Version: strings.Repeat("1", 5000)}}, nil
	}
	done, full := uint64(0), error(nil)
	for full == nil && done < 1000 {
		if _, full = ledger.Update(ctx, opens); full == nil {
			done++
		}
	}
	if !errors.Is(full, syscall.ENOSPC) || !errors.Is(full, storage.ErrNothingDone) || ledger.Seq() != done {
		t.Errorf("on a full disk, after %d: %v at %d; want that there is no room, and nothing was done", done, full, ledger.Seq())
	}
	fence := storage.Fence{Term: 1, After: done}
	if _, err := log.Append(ctx, fence); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a trial on a full disk: %v", err)
	}
	must(t, os.Remove(ballast))
	if _, err := log.Append(ctx, fence); err != nil {
		t.Errorf("a trial with room again: %v", err)
	}
	if _, err := ledger.Update(ctx, opens); err != nil || ledger.Seq() != done+1 {
		t.Errorf("with room again: %v at %d, want %d", err, ledger.Seq(), done+1)
	}
	if report, err := storage.Verify(ctx, log); err != nil || report.Records != done+1 {
		t.Errorf("the ledger holds %+v, %v; want %d records", report, err, done+1)
	}
}

// On a full disk, a rollback is recorded in the space kept for it, and nothing else is.
func TestRollbackOnAFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=1600k"); errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small disk")
	} else if err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH)
	log, err := bolt.Open(filepath.Join(small, "gonogo.db"))
	must(t, err)
	defer log.Close()
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Reserve: &storage.Reserve{Path: filepath.Join(small, "gonogo.db.reserve")}})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ledger.Run(ctx) }()
	defer func() { stop(); must(t, <-ended) }()

	records := func(events ...event.Event) error {
		_, err := ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) { return events, nil })
		return err
	}
	other, full := event.ReleaseOpened{Version: strings.Repeat("1", 5000)}, error(nil)
	for n := 0; full == nil && n < 1000; n++ {
		full = records(other)
	}
	if !errors.Is(full, syscall.ENOSPC) {
		t.Fatalf("the disk never filled up: %v", full)
	}
	change := &work.Change{Environment: "production", From: build.Build{Version: "2"}, To: build.Build{Version: "1"}}
	must(t, records(event.RunStarted{Run: "r", What: work.Rollback, Title: "back", Change: change, Plan: []work.Planned{{Name: "rollback"}}}))
	for range 20 { // as many long texts about steps as a rollback has
		must(t, records(event.StepStarted{Run: "r", Step: "rollback", Facts: map[string]string{"before": strings.Repeat("d", 3000)}}))
	}
	must(t, records(event.RunEnded{Run: "r", Outcome: work.Completed}))
	if report, err := storage.Verify(ctx, log); err != nil || report.Records != ledger.Seq() {
		t.Errorf("the ledger holds %+v, %v; want %d records", report, err, ledger.Seq())
	}
}

// A gonogo that is restarted on a full disk still records a rollback: the space kept
// for it also serves to claim the ledger.
func TestRestartOnAFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=1600k"); errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small disk")
	} else if err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH)
	path := filepath.Join(small, "gonogo.db")
	reserve := storage.Reserve{Path: filepath.Join(small, "reserve")}
	change := &work.Change{Environment: "production", From: build.Build{Version: "2"}, To: build.Build{Version: "1"}}
	for restart := range 4 {
		log, err := bolt.Open(path)
		must(t, err)
		kept := reserve
		ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Reserve: &kept})
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- ledger.Run(ctx) }()
		full := error(nil)
		for n := 0; full == nil && n < 1000; n++ {
			_, full = ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
				return []event.Event{event.ReleaseOpened{Version: strings.Repeat("1", 5000)}}, nil
			})
		}
		if !errors.Is(full, syscall.ENOSPC) {
			t.Fatalf("the disk never filled up: %v", full)
		}
		_, err = ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
			return []event.Event{event.RunStarted{Run: strings.Repeat("r", restart+1), What: work.Rollback, Change: change}}, nil
		})
		if err != nil {
			t.Errorf("a rollback after restart %d: %v", restart, err)
		}
		stop()
		must(t, <-ended)
		must(t, log.Close())
	}
}
