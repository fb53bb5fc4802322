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

// testID tells tests apart. Within one report every <testcase> is a test of
// its own, but for what [junitReport.tests] says; the same one in two reports,
// of shards that overlap say, counts once.
type testID struct {
	path       string // the names of the suites it is in, but for that of the whole run
	host       string // where it names a browser, "" where it is the machine
	class      string
	name       string
	file, line string
	nth        int // of the tests of a report that all this is equal of, from 0
}

// label names a test to people; whole adds all that tells it apart from
// another one of the same class and name.
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

// junitTest is what all reports together say of a test.
type junitTest struct {
	outcome  outcome
	messages []string
	flaky    bool
	took     time.Duration
	timing   timing
	time     string // as it is written, where it is unreadable
}

// join adds what is said of the same test elsewhere: every bad end counts.
// took is how long both took.
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

// tests are the tests of one report. Two cases of one name are two tests, with
// two exceptions: the error of a teardown belongs to the test before it, and
// gotestsum writes every try of a test that it ran again.
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

// fold makes tests of the cases of one name.
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

// anyRunOnce reports whether a test of a Go package ran just once. With
// -count, where a test that fails once has failed, every test runs several
// times; when those that failed are run again, the others do not.
func (r junitReport) anyRunOnce(groups map[testID][]int) bool {
	for id, group := range groups {
		c := r.cases[group[0]]
		if len(group) == 1 && c.goTest && c.outcome == testPassed && !strings.Contains(id.name, "/") {
			return true
		}
	}
	return false
}

// passedAgain reports whether a test of a Go package failed, was run again in
// the same suite and passed. A test that passed is not run again, so it passed
// last, whatever the order in the report.
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

// flaky is the test that all tries together were.
func (r junitReport) flaky(tries []int) junitTest {
	t := junitTest{flaky: true}
	for _, i := range tries {
		try := r.cases[i].test()
		t.join(try, plus(t.took, try.took))
	}
	t.outcome, t.messages = testPassed, nil
	return t
}

// junitTests is the tests of all reports together.
type junitTests struct {
	tests    map[testID]junitTest
	repeated int      // tests that are in several reports
	doubts   []string // of all reports, each with its report's name
	empty    []string // what holds no test
}

// add takes in one report. Of a test that was there before the longer time
// stays.
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

// sharedLabels tells for each class and name whether several tests have them.
func (s junitTests) sharedLabels() map[string]bool {
	shared := map[string]bool{}
	for id := range s.tests {
		label := id.label(false)
		_, before := shared[label]
		shared[label] = before
	}
	return shared
}
