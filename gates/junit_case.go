package gates

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
)

// outcome is how a test ended: passed if no bit is set. A test whose body
// failed and whose teardown broke has two bits, and counts as both.
type outcome uint8

const (
	testSkipped outcome = 1 << iota
	testFailed
	testErrored
	testUnknown // the report says it in a way that is not known

	testPassed outcome = 0
)

// bad reports whether a test did not end well.
func (o outcome) bad() bool { return o&(testFailed|testErrored|testUnknown) != 0 }

// junitCase is one <testcase>, or a failure or an error of a whole suite.
type junitCase struct {
	id       testID
	outcome  outcome
	messages []string // why it did not pass, each cut short
	flaky    bool     // whether it passed only when it was run again
	elements int      // failures and errors that it shows, those of earlier tries too
	teardown bool     // whether it is what a teardown left of the test before it
	tries    int      // further tries that did not pass either
	todo     bool     // whether it is marked as not done yet
	reason   string   // why it was skipped
	goTest   bool
	suite    int // number of the suite that it is in

	time   string // as it is written
	took   time.Duration
	timing timing
}

const maxMessages = 10 // that are kept of a test

// junitElement is an element within a <testcase>.
type junitElement struct {
	XMLName xml.Name
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// testcase takes one <testcase>, element by element.
func (r *junitReader) testcase(start xml.StartElement) error {
	c := r.newCase(start)
	for {
		token, err := r.Token()
		if err != nil {
			return r.torn(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			var e junitElement
			if err := r.DecodeElement(&e, &t); err != nil {
				return r.torn(err)
			}
			c.element(e)
		case xml.EndElement:
			c.finish(attribute(start, "status"), attribute(start, "result"))
			return r.addCase(c)
		case xml.Directive:
			return errDocumentType
		}
	}
}

// suiteProblem takes what is said of a suite as a whole, as prove does of a
// program that ended before all of its tests had run. It counts as a test.
func (r *junitReader) suiteProblem(start xml.StartElement) error {
	var e junitElement
	if err := r.DecodeElement(&e, &start); err != nil {
		return r.torn(err)
	}
	c := r.newCase(xml.StartElement{})
	c.id.name = "(the suite as a whole)"
	c.element(e)
	return r.addCase(c)
}

// newCase is a test of the innermost suite with what its attributes say.
func (r *junitReader) newCase(start xml.StartElement) junitCase {
	suite := r.open[len(r.open)-1]
	return junitCase{
		id: testID{
			path: suite.path, host: suite.host,
			class: cmp.Or(attribute(start, "classname"), attribute(start, "class"), suite.name),
			name:  attribute(start, "name"), file: attribute(start, "file"), line: attribute(start, "line"),
		},
		time: attribute(start, "time"), goTest: suite.goTests, suite: suite.number,
	}
}

func (r *junitReader) addCase(c junitCase) error {
	suite := &r.open[len(r.open)-1]
	suite.cases++
	suite.shown += c.elements
	if c.id.name == stylelintPassed && c.outcome == testPassed {
		suite.lints++
	}
	if r.report.cases = append(r.report.cases, c); len(r.report.cases) > maxTests {
		return errTooManyTests
	}
	return nil
}

// element takes in what an element within a test says. flakyFailure and
// flakyError are Surefire's way to say that the test passed when it was run
// again; rerunFailure and rerunError stand beside the failure of one that
// never did.
func (c *junitCase) element(e junitElement) {
	switch e.XMLName.Local {
	case "failure":
		c.elements++
		c.fail(testFailed, e.line())
	case "error":
		c.elements++
		c.teardown = strings.HasPrefix(e.Message, "failed on teardown") // as pytest writes it
		c.fail(testErrored, e.line())
	case "flakyFailure", "flakyError":
		c.elements++
		c.flaky = true
	case "rerunFailure", "rerunError":
		c.elements++
		c.tries++
	case "skipped", "disabled":
		c.outcome |= testSkipped
		c.todo = c.todo || e.Type == "todo"
		c.reason = cmp.Or(c.reason, e.line())
	case "properties", "system-out", "system-err":
	default:
		c.elements++
		c.fail(testUnknown, fmt.Sprintf("unknown element <%s>", short(e.XMLName.Local)))
	}
}

// fail notes that a test did not end well, and why. Of many reasons the first
// are kept.
func (c *junitCase) fail(o outcome, why string) {
	c.outcome |= o
	if why != "" && len(c.messages) < maxMessages && !slices.Contains(c.messages, why) {
		c.messages = append(c.messages, why)
	}
}

// junitStatuses are the words with which the attributes status and result tell how
// a test ended. ctest calls a test notrun whose program is missing, and behave
// one untested whose hooks threw: neither is a skip that somebody wanted.
var junitStatuses = map[string]outcome{
	"": testPassed, "run": testPassed, "passed": testPassed, "pass": testPassed, "ok": testPassed,
	"success": testPassed, "successful": testPassed, "succeeded": testPassed, "completed": testPassed, "complete": testPassed,
	"skipped": testSkipped, "skip": testSkipped, "disabled": testSkipped, "suppressed": testSkipped,
	"ignored": testSkipped, "pending": testSkipped, "todo": testSkipped,
	"failed": testFailed, "fail": testFailed, "failure": testFailed, "undefined": testFailed,
	"error": testErrored, "errored": testErrored, "broken": testErrored, "notrun": testErrored, "untested": testErrored,
}

// finish takes in what the attributes say once all elements are read, unless
// these say already that the test did not end well, or why it was skipped.
// node --test runs a test that is marked as todo, and does not mind that it fails.
func (c *junitCase) finish(status, result string) {
	switch {
	case c.todo && c.outcome&^testFailed == testSkipped:
		c.outcome, c.messages = testSkipped, nil
	case c.outcome.bad():
	case c.isWantedSkip(status, result):
		c.outcome = testSkipped
	case c.tries > 0:
		c.outcome |= testFailed
	default:
		c.word("status", status)
		c.word("result", result)
	}
}

// isWantedSkip reports whether a test that did not run was skipped because
// somebody wanted it: ctest's reason is then the property that says so, and
// GoogleTest suppresses tests called DISABLED_.
func (c *junitCase) isWantedSkip(status, result string) bool {
	return strings.HasPrefix(c.reason, "SKIP_RETURN_CODE") || strings.HasPrefix(c.reason, "SKIP_REGULAR_EXPRESSION") ||
		status == "notrun" && result == "suppressed"
}

// word takes in what one attribute says.
func (c *junitCase) word(attribute, word string) {
	o, known := junitStatuses[strings.ToLower(word)]
	if !known {
		o = testUnknown
	}
	if !o.bad() {
		c.outcome |= o
		return
	}
	c.elements = max(c.elements, 1)
	c.fail(o, strings.TrimSuffix(fmt.Sprintf("%s is %s: %s", attribute, short(word), c.reason), ": "))
}
