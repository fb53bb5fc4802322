package examples_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"gonogo/bot/config"
	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
)

// BenchmarkAllGates measures all gates of the example in the practice world at once, as
// /ready run all does. Beyond its slowest gate, our target is 200 ms.
func BenchmarkAllGates(b *testing.B) {
	var all, slowest time.Duration
	for b.Loop() {
		opened := time.Now()
		w := well(b)
		values := variablesOf(w)
		c, err := config.Parse("insightpulse.yml", patient(b, false), func(name string) (string, bool) {
			value, ok := values[name]
			return value, ok
		})
		if err != nil {
			b.Fatal(err)
		}
		listen(b, w, c)
		awaitMetrics(b, w, time.Now())
		whole, longest, gate := timed(b, allJobs(c, opened))
		all, slowest = all+whole, slowest+longest
		b.Logf("the slowest is %s", gate)
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op") // it starts the world, too
	b.ReportMetric(float64(all.Milliseconds())/n, "ms/all")
	b.ReportMetric(float64(slowest.Milliseconds())/n, "ms/slowest")
	b.ReportMetric(float64((all-slowest).Milliseconds())/n, "ms-beyond-it(target<200)")
}

// allJobs are the gates of a configuration but those that look at gonogo's own state.
func allJobs(c *config.Config, opened time.Time) (jobs []gates.Job) {
	view := readiness.View{Checklist: c.Checklist, State: history.NewState(), Now: time.Now()}
	for key, built := range c.Gates {
		if built.Condition == nil && !slices.Contains(untimed, key.Item) {
			jobs = append(jobs, gates.Job{Name: nameOf(c.Checklist, key), Gate: built.Gate, Scope: gates.Scope{View: view, Opened: opened}})
		}
	}
	return jobs
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
