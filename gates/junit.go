package gates

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/readiness"
)

var junitKind = Kind{
	Name: "junit", About: "tests, failures, errors, skips, duration and counts per module of JUnit reports", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "the counts of all reports together keep their limits",
		Failed:        "a count does not; or the reports hold no test, or none but skipped ones",
		Errored:       "a report cannot be read, is damaged, or is older than the release's opening; or duration has a limit and the reports tell no times",
		NotConfigured: "no report matches",
	},
	Example: `files: reports/**/*.xml
tests: ">= 134"
failed: 0
errors: 0
skipped: 0
duration: "< 2m"
modules: { sale: ">= 32", stock: ">= 16" }`,
	New: newJUnit,
}

// junitSettings are the settings of kind junit.
type junitSettings struct {
	Files    patterns         `yaml:"files" required:"true"` // the reports: a pattern of file names, in which ** stands for any folders, or a list of them
	Tests    Count            `yaml:"tests"`                 // how many there are; >= 1 unless said
	Passed   Count            `yaml:"passed"`                // how many neither failed, nor errored, nor were skipped
	Failed   Count            `yaml:"failed"`                // how many failed; 0 unless said
	Errors   Count            `yaml:"errors"`                // how many broke before they could fail; 0 unless said
	Skipped  Count            `yaml:"skipped"`               // how many were skipped; any number unless said
	Duration Times            `yaml:"duration"`              // how long all tests took together
	Modules  map[string]Count `yaml:"modules"`               // tests per module; a module is a part of the class name, or a folder of the file
}

const maxNamed = 40 // tests that evidence names

type junitGate struct {
	settings junitSettings
	remark   string // on counts asked for that contradict each other
	dir      string
}

func newJUnit(decode func(any) error, around Surroundings) (Built, error) {
	var s junitSettings
	if err := decode(&s); err != nil {
		return Built{}, err
	}
	faults := s.Files.faults("files")
	if len(s.Files) == 0 {
		faults = append(faults, Fault{"files", "files is missing; it names the reports, as in reports/*.xml"})
	}
	if s.Duration.Percentile != 0 {
		faults = append(faults, Fault{"duration", "duration is one time, of all tests together; write it as in < 2m"})
	}
	if err := faults.orNil(); err != nil {
		return Built{}, err
	}
	g := &junitGate{remark: s.mismatch(), dir: around.Dir}
	s.Tests, s.Failed, s.Errors = s.Tests.or(">= 1"), s.Failed.or("0"), s.Errors.or("0")
	g.settings = s
	return Built{Gate: g, Settings: settingsHash("junit", s)}, nil
}

// Check implements [Gate].
func (g *junitGate) Check(ctx context.Context, s Scope) readiness.Evidence {
	files, err := g.settings.Files.find(g.dir)
	switch {
	case errors.Is(err, errTooMany):
		return errored("more than %d reports match %s; name them more closely", maxMatches, g.settings.Files)
	case err != nil:
		return errored("%s cannot be looked through: %s", g.settings.Files, plainCause(err))
	case len(files) == 0:
		return readiness.Evidence{Verdict: readiness.NotConfigured, Summary: fmt.Sprintf("no report matches %s; run the tests, and have them write their reports there", g.settings.Files)}
	}
	suite := suite{tests: map[testID]test{}}
	for _, file := range files {
		if ctx.Err() != nil {
			return errored("cut off while it read the reports")
		}
		err := fresh(file, s.Opened)
		if err == nil {
			err = suite.read(file)
		}
		if err != nil {
			return errored("%s cannot be counted: %v", shown(g.dir, file), err)
		}
	}
	return g.judge(suite)
}

// tally is how many tests ended how.
type tally struct {
	total, passed, failed, errors, skipped int
	took                                   time.Duration
	complaints                             []string
}

func (s suite) tally() tally {
	t := tally{total: len(s.tests)}
	for id, test := range s.tests {
		t.took += test.took
		switch test.outcome {
		case testPassed:
			t.passed++
		case testSkipped:
			t.skipped++
		case testFailed:
			t.failed++
		case testErrored:
			t.errors++
		}
		if test.outcome >= testFailed {
			t.complaints = append(t.complaints, strings.TrimSuffix(fmt.Sprintf("%s %s: %s", id.class, id.name, test.message), ": "))
		}
	}
	slices.Sort(t.complaints)
	return t
}

// judge compares what the reports hold with the settings. Reports without a
// test, or with all of them skipped, are no proof of anything.
func (g *junitGate) judge(s suite) readiness.Evidence {
	t := s.tally()
	if g.settings.Duration.Set() && !s.timed && t.total > 0 {
		return errored("the reports do not say how long any test took, so duration cannot be compared")
	}
	ev := judged(g.measures(s, t), fmt.Sprintf("%d of %d tests passed, %d skipped", t.passed, t.total, t.skipped))
	switch {
	case t.total == 0:
		ev.Verdict, ev.Summary = readiness.Failed, "the reports hold no test at all; see why none ran"
	case t.skipped == t.total:
		ev.Verdict, ev.Summary = readiness.Failed, fmt.Sprintf("all %d tests were skipped; see why none ran", t.total)
	}
	if g.remark != "" {
		ev.Summary += "; " + g.remark
	}
	ev.Details = t.details(s, g.remark)
	return ev
}

func (g *junitGate) measures(s suite, t tally) []readiness.Measure {
	want := g.settings
	measures := []readiness.Measure{want.Tests.measure("tests", t.total)}
	if want.Passed.Set() {
		measures = append(measures, want.Passed.measure("passed", t.passed))
	}
	measures = append(measures, want.Failed.measure("failed", t.failed), want.Errors.measure("errors", t.errors))
	if want.Skipped.Set() {
		measures = append(measures, want.Skipped.measure("skipped", t.skipped))
	}
	if want.Duration.Set() {
		measures = append(measures, want.Duration.measure("duration", []time.Duration{t.took}))
	}
	modules := s.modules(want.Modules)
	for _, name := range slices.Sorted(maps.Keys(want.Modules)) {
		measures = append(measures, want.Modules[name].measure("tests of "+name, modules[name]))
	}
	return measures
}

// details names the tests that did not pass, and what is odd about the reports.
func (t tally) details(s suite, remark string) []string {
	lines := t.complaints
	if more := len(lines) - maxNamed; more > 0 {
		lines = append(lines[:maxNamed:maxNamed], fmt.Sprintf("… and %d more tests that did not pass", more))
	}
	if s.flaky > 0 {
		lines = append(lines, fmt.Sprintf("Tests that passed only when they were run again: %d.", s.flaky))
	}
	if s.repeated > 0 {
		lines = append(lines, fmt.Sprintf("Tests that stand in the reports more than once, each counted once: %d.", s.repeated))
	}
	if remark != "" {
		lines = append(lines, "Note: "+remark+".")
	}
	return lines
}

// modules counts the tests of modules: those that have the module's name as a
// whole part of their class name or file.
func (s suite) modules(wanted map[string]Count) map[string]int {
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

// mismatch says when the counts asked for do not add up. Which of them is
// right is not for a gate to say.
func (s junitSettings) mismatch() string {
	total, ok := s.Tests.AtLeast()
	sum := 0.0
	for _, c := range s.Modules {
		n, counts := c.AtLeast()
		ok = ok && counts
		sum += n
	}
	if !ok || len(s.Modules) == 0 || sum == total {
		return ""
	}
	return fmt.Sprintf("the module counts asked for add up to %.0f, the total asked for is %.0f", sum, total)
}
