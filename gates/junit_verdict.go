package gates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/gates/limit"
	"gonogo/gates/report"
	"gonogo/phrase"
	"gonogo/readiness"
)

// tally counts tests by outcome. One whose body failed and whose teardown raised
// an error counts as both, as pytest counts it.
type tally struct {
	tests                                         []report.Test
	total, passed, failed, errors, skipped, flaky int
	took                                          time.Duration
	complaints                                    []string
	unknown, untimed, unreadable                  []string // tests whose outcome or duration is not known
	timed                                         bool     // whether any test says how long it took
}

func tallied(all *report.Tests) tally {
	t := tally{tests: all.All(), took: all.Took()}
	t.total = len(t.tests)
	for _, test := range t.tests {
		t.count(test)
		t.time(test)
		if test.Outcome&report.Unknown != 0 {
			t.unknown = append(t.unknown, test.Label)
		}
		if test.Outcome.Bad() {
			t.complaints = append(t.complaints, strings.TrimSuffix(fmt.Sprintf("%s: %s", test.Label, strings.Join(firstTwo(test.Messages), "; ")), ": "))
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

func (t *tally) count(test report.Test) {
	if test.Outcome == report.Passed {
		t.passed++
		if test.Flaky {
			t.flaky++
		}
	}
	if test.Outcome == report.Skipped {
		t.skipped++
	}
	if test.Outcome&report.Failed != 0 {
		t.failed++
	}
	if test.Outcome&report.Errored != 0 {
		t.errors++
	}
}

// time notes what is known of the duration of a test. A skipped test needs none.
func (t *tally) time(test report.Test) {
	switch {
	case test.Timing == report.Timed:
		t.timed = true
	case test.Timing == report.Unreadable:
		t.unreadable = append(t.unreadable, fmt.Sprintf("%q of %s", phrase.Excerpt(test.Time), test.Label))
	case test.Outcome != report.Skipped:
		t.untimed = append(t.untimed, test.Label)
	}
}

// judge compares the reports with the settings. Reports without tests fail unless
// the limit on tests allows none, and reports with only skipped tests always fail.
func (g *junitGate) judge(all *report.Tests) readiness.Evidence {
	t := tallied(all)
	doubts := append(g.doubts(t), all.Doubts...)
	ev := judged(g.measures(t), g.good(t))
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
	ev.Details = t.details(all, doubts, g.remark)
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
		doubts = append(doubts, fmt.Sprintf("%s with an unknown outcome: %s", phrase.Count(n, "test"), t.unknown[0]))
	}
	switch {
	case !g.settings.Duration.Set():
	case len(t.unreadable) > 0:
		doubts = append(doubts, fmt.Sprintf("the time %s cannot be read, so duration cannot be compared", t.unreadable[0]))
	case len(t.untimed) > 0 && !t.timed:
		doubts = append(doubts, "the reports do not say how long any test took, so duration cannot be compared")
	case len(t.untimed) > 0:
		doubts = append(doubts, fmt.Sprintf("the reports do not say how long %s took, so duration cannot be compared: %s", phrase.Count(len(t.untimed), "test"), t.untimed[0]))
	}
	return doubts
}

func (g *junitGate) measures(t tally) []readiness.Measure {
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
	modules := moduleCounts(t.tests, want.Modules)
	for _, name := range slices.Sorted(maps.Keys(want.Modules)) {
		measures = append(measures, countMeasure("tests of "+name, modules[name], want.Modules[name]))
	}
	return measures
}

// details names the tests that did not pass, and what is odd about the reports.
func (t tally) details(all *report.Tests, doubts []string, remark string) []string {
	lines := t.complaints
	if more := len(lines) - maxNamed; more > 0 {
		lines = append(lines[:maxNamed:maxNamed], fmt.Sprintf("… and %d more tests that did not pass", more))
	}
	for _, doubt := range doubts[:min(len(doubts), maxUnclear)] {
		lines = append(lines, "Unclear: "+doubt+".")
	}
	if t.flaky > 0 {
		lines = append(lines, fmt.Sprintf("Tests that passed only when they were run again: %d.", t.flaky))
	}
	if all.Repeated > 0 {
		lines = append(lines, fmt.Sprintf("Tests that appear in the reports more than once, each counted once: %d.", all.Repeated))
	}
	if len(all.Empty) > 0 {
		lines = append(lines, "Reports and suites without tests: "+phrase.UpTo(maxEmpty, all.Empty)+".")
	}
	if remark != "" {
		lines = append(lines, "Note: "+remark+".")
	}
	return lines
}

// moduleCounts counts the tests of modules: those that have the module's name as a
// whole part of their class name or file.
func moduleCounts(tests []report.Test, wanted map[string]limit.Count) map[string]int {
	counts := map[string]int{}
	for _, test := range tests {
		parts := strings.FieldsFunc(test.Class+"/"+test.File, func(r rune) bool { return strings.ContainsRune(`./:\`, r) })
		slices.Sort(parts)
		for _, part := range slices.Compact(parts) {
			if _, asked := wanted[part]; asked {
				counts[part]++
			}
		}
	}
	return counts
}
