package report

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

const (
	aJUnit     = "<?xml version=\"1.0\"?>\n<!-- by hand -->\n<testsuites><testsuite name=\"s\"><testcase name=\"a\"/></testsuite></testsuites>"
	aCobertura = `<coverage line-rate="1"><packages><package name="a"><classes><class name="a" filename="a.py"><methods/><lines><line number="1" hits="1"/></lines></class></classes></package></packages></coverage>`
	aSARIF     = `{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"tool":{"driver":{"name":"x"}},"results":[]}]}`
)

// readAs reads a text as each kind does.
var readAs = map[string]func(text string) error{
	"junit": func(text string) error { return new(Tests).Read("a", strings.NewReader(text)) },
	"coverage": func(text string) error {
		return NewCoverage("/", []string{"/a"}, false, nil).Read("/a", strings.NewReader(text))
	},
	"sarif":      func(text string) error { return new(Findings).Read("a", strings.NewReader(text)) },
	"last sarif": func(text string) error { return new(Findings).ReadBefore("a", strings.NewReader(text)) },
	"json": func(text string) error {
		return ReadNumbers(strings.NewReader(text), nil, func(int, []Number, error) error { return nil })
	},
}

func compressed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	to := gzip.NewWriter(&b)
	if _, err := to.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Whoever names another tool's file is told what it is, and what reads it.
func TestOtherFormats(t *testing.T) {
	for _, tt := range []struct{ kinds, text, want string }{
		{"junit", aCobertura, "it is a coverage report (Cobertura), which the kind coverage reads; name only test reports here"},
		{"junit", "\ufeff" + `<?xml version="1.0" ?><!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">` + aCobertura, "(Cobertura), which the kind coverage reads"},
		{"junit sarif json", "mode: atomic\na/b.go:1.1,2.2 1 1\n", "it is a coverage report (a Go cover profile), which the kind coverage reads; name only "},
		{"junit sarif", `{"meta": {"format": 3, "version": "7.6.1"}, "files": {}}`, "it is a coverage report (coverage.py), which the kind coverage reads; name only "},
		{"coverage sarif json", aJUnit, "it is a JUnit report, which the kind junit reads; name only "},
		{"junit coverage", aSARIF, "it is a SARIF report, which the kind sarif reads; name only "},
		{"junit coverage", `{ "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "runs": [] }`, "it is a SARIF report, which the kind sarif reads"},
		{"junit coverage sarif", `{"Time":"2026-11-29T10:00:00Z","Action":"start","Package":"a"}` + "\n", "it is the output of go test -json, which no kind reads; write JUnit's XML with gotestsum --junitfile, for example"},
		{"junit coverage sarif", `{"numFailedTestSuites":0,"numFailedTests":0,"testResults":[]}`, "it is Jest's JSON, which no kind reads; have Jest write"},
		{"junit coverage sarif", `[{"filePath":"/a.js","messages":[]}]`, "it is ESLint's JSON, which no kind reads; have ESLint write SARIF"},
		{"junit coverage sarif", `{"/a.js": {"path":"/a.js","statementMap":{}}}`, "it is Istanbul's JSON, which no kind reads; have the coverage tool write Cobertura XML"},
		{"junit coverage sarif json", `<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="a"><sessioninfo id="x"/></report>`, "it is JaCoCo's XML, which no kind reads; have the coverage tool write Cobertura XML"},
		{"junit coverage sarif json", `<coverage generated="1" clover="3.2.0"><project/></coverage>`, "it is Clover's XML, which no kind reads"},
		{"junit coverage sarif json", "TN:\nSF:a.js\nDA:1,1\nend_of_record\n", "it is LCOV, which no kind reads; have the coverage tool write Cobertura XML"},
		{"junit coverage sarif json", "TAP version 13\n1..1\nok 1 - a\n", "it is TAP, which no kind reads; have the test runner write JUnit's XML"},
		{"junit coverage sarif json", `<TestRun id="1"><Results/></TestRun>`, "it is a TRX file of Visual Studio's tests, which no kind reads"},
		{"junit coverage sarif json", `<testng-results total="1"/>`, "it is TestNG's XML, which no kind reads"},
		{"junit coverage sarif json", `<assemblies/>`, "it is xUnit.net's XML, which no kind reads"},
		{"junit coverage sarif json", `<test-run id="2"/>`, "it is NUnit's XML, which no kind reads"},
		{"junit coverage sarif json", `<checkstyle version="1"/>`, "it is Checkstyle's XML, which no kind reads; have the tool write SARIF"},
		{"junit coverage sarif json", "<!DOCTYPE html>\n<html></html>", "it is a web page; open it to see why that came instead"},
		{"junit coverage sarif json", compressed(t, aJUnit), "it is compressed (gzip); unpack it first"},
		{"junit coverage sarif json", "PK\x03\x04" + strings.Repeat("\x00", 30), "it is a ZIP archive; unpack it first"},
		{"sarif", `{"totals": {}}`, "its JSON has no runs, as a SARIF report has"},
		{"junit", `<html-report/>`, "it begins with <html-report>, but a JUnit report"},
	} {
		kinds := strings.Fields(tt.kinds)
		if strings.Contains(tt.kinds, "sarif") {
			kinds = append(kinds, "last sarif")
		}
		for _, kind := range kinds {
			if err := readAs[kind](tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s of %.60q: got %v, want %s", kind, tt.text, err, tt.want)
			}
		}
	}
}

// What a kind does read isn't mistaken for another's.
func TestOwnFormats(t *testing.T) {
	for _, tt := range []struct{ kind, text string }{
		{"junit", aJUnit}, {"coverage", aCobertura}, {"sarif", aSARIF}, {"last sarif", aSARIF}, {"json", aSARIF}, {"json", `{"numTotalTests":1}`},
		{"coverage", `{"meta":{"format":3},"files":{"a.py":{"executed_lines":[1],"missing_lines":[]}}}`}, {"coverage", "mode: set\na/b.go:1.1,2.2 1 1\n"},
	} {
		if err := readAs[tt.kind](tt.text); err != nil {
			t.Errorf("%s of %.40q: %v", tt.kind, tt.text, err)
		}
	}
	for kind, text := range map[string]string{"junit": aJUnit[:len(aJUnit)-5], "coverage": aCobertura[:len(aCobertura)-5], "sarif": aSARIF[:len(aSARIF)-2]} {
		if err := readAs[kind](text); err == nil || !strings.Contains(err.Error(), "truncated or invalid") {
			t.Errorf("%s that is cut short: %v", kind, err)
		}
	}
}
