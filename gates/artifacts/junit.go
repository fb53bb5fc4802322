package artifacts

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"gonogo/gates"
	"gonogo/gates/files"
	"gonogo/gates/glob"
	"gonogo/gates/limit"
	"gonogo/gates/report"
	"gonogo/readiness/answer"
)

// JUnit is the kind junit.
var JUnit = gates.Kind{
	Name: "junit", About: "the tests, failures, errors, skips and duration in JUnit reports, and the tests of each module", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "the totals of all reports are within their limits",
		Failed:        "a total is outside its limit; or the reports contain no tests and `tests` doesn't allow 0, or only skipped tests",
		Errored:       "a report can't be read, is damaged, or is older than the release's opening; it counts failures, or runs of flaky tests, that none of its tests shows, says of a suite that it failed as a whole, or has a test with an unknown outcome; or duration has a limit and a time is missing or unreadable",
		NotConfigured: "no report matches",
	},
	Notes: `Not visible in a report: which commit was tested; tests that were never collected, unless ` + "`tests` or `modules`" + ` says how many there must be; and what the
tool leaves out, which [compatibility](compatibility.md#junit-reports) lists. The age of a report is that of the file, so a copy of an old one looks new.` + fromArtifact,
	Example: `files: reports/junit/**/*.xml
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
	Files    glob.Patterns          `yaml:"files" required:"true"`      // the reports: a pattern, or a list of patterns, relative to the configuration's folder
	Artifact *artifactSettings      `yaml:"artifact" json:",omitempty"` // an artifact of GitHub Actions that has the reports; the patterns are then relative to it
	Tests    limit.Count            `yaml:"tests"`                      // how many tests there are; default: >= 1
	Passed   limit.Count            `yaml:"passed"`                     // how many tests passed
	Failed   limit.Count            `yaml:"failed"`                     // how many tests failed; default: 0
	Errors   limit.Count            `yaml:"errors"`                     // how many tests ended with an error, not a failed assertion; default: 0
	Skipped  limit.Count            `yaml:"skipped"`                    // how many tests were skipped; default: any number
	Duration limit.Times            `yaml:"duration"`                   // the total duration of all tests
	Modules  map[string]limit.Count `yaml:"modules"`                    // how many tests each module has; a module is a part of the class name, or a folder in the file's path
}

const (
	maxNamed   = 40 // tests that evidence names
	maxEmpty   = 5  // suites without a test that it names
	maxUnclear = 20 // sentences about what the reports leave unclear
)

type junitGate struct {
	settings junitSettings
	remark   string // on counts asked for that contradict each other
	source   origin
}

func newJUnit(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s junitSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	faults := patternFaults(s.Files, "files")
	if len(s.Files) == 0 {
		faults = append(faults, gates.Fault{Field: "files", Problem: "files is missing; it names the reports, as in reports/*.xml"})
	}
	if s.Duration.Percentile != 0 {
		faults = append(faults, gates.Fault{Field: "duration", Problem: "duration is one time, of all tests together; write it as in < 2m"})
	}
	from, hash, more, err := newSource(deps, s.Artifact)
	if err != nil {
		return gates.Built{}, err
	}
	if err := append(faults, more...).OrNil(); err != nil {
		return gates.Built{}, err
	}
	g := &junitGate{remark: s.mismatch(), source: from}
	none := limit.MustCount("0")
	s.Tests, s.Failed, s.Errors = cmp.Or(s.Tests, limit.MustCount(">= 1")), cmp.Or(s.Failed, none), cmp.Or(s.Errors, none)
	g.settings = s
	return gates.Built{Gate: g, Settings: gates.SettingsHash("junit", append([]any{s}, hash...)...)}, nil
}

// Deadline implements [gates.WithDeadline].
func (g *junitGate) Deadline() time.Duration { return g.source.deadline() }

// Check implements [gates.Gate].
func (g *junitGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	dir, remove, none := g.source.open(ctx, s)
	if none != nil {
		return *none
	}
	defer remove()
	reports, none := find(g.settings.Files, dir, "run the tests, and write the reports there")
	if none != nil {
		return *none
	}
	var all report.Tests
	for _, file := range reports {
		if err := readTests(ctx, &all, file, files.Shown(dir, file), g.source.opened(s)); err != nil {
			if ctx.Err() != nil {
				return gates.Errored("cut off while it read the reports")
			}
			return gates.Errored("%s cannot be counted: %v", files.Shown(dir, file), err)
		}
	}
	return g.judge(&all)
}

// readTests takes in the report in a file, which is called name.
func readTests(ctx context.Context, all *report.Tests, file, name string, opened time.Time) error {
	if err := files.Fresh(file, opened, report.MaxJUnit); err != nil {
		return err
	}
	return files.Read(ctx, file, func(text io.Reader) error { return all.Read(name, text) })
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
