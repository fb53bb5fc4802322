package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/phrase"
)

// Outcome is a set of bits; with none set the test passed. A test whose body
// failed and whose teardown raised an error has two, and counts as both.
type Outcome uint8

const (
	Skipped Outcome = 1 << iota
	Failed
	Errored
	Unknown // the report has an element or a status that is not known

	Passed Outcome = 0
)

// Bad reports whether a test neither passed nor was skipped.
func (o Outcome) Bad() bool { return o&(Failed|Errored|Unknown) != 0 }

// junitCase is one <testcase>, or a failure or an error of a whole suite.
type junitCase struct {
	id       testID
	outcome  Outcome
	messages []string // why it did not pass, each shortened
	flaky    bool     // passed only when it was rerun
	elements int      // failures and errors it contains, including earlier attempts
	teardown bool     // the second case of a pytest test, with the error of its teardown
	tries    int      // reruns that failed too
	todo     bool     // marked as not implemented yet
	reason   string   // why it was skipped
	goTest   bool
	node     bool // node --test wrote it, as a failed one: no other tool has failure for an attribute
	suite    int  // number of its suite

	time   string // as written
	took   time.Duration
	timing Timing
}

const maxMessages = 10 // kept of one test

// junitElement is an element within a <testcase>.
type junitElement struct {
	XMLName xml.Name
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// testcase reads one <testcase>, element by element.
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

// suiteProblem reads a failure or error of a whole suite, which prove writes for a
// program that ended before its plan was done. It counts as a test.
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

// newCase makes a case of the innermost suite from the attributes of <testcase>.
func (r *junitReader) newCase(start xml.StartElement) junitCase {
	suite := r.open[len(r.open)-1]
	return junitCase{
		id: testID{
			path: suite.path, host: suite.host,
			class: cmp.Or(attribute(start, "classname"), attribute(start, "class"), suite.name),
			name:  attribute(start, "name"), file: attribute(start, "file"), line: attribute(start, "line"),
		},
		time: attribute(start, "time"), goTest: suite.goTests, suite: suite.number, node: hasAttribute(start, "failure"),
	}
}

func (r *junitReader) addCase(c junitCase) error {
	suite := &r.open[len(r.open)-1]
	suite.cases++
	suite.shown += c.elements
	suite.runs += c.runs()
	if c.outcome == Skipped {
		suite.skipped++
	}
	suite.flaky = suite.flaky || c.flaky
	if c.id.name == stylelintPassed && c.outcome == Passed {
		suite.lints++
	}
	if r.report.cases = append(r.report.cases, c); len(r.report.cases) > maxTests {
		return errTooManyTests
	}
	return nil
}

// runs is how often the test ran: a flaky one once more than it failed. Surefire
// counts each run as a test of the suite, and writes all tests of one name as runs
// of a single one, which is flaky if any of them passed and any other failed.
func (c junitCase) runs() int {
	if c.flaky {
		return c.elements + 1
	}
	return max(1, c.elements)
}

// element adds an element of a <testcase>. Surefire writes flakyFailure and
// flakyError for a test that passed when it was rerun, and rerunFailure and
// rerunError, beside the first failure, for one that never passed.
func (c *junitCase) element(e junitElement) {
	switch e.XMLName.Local {
	case "failure":
		c.elements++
		c.fail(Failed, e.line(c.id.name))
	case "error":
		c.elements++
		c.teardown = strings.HasPrefix(e.Message, "failed on teardown") // as pytest writes it
		c.fail(Errored, e.line(c.id.name))
	case "flakyFailure", "flakyError":
		c.elements++
		c.flaky = true
	case "rerunFailure", "rerunError":
		c.elements++
		c.tries++
	case "skipped", "disabled", "ignored":
		c.outcome |= Skipped
		c.todo = c.todo || e.Type == "todo"
		c.reason = cmp.Or(c.reason, e.line(c.id.name))
	case "properties", "system-out", "system-err":
	default:
		c.elements++
		c.fail(Unknown, fmt.Sprintf("unknown element <%s>", phrase.Excerpt(e.XMLName.Local)))
	}
}

// fail records a bad outcome and the reason; of many reasons the first are kept.
func (c *junitCase) fail(o Outcome, why string) {
	c.outcome |= o
	if why != "" && len(c.messages) < maxMessages && !slices.Contains(c.messages, why) {
		c.messages = append(c.messages, why)
	}
}

// junitStatuses maps the values of the attributes status and result. ctest
// writes notrun for a test whose program is missing, and behave untested for a
// scenario whose hook raised an error: neither was skipped on purpose. Intern
// writes 1 for a test that failed, and 0 for any other.
var junitStatuses = map[string]Outcome{
	"": Passed, "run": Passed, "passed": Passed, "pass": Passed, "ok": Passed,
	"success": Passed, "successful": Passed, "succeeded": Passed, "completed": Passed, "complete": Passed,
	"skipped": Skipped, "skip": Skipped, "disabled": Skipped, "suppressed": Skipped,
	"ignored": Skipped, "pending": Skipped, "todo": Skipped,
	"failed": Failed, "fail": Failed, "failure": Failed, "undefined": Failed,
	"error": Errored, "errored": Errored, "broken": Errored, "notrun": Errored, "untested": Errored,
	"0": Passed, "1": Failed,
}

// finish applies the attributes once all elements are read, unless these already
// tell a bad outcome or a skip on purpose. node --test runs tests marked as todo
// and ignores their failures.
func (c *junitCase) finish(status, result string) {
	switch {
	case c.todo && c.outcome&^Failed == Skipped:
		c.outcome, c.messages = Skipped, nil
	case c.outcome.Bad():
	case c.isWantedSkip(status, result):
		c.outcome = Skipped
	case c.tries > 0:
		c.outcome |= Failed
	default:
		c.word("status", status)
		c.word("result", result)
	}
}

// isWantedSkip reports whether a test with status notrun was skipped on purpose:
// ctest gives the test property that allows it as the reason, and GoogleTest
// suppresses tests named DISABLED_.
func (c *junitCase) isWantedSkip(status, result string) bool {
	return strings.HasPrefix(c.reason, "SKIP_RETURN_CODE") || strings.HasPrefix(c.reason, "SKIP_REGULAR_EXPRESSION") ||
		status == "notrun" && result == "suppressed"
}

// word applies the value of one attribute.
func (c *junitCase) word(attribute, word string) {
	o, known := junitStatuses[strings.ToLower(word)]
	if !known {
		o = Unknown
	}
	if !o.Bad() {
		c.outcome |= o
		return
	}
	c.elements = max(c.elements, 1)
	c.fail(o, strings.TrimSuffix(fmt.Sprintf("%s is %s: %s", attribute, phrase.Excerpt(word), c.reason), ": "))
}
