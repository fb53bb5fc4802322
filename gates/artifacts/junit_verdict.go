package artifacts

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"gonogo/gates"
	"gonogo/gates/report"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// judge compares the reports with the settings. Reports without tests fail unless
// the limit on tests allows none, and reports with only skipped tests always fail.
func (g *junitGate) judge(all *report.Tests) answer.Evidence {
	t := all.Tally()
	doubts := append(g.doubts(t), all.Doubts...)
	if g.settings.Skipped.Set() {
		doubts = append(doubts, all.Skips...)
	}
	ev := gates.Judged(g.measures(t), g.good(t))
	switch {
	case t.Total == 0 && !g.settings.Tests.Allows(0):
		ev.Verdict, ev.Summary = answer.Failed, "the reports contain no tests; check why none ran"
	case t.Total > 0 && t.Skipped == t.Total:
		ev.Verdict, ev.Summary = answer.Failed, skippedAll(t.Total)
	case ev.Verdict == answer.Passed && len(doubts) > 0:
		ev.Verdict, ev.Summary, doubts = answer.Errored, doubts[0], doubts[1:]
	}
	if g.remark != "" {
		ev.Summary += "; " + g.remark
	}
	ev.Details = details(t, all, doubts, g.remark)
	return ev
}

func skippedAll(n int) string {
	if n == 1 {
		return "the only test was skipped; check why"
	}
	return phrase.All(n, "test") + " were skipped; check why none ran"
}

// good is the summary of reports that keep all limits.
func (g *junitGate) good(t report.Tally) string {
	if t.Total == 0 {
		return fmt.Sprintf("the reports contain no tests, which tests: %s allows", g.settings.Tests.Text)
	}
	return fmt.Sprintf("%s passed, %d skipped", phrase.Of(t.Passed, t.Total, "test"), t.Skipped)
}

// doubts lists what the reports leave unknown about their tests.
func (g *junitGate) doubts(t report.Tally) []string {
	var doubts []string
	if n := len(t.Unknown); n > 0 {
		doubts = append(doubts, fmt.Sprintf("%s with an unknown outcome: %s", phrase.Count(n, "test"), t.Unknown[0]))
	}
	switch {
	case !g.settings.Duration.Set():
	case len(t.Unreadable) > 0:
		doubts = append(doubts, fmt.Sprintf("the time %s cannot be read, so duration cannot be compared", t.Unreadable[0]))
	case len(t.Untimed) > 0 && !t.Timed:
		doubts = append(doubts, "the reports do not say how long any test took, so duration cannot be compared")
	case len(t.Untimed) > 0:
		doubts = append(doubts, fmt.Sprintf("the reports do not say how long %s took, so duration cannot be compared: %s", phrase.Count(len(t.Untimed), "test"), t.Untimed[0]))
	}
	return doubts
}

func (g *junitGate) measures(t report.Tally) []answer.Measure {
	want := g.settings
	measures := []answer.Measure{gates.CountMeasure("tests", t.Total, want.Tests)}
	if want.Passed.Set() {
		measures = append(measures, gates.CountMeasure("passed", t.Passed, want.Passed))
	}
	measures = append(measures, gates.CountMeasure("failed", t.Failed, want.Failed), gates.CountMeasure("errors", t.Errors, want.Errors))
	if want.Skipped.Set() {
		measures = append(measures, gates.CountMeasure("skipped", t.Skipped, want.Skipped))
	}
	if want.Duration.Set() && t.Timed {
		measures = append(measures, gates.TimeMeasure("duration", []time.Duration{t.Took}, want.Duration))
	}
	names := slices.Sorted(maps.Keys(want.Modules))
	modules := t.OfModules(names)
	for _, name := range names {
		measures = append(measures, gates.CountMeasure("tests of "+name, modules[name], want.Modules[name]))
	}
	return measures
}

// details names the tests that did not pass, and what is odd about the reports.
func details(t report.Tally, all *report.Tests, doubts []string, remark string) []string {
	lines := t.Complaints
	if more := len(lines) - maxNamed; more > 0 {
		lines = append(lines[:maxNamed:maxNamed], fmt.Sprintf("… and %d more tests that did not pass", more))
	}
	for _, doubt := range doubts[:min(len(doubts), maxUnclear)] {
		lines = append(lines, "Unclear: "+doubt+".")
	}
	if t.Flaky > 0 {
		lines = append(lines, fmt.Sprintf("Tests that passed only when they were run again: %d.", t.Flaky))
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
