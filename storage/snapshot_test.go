package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// notes is a log output that may be read while it is written.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

func programme(name string) func() (string, error) {
	return func() (string, error) { return name, nil }
}

// snapshotting opens a ledger that saves snapshots, and returns what it logs.
func snapshotting(t *testing.T, log storage.Log, s storage.Snapshots) (*storage.Ledger, *notes) {
	t.Helper()
	said := &notes{}
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: slog.New(slog.NewTextHandler(said, nil)), Snapshots: &s})
	if err != nil {
		t.Fatal(err)
	}
	return ledger, said
}

// running runs a ledger until stop.
func running(t *testing.T, ledger *storage.Ledger) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ledger.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// withSnapshot is a log of 20 records with a snapshot at the tenth; one in three
// records has a key.
func withSnapshot(t *testing.T, s storage.Snapshots) *storagetest.Memory {
	t.Helper()
	memory := storagetest.NewMemory()
	s.Every = 20 // so that only stops save one
	for range 2 {
		ledger, _ := snapshotting(t, memory, s)
		stop := running(t, ledger)
		for range 10 {
			n := ledger.Seq() + 1
			// Each counts, so that folding one twice shows.
			decide := happens(event.StepEnded{Run: "r", Step: "s", Item: "i", Evidence: answer.Evidence{Verdict: answer.Errored}})
			switch n {
			case 1:
				decide = happens(opened("19.0.1"))
			case 2:
				decide = happens(event.RunStarted{Run: "r", What: work.Gates, Release: "19.0.1", Steps: []string{"s"}})
			}
			if _, err := ledger.Once(t.Context(), fmt.Sprint("key/", n), decide); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		s.Path += ".unused" // so that it lacks the second ten
		memory = memory.Reopen()
	}
	return memory
}

func TestStartFromASnapshot(t *testing.T) {
	s := storage.Snapshots{Path: filepath.Join(t.TempDir(), "snapshot"), Program: programme("a")}
	memory := withSnapshot(t, s)
	ledger, said := snapshotting(t, memory, s)
	if !strings.Contains(said.String(), "records=20 from_snapshot=10") {
		t.Errorf("the log says:\n%s", said)
	}
	if diff := sameState(open(t, memory.Reopen()).State(), ledger.State()); diff != "" {
		t.Errorf("state (-fold +snapshot):\n%s", diff)
	}
	running(t, ledger)
	for _, n := range []uint64{3, 17} { // one before the snapshot, and one after it
		got, err := ledger.Once(t.Context(), fmt.Sprint("key/", n), happens(opened("never")))
		if err != nil || !got.Repeat || got.Seq != n {
			t.Errorf("once more under key %d: %+v, %v; want what it did the first time", n, got, err)
		}
	}
}

// A useless snapshot changes nothing but how long a start takes.
func TestUselessSnapshots(t *testing.T) {
	alter := func(change func(b []byte) []byte) func(*testing.T, *storage.Snapshots) {
		return func(t *testing.T, s *storage.Snapshots) {
			b, err := os.ReadFile(s.Path)
			if err == nil {
				err = os.WriteFile(s.Path, change(b), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		spoil func(*testing.T, *storage.Snapshots)
		says  string
	}{
		"gone":       {func(_ *testing.T, s *storage.Snapshots) { s.Path += ".elsewhere" }, ""},
		"empty":      {alter(func([]byte) []byte { return nil }), "incomplete or was changed"},
		"torn":       {alter(func(b []byte) []byte { return b[:len(b)/2] }), "incomplete or was changed"},
		"altered":    {alter(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), "incomplete or was changed"},
		"rebound":    {alter(func(b []byte) []byte { return bytes.Replace(b, []byte(`"seq":10`), []byte(`"seq":11`), 1) }), "incomplete or was changed"},
		"a folder":   {func(t *testing.T, s *storage.Snapshots) { s.Path = t.TempDir() }, "is a directory"},
		"upgraded":   {func(_ *testing.T, s *storage.Snapshots) { s.Program = programme("b") }, "another version"},
		"no program": {func(_ *testing.T, s *storage.Snapshots) { s.Program = unnamed }, "no name"},
	} {
		t.Run(name, func(t *testing.T) {
			s := storage.Snapshots{Path: filepath.Join(t.TempDir(), "snapshot"), Program: programme("a")}
			memory := withSnapshot(t, s)
			test.spoil(t, &s)
			ledger, said := snapshotting(t, memory, s)
			if !strings.Contains(said.String(), "from_snapshot=0") || !strings.Contains(said.String(), test.says) {
				t.Errorf("the log says:\n%s", said)
			}
			if diff := sameState(open(t, memory.Reopen()).State(), ledger.State()); diff != "" {
				t.Errorf("state (-fold +got):\n%s", diff)
			}
		})
	}
}

func unnamed() (string, error) { return "", errors.New("no name") }

// A snapshot is bound to its log: it can't be used with another one, nor with an
// earlier version of the same one.
func TestSnapshotOfAnotherLog(t *testing.T) {
	s := storage.Snapshots{Path: filepath.Join(t.TempDir(), "snapshot"), Program: programme("a")}
	records := withSnapshot(t, s).Records()
	other, err := storage.Seal(0, "", storagetest.Records(1, 20))
	if err != nil {
		t.Fatal(err)
	}
	for name, log := range map[string]*storagetest.Memory{
		"another": storagetest.NewMemory(other...), "an earlier one": storagetest.NewMemory(records[:9]...), "empty": storagetest.NewMemory(),
	} {
		ledger, said := snapshotting(t, log, s)
		if !strings.Contains(said.String(), "does not hold the record") || ledger.Seq() != uint64(len(log.Records())) {
			t.Errorf("%s: %d records; the log says:\n%s", name, ledger.Seq(), said)
		}
	}
}

// The chain before a snapshot is checked too.
func TestSnapshotHidesNoDamage(t *testing.T) {
	s := storage.Snapshots{Path: filepath.Join(t.TempDir(), "snapshot"), Program: programme("a")}
	records := withSnapshot(t, s).Records()
	for _, n := range []int{0, 4, 8, 15} {
		altered := slices.Clone(records)
		altered[n].Key = "altered"
		_, err := storage.OpenLedger(t.Context(), storagetest.NewMemory(altered...), storage.Options{Snapshots: &s})
		var damage *storage.Damage
		if !errors.As(err, &damage) || damage.Seq != uint64(n+1) {
			t.Errorf("with record %d altered: %v", n+1, err)
		}
	}
}

// Saving a snapshot doesn't delay decisions.
func TestSnapshotHoldsNobodyUp(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	s := storage.Snapshots{Path: filepath.Join(t.TempDir(), "snapshot"), Every: 5, Program: func() (string, error) {
		select {
		case asked <- struct{}{}:
			<-answer
		case <-answer:
		}
		return "slow", nil
	}}
	memory := storagetest.NewMemory()
	ledger, _ := snapshotting(t, memory, s)
	stop := running(t, ledger)
	for n := range 5 {
		mustUpdate(t, ledger, happens(opened(fmt.Sprint(n))))
	}
	<-asked
	for n := range 4 {
		mustUpdate(t, ledger, happens(opened(fmt.Sprint("later ", n))))
	}
	close(answer)
	stop() // which saves another one
	if _, said := snapshotting(t, memory.Reopen(), s); !strings.Contains(said.String(), "records=9 from_snapshot=9") {
		t.Errorf("the log says:\n%s", said)
	}
}

// A snapshot that can't be saved is a warning; the half-written one of a killed gonogo
// is overwritten.
func TestSnapshotThatCannotBeLeft(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "snapshot.new"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ folder, says string }{{folder, ""}, {filepath.Join(folder, "gone"), "no snapshot of the state was left"}} {
		s := storage.Snapshots{Path: filepath.Join(test.folder, "snapshot"), Program: programme("a"), Every: 1}
		ledger, said := snapshotting(t, storagetest.NewMemory(), s)
		stop := running(t, ledger)
		mustUpdate(t, ledger, happens(opened("19.0.1"), event.CommitFound{Release: "19.0.1", Commit: "c0ffee"}))
		stop()
		if warned := strings.Contains(said.String(), "level=WARN"); warned != (test.says != "") || !strings.Contains(said.String(), test.says) {
			t.Errorf("in %s the log says:\n%s", test.folder, said)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 || left[0].Name() != "snapshot" {
		t.Errorf("the folder holds %v, %v; want the snapshot alone", left, err)
	}
}
