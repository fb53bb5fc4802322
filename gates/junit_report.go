package gates

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	maxReportSize = 32 << 20 // bytes of one report
	maxDepth      = 64       // of suites within suites
	maxTests      = 200_000
	maxDoubts     = 20 // that are kept of one report
)

var errDocumentType = errors.New("it declares a document type or entities, which a report has no need of")

// junitReport is what one report says. The format was never written down; this
// follows what some thirty tools write, as docs/compatibility.md lists them.
// What it does not know never counts as good.
type junitReport struct {
	cases  []junitCase
	doubts []string // reasons not to believe that all is well, each a sentence without its end
	empty  []string // the names of suites without a test; "" where one has no name
}

// readJUnit reads one report.
func readJUnit(text io.Reader) (junitReport, error) {
	buffered := bufio.NewReader(io.LimitReader(text, maxReportSize))
	if start, _ := buffered.Peek(2); isUTF16(start) {
		return junitReport{}, foreign("UTF-16")
	}
	r := junitReader{Decoder: xml.NewDecoder(buffered), hosts: map[string]bool{}}
	r.CharsetReader = charsetReader
	for {
		token, err := r.Token()
		switch {
		case errors.Is(err, io.EOF) && r.whole:
			return r.finish(), nil
		case errors.Is(err, io.EOF) && len(r.open) == 0:
			return junitReport{}, errors.New("it is empty")
		case err != nil:
			return junitReport{}, r.torn(err)
		}
		if err := r.take(token); err != nil {
			return junitReport{}, err
		}
	}
}

// isUTF16 reports whether a file begins as UTF-16 does: with its byte order
// mark, as PowerShell's > writes, or with half a character of ASCII.
func isUTF16(start []byte) bool {
	return bytes.Equal(start, []byte("\xff\xfe")) || bytes.Equal(start, []byte("\xfe\xff")) ||
		bytes.Equal(start, []byte("<\x00")) || bytes.Equal(start, []byte("\x00<"))
}

// charsetReader reads reports that name another character set than UTF-8, if it
// is a part of that, or is that under another name.
func charsetReader(charset string, text io.Reader) (io.Reader, error) {
	if slices.Contains([]string{"utf8", "ascii", "us-ascii"}, strings.ToLower(charset)) {
		return text, nil
	}
	return nil, foreign(charset)
}

// foreign is a character set that is not read.
type foreign string

// Error implements error.
func (f foreign) Error() string {
	return fmt.Sprintf("it is written in the character set %s; only UTF-8 is read", short(string(f)))
}

// junitReader is one report being read.
type junitReader struct {
	*xml.Decoder
	report     junitReport
	open       []junitSuite    // the suites that are open, outermost first
	suites     int             // that were opened
	hosts      map[string]bool // that suites name
	playwright bool            // whether Playwright wrote it
	nodeFails  int             // tests that failed or were cancelled, as node --test counts them
	whole      bool            // whether its root has been closed
}

func (r *junitReader) torn(err error) error {
	var charset foreign
	if errors.As(err, &charset) {
		return charset
	}
	line, _ := r.InputPos()
	return fmt.Errorf("its XML breaks off or is broken at line %d", line)
}

// take takes the next piece of a report.
func (r *junitReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		if r.whole {
			return errors.New("it goes on after its end; is it two reports in one?")
		}
		if len(r.open) == 0 {
			return r.root(t)
		}
		return r.element(t)
	case xml.EndElement:
		r.closeSuite()
	case xml.Comment:
		r.comment(string(t))
	case xml.Directive:
		return errDocumentType
	}
	return nil
}

// root takes the outermost element. Only Playwright's has an id.
func (r *junitReader) root(start xml.StartElement) error {
	if name := start.Name.Local; name != "testsuites" && name != "testsuite" {
		return fmt.Errorf("it begins with <%s>, and a JUnit report with <testsuites> or <testsuite>", short(name))
	}
	r.playwright = start.Name.Local == "testsuites" && hasAttribute(start, "id")
	return r.openSuite(start)
}

// element takes an element that is directly within a suite. One that is not
// known is read as a suite: node --test puts tests into <undefined>.
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

// nodeCount is a comment in which node --test counts what has no other trace,
// such as a test that fails after its subtests have passed.
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

func (r *junitReader) compareNodeCount() {
	failed := 0
	for _, c := range r.report.cases {
		if c.outcome.bad() {
			failed++
		}
	}
	if r.nodeFails > failed {
		r.doubt("node --test counted %s, but the report shows %d; check the tool's own output", plural(r.nodeFails, "failed or cancelled test"), failed)
	}
}

// settleHosts forgets the hosts of a report where they are the machine it was
// made on. Playwright, and reports with several hosts, name browsers there.
func (r *junitReader) settleHosts() {
	if r.playwright || len(r.hosts) > 1 {
		return
	}
	for i := range r.report.cases {
		r.report.cases[i].id.host = ""
	}
}

// doubt notes a reason not to believe the report, once.
func (r *junitReader) doubt(format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	if len(r.report.doubts) < maxDoubts && !slices.Contains(r.report.doubts, said) {
		r.report.doubts = append(r.report.doubts, said)
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func hasAttribute(e xml.StartElement, name string) bool {
	return slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == name })
}
