package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
)

// headSize is how much of a text is enough to recognize its format, in bytes.
const headSize = 2 << 10

// head reads a text and keeps its beginning, to tell what a text is that can't be read.
type head struct {
	io.Reader
	start []byte
}

// Read implements [io.Reader].
func (h *head) Read(into []byte) (int, error) {
	n, err := h.Reader.Read(into)
	h.start = append(h.start, into[:min(n, headSize-len(h.start))]...)
	return n, err
}

// wanted is what a kind of gate reads.
type wanted struct{ kind, reports string }

var (
	wantedTests    = wanted{"junit", "test reports"}
	wantedCoverage = wanted{"coverage", "coverage reports"}
	wantedFindings = wanted{"sarif", "SARIF reports"}
	wantedNumbers  = wanted{"json", "JSON files"}
)

// explain is the error about a text that a kind of gate couldn't read: what it is, if it
// has a format that is known and isn't the kind's own.
func (h *head) explain(w wanted, err error) error {
	if err == nil {
		return nil
	}
	for _, f := range formats {
		if !f.begins.Match(h.begin()) {
			continue
		}
		switch {
		case f.kind == w.kind, f.json && w == wantedNumbers:
			return err
		case f.kind != "":
			return fmt.Errorf("it is %s, which the kind %s reads; name only %s here", f.name, f.kind, w.reports)
		}
		return fmt.Errorf("it is %s%s", f.name, f.advice)
	}
	return err
}

// preamble is what XML may have before its first element.
var preamble = regexp.MustCompile(`(?s)^(?:\s+|<\?.*?\?>|<!--.*?-->)+`)

// begin is the beginning of the text without what says nothing of its format.
func (h *head) begin() []byte {
	start := bytes.TrimPrefix(h.start, []byte("\ufeff"))
	return preamble.ReplaceAll(start, nil)
}

// format is what a text may be in.
type format struct {
	name   string
	begins *regexp.Regexp
	kind   string // of the gates that read it
	advice string // where none does
	json   bool
}

const (
	asJUnit     = "which no kind reads; have the test runner write JUnit's XML"
	asCobertura = "which no kind reads; have the coverage tool write Cobertura XML"
)

// formats are told apart by how they begin. The first that fits counts.
var formats = []format{
	{name: "compressed (gzip)", begins: regexp.MustCompile(`(?s)^\x1f.\x08`), advice: "; unpack it first"},
	{name: "a ZIP archive", begins: regexp.MustCompile(`^PK\x03\x04`), advice: "; unpack it first"},
	{name: "a web page", begins: regexp.MustCompile(`(?i)^<(?:html|!doctype html)[\s/>]`), advice: "; open it to see why that came instead"},
	{name: "a JUnit report", begins: regexp.MustCompile(`^<testsuites?[\s/>]`), kind: "junit"},
	none("TestNG's XML", `^<testng-results[\s/>]`, asJUnit),
	none("a TRX file of Visual Studio's tests", `^<TestRun[\s/>]`, asJUnit),
	none("xUnit.net's XML", `^<assembl(?:ies|y)[\s/>]`, asJUnit),
	none("NUnit's XML", `^<test-(?:run|results)[\s/>]`, asJUnit),
	none("TAP", `^(?:TAP version \d|1\.\.\d+\s|(?:not )?ok 1\b)`, asJUnit),
	noneJSON("the output of go test -json", `^\{"(?:Time|ImportPath|Action)":"[^"]*",.*"(?:Action|Package|Output)":`, "which no kind reads; write JUnit's XML with gotestsum --junitfile, for example"),
	noneJSON("Jest's JSON", `^\{"num\w+":\d+,`, "which no kind reads; have Jest write JUnit's XML with jest-junit, for example"),
	none("JaCoCo's XML", `(?s)^(?:<!DOCTYPE report [^>]*>\s*)?<report[\s>].*(?:<sessioninfo|<package|<group|<counter)`, asCobertura),
	none("Clover's XML", `^<coverage\s[^>]*\b(?:clover|generated)=`, asCobertura),
	{name: "a coverage report (Cobertura)", begins: regexp.MustCompile(`^(?:<!DOCTYPE coverage [^>]*>\s*)?<coverage[\s/>]`), kind: "coverage"},
	{name: "a coverage report (a Go cover profile)", begins: regexp.MustCompile(`^mode: (?:set|count|atomic)\s`), kind: "coverage"},
	{name: "a coverage report (coverage.py)", begins: regexp.MustCompile(`^\{\s*"meta":\s*\{[^}]*"(?:format|branch_coverage|show_contexts)":`), kind: "coverage", json: true},
	none("LCOV", `^(?:TN:.*\r?\n)?SF:`, asCobertura),
	noneJSON("Istanbul's JSON", `(?s)^\{\s*"[^"]*":\s*\{\s*"path":.*"statementMap":`, asCobertura),
	{name: "a SARIF report", begins: regexp.MustCompile(`(?s)^\{(?:\s*"\$schema":\s*"[^"]*sarif[^"]*",)?\s*"version":\s*"2\.\d\.\d",?(?:\s*"\$schema":\s*"[^"]*",)?\s*"runs":|^\{\s*"\$schema":\s*"[^"]*sarif`), kind: "sarif", json: true},
	none("Checkstyle's XML", `^<checkstyle[\s/>]`, "which no kind reads; have the tool write SARIF"),
	noneJSON("ESLint's JSON", `^\[\{"filePath":`, "which no kind reads; have ESLint write SARIF with @microsoft/eslint-formatter-sarif, for example"),
}

func none(name, begins, advice string) format {
	return format{name: name, advice: ", " + advice, begins: regexp.MustCompile(begins)}
}

func noneJSON(name, begins, advice string) format {
	f := none(name, begins, advice)
	f.json = true
	return f
}

var errEmpty = refusal("it is empty; check what writes it")

// errContinues is the error about a text with something after its end.
var errContinues = refusal("it continues after its end, as two reports in one file do; write each to a file of its own")
