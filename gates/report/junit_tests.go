package report

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"gonogo/phrase"
)

var errTooManyTests = fmt.Errorf("with it there are more than %d tests, and no more are read", maxTests)

// testID identifies a test. Within one report each <testcase> is a test of its
// own, with the exceptions that [junitReport.tests] names; the same test in two
// reports, such as overlapping shards, counts once.
type testID struct {
	path       string // names of the enclosing suites, without the name of the run
	host       string // set only where it names a browser; elsewhere it is the machine
	class      string
	name       string
	file, line string
	nth        int // index among the cases of one report that are equal in all else
}

// label is how a test is shown. A whole label has all that distinguishes the
// test from others of the same class and name.
func (id testID) label(whole bool) string {
	label := strings.TrimSpace(id.class + " " + id.name)
	if !whole {
		return label
	}
	var where []string
	for _, part := range []string{id.path, id.host, id.file} {
		if part != "" && part != id.class {
			where = append(where, part)
		}
	}
	if id.line != "" {
		where = append(where, "line "+id.line)
	}
	if id.nth > 0 {
		where = append(where, fmt.Sprintf("number %d of this name", id.nth+1))
	}
	if len(where) == 0 {
		return label
	}
	return fmt.Sprintf("%s (%s)", label, strings.Join(where, ", "))
}

// Test is the result of a test over all reports.
type Test struct {
	Label    string // its class and name and, where several tests have these, what tells it apart
	Class    string
	File     string // of the test's source, where a report names it
	Outcome  Outcome
	Messages []string // why it did not pass, each on one line
	Flaky    bool     // it passed only when it was run again
	Took     time.Duration
	Timing   Timing
	Time     string // as written, if it is unreadable
}

// join merges another result of the same test; each bad outcome counts. took
// is the duration of both together.
func (t *Test) join(other Test, took time.Duration) {
	t.Outcome |= other.Outcome
	t.Flaky = t.Flaky || other.Flaky
	for _, message := range other.Messages {
		if len(t.Messages) < maxMessages && !slices.Contains(t.Messages, message) {
			t.Messages = append(t.Messages, message)
		}
	}
	t.Took, t.Timing, t.Time = took, max(t.Timing, other.Timing), cmp.Or(t.Time, other.Time)
}

func (c junitCase) test() Test {
	t := Test{Outcome: c.outcome, Messages: c.messages, Flaky: c.flaky, Took: c.took, Timing: c.timing}
	if t.Timing == Unreadable {
		t.Time = c.time
	}
	return t
}

// tests yields the tests of one report. Two cases of one name are two tests,
// with two exceptions: pytest writes the error of a teardown as a second case,
// and gotestsum writes each attempt of a test that it reruns.
func (r junitReport) tests() iter.Seq2[testID, Test] {
	return func(yield func(testID, Test) bool) {
		groups := map[testID][]int{}
		for i, c := range r.cases {
			groups[c.id] = append(groups[c.id], i)
		}
		rerun := r.anyRunOnce(groups)
		for id, group := range groups {
			for nth, t := range r.fold(group, rerun) {
				id.nth = nth
				if !yield(id, t) {
					return
				}
			}
		}
	}
}

// fold turns the cases of one name into tests.
func (r junitReport) fold(group []int, rerun bool) []Test {
	if rerun && r.passedAgain(group) {
		return []Test{r.flaky(group)}
	}
	var tests []Test
	for _, i := range group {
		t := r.cases[i].test()
		if last := len(tests) - 1; last >= 0 && r.cases[i].teardown {
			tests[last].join(t, plus(tests[last].Took, t.Took))
			continue
		}
		tests = append(tests, t)
	}
	return tests
}

// anyRunOnce reports whether some Go test ran exactly once. With -count every
// test runs several times, and one failure fails the run; with --rerun-fails
// only failed tests run again, and the last attempt decides.
func (r junitReport) anyRunOnce(groups map[testID][]int) bool {
	for id, group := range groups {
		c := r.cases[group[0]]
		if len(group) == 1 && c.goTest && c.outcome == Passed && !strings.Contains(id.name, "/") {
			return true
		}
	}
	return false
}

// passedAgain reports whether a Go test failed and then passed in the same
// suite. A test that passed is not rerun, so the pass came last, whatever the
// order in the report.
func (r junitReport) passedAgain(group []int) bool {
	passes := 0
	for _, i := range group {
		c := r.cases[i]
		if !c.goTest || c.suite != r.cases[group[0]].suite || c.outcome&^Failed != 0 {
			return false
		}
		if c.outcome == Passed {
			passes++
		}
	}
	return passes == 1 && len(group) > 1
}

// flaky is the test that several attempts add up to.
func (r junitReport) flaky(tries []int) Test {
	t := Test{Flaky: true}
	for _, i := range tries {
		try := r.cases[i].test()
		t.join(try, plus(t.Took, try.Took))
	}
	t.Outcome, t.Messages = Passed, nil
	return t
}

// Tests are the tests of several JUnit reports. Its zero value has none.
type Tests struct {
	Repeated int      // tests found in more than one report, each counted once
	Doubts   []string // why the reports can't be trusted to have passed, each prefixed with the report's name
	Empty    []string // reports and suites without tests
	Skips    []string // why the number of skipped tests isn't known, each prefixed with the report's name

	byID map[testID]Test
}

// Read takes in one report, which is called name.
func (s *Tests) Read(name string, text io.Reader) error {
	from := &head{Reader: text}
	report, err := readJUnit(from)
	if err != nil {
		return from.explain(wantedTests, err)
	}
	return s.add(name, report)
}

// add merges one report. A test found before keeps the longer duration.
func (s *Tests) add(file string, r junitReport) error {
	if s.byID == nil {
		s.byID = map[testID]Test{}
	}
	for id, t := range r.tests() {
		if before, twice := s.byID[id]; twice {
			s.Repeated++
			before.join(t, max(before.Took, t.Took))
			t = before
		}
		s.byID[id] = t
	}
	for _, doubt := range r.doubts {
		s.Doubts = append(s.Doubts, file+": "+doubt)
	}
	for _, said := range r.skips[:min(len(r.skips), maxDoubts)] {
		s.Skips = append(s.Skips, file+": "+said)
	}
	for _, name := range r.empty {
		s.Empty = append(s.Empty, cmp.Or(phrase.Excerpt(name), file))
	}
	if len(s.byID) > maxTests {
		return errTooManyTests
	}
	return nil
}

// All are the tests, in no order.
func (s *Tests) All() []Test {
	all, shared := make([]Test, 0, len(s.byID)), s.sharedLabels()
	for id, t := range s.byID {
		t.Label, t.Class, t.File = id.label(shared[id.label(false)]), id.class, id.file
		all = append(all, t)
	}
	return all
}

// Took is how long all tests took together, as far as it is known.
func (s *Tests) Took() (total time.Duration) {
	for _, t := range s.byID {
		total = plus(total, t.Took)
	}
	return total
}

// sharedLabels reports for each short label whether several tests have it.
func (s *Tests) sharedLabels() map[string]bool {
	shared := map[string]bool{}
	for id := range s.byID {
		label := id.label(false)
		_, before := shared[label]
		shared[label] = before
	}
	return shared
}
