package artifacts

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"time"

	"gonogo/gates"
	"gonogo/gates/files"
	"gonogo/gates/glob"
	"gonogo/gates/limit"
	"gonogo/gates/report"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// Coverage is the kind coverage.
var Coverage = gates.Kind{
	Name: "coverage", About: "test coverage, overall and per path, from Cobertura, coverage.py or Go reports", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "the coverage, merged from all reports, is within every limit",
		Failed:        "it is outside a limit",
		Errored:       "a report can't be read, is damaged, or is older than the release's opening; or the reports contain nothing that a limit applies to",
		NotConfigured: "no report matches",
	},
	Notes: `Not visible in a report: which commit was tested, whether the tests passed or checked anything, and source files that no report lists. The age of a report
is that of the file, so a copy of an old one looks new. See [how coverage reports are read](coverage.md).` + fromArtifact,
	Example: `file: reports/coverage.xml
overall: ">= 80%"
branches: ">= 70%"
paths: { "src/core/**": ">= 85%" }
exclude: ["**/migrations/**"]`,
	New: newCoverage,
}

// coverageSettings are the settings of kind coverage.
type coverageSettings struct {
	File        glob.Patterns          `yaml:"file" required:"true"`           // the reports, a pattern or a list of patterns relative to the configuration's folder: Cobertura XML, coverage.py JSON or Go profiles; several reports are merged
	Artifact    *artifactSettings      `yaml:"artifact" json:",omitempty"`     // an artifact of GitHub Actions that has the reports; the patterns are then relative to it
	Overall     limit.Share            `yaml:"overall"`                        // the share of all lines that the tests run, or of all statements in Go
	Branches    limit.Share            `yaml:"branches"`                       // the share of all branches that the tests run
	Paths       map[string]limit.Share `yaml:"paths"`                          // the share for the files that match a pattern; a pattern that matches nothing is an error
	Exclude     glob.Patterns          `yaml:"exclude"`                        // patterns of files that don't count; default: none
	SameSources bool                   `yaml:"same_sources" json:",omitempty"` // whether reports in several folders are of one source tree, so that the same name means the same file; default: false, unless the sources are present and show it
}

type coverageGate struct {
	settings coverageSettings
	source   origin
}

func newCoverage(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s coverageSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	faults := append(patternFaults(s.File, "file"), patternFaults(s.Exclude, "exclude")...)
	if len(s.File) == 0 {
		faults = append(faults, gates.Fault{Field: "file", Problem: "file is missing; it names the report, as in reports/coverage.xml"})
	}
	if !s.Overall.Set() && !s.Branches.Set() && len(s.Paths) == 0 {
		faults = append(faults, gates.Fault{Field: "overall", Problem: `there is nothing to compare; write a limit, as in overall: ">= 80%"`})
	}
	for _, pattern := range slices.Sorted(maps.Keys(s.Paths)) {
		faults = append(faults, patternFaults(glob.Patterns{pattern}, "paths."+pattern)...)
	}
	from, hash, more, err := newSource(deps, s.Artifact)
	if err != nil {
		return gates.Built{}, err
	}
	if err := append(faults, more...).OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: &coverageGate{s, from}, Settings: gates.SettingsHash("coverage", append([]any{s}, hash...)...)}, nil
}

// Deadline implements [gates.WithDeadline].
func (g *coverageGate) Deadline() time.Duration { return g.source.deadline() }

// Check implements [gates.Gate].
func (g *coverageGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	dir, remove, none := g.source.open(ctx, s)
	if none != nil {
		return *none
	}
	defer remove()
	reports, none := find(g.settings.File, dir, "run the tests with coverage, and write the report there")
	if none != nil {
		return *none
	}
	whole := make([]string, len(reports))
	for i, file := range reports {
		whole[i] = files.Absolute(file)
	}
	all := report.NewCoverage(files.Absolute(dir), whole, g.settings.SameSources, os.DirFS("/"))
	for i, file := range reports {
		err := readCoverage(ctx, all, whole[i], g.source.opened(s))
		if ctx.Err() != nil {
			return gates.Errored("cut off while it read the reports")
		}
		if err != nil {
			return gates.Errored("%s cannot be counted: %v", files.Shown(dir, file), err)
		}
	}
	if g.settings.Branches.Set() && all.UnknownBranches != "" {
		return gates.Errored("%s branches, but the report doesn't say how many of its branches were taken, as in 50%% (1/2); see what wrote it, or remove branches from the settings", all.UnknownBranches)
	}
	return g.judge(covered{all.Files(), all.Lines, all.Statements})
}

// readCoverage adds the report in a file.
func readCoverage(ctx context.Context, all *report.Coverage, file string, opened time.Time) error {
	if err := files.Fresh(file, opened, report.MaxSize); err != nil {
		return err
	}
	return files.Read(ctx, file, func(text io.Reader) error { return all.Read(file, text) })
}

// covered is what the reports contain together, without what doesn't count.
type covered struct {
	files             []report.File // sorted by name
	lines, statements bool          // what was counted
}

// judge compares the reports with the settings. A pattern without any code to run means
// that the settings or the reports are wrong, and doesn't pass. The summary is about
// what has a limit.
func (g *coverageGate) judge(all covered) answer.Evidence {
	all.files = slices.DeleteFunc(all.files, func(f report.File) bool {
		return slices.ContainsFunc(g.settings.Exclude, func(pattern string) bool { return matches(f, pattern) })
	})
	lines := all.sum(func(report.File) bool { return true })
	if lines.all == 0 {
		return gates.Errored("the reports contain no executable lines; check the tool that wrote them")
	}
	measures := []answer.Measure{gates.ShareMeasure("overall", lines.run, lines.all, g.settings.Overall)}
	var told []string
	if g.settings.Overall.Set() || g.settings.Branches.Set() {
		told = append(told, all.told(lines, ""))
	}
	if g.settings.Branches.Set() {
		if lines.ways == 0 {
			return gates.Errored("the reports do not include branches; have the tests measure them, or remove branches from the settings")
		}
		m := gates.ShareMeasure("branches", lines.taken, lines.ways, g.settings.Branches)
		measures = append(measures, m, answer.Measure{Name: "branches in all", Value: fmt.Sprint(lines.ways), OK: true})
		told = append(told, fmt.Sprintf("%s %% of %s are taken", m.Value, branches(lines.ways)))
	}
	for _, pattern := range slices.Sorted(maps.Keys(g.settings.Paths)) {
		part := all.sum(func(f report.File) bool { return matches(f, pattern) })
		if part.all == 0 {
			return gates.Errored("no line in the reports is of a file that matches %s; the reports name files such as %s", pattern, all.sample())
		}
		measures = append(measures, gates.ShareMeasure(pattern, part.run, part.all, g.settings.Paths[pattern]))
		told = append(told, all.told(part, " of "+pattern))
	}
	ev := gates.Judged(measures, phrase.UpTo(4, told))
	// Some tools know the branches of a function only after it was called, so that fewer
	// tests may give a larger share: the total is shown too.
	if ev.Verdict == answer.Failed && g.settings.Branches.Set() {
		ev.Summary += "; there are " + branches(lines.ways) + " in all"
	}
	ev.Details = append(all.apart(), all.worst()...)
	return ev
}

func branches(n int) string { return phrase.Count(n, "branch", "branches") }

// told is a share in words.
func (c covered) told(s sums, of string) string {
	share := gates.ShareMeasure("", s.run, s.all, limit.Share{})
	return fmt.Sprintf("%s %% of %s%s in %s %s run", share.Value, c.count(s.all), of, phrase.Count(s.files, "file"), phrase.Is(s.all))
}

// count is so many of what was counted.
func (c covered) count(n int) string {
	switch {
	case !c.statements:
		return phrase.Count(n, "line")
	case !c.lines:
		return phrase.Count(n, "statement")
	}
	return phrase.Count(n, "line or statement", "lines and statements")
}

// sums are lines, and branches, of a number of files.
type sums struct{ run, all, taken, ways, files int }

func (c covered) sum(of func(report.File) bool) (total sums) {
	for _, f := range c.files {
		if of(f) {
			total = sums{total.run + f.Run, total.all + f.All, total.taken + f.Taken, total.ways + f.Ways, total.files + 1}
		}
	}
	return total
}

// matches reports whether a pattern names a file, by its name or by one that a report
// gave it. For a file of another machine or of a Go package it isn't known where the
// name begins, so there the pattern may begin at any folder.
func matches(f report.File, pattern string) bool {
	if pattern = path.Clean(pattern); f.Anywhere && !path.IsAbs(pattern) {
		pattern = "**/" + pattern
	}
	return slices.ContainsFunc(append([]string{f.Name}, f.Reported...), func(name string) bool {
		return glob.Match(pattern, name)
	})
}

// sample is the first of the files, to show how reports name them.
func (c covered) sample() string {
	if len(c.files) == 0 {
		return "none"
	}
	return c.files[0].Name
}

// worstShown is how many files evidence names.
const worstShown = 20

// worst lists the files with the most lines that are not run.
func (c covered) worst() []string {
	files := slices.SortedStableFunc(slices.Values(c.files), func(a, b report.File) int {
		return cmp.Compare(b.All-b.Run, a.All-a.Run)
	})
	var lines []string
	for _, f := range files {
		if len(lines) == worstShown || f.Run == f.All {
			break
		}
		lines = append(lines, fmt.Sprintf("%s: %d of %s %s not run", f.Name, f.All-f.Run, c.count(f.All), phrase.Is(f.All-f.Run)))
	}
	return lines
}

// apart warns of names that count as several files only because their reports are in
// several folders.
func (c covered) apart() []string {
	files := map[string][]string{}
	for _, f := range c.files {
		for _, reported := range f.Reported {
			if f.Guessed {
				files[reported] = append(files[reported], f.Name)
			}
		}
	}
	maps.DeleteFunc(files, func(_ string, names []string) bool { return len(names) < 2 })
	if len(files) == 0 {
		return nil
	}
	first := slices.Sorted(maps.Keys(files))[0]
	return []string{fmt.Sprintf("%s by the folders of the reports, since the sources are not here, such as %s; same_sources: true counts each once",
		phrase.Count(len(files), "name")+" told apart", phrase.UpTo(3, files[first]))}
}
