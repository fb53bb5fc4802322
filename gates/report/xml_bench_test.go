package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"testing"
	"time"
)

// wholeJUnit is what a reader of whole files needs of a report.
type wholeJUnit struct {
	Suites []struct {
		Name     string `xml:"name,attr"`
		Tests    string `xml:"tests,attr"`
		Failures string `xml:"failures,attr"`
		Errors   string `xml:"errors,attr"`
		Cases    []struct {
			Class    string         `xml:"classname,attr"`
			Name     string         `xml:"name,attr"`
			File     string         `xml:"file,attr"`
			Line     string         `xml:"line,attr"`
			Time     string         `xml:"time,attr"`
			Failures []junitElement `xml:"failure"`
			Errors   []junitElement `xml:"error"`
			Skipped  []junitElement `xml:"skipped"`
			Output   string         `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// largeJUnit is a report as pytest writes it, of about so many bytes. Each test has
// printed 40 lines, and every twentieth has failed.
func largeJUnit(size int) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites>")
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, `<testsuite name="addons.module_%d" errors="0" failures="5" skipped="0" tests="100" time="12.345" timestamp="2026-11-02T10:11:12" hostname="runner">`, n)
		for i := range 100 {
			fmt.Fprintf(&b, `<testcase classname="addons.module_%d.tests.test_orders.TestOrders" name="test_quantity_is_checked[%d-&quot;piece&quot;]" time="0.%03d">`, n, i, i)
			if i%20 == 0 {
				b.WriteString(`<failure message="AssertionError: 3 != 4">`)
				for line := range 20 {
					fmt.Fprintf(&b, "addons/module_%d/tests/test_orders.py:%d: in test_quantity_is_checked\n    self.assertEqual(order.quantity, expected, &quot;quantity of &lt;order&gt;&quot;)\n", n, line*7)
				}
				b.WriteString(`</failure>`)
			}
			b.WriteString(`<system-out>`)
			for line := range 40 {
				fmt.Fprintf(&b, "2026-11-02 10:11:12,%03d 4711 INFO test odoo.modules.loading: loading module_%d (%d/140)\n", line, n, line)
			}
			b.WriteString(`</system-out></testcase>`)
		}
		b.WriteString("</testsuite>\n")
	}
	b.WriteString(`</testsuites>`)
	return b.Bytes()
}

// wholeCobertura is what a reader of whole files needs of a report.
type wholeCobertura struct {
	Sources  []string `xml:"sources>source"`
	Packages []struct {
		Classes []struct {
			File  string `xml:"filename,attr"`
			Lines []struct {
				Number string `xml:"number,attr"`
				Hits   string `xml:"hits,attr"`
				Ways   string `xml:"condition-coverage,attr"`
			} `xml:"lines>line"`
		} `xml:"classes>class"`
	} `xml:"packages>package"`
}

// largeCobertura is a report as coverage.py writes it, of about so many bytes.
func largeCobertura(size int) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" ?>\n<coverage version=\"7.6\" timestamp=\"1\" lines-valid=\"1\" lines-covered=\"1\" line-rate=\"1\" branch-rate=\"1\" complexity=\"0\">\n\t<sources>\n\t\t<source>/build/addons</source>\n\t</sources>\n\t<packages>\n\t\t<package name=\".\" line-rate=\"0.9\" branch-rate=\"0.8\" complexity=\"0\">\n\t\t\t<classes>\n")
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, "\t\t\t\t<class name=\"order_%d.py\" filename=\"module/models/order_%d.py\" complexity=\"0\" line-rate=\"0.9\" branch-rate=\"0.8\">\n\t\t\t\t\t<methods/>\n\t\t\t\t\t<lines>\n", n, n)
		for i := range 400 {
			if i%8 == 0 {
				fmt.Fprintf(&b, "\t\t\t\t\t\t<line number=\"%d\" hits=\"1\" branch=\"true\" condition-coverage=\"50%% (1/2)\" missing-branches=\"%d\"/>\n", i+1, i+4)
				continue
			}
			fmt.Fprintf(&b, "\t\t\t\t\t\t<line number=\"%d\" hits=\"%d\"/>\n", i+1, i%5)
		}
		b.WriteString("\t\t\t\t\t</lines>\n\t\t\t\t</class>\n")
	}
	b.WriteString("\t\t\t</classes>\n\t\t</package>\n\t</packages>\n</coverage>\n")
	return b.Bytes()
}

// BenchmarkJUnit reads a report of 100 MB as a stream, and unmarshals the same one whole
// with the standard library, in turns.
func BenchmarkJUnit(b *testing.B) {
	text := largeJUnit(100 << 20)
	sideBySide(b, func() {
		if _, err := readJUnit(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}, func() {
		var all wholeJUnit
		if err := xml.Unmarshal(text, &all); err != nil {
			b.Fatal(err)
		}
	})
	b.ReportMetric(grownBy(b, text, func(report io.Reader) error { _, err := readJUnit(report); return err }), "MiB(target<64)")
}

// BenchmarkCobertura does the same with a report of 20 MB.
func BenchmarkCobertura(b *testing.B) {
	text := largeCobertura(20 << 20)
	read := func(report io.Reader) error {
		return NewCoverage("/build", []string{"/build/coverage.xml"}, true, os.DirFS("/nonexistent")).Read("/build/coverage.xml", report)
	}
	sideBySide(b, func() {
		if err := read(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}, func() {
		var all wholeCobertura
		if err := xml.Unmarshal(text, &all); err != nil {
			b.Fatal(err)
		}
	})
	b.ReportMetric(grownBy(b, text, read), "MiB(target<64)")
}

// sideBySide measures, in turns, a reader that streams and one that unmarshals.
func sideBySide(b *testing.B, stream, unmarshal func()) {
	var streamed, whole time.Duration
	for b.Loop() {
		from := time.Now()
		stream()
		between := time.Now()
		unmarshal()
		streamed, whole = streamed+between.Sub(from), whole+time.Since(between)
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op") // of both together it says nothing
	b.ReportMetric(float64(streamed.Milliseconds())/n, "ms/streamed")
	b.ReportMetric(float64(whole.Milliseconds())/n, "ms/unmarshalled")
	b.ReportMetric(whole.Seconds()/streamed.Seconds(), "times-as-fast(target>=2)")
}

// grownBy is by how many MiB the memory in use grows while a report is read from a file.
func grownBy(b *testing.B, text []byte, read func(io.Reader) error) float64 {
	report := newGauge(opened(b, stored(b, text)))
	if err := read(report); err != nil {
		b.Fatal(err)
	}
	return report.grown()
}
