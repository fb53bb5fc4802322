package upstream

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// benchmarkName is the file with the times of the seven operations whose speed the
// checklist limits. It is in the folder of the JUnit files.
const benchmarkName = "bench.json"

// The positions of the switch of the benchmark.
const (
	benchmarkFast = "fast"
	benchmarkSlow = "slow"    // the cost sheet exceeds its limit
	benchmarkGap  = "no-runs" // there is no figure for the semantic search
)

// benchmarkUsual is the 95th percentile of each operation, in milliseconds. All are
// within the checklist's limits.
var benchmarkUsual = map[string]float64{
	"approval_create": 61.4, "approval_submit": 122.9, "costsheet": 94.3, "expense": 57.8, "rfq": 187.2, "search": 31.6, "mrr": 22.5,
}

// figures are the measured times of one operation. Without runs there are no
// percentiles.
type figures struct {
	Runs int      `json:"runs"`
	P50  *float64 `json:"p50_ms"`
	P95  *float64 `json:"p95_ms"`
}

// renderBenchmark is the content of the file for a run at a time.
func renderBenchmark(position string, at time.Time) ([]byte, error) {
	all := map[string]any{"timestamp": at.UTC().Format(time.RFC3339)}
	for name, p95 := range benchmarkUsual {
		if position == benchmarkSlow && name == "costsheet" {
			p95 *= 2
		}
		p50 := p95 / 2
		all[name] = figures{200, &p50, &p95}
		if position == benchmarkGap && name == "search" {
			all[name] = figures{}
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	return append(text, '\n'), err
}

// writeBenchmark writes the file of a run in this state, or removes it if the run
// doesn't get that far.
func (r *reports) writeBenchmark(state string) error {
	file := filepath.Join(r.dir, benchmarkName)
	if !leavesCoverage(state) {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	text, err := renderBenchmark(r.benchmark, r.now())
	if err != nil {
		return err
	}
	return writeFile(file, text)
}

// benchmarkSwitch controls how fast the operations are.
func (r *reports) benchmarkSwitch(p Place) *Switch {
	s := (&Switch{
		ID: "benchmark", Title: "How fast the tests' operations are",
		Help: "Each choice writes a new " + benchmarkName + " next to the run's files.",
		States: []State{
			{ID: benchmarkFast, Title: "All within their limits", Good: true},
			{ID: benchmarkSlow, Title: "The cost sheet is twice as slow"},
			{ID: benchmarkGap, Title: "The semantic search wasn't run (null)"},
		},
		effect: func(state string) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			before := r.benchmark
			r.benchmark = state
			if _, err := os.Stat(filepath.Join(r.dir, benchmarkName)); err != nil {
				return nil // there has been no run; the next one will show it
			}
			if err := r.writeBenchmark("all-pass"); err != nil {
				r.benchmark = before
				return err
			}
			return nil
		},
	}).restore(p)
	r.benchmark = s.at
	return s
}
