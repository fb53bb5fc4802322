package gates

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxReportSize = 32 << 20 // bytes of one report
	maxDepth      = 64       // of suites within suites
	maxTests      = 200_000
)

// testID tells tests apart. The same one in two reports, of shards that
// overlap say, counts once.
type testID struct{ class, name, file string }

// outcome is how a test ended; the worse counts where a test is there twice.
type outcome int

const (
	testPassed outcome = iota
	testSkipped
	testFailed
	testErrored
)

// test is what is kept of a test case.
type test struct {
	outcome outcome
	took    time.Duration
	message string // why it did not pass, cut short
}

// suite is the tests of all reports together.
type suite struct {
	tests    map[testID]test
	repeated int  // tests that were there more than once
	flaky    int  // tests that passed only when they were run again
	timed    bool // whether any test says how long it took
}

// read takes the tests of one report. The format was never written down; this
// follows what Ant, Surefire, pytest and gotestsum write. The counts in the
// attributes of a suite are left aside: runners get them wrong, and suites
// within suites count twice.
func (s *suite) read(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return errors.New(plainCause(err))
	}
	defer f.Close()
	d := xml.NewDecoder(io.LimitReader(f, maxReportSize))
	d.CharsetReader = charsetReader
	r := reader{suite: s, Decoder: d}
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && r.whole:
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("it is empty")
		case err != nil:
			return r.torn(err)
		}
		if err := r.take(token); err != nil {
			return err
		}
	}
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

// reader is one report being read.
type reader struct {
	*xml.Decoder
	suite *suite
	names []string // of the suites that are open, outermost first
	whole bool     // whether its root has been closed
}

func (r *reader) torn(err error) error {
	var charset foreign
	if errors.As(err, &charset) {
		return charset
	}
	line, _ := r.InputPos()
	return fmt.Errorf("its XML breaks off or is broken at line %d", line)
}

// take takes the next piece of a report.
func (r *reader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		switch name := t.Name.Local; {
		case r.whole:
			return errors.New("it goes on after its end; is it two reports in one?")
		case len(r.names) == 0 && name != "testsuites" && name != "testsuite":
			return fmt.Errorf("it begins with <%s>, and a JUnit report with <testsuites> or <testsuite>", short(name))
		case name == "testcase":
			return r.test(t)
		case name == "testsuites" || name == "testsuite":
			r.names = append(r.names, attribute(t, "name"))
		default: // properties, output and the like
			if err := r.Skip(); err != nil {
				return r.torn(err)
			}
		}
		if len(r.names) > maxDepth {
			return fmt.Errorf("its suites are nested more than %d deep", maxDepth)
		}
	case xml.EndElement:
		r.names = r.names[:len(r.names)-1]
		r.whole = len(r.names) == 0
	case xml.Directive:
		return errors.New("it declares a document type or entities, which a report has no need of")
	}
	return nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// test takes one <testcase>. A flakyFailure or flakyError is Surefire's way to
// say that the test passed when it was run again.
func (r *reader) test(start xml.StartElement) error {
	var c struct {
		Failure []complaint `xml:"failure"`
		Error   []complaint `xml:"error"`
		Skipped []struct{}  `xml:"skipped"`
		Flaky   []struct{}  `xml:"flakyFailure"`
		Flaky2  []struct{}  `xml:"flakyError"`
	}
	if err := r.DecodeElement(&c, &start); err != nil {
		return r.torn(err)
	}
	var t test
	switch {
	case len(c.Error) > 0:
		t.outcome, t.message = testErrored, c.Error[0].line()
	case len(c.Failure) > 0:
		t.outcome, t.message = testFailed, c.Failure[0].line()
	case len(c.Skipped) > 0:
		t.outcome = testSkipped
	case len(c.Flaky)+len(c.Flaky2) > 0:
		r.suite.flaky++
	}
	if seconds, ok := seconds(attribute(start, "time")); ok {
		t.took, r.suite.timed = seconds, true
	}
	class := cmp.Or(attribute(start, "classname"), r.names[len(r.names)-1])
	return r.suite.add(testID{class, attribute(start, "name"), attribute(start, "file")}, t)
}

// add counts a test. Of the same test twice the worse outcome and the longer
// time stay.
func (s *suite) add(id testID, t test) error {
	if before, twice := s.tests[id]; twice {
		s.repeated++
		if before.outcome > t.outcome {
			t.outcome, t.message = before.outcome, before.message
		}
		t.took = max(t.took, before.took)
	}
	if s.tests[id] = t; len(s.tests) > maxTests {
		return fmt.Errorf("with it there are more than %d tests, and no more are read", maxTests)
	}
	return nil
}

// seconds reads how long a test took; some runners write 1,234.5.
func seconds(text string) (time.Duration, bool) {
	s, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil || !(s >= 0 && s < math.MaxInt64/1e12) {
		return 0, false
	}
	return time.Duration(s * float64(time.Second)), true
}

// complaint is why a test did not pass.
type complaint struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (c complaint) line() string { return short(cmp.Or(c.Message, c.Text)) }
