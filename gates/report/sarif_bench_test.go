package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"
)

// wholeSARIF is what a reader of whole files needs of a report.
type wholeSARIF struct {
	Version string `json:"version"`
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string `json:"name"`
				Rules []struct {
					ID            string `json:"id"`
					Configuration struct {
						Level string `json:"level"`
					} `json:"defaultConfiguration"`
					Properties struct {
						Security string   `json:"security-severity"`
						Tags     []string `json:"tags"`
					} `json:"properties"`
				} `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		Invocations []struct {
			Successful *bool `json:"executionSuccessful"`
		} `json:"invocations"`
		Results []struct {
			Rule         string `json:"ruleId"`
			Index        *int   `json:"ruleIndex"`
			Level        string `json:"level"`
			Kind         string `json:"kind"`
			Suppressions []struct {
				Status string `json:"status"`
			} `json:"suppressions"`
			Locations []struct {
				Physical struct {
					Artifact struct {
						URI string `json:"uri"`
					} `json:"artifactLocation"`
					Region struct {
						Line int `json:"startLine"`
					} `json:"region"`
				} `json:"physicalLocation"`
			} `json:"locations"`
		} `json:"results"`
	} `json:"runs"`
}

// largeSARIF is a report as scanners write it, of about so many bytes.
func largeSARIF(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":{"name":"scanner","rules":[`)
	for n := range 200 {
		fmt.Fprintf(&b, `{"id":"R%03d","shortDescription":{"text":"rule %d"},"defaultConfiguration":{"level":"warning"},"properties":{"security-severity":"%d.5","tags":["security","HIGH"]}},`, n, n, n%9)
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(`]}},"results":[`)
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, `{
  "ruleId": "R%03d", "ruleIndex": %d, "level": "warning",
  "message": {"text": "The value of the parameter \"quantity\" is used in a query without being checked (%d)."},
  "locations": [{"physicalLocation": {"artifactLocation": {"uri": "addons/module_%d/models/order.py", "uriBaseId": "%%SRCROOT%%"},
    "region": {"startLine": %d, "startColumn": 9, "endColumn": 57, "snippet": {"text": "        self.env.cr.execute('select * from orders where quantity = ' + quantity)\n"}}}}],
  "partialFingerprints": {"primaryLocationLineHash": "%016x:1"}
},`, n%200, n%200, n, n%50, n%3000+1, n*7919)
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(`]}]}`)
	return b.Bytes()
}

// BenchmarkSARIF reads a report of 50 MB as a stream, and unmarshals the same one whole
// with the standard library, in turns.
func BenchmarkSARIF(b *testing.B) {
	text := largeSARIF(50 << 20)
	var streamed, whole time.Duration
	for b.Loop() {
		from := time.Now()
		readSARIF(b, bytes.NewReader(text), nil)
		between := time.Now()
		var all wholeSARIF
		if err := json.Unmarshal(text, &all); err != nil {
			b.Fatal(err)
		}
		streamed, whole = streamed+between.Sub(from), whole+time.Since(between)
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op") // of both together it says nothing
	b.ReportMetric(float64(streamed.Milliseconds())/n, "ms/streamed")
	b.ReportMetric(float64(whole.Milliseconds())/n, "ms/unmarshalled")
	b.ReportMetric(whole.Seconds()/streamed.Seconds(), "times-as-fast(target>=2)")
}

// BenchmarkSARIFMemory measures by how much the memory in use grows while a report of
// 50 MB is read, and compared with an equal one.
func BenchmarkSARIFMemory(b *testing.B) {
	file := stored(b, largeSARIF(50<<20))
	for b.Loop() {
		alone := newGauge(opened(b, file))
		readSARIF(b, alone, nil)
		b.ReportMetric(alone.grown(), "MiB(target<64)")
		before, now := newGauge(opened(b, file)), newGauge(opened(b, file))
		readSARIF(b, now, before)
		b.ReportMetric(max(before.grown(), now.grown()), "MiB-compared(target<64)")
	}
	b.ReportMetric(0, "ns/op")
}

// readSARIF reads a report, and the last release's if there is one.
func readSARIF(t testing.TB, report, before io.Reader) *Findings {
	t.Helper()
	var f Findings
	if before != nil {
		if err := f.ReadBefore("before", before); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Read("now", report); err != nil {
		t.Fatal(err)
	}
	return &f
}

// gauge measures, while a report is read through it, how much memory is in use.
type gauge struct {
	io.Reader
	start, most uint64
	reads       int
}

func newGauge(report io.Reader) *gauge {
	runtime.GC()
	return &gauge{Reader: report, start: inUse()}
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// Read implements [io.Reader].
func (g *gauge) Read(into []byte) (int, error) {
	if g.reads++; g.reads%16 == 0 {
		g.most = max(g.most, inUse())
	}
	return g.Reader.Read(into)
}

// grown is by how many MiB it grew.
func (g *gauge) grown() float64 { return float64(max(g.most, g.start)-g.start) / (1 << 20) }
