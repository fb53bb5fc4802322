package gates

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
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

// junitTest is the result of a test over all reports.
type junitTest struct {
	outcome  outcome
	messages []string
	flaky    bool
	took     time.Duration
	timing   timing
	time     string // as written, if it is unreadable
}

// join merges another result of the same test; each bad outcome counts. took
// is the duration of both together.
func (t *junitTest) join(other junitTest, took time.Duration) {
	t.outcome |= other.outcome
	t.flaky = t.flaky || other.flaky
	for _, message := range other.messages {
		if len(t.messages) < maxMessages && !slices.Contains(t.messages, message) {
			t.messages = append(t.messages, message)
		}
	}
	t.took, t.timing, t.time = took, max(t.timing, other.timing), cmp.Or(t.time, other.time)
}

func (c junitCase) test() junitTest {
	t := junitTest{outcome: c.outcome, messages: c.messages, flaky: c.flaky, took: c.took, timing: c.timing}
	if t.timing == unreadable {
		t.time = c.time
	}
	return t
}

// tests yields the tests of one report. Two cases of one name are two tests,
// with two exceptions: pytest writes the error of a teardown as a second case,
// and gotestsum writes each attempt of a test that it reruns.
func (r junitReport) tests() iter.Seq2[testID, junitTest] {
	return func(yield func(testID, junitTest) bool) {
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
func (r junitReport) fold(group []int, rerun bool) []junitTest {
	if rerun && r.passedAgain(group) {
		return []junitTest{r.flaky(group)}
	}
	var tests []junitTest
	for _, i := range group {
		t := r.cases[i].test()
		if last := len(tests) - 1; last >= 0 && r.cases[i].teardown {
			tests[last].join(t, plus(tests[last].took, t.took))
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
		if len(group) == 1 && c.goTest && c.outcome == testPassed && !strings.Contains(id.name, "/") {
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
		if !c.goTest || c.suite != r.cases[group[0]].suite || c.outcome&^testFailed != 0 {
			return false
		}
		if c.outcome == testPassed {
			passes++
		}
	}
	return passes == 1 && len(group) > 1
}

// flaky is the test that several attempts add up to.
func (r junitReport) flaky(tries []int) junitTest {
	t := junitTest{flaky: true}
	for _, i := range tries {
		try := r.cases[i].test()
		t.join(try, plus(t.took, try.took))
	}
	t.outcome, t.messages = testPassed, nil
	return t
}

// junitTests is the tests of all reports.
type junitTests struct {
	tests    map[testID]junitTest
	repeated int      // tests found in more than one report
	doubts   []string // of all reports, each prefixed with the report's name
	empty    []string // reports and suites without tests
}

// add merges one report. A test found before keeps the longer duration.
func (s *junitTests) add(file string, r junitReport) error {
	for id, t := range r.tests() {
		if before, twice := s.tests[id]; twice {
			s.repeated++
			before.join(t, max(before.took, t.took))
			t = before
		}
		s.tests[id] = t
	}
	for _, doubt := range r.doubts {
		s.doubts = append(s.doubts, file+": "+doubt)
	}
	for _, name := range r.empty {
		s.empty = append(s.empty, cmp.Or(short(name), file))
	}
	if len(s.tests) > maxTests {
		return errTooManyTests
	}
	return nil
}

// sharedLabels reports for each short label whether several tests have it.
func (s junitTests) sharedLabels() map[string]bool {
	shared := map[string]bool{}
	for id := range s.tests {
		label := id.label(false)
		_, before := shared[label]
		shared[label] = before
	}
	return shared
}
