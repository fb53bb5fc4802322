package storagetest

import (
	"context"
	"errors"
	"fmt"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// keyed makes a record with a key.
func keyed(key string) storage.Record {
	return storage.Record{At: start, Kind: "test.happened", Key: key, Data: []byte(`{}`)}
}

func keyedAll(keys ...string) []storage.Record {
	records := make([]storage.Record, len(keys))
	for i, key := range keys {
		records[i] = keyed(key)
	}
	return records
}

func wantFound(t *testing.T, log storage.Log, keys []string, want ...uint64) {
	t.Helper()
	got, err := log.Find(context.Background(), keys...)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("find %.200q: %v, %v; want %v", keys, got, err, want)
	}
}

func testFind(t *testing.T, p place) {
	log := p.open(t)
	wantFound(t, log, []string{"a", ""}, 0, 0)
	wantFound(t, log, nil)
	last := mustAppend(t, log, 0, keyedAll("b", "", "a", "a/1", "schlüssel", "\x00")...)
	wantFound(t, log, []string{"a/1", "a", "unknown", "b", "a", "schlüssel", "\x00", "", "a/", "A", "\xff"}, 4, 3, 0, 1, 3, 5, 6, 0, 0, 0, 0)
	mustAppend(t, log, last, keyedAll("", "unknown")...)
	wantFound(t, log, []string{"unknown", "b"}, 8, 1)
}

func testFindReopened(t *testing.T, p place) {
	log := p.open(t)
	records := Records(1, 1000) // one in three with a key, from the first on
	last := mustAppend(t, log, 0, records[:600]...)
	mustAppend(t, log, last, records[600:]...)
	for range 2 {
		for _, n := range []uint64{1, 4, 598, 601, 1000} { // each append begins with a key
			wantFound(t, log, []string{fmt.Sprint("key/", n), fmt.Sprint("key/", n+1)}, n, 0)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		log = p.open(t)
	}
}

// testFindFirst has a key on several records: of one decision, of one append, and of a
// later one.
func testFindFirst(t *testing.T, p place) {
	log := p.open(t)
	last := mustAppend(t, log, 0, keyedAll("a", "a", "b", "a")...)
	mustAppend(t, log, last, keyedAll("c", "b", "c", "a")...)
	wantFound(t, log, []string{"a", "b", "c"}, 1, 3, 5)
}

func testFindLong(t *testing.T, p place) {
	log := p.open(t)
	var keys []string
	var want []uint64
	for _, length := range []int{254, 255, 256, 257, 5000, 40_000} {
		long := strings.Repeat("k", length-1)
		keys, want = append(keys, long+"1", long+"2"), append(want, uint64(len(keys)+1), uint64(len(keys)+2))
	}
	mustAppend(t, log, 0, keyedAll(keys...)...)
	wantFound(t, log, keys, want...)
	wantFound(t, log, []string{strings.Repeat("k", 40_000), strings.Repeat("k", 255)}, 0, 0)
}

func testFindRefused(t *testing.T, p place) {
	log := p.open(t)
	mustAppend(t, log, 0, keyed("a"))
	if _, err := log.Append(context.Background(), storage.Fence{After: 5}, keyed("b")); !errors.Is(err, storage.ErrConflict) {
		t.Fatalf("append: %v, want ErrConflict", err)
	}
	if _, err := log.Append(context.Background(), storage.Fence{After: 1}, keyed("c"), storage.Record{Kind: "test.happened"}); err == nil {
		t.Fatal("a record without data was appended")
	}
	if _, err := log.Append(context.Background(), storage.Fence{Term: 7, After: 1}, keyed("d")); err == nil {
		t.Fatal("appended under a term that never began")
	}
	wantFound(t, log, []string{"a", "b", "c", "d"}, 1, 0, 0, 0)
	mustAppend(t, log, 1, keyed("b"))
	wantFound(t, log, []string{"b"}, 2)
}

// testFindWhileAppending looks for keys while they are appended: each is found from
// then on.
func testFindWhileAppending(t *testing.T, p place) {
	const appends = 60
	log := p.open(t)
	var done sync.WaitGroup
	appended := make(chan uint64, appends)
	for range 2 {
		done.Go(func() {
			for n := range appended {
				for _, key := range []uint64{n, 1, 2*appends + 1} {
					want := key
					if key > 2*appends {
						want = 0
					}
					wantFound(t, log, []string{fmt.Sprint("key/", key)}, want)
				}
			}
		})
	}
	for n := uint64(1); n <= appends; n++ {
		mustAppend(t, log, n-1, keyed(fmt.Sprint("key/", n)))
		appended <- n
	}
	close(appended)
	done.Wait()
}

func testVerifyFinds(t *testing.T, p place) {
	log := p.open(t)
	mustAppend(t, log, 0, Records(1, 1500)...)
	if report, err := storage.Verify(context.Background(), log); err != nil || report.Records != 1500 {
		t.Errorf("verify: %+v, %v; want 1,500 sound records", report, err)
	}
	blind := &forgetful{log, "key/1000"}
	_, err := storage.Verify(context.Background(), blind)
	var damage *storage.Damage
	if !errors.As(err, &damage) || damage.Seq != 1000 || !damage.Index {
		t.Errorf("verify with a key that is not found: %v, want *Damage of the index at 1000", err)
	}
	if _, err := storage.OpenLedger(context.Background(), blind, storage.Options{}); !errors.As(err, &damage) || damage.Seq != 1000 || !damage.Index {
		t.Errorf("open with a key that is not found: %v, want *Damage of the index at 1000", err)
	}
}

// forgetful is a log whose index lacks a key.
type forgetful struct {
	storage.Log
	key string
}

func (f *forgetful) Find(ctx context.Context, keys ...string) ([]uint64, error) {
	found, err := f.Log.Find(ctx, keys...)
	for i, key := range keys {
		if key == f.key {
			found[i] = 0
		}
	}
	return found, err
}

// testOnceBesideSnapshot repeats what was done before and after a snapshot, in the same
// process and in the next.
func testOnceBesideSnapshot(t *testing.T, p place) {
	s := &storage.Snapshots{Path: filepath.Join(t.TempDir(), "snapshot"), Program: func() (string, error) { return "a", nil }, Every: 10}
	const each = 6 // events of a process; the first saves a snapshot at its end
	for process := range 3 {
		log := p.open(t)
		ledger, err := storage.OpenLedger(context.Background(), log, storage.Options{Snapshots: s})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- ledger.Run(ctx) }()
		for n := range (process + 1) * each {
			receipt, err := ledger.Once(ctx, fmt.Sprint("press/", n), func(*history.State, time.Time) ([]event.Event, error) {
				return []event.Event{event.ReleaseOpened{Version: fmt.Sprint(n)}}, nil
			})
			if err != nil || receipt.Repeat != (n < process*each) || receipt.Seq != uint64(n+1) {
				t.Errorf("press %d in process %d: %+v, %v", n, process, receipt, err)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
}
