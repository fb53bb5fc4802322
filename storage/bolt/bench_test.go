package bolt_test

import (
	"context"
	"fmt"
	"gonogo/readiness/event"
	"gonogo/storage"
	"gonogo/storage/bolt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkDurableDecisions64 has 64 writers decide at once. The metric ratio is how
// many times faster that is than one durable write for each decision, measured right
// before and after with a single writer on the same ledger; it should be at least 20.
// The metric vs-fsync compares with the least that a disk can do: a plain file, with
// one write and one fsync for each decision.
func BenchmarkDurableDecisions64(b *testing.B) {
	const writers, alone = 64, 200
	ledger := openLedger(b, filepath.Join(b.TempDir(), "gonogo.db"))
	decide(b, ledger, 1, alone)
	oneEach, fsync := decide(b, ledger, 1, alone), fsyncEach(b, alone)
	b.ResetTimer()
	together := decide(b, ledger, writers, b.N)
	b.StopTimer()
	oneEach, fsync = (oneEach+decide(b, ledger, 1, alone))/2, (fsync+fsyncEach(b, alone))/2
	b.ReportMetric(1/together, "decisions/s")
	b.ReportMetric(oneEach/together, "ratio(target>=20)")
	b.ReportMetric(fsync/together, "vs-fsync")
}

// BenchmarkOnce64 is BenchmarkDurableDecisions64 with a once-only key for each
// decision, on a ledger that already has 100,000.
func BenchmarkOnce64(b *testing.B) {
	path := filepath.Join(b.TempDir(), "gonogo.db")
	fill(b, path, 100_000, 1)
	ledger := openLedger(b, path)
	var next atomic.Int64
	var done sync.WaitGroup
	b.ResetTimer()
	for range 64 {
		done.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if _, err := ledger.Once(b.Context(), fmt.Sprintf("slack/Ev1%08d/check", i), decideEvidence(int(i))); err != nil {
					b.Error(err)
				}
			}
		})
	}
	done.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}

// BenchmarkMemory100k reports how much memory an open ledger of 100,000 events uses,
// with a once-only key on one in five of them or on all, not counting cached file
// pages.
func BenchmarkMemory100k(b *testing.B) {
	for _, every := range []int{5, 1} {
		b.Run(fmt.Sprintf("keyed 1 in %d", every), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "gonogo.db")
			fill(b, path, 100_000, every)
			for b.Loop() {
				before := liveHeap()
				log, err := bolt.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				ledger, err := storage.OpenLedger(context.Background(), log, storage.Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(liveHeap()-before)/(1<<20), "live-MiB")
				runtime.KeepAlive(ledger)
				if err := log.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// liveHeap is how many bytes are in use after a garbage collection.
func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// decide makes n decisions and returns how many seconds each took.
func decide(b *testing.B, ledger *storage.Ledger, writers, n int) float64 {
	var next atomic.Int64
	var done sync.WaitGroup
	began := time.Now()
	for range writers {
		done.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if _, err := ledger.Update(b.Context(), decideEvidence(int(i))); err != nil {
					b.Error(err)
				}
			}
		})
	}
	done.Wait()
	return time.Since(began).Seconds() / float64(n)
}

// fsyncEach makes n writes of a record's size, each with an fsync, and returns
// how many seconds each took.
func fsyncEach(b *testing.B, n int) float64 {
	file, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	record := make([]byte, 400)
	began := time.Now()
	for range n {
		if _, err := file.Write(record); err != nil {
			b.Fatal(err)
		}
		if err := file.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began).Seconds() / float64(n)
}

// BenchmarkOpen100k opens a ledger of 100,000 events, from the file to the state, with
// and without a snapshot of all but the last 5,000; it should take less than a second.
func BenchmarkOpen100k(b *testing.B) {
	path := filepath.Join(b.TempDir(), "gonogo.db")
	fill(b, path, 100_000, 5)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	kept := &storage.Snapshots{Path: path + ".snapshot", Program: func() (string, error) { return "benchmark", nil }}
	leaveSnapshot(b, path, kept)
	fill(b, path, 105_000, 5)
	for name, snapshots := range map[string]*storage.Snapshots{"snapshot": kept, "fold": nil} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				log, err := bolt.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := storage.OpenLedger(context.Background(), log, storage.Options{Snapshots: snapshots}); err != nil {
					b.Fatal(err)
				}
				if err := log.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/open(target<1000)")
			b.ReportMetric(float64(info.Size())/(1<<20), "file-MiB")
		})
	}
}

// leaveSnapshot opens and stops a ledger, which saves a snapshot.
func leaveSnapshot(b *testing.B, path string, snapshots *storage.Snapshots) {
	log, err := bolt.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	ledger, err := storage.OpenLedger(b.Context(), log, storage.Options{Snapshots: snapshots})
	if err != nil {
		b.Fatal(err)
	}
	stopped, stop := context.WithCancel(b.Context())
	stop()
	if err := ledger.Run(stopped); err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(snapshots.Path); err != nil {
		b.Fatal(err)
	}
}

// fill adds events as a gate run would until the ledger has n, one in every with a
// once-only key.
func fill(b *testing.B, path string, n, every int) {
	log, err := bolt.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	report, err := storage.Verify(b.Context(), log)
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	term, err := log.Claim(b.Context(), "benchmark", at)
	if err != nil {
		b.Fatal(err)
	}
	for last := int(report.Last); last < n; {
		records := make([]storage.Record, 0, 1000)
		for range cap(records) {
			happened := evidence(last)
			if last == 0 {
				happened = event.ReleaseOpened{Version: "19.0.2"}
			}
			data, err := event.Encode(happened)
			if err != nil {
				b.Fatal(err)
			}
			r := storage.Record{At: at, Kind: happened.Kind(), Data: data}
			if last%every == 0 {
				r.Key = fmt.Sprintf("slack/Ev0%08d/check", last)
			}
			records, last = append(records, r), last+1
		}
		if _, err := log.Append(context.Background(), storage.Fence{Term: term, After: uint64(last - len(records))}, records...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkState reads the state while nothing changes; it takes no lock.
func BenchmarkState(b *testing.B) {
	ledger := openLedger(b, filepath.Join(b.TempDir(), "gonogo.db"))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if ledger.State() == nil {
				b.Error("no state")
			}
		}
	})
}
