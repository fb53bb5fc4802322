package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/gates/gatestest"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// BenchmarkDurableDecisions64 has 64 writers decide at once on a server that waits for
// its disk. The metric ratio compares with pgbench: 64 clients that insert a row each, on
// the same server right after.
func BenchmarkDurableDecisions64(b *testing.B) {
	const writers = 64
	server := gatestest.StartDatabase(b, "fsync=on")
	log, err := newPlace(server.URL).Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ledger, err := storage.OpenLedger(b.Context(), log, storage.Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ledger.Run(ctx) }()
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range writers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if _, err := ledger.Once(ctx, fmt.Sprint("press/", i), func(*history.State, time.Time) ([]event.Event, error) {
					return []event.Event{event.ReleaseOpened{Version: "19.0.1"}}, nil
				}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	if err := log.Close(); err != nil {
		b.Error(err)
	}
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "decisions/s")
	b.ReportMetric(rate/pgbench(b, server.URL, writers), "ratio(target>=0.5)")
}

// pgbench is how many rows clients insert in a second, one per transaction.
func pgbench(b *testing.B, server string, clients int) float64 {
	b.Helper()
	program, err := exec.LookPath("pgbench")
	if err != nil {
		b.Skip("install pgbench to compare with it: apt-get install postgresql-contrib")
	}
	run(b, server, "CREATE TABLE IF NOT EXISTS rows (n bigserial PRIMARY KEY, data text)")
	script := filepath.Join(b.TempDir(), "insert.sql")
	if err := os.WriteFile(script, []byte("INSERT INTO rows (data) VALUES (repeat('x', 200));\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	out, err := exec.Command(program, "-n", "-c", strconv.Itoa(clients), "-j", "2", "-t", "100", "-f", script, server).CombinedOutput()
	found := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if err != nil || found == nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(rate, "pgbench-rows/s")
	return rate
}
