package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/goccy/go-yaml"

	"gonogo/examples"
	"gonogo/playground"
)

// manyGates is how many gates are measured together.
const manyGates = 500

// BenchmarkManyGates measures the most memory that a gonogo, as make build makes it, takes
// while it measures 500 gates: those of the example in the practice world, over and over.
// Our target is 256 MiB.
func BenchmarkManyGates(b *testing.B) {
	gonogo := buildProgram(b)
	for b.Loop() {
		p := newPractice(b)
		file := filepath.Join(b.TempDir(), "gonogo.yml")
		if err := os.WriteFile(file, withManyGates(b), 0o600); err != nil {
			b.Fatal(err)
		}
		mib, seconds, verdicts := allGates(b, gonogo, file, p.world)
		b.ReportMetric(mib, "MiB(target<256)")
		b.ReportMetric(seconds, "s")
		n := 0
		for verdict, times := range verdicts {
			n += times
			b.Logf("%s: %d", verdict, times)
		}
		b.ReportMetric(float64(n), "gates")
	}
	b.ReportMetric(0, "ns/op") // says nothing here
}

// allGates runs gonogo check, and gives the most memory that it took, the time, and how
// often there was which verdict.
func allGates(b *testing.B, gonogo, file string, world *playground.World) (mib, seconds float64, verdicts map[string]int) {
	b.Helper()
	check := exec.Command(gonogo, "check", "--config", file, "--json")
	for _, v := range world.Variables() {
		check.Env = append(check.Env, v.Name+"="+v.Value)
	}
	from := b.Elapsed()
	said, err := check.Output()
	if ended := new(exec.ExitError); err != nil && !(errors.As(err, &ended) && ended.ExitCode() == 1) { // 1 is NO-GO
		b.Fatalf("%v: %s", err, ended.Stderr)
	}
	var report struct{ Items []struct{ Verdict string } }
	if err := json.Unmarshal(said, &report); err != nil {
		b.Fatal(err)
	}
	verdicts = map[string]int{}
	for _, item := range report.Items {
		verdicts[item.Verdict]++
	}
	usage, ok := check.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Skip("only Unix tells")
	}
	return float64(usage.Maxrss) / 1024, (b.Elapsed() - from).Seconds(), verdicts
}

// withManyGates is the example with a section of copies of its gates. No alert comes back
// to a gonogo that has no webhook, so that isn't waited for.
func withManyGates(b *testing.B) []byte {
	b.Helper()
	var document map[string]any
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(string(examples.InsightPulse), "within: 1m", "within: 1s")), &document); err != nil {
		b.Fatal(err)
	}
	var measured []map[string]any
	gates := 0
	for _, section := range document["checklist"].([]any) {
		for _, item := range section.(map[string]any)["items"].([]any) {
			if item := item.(map[string]any); item["gate"] != nil {
				measured, gates = append(measured, item), gates+keysOf(item)
			}
		}
	}
	var copies []any
	for n := 0; gates < manyGates; n++ {
		original := measured[n%len(measured)]
		one := map[string]any{"item": fmt.Sprintf("copy-%d", n), "title": original["title"], "gate": original["gate"], "blocks": []string{}}
		if original["environments"] != nil {
			one["environments"] = original["environments"]
		}
		copies, gates = append(copies, one), gates+keysOf(one)
	}
	document["checklist"] = append(document["checklist"].([]any), map[string]any{"section": "copies", "title": "Copies", "items": copies})
	written, err := yaml.Marshal(document)
	if err != nil {
		b.Fatal(err)
	}
	return written
}

// keysOf is how many gates an item has.
func keysOf(item map[string]any) int {
	environments, _ := item["environments"].([]any)
	return cmp.Or(len(environments), 1)
}
