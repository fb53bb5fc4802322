package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"gonogo/phrase"
)

// junitSuite is a suite that is being read.
type junitSuite struct {
	element string // its element: testsuites, testsuite, or one that is not known
	name    string
	host    string
	number  int    // among the suites of the report
	path    string // the names of the suites around it and its own
	goTests bool   // its tests are those of a Go package
	claimed int    // failures and errors according to its attributes
	shown   int    // failures and errors among its elements
	skips   int    // skipped tests according to its attributes
	skipped int    // skipped tests among its elements
	tests   int    // tests according to its attributes; -1: they do not say
	runs    int    // runs of its own tests, reruns among them
	flaky   bool   // a test of its own passed only when it was rerun
	cases   int    // in it and in the suites within it
	lints   int    // of these, how many are stylelintPassed
	named   bool   // a suite within it was recorded as empty
	bad     bool   // Ginkgo says that it did not succeed
	reason  string // why it failed, according to Ginkgo, if not by a test
}

// stylelintPassed is the test that stylelint's formatter writes for a file with
// warnings only. Its suite counts the warnings both as failures and as errors.
const stylelintPassed = "stylelint.passed"

// openSuite begins a suite. The name of <testsuites> is the name of the run, and
// no part of a test's identity.
func (r *junitReader) openSuite(start xml.StartElement) error {
	s := junitSuite{element: start.Name.Local, name: attribute(start, "name"), host: attribute(start, "hostname"), number: r.suites}
	r.suites++
	if len(r.open) > 0 {
		outer := r.open[len(r.open)-1]
		s.path, s.goTests = outer.path, outer.goTests
		if s.host == "" {
			s.host = outer.host
		}
	}
	if s.element != "testsuites" && s.name != "" {
		s.path = strings.TrimPrefix(s.path+" › "+s.name, " › ")
	}
	if s.host != "" {
		r.hosts[s.host] = true
	}
	s.claimed = r.claims(start, "failures") + r.claims(start, "errors")
	s.skips, _ = strconv.Atoi(strings.TrimSpace(attribute(start, "skipped")))
	s.tests = -1
	if n, err := strconv.ParseUint(strings.TrimSpace(attribute(start, "tests")), 10, 31); err == nil {
		s.tests = int(n)
	}
	if r.open = append(r.open, s); len(r.open) > maxDepth {
		return fmt.Errorf("its suites are nested more than %d deep", maxDepth)
	}
	return nil
}

// claims reads a count in a suite's attributes.
func (r *junitReader) claims(start xml.StartElement, count string) int {
	text := strings.TrimSpace(attribute(start, count))
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		r.doubt("the number of %s of a suite is %q, which is not a number", count, phrase.Excerpt(text))
	}
	return int(n)
}

// closeSuite ends the innermost suite and compares its attributes with its
// elements. An outer suite repeats the counts of the suites within it, so each
// is compared with everything below it. Lower counts are common, since not every
// tool counts failures of hooks.
func (r *junitReader) closeSuite() {
	last := len(r.open) - 1
	s := r.open[last]
	r.open = r.open[:last]
	if s.lints > 0 && s.lints == s.cases && s.shown == 0 {
		s.shown = s.claimed
	}
	if s.claimed > s.shown {
		r.doubt("%s counts %s, but its tests show %d; check the tool's own output", s.called(), phrase.Count(s.claimed, "failure or error", "failures and errors"), s.shown)
	}
	if s.skips > s.skipped {
		r.report.skips = append(r.report.skips, fmt.Sprintf("%s counts %s, but lists %d; check the tool's own output", s.called(), phrase.Count(s.skips, "skipped test"), s.skipped))
	}
	r.compareRuns(&s)
	r.compareSuccess(&s)
	if s.cases == 0 {
		r.noteEmpty(&s)
	}
	if r.whole = last == 0; r.whole {
		return
	}
	outer := &r.open[last-1]
	outer.shown += s.shown
	outer.skipped += s.skipped
	outer.cases += s.cases
	outer.lints += s.lints
	outer.named = outer.named || s.named
}

// hiddenByFlaky is what a suite with a flaky test may hide.
const hiddenByFlaky = "one that always fails may be taken for a flaky one, as it has the name of one that passes"

// compareRuns compares the tests that a suite with a flaky one counts with the runs
// that it shows.
func (r *junitReader) compareRuns(s *junitSuite) {
	switch {
	case !s.flaky:
	case s.tests < 0:
		r.doubt("%s does not say how many runs of tests it counts; %s", s.called(), hiddenByFlaky)
	case s.tests > s.runs:
		r.doubt("%s counts %s of tests, but its tests show %d; %s", s.called(), phrase.Count(s.tests, "run"), s.runs, hiddenByFlaky)
	}
}

// compareSuccess looks for a suite that failed although none of its tests did, such as one of
// Ginkgo with pending specs that --fail-on-pending forbids.
func (r *junitReader) compareSuccess(s *junitSuite) {
	switch {
	case s.reason != "":
		r.doubt("%s failed as a whole: %s", s.called(), phrase.Excerpt(s.reason))
	case s.bad && s.shown == 0:
		r.doubt("%s did not succeed, but its tests show no failure; check the tool's own output", s.called())
	}
}

// noteEmpty records a suite without tests.
func (r *junitReader) noteEmpty(s *junitSuite) {
	switch {
	case s.element != "testsuite" && s.element != "testsuites":
		r.doubt("unknown element <%s>", phrase.Excerpt(s.element))
	case s.named: // the suite within it was recorded
	case len(r.open) == 0:
		r.report.empty = append(r.report.empty, s.name)
	default:
		s.named = true
		r.report.empty = append(r.report.empty, cmp.Or(s.name, "an unnamed suite"))
	}
}

// called is the subject of a sentence about a suite.
func (s *junitSuite) called() string {
	switch {
	case s.element == "testsuites":
		return "it"
	case s.name == "":
		return "an unnamed suite"
	}
	return fmt.Sprintf("suite %q", phrase.Excerpt(s.name))
}

// properties looks for what the properties of a suite say about its tests.
func (r *junitReader) properties(start xml.StartElement) error {
	var p struct {
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"property"`
	}
	if err := r.DecodeElement(&p, &start); err != nil {
		return r.torn(err)
	}
	for _, property := range p.Properties {
		r.property(property.Name, property.Value)
	}
	return nil
}

// property notes the version of Go that gotestsum writes, and the platform with it (conftest
// writes a version alone, and reruns nothing), and how Ginkgo says that the suite ended.
func (r *junitReader) property(name, value string) {
	s := &r.open[len(r.open)-1]
	switch name {
	case "go.version":
		s.goTests = s.goTests || strings.Contains(value, "/")
	case "SuiteSucceeded":
		s.bad = value == "false"
	case "SpecialSuiteFailureReason":
		s.reason = value
	case "SuiteHasProgrammaticFocus":
		if value == "true" {
			r.doubt("%s ran only the specs that have a focus in the code, such as FIt; remove the focus, for which ginkgo exits with 197", s.called())
		}
	}
}
