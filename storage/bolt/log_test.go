package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/bolt"
	"gonogo/storage/storagetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		writeUntilKilled(path)
		return
	}
	goleak.VerifyTestMain(m)
}

func TestLog(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) func() (storage.Log, error) {
		path := filepath.Join(t.TempDir(), "gonogo.db")
		return func() (storage.Log, error) { return bolt.Open(path) }
	})
}

// mustOpen opens a ledger file until the test ends.
func mustOpen(t *testing.T, path string) *bolt.Log {
	t.Helper()
	log, err := bolt.Open(path)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func mustClose(t *testing.T, log storage.Log) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// sample writes a ledger file of n records, each at a time.
func sample(t *testing.T, path string, n, each int) []storage.Record {
	t.Helper()
	log := mustOpen(t, path)
	for last := 0; last < n; last += each {
		if _, err := log.Append(t.Context(), storage.Fence{After: uint64(last)}, storagetest.Records(last+1, min(each, n-last))...); err != nil {
			t.Fatal(err)
		}
	}
	records, err := storagetest.All(log, 0)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, log)
	return records
}

// TestSixtyFourWriters has many writers send the same requests: each counts once, and
// all get the same answer.
func TestSixtyFourWriters(t *testing.T) {
	const writers, buttons = 64, 20
	path := filepath.Join(t.TempDir(), "gonogo.db")
	ledger := openLedger(t, path)
	var mu sync.Mutex
	told := map[string]map[uint64]int{}
	first := 0
	var done sync.WaitGroup
	for w := range writers {
		done.Go(func() {
			for b := range buttons {
				key := fmt.Sprintf("button/%d", (b+w)%buttons)
				receipt, err := ledger.Once(t.Context(), key, decideEvidence(b))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if told[key] == nil {
					told[key] = map[uint64]int{}
				}
				told[key][receipt.Seq]++
				if !receipt.Repeat {
					first++
				}
				mu.Unlock()
			}
		})
	}
	done.Wait()
	if first != buttons || ledger.Seq() != buttons {
		t.Errorf("%d presses counted, the ledger ends at %d; want %d", first, ledger.Seq(), buttons)
	}
	for key, seqs := range told {
		if len(seqs) != 1 {
			t.Errorf("%s: told of records %v, want one", key, seqs)
		}
	}
}

func TestReadersShareTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	want := sample(t, path, 10, 10)
	for range 2 {
		reader, err := bolt.OpenReadOnly(path)
		if err != nil {
			t.Fatalf("open for reading: %v", err)
		}
		defer reader.Close()
		if got, err := storagetest.All(reader, 0); err != nil || len(got) != len(want) {
			t.Errorf("%d records, %v; want %d", len(got), err, len(want))
		}
		if _, err := reader.Append(t.Context(), storage.Fence{After: 10}, storagetest.Records(11, 1)...); err == nil {
			t.Error("a reader has written")
		}
	}
}

// TestDamageUnderARunningProcess destroys the file while it is open. That is an error
// and doesn't end the process, and the file can still be closed.
func TestDamageUnderARunningProcess(t *testing.T) {
	for name, destroy := range map[string]func(path string) error{
		"zeros":     func(path string) error { return overwrite(path, 2*int64(os.Getpagesize()), make([]byte, 512<<10)) },
		"truncated": func(path string) error { return os.Truncate(path, int64(os.Getpagesize())*2) },
		"emptied":   func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name+", then read", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gonogo.db")
			sample(t, path, 700, 100)
			log := mustOpen(t, path)
			if err := destroy(path); err != nil {
				t.Fatal(err)
			}
			_, err := storage.Verify(t.Context(), log)
			var damage *storage.Damage
			if !errors.As(err, &damage) || damage.Seq != 1 {
				t.Errorf("verify: %v, want *Damage at 1", err)
			}
			if _, err := storagetest.All(log, 0); err == nil {
				t.Error("read again without an error")
			}
			mustClose(t, log)
		})
		t.Run(name+", then append", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gonogo.db")
			sample(t, path, 700, 100)
			log := mustOpen(t, path)
			if err := destroy(path); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := log.Append(t.Context(), storage.Fence{After: 700}, storagetest.Records(701, 1)...); err == nil {
					t.Error("appended")
				}
			}
			mustClose(t, log)
		})
	}
}

func overwrite(path string, offset int64, b []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(b, offset)
	return errors.Join(err, file.Close())
}

// openLedger opens a ledger on path and runs it until the test ends.
func openLedger(tb testing.TB, path string) *storage.Ledger {
	tb.Helper()
	log, err := bolt.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	ledger, err := storage.OpenLedger(context.Background(), log, storage.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- ledger.Run(ctx) }()
	tb.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
		if err := log.Close(); err != nil {
			tb.Error(err)
		}
	})
	return ledger
}

// evidence is what a person's check of an item leaves.
func evidence(n int) event.Event {
	return event.EvidenceRecorded{
		Release: "19.0.2", Item: fmt.Sprintf("item-%d", n%1000),
		Evidence: answer.Evidence{
			Verdict: answer.Passed, Note: "restored last night's backup on staging, 41 minutes",
			Link: "https://wiki.example.com/releases/19.0.2/restore", By: "U024BE7LH",
		},
	}
}

func decideEvidence(n int) storage.Decide {
	return func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{evidence(n)}, nil
	}
}
