package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"

	"gonogo/phrase"
)

// MaxJUnit is how much of one report in JUnit's format is read, in bytes. It is read as a
// stream, without what tests printed.
const MaxJUnit = 256 << 20

const (
	maxTests  = 200_000
	maxDoubts = 20 // kept of one report
)

var errDocumentType = errors.New("it declares a document type or entities, which no report needs; have the tool write it without them")

// junitReport is the content of one report. The format was never specified; this
// follows what the tools in docs/compatibility.md write. What it doesn't know never
// counts as passed.
type junitReport struct {
	cases  []junitCase
	doubts []string // why the report can't be trusted to have passed, each a sentence without a full stop
	empty  []string // names of suites without tests; "" is the report itself
	skips  []string // of suites that count more skipped tests than they list
}

// readJUnit reads one report.
func readJUnit(text io.Reader) (junitReport, error) {
	filtered := newOutputFilter(&limited{text, MaxJUnit, MaxJUnit})
	if start, _ := filtered.from.Peek(2); isUTF16(start) {
		return junitReport{}, foreign("UTF-16")
	}
	r := junitReader{Decoder: xml.NewDecoder(filtered), hosts: map[string]bool{}}
	r.CharsetReader = charsetReader
	for {
		token, err := r.Token()
		switch {
		case errors.Is(err, io.EOF) && r.whole:
			return r.finish(), nil
		case errors.Is(err, io.EOF) && len(r.open) == 0:
			return junitReport{}, r.nothing()
		case err != nil:
			return junitReport{}, r.torn(err)
		}
		if err := r.take(token); err != nil {
			return junitReport{}, err
		}
	}
}

// junitReader is one report being read.
type junitReader struct {
	*xml.Decoder
	report     junitReport
	open       []junitSuite    // open suites, outermost first
	suites     int             // number of suites begun
	hosts      map[string]bool // the hosts of suites
	playwright bool            // whether Playwright wrote it
	nodeFails  int             // failed and cancelled tests according to node --test
	whole      bool            // whether its root has been closed
	text       bool            // whether it holds any text
}

// nothing says why a report without an element can't be read.
func (r *junitReader) nothing() error {
	if r.text {
		return errors.New("it isn't XML; write the report in JUnit's format")
	}
	return errEmpty
}

func (r *junitReader) torn(err error) error {
	var charset foreign
	var own refusal
	switch {
	case errors.As(err, &charset):
		return charset
	case errors.As(err, &own):
		return own
	}
	line, _ := r.InputPos()
	return fmt.Errorf("its XML is truncated or invalid at line %d; run the tool that wrote it again", line)
}

// take handles the next token of a report.
func (r *junitReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		if r.whole {
			return errContinues
		}
		if len(r.open) == 0 {
			return r.root(t)
		}
		return r.element(t)
	case xml.EndElement:
		r.closeSuite()
	case xml.CharData:
		r.text = r.text || len(bytes.TrimSpace(t)) > 0
	case xml.Comment:
		r.comment(string(t))
	case xml.Directive:
		return errDocumentType
	}
	return nil
}

// root handles the outermost element. Only Playwright's has an id.
func (r *junitReader) root(start xml.StartElement) error {
	if name := start.Name.Local; name != "testsuites" && name != "testsuite" {
		return fmt.Errorf("it begins with <%s>, but a JUnit report begins with <testsuites> or <testsuite>; name only test reports here", phrase.Excerpt(name))
	}
	r.playwright = start.Name.Local == "testsuites" && hasAttribute(start, "id")
	return r.openSuite(start)
}

// element handles a child of a suite. An unknown one is read as a suite, since
// node --test writes tests within <undefined>.
func (r *junitReader) element(start xml.StartElement) error {
	switch start.Name.Local {
	case "testcase":
		return r.testcase(start)
	case "failure", "error":
		return r.suiteProblem(start)
	case "properties":
		return r.properties(start)
	case "system-out", "system-err", "skipped", "disabled":
		if err := r.Skip(); err != nil {
			return r.torn(err)
		}
		return nil
	}
	return r.openSuite(start)
}

// nodeCount is a comment in which node --test counts failures. Some are counted nowhere
// else, such as a test that fails after its subtests have passed.
var nodeCount = regexp.MustCompile(`^\s*(?:fail|cancelled) (\d{1,9})\s*$`)

func (r *junitReader) comment(text string) {
	m := nodeCount.FindStringSubmatch(text)
	if m == nil || len(r.open) == 0 || r.open[len(r.open)-1].element == "testsuite" {
		return
	}
	n, _ := strconv.Atoi(m[1])
	r.nodeFails += n
}

// finish completes the report once all of it is read.
func (r *junitReader) finish() junitReport {
	r.compareNodeCount()
	r.settleHosts()
	settleTimes(r.report.cases)
	return r.report
}

// compareNodeCount compares node's counts with the failures that node wrote. In a
// merged report, failures of other tools must not be mistaken for node's.
func (r *junitReader) compareNodeCount() {
	failed := 0
	for _, c := range r.report.cases {
		if c.node && c.outcome.Bad() {
			failed++
		}
	}
	if r.nodeFails > failed {
		r.doubt("node --test counted %s, but the report shows %d; check the tool's own output", phrase.Count(r.nodeFails, "failed or cancelled test"), failed)
	}
}

// settleHosts removes the host from the identity of tests where it is the machine
// that ran them. Playwright, and reports with several hosts, name browsers there.
func (r *junitReader) settleHosts() {
	if r.playwright || len(r.hosts) > 1 {
		return
	}
	for i := range r.report.cases {
		r.report.cases[i].id.host = ""
	}
}

// doubt records why the report can't be trusted, once.
func (r *junitReader) doubt(format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	if len(r.report.doubts) < maxDoubts && !slices.Contains(r.report.doubts, said) {
		r.report.doubts = append(r.report.doubts, said)
	}
}
