package gates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/gates/limit"
	"gonogo/readiness"
)

// tally counts tests by outcome. One whose body failed and whose teardown raised
// an error counts as both, as pytest counts it.
type tally struct {
	total, passed, failed, errors, skipped, flaky int
	took                                          time.Duration
	complaints                                    []string
	unknown, untimed, unreadable                  []string // tests whose outcome or duration is not known
	timed                                         bool     // whether any test says how long it took
}

func (s junitTests) tally() tally {
	t := tally{total: len(s.tests)}
	shared := s.sharedLabels()
	for id, test := range s.tests {
		t.count(test)
		label := id.label(shared[id.label(false)])
		t.time(label, test)
		if test.outcome&testUnknown != 0 {
			t.unknown = append(t.unknown, label)
		}
		if test.outcome.bad() {
			t.complaints = append(t.complaints, strings.TrimSuffix(fmt.Sprintf("%s: %s", label, strings.Join(firstTwo(test.messages), "; ")), ": "))
		}
	}
	for _, list := range [][]string{t.complaints, t.unknown, t.untimed, t.unreadable} {
		slices.Sort(list)
	}
	return t
}

// firstTwo returns the first messages of a test and how many more there are.
func firstTwo(messages []string) []string {
	if more := len(messages) - 2; more > 0 {
		return append(messages[:2:2], fmt.Sprintf("and %d more", more))
	}
	return messages
}

func (t *tally) count(test junitTest) {
	if test.outcome == testPassed {
		t.passed++
		if test.flaky {
			t.flaky++
		}
	}
	if test.outcome == testSkipped {
		t.skipped++
	}
	if test.outcome&testFailed != 0 {
		t.failed++
	}
	if test.outcome&testErrored != 0 {
		t.errors++
	}
}

// time adds the duration of a test. A skipped test needs none.
func (t *tally) time(label string, test junitTest) {
	t.took = plus(t.took, test.took)
	switch {
	case test.timing == timed:
		t.timed = true
	case test.timing == unreadable:
		t.unreadable = append(t.unreadable, fmt.Sprintf("%q of %s", short(test.time), label))
	case test.outcome != testSkipped:
		t.untimed = append(t.untimed, label)
	}
}

// judge compares the reports with the settings. Reports without tests fail unless
// the limit on tests allows none, and reports with only skipped tests always fail.
func (g *junitGate) judge(s junitTests) readiness.Evidence {
	t := s.tally()
	doubts := append(g.doubts(t), s.doubts...)
	ev := judged(g.measures(s, t), g.good(t))
	switch {
	case t.total == 0 && !g.settings.Tests.Allows(0):
		ev.Verdict, ev.Summary = readiness.Failed, "the reports hold no test at all; see why none ran"
	case t.total > 0 && t.skipped == t.total:
		ev.Verdict, ev.Summary = readiness.Failed, fmt.Sprintf("all %d tests were skipped; see why none ran", t.total)
	case ev.Verdict == readiness.Passed && len(doubts) > 0:
		ev.Verdict, ev.Summary, doubts = readiness.Errored, doubts[0], doubts[1:]
	}
	if g.remark != "" {
		ev.Summary += "; " + g.remark
	}
	ev.Details = t.details(s, doubts, g.remark)
	return ev
}

// good is the summary of reports that keep all limits.
func (g *junitGate) good(t tally) string {
	if t.total == 0 {
		return fmt.Sprintf("the reports contain no tests, which tests: %s allows", g.settings.Tests.Text)
	}
	return fmt.Sprintf("%d of %d tests passed, %d skipped", t.passed, t.total, t.skipped)
}

// doubts lists what the reports leave unknown about their tests.
func (g *junitGate) doubts(t tally) []string {
	var doubts []string
	if n := len(t.unknown); n > 0 {
		doubts = append(doubts, fmt.Sprintf("%s with an unknown outcome: %s", plural(n, "test"), t.unknown[0]))
	}
	switch {
	case !g.settings.Duration.Set():
	case len(t.unreadable) > 0:
		doubts = append(doubts, fmt.Sprintf("the time %s cannot be read, so duration cannot be compared", t.unreadable[0]))
	case len(t.untimed) > 0 && !t.timed:
		doubts = append(doubts, "the reports do not say how long any test took, so duration cannot be compared")
	case len(t.untimed) > 0:
		doubts = append(doubts, fmt.Sprintf("the reports do not say how long %s took, so duration cannot be compared: %s", plural(len(t.untimed), "test"), t.untimed[0]))
	}
	return doubts
}

func (g *junitGate) measures(s junitTests, t tally) []readiness.Measure {
	want := g.settings
	measures := []readiness.Measure{countMeasure("tests", t.total, want.Tests)}
	if want.Passed.Set() {
		measures = append(measures, countMeasure("passed", t.passed, want.Passed))
	}
	measures = append(measures, countMeasure("failed", t.failed, want.Failed), countMeasure("errors", t.errors, want.Errors))
	if want.Skipped.Set() {
		measures = append(measures, countMeasure("skipped", t.skipped, want.Skipped))
	}
	if want.Duration.Set() && t.timed {
		measures = append(measures, timeMeasure("duration", []time.Duration{t.took}, want.Duration))
	}
	modules := s.modules(want.Modules)
	for _, name := range slices.Sorted(maps.Keys(want.Modules)) {
		measures = append(measures, countMeasure("tests of "+name, modules[name], want.Modules[name]))
	}
	return measures
}

// details names the tests that did not pass, and what is odd about the reports.
func (t tally) details(s junitTests, doubts []string, remark string) []string {
	lines := t.complaints
	if more := len(lines) - maxNamed; more > 0 {
		lines = append(lines[:maxNamed:maxNamed], fmt.Sprintf("… and %d more tests that did not pass", more))
	}
	for _, doubt := range doubts[:min(len(doubts), maxDoubts)] {
		lines = append(lines, "Unclear: "+doubt+".")
	}
	if t.flaky > 0 {
		lines = append(lines, fmt.Sprintf("Tests that passed only when they were run again: %d.", t.flaky))
	}
	if s.repeated > 0 {
		lines = append(lines, fmt.Sprintf("Tests that stand in the reports more than once, each counted once: %d.", s.repeated))
	}
	if len(s.empty) > 0 {
		lines = append(lines, "Reports and suites without tests: "+firstFew(s.empty)+".")
	}
	if remark != "" {
		lines = append(lines, "Note: "+remark+".")
	}
	return lines
}

func firstFew(names []string) string {
	if more := len(names) - maxEmpty; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxEmpty], ", "), more)
	}
	return strings.Join(names, ", ")
}

// modules counts the tests of modules: those that have the module's name as a
// whole part of their class name or file.
func (s junitTests) modules(wanted map[string]limit.Count) map[string]int {
	counts := map[string]int{}
	for id := range s.tests {
		parts := strings.FieldsFunc(id.class+"/"+id.file, func(r rune) bool { return strings.ContainsRune(`./:\`, r) })
		slices.Sort(parts)
		for _, part := range slices.Compact(parts) {
			if _, asked := wanted[part]; asked {
				counts[part]++
			}
		}
	}
	return counts
}
