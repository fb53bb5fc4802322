package examples_test

import (
	"sync"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/readiness/answer"
)

// BenchmarkAllGates measures all gates of the example in the practice world at once, as
// /ready run all does. Beyond its slowest gate, our target is 200 ms.
func BenchmarkAllGates(b *testing.B) {
	var total, slowest time.Duration
	for b.Loop() {
		in := newInstallation(b, settings{loaded: true})
		awaitMetrics(b, in.world, time.Now())
		whole, longest, gate := timed(b, in.jobs(all))
		total, slowest = total+whole, slowest+longest
		b.Logf("the slowest is %s", gate)
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op") // it starts the world, too
	b.ReportMetric(float64(total.Milliseconds())/n, "ms/all")
	b.ReportMetric(float64(slowest.Milliseconds())/n, "ms/slowest")
	b.ReportMetric(float64((total-slowest).Milliseconds())/n, "ms-beyond-it(target<200)")
}

// timed is how long all jobs took, and the one that took longest.
func timed(b *testing.B, jobs []gates.Job) (all, longest time.Duration, name string) {
	var mu sync.Mutex
	begun := map[string]time.Time{}
	from := time.Now()
	gates.Runner{}.Run(b.Context(), jobs, func(j gates.Job) error {
		mu.Lock()
		defer mu.Unlock()
		begun[j.Name] = time.Now()
		return nil
	}, func(j gates.Job, ev answer.Evidence) {
		mu.Lock()
		defer mu.Unlock()
		took := time.Since(begun[j.Name])
		if took > longest {
			longest, name = took, j.Name
		}
		if !ev.Verdict.LetsThrough() {
			b.Errorf("%s: %s", j.Name, ev.Summary)
		}
	})
	return time.Since(from), longest, name
}
