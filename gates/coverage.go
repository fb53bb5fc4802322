package gates

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"gonogo/gates/limit"
	"gonogo/readiness"
)

var coverageKind = Kind{
	Name: "coverage", About: "how much of the code the tests run, overall and per path, from Cobertura, coverage.py or Go reports", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "every share of all reports together keeps its limit",
		Failed:        "a share does not",
		Errored:       "a report cannot be read, is damaged, or is older than the release's opening; or it holds nothing that a limit is about",
		NotConfigured: "no report matches",
	},
	Example: `file: reports/coverage.xml
overall: ">= 80%"
branches: ">= 70%"
paths: { "src/core/**": ">= 85%" }
exclude: ["**/migrations/**"]`,
	New: newCoverage,
}

// coverageSettings are the settings of kind coverage.
type coverageSettings struct {
	File        patterns               `yaml:"file" required:"true"`           // the reports, one pattern or a list: Cobertura's XML, coverage.py's JSON or Go profiles; what several say is put together
	Overall     limit.Share            `yaml:"overall"`                        // the share of all lines that the tests run, or of all statements in Go
	Branches    limit.Share            `yaml:"branches"`                       // the share of all ways that lines branch into
	Paths       map[string]limit.Share `yaml:"paths"`                          // the share of the files that match a pattern, in which ** stands for any folders; a pattern that matches nothing is an error
	Exclude     patterns               `yaml:"exclude"`                        // patterns of files that do not count
	SameSources bool                   `yaml:"same_sources" json:",omitempty"` // whether reports in several folders are of one source tree, so that a name in them is one file; otherwise each folder has its own, unless the sources are there and say so
}

type coverageGate struct {
	settings coverageSettings
	dir      string
}

func newCoverage(decode func(any) error, around Surroundings) (Built, error) {
	var s coverageSettings
	if err := decode(&s); err != nil {
		return Built{}, err
	}
	faults := append(s.File.faults("file"), s.Exclude.faults("exclude")...)
	if len(s.File) == 0 {
		faults = append(faults, Fault{"file", "file is missing; it names the report, as in reports/coverage.xml"})
	}
	if !s.Overall.Set() && !s.Branches.Set() && len(s.Paths) == 0 {
		faults = append(faults, Fault{"overall", `there is nothing to compare; write a limit, as in overall: ">= 80%"`})
	}
	for _, pattern := range slices.Sorted(maps.Keys(s.Paths)) {
		faults = append(faults, patterns{pattern}.faults("paths."+pattern)...)
	}
	if err := faults.orNil(); err != nil {
		return Built{}, err
	}
	return Built{Gate: &coverageGate{s, around.Dir}, Settings: settingsHash("coverage", s)}, nil
}

// Check implements [Gate].
func (g *coverageGate) Check(ctx context.Context, s Scope) readiness.Evidence {
	files, err := g.settings.File.find(g.dir)
	switch {
	case errors.Is(err, errTooMany):
		return errored("more than %d reports match %s; name them more closely", maxMatches, g.settings.File)
	case err != nil:
		return errored("%s cannot be looked through: %s", g.settings.File, plainCause(err))
	case len(files) == 0:
		return readiness.Evidence{Verdict: readiness.NotConfigured, Summary: fmt.Sprintf("no report matches %s; run the tests with coverage, and have them write their report there", g.settings.File)}
	}
	all := newCovered(absolute(g.dir), files, g.settings.SameSources)
	for _, file := range files {
		err := fresh(file, s.Opened)
		if err == nil {
			err = all.read(ctx, file)
		}
		if ctx.Err() != nil {
			return errored("cut off while it read the reports")
		}
		if err != nil {
			return errored("%s cannot be counted: %v", shown(g.dir, file), err)
		}
	}
	all.unite()
	return g.judge(all)
}

// judge compares what the reports hold with the settings. A pattern under
// which there is nothing to run says that the settings or the reports are
// wrong, and lets nothing through. The headline is about what has a limit.
func (g *coverageGate) judge(all *covered) readiness.Evidence {
	all.drop(g.settings.Exclude)
	lines := all.sum(func(string, *coveredFile) bool { return true })
	if lines.all == 0 {
		return errored("the reports hold no line that could be run; see what wrote them")
	}
	measures := []readiness.Measure{shareMeasure("overall", lines.run, lines.all, g.settings.Overall)}
	var told []string
	if g.settings.Overall.Set() || g.settings.Branches.Set() {
		told = append(told, all.told(lines, ""))
	}
	if g.settings.Branches.Set() {
		if lines.ways == 0 {
			return errored("the reports say nothing of branches; have the tests measure them, or take branches out")
		}
		m := shareMeasure("branches", lines.taken, lines.ways, g.settings.Branches)
		measures = append(measures, m, readiness.Measure{Name: "branches in all", Value: fmt.Sprint(lines.ways), OK: true})
		told = append(told, fmt.Sprintf("%s %% of %s are taken", m.Value, branches(lines.ways)))
	}
	for _, pattern := range slices.Sorted(maps.Keys(g.settings.Paths)) {
		part := all.sum(func(name string, f *coveredFile) bool { return f.matches(name, pattern) })
		if part.all == 0 {
			return errored("no line in the reports is of a file that matches %s; the reports name files such as %s", pattern, all.sample())
		}
		measures = append(measures, shareMeasure(pattern, part.run, part.all, g.settings.Paths[pattern]))
		told = append(told, all.told(part, " of "+pattern))
	}
	ev := judged(measures, upTo(4, told))
	// Some tools know the branches of a function only once it was called, so
	// that fewer tests may give a larger share: of how many is told too.
	if ev.Verdict == readiness.Failed && g.settings.Branches.Set() {
		ev.Summary += "; there are " + branches(lines.ways) + " in all"
	}
	ev.Details = append(all.apart(), all.worst()...)
	return ev
}

func branches(n int) string {
	if n == 1 {
		return "1 branch"
	}
	return fmt.Sprintf("%d branches", n)
}

// told is a share in words.
func (c *covered) told(s sums, of string) string {
	share := shareMeasure("", s.run, s.all, limit.Share{})
	return fmt.Sprintf("%s %% of %d %s%s in %s are run", share.Value, s.all, c.noun(), of, several(s.files, "file"))
}

// noun is what was counted.
func (c *covered) noun() string {
	switch {
	case !c.statements:
		return "lines"
	case !c.lines:
		return "statements"
	}
	return "lines and statements"
}

// sums are lines, and ways that lines branch into, of so many files.
type sums struct{ run, all, taken, ways, files int }

func (f *coveredFile) sum() sums {
	run, all := f.lines.sum()
	taken, ways := f.ways.sum()
	jumped, jumps := f.jumps.sum()
	return sums{run, all, taken + jumped, ways + jumps, 1}
}

func (c *covered) sum(of func(string, *coveredFile) bool) (total sums) {
	for name, f := range c.files {
		if of(name, f) {
			s := f.sum()
			total = sums{total.run + s.run, total.all + s.all, total.taken + s.taken, total.ways + s.ways, total.files + 1}
		}
	}
	return total
}

// drop takes out the files that do not count.
func (c *covered) drop(excluded patterns) {
	maps.DeleteFunc(c.files, func(name string, f *coveredFile) bool {
		return slices.ContainsFunc(excluded, func(pattern string) bool { return f.matches(name, pattern) })
	})
}

// matches reports whether a file is one that a pattern names, by its name or by
// one that a report gave it. Where the name begins is not known of a file of
// another machine or of a Go package, so there the pattern may begin at any
// folder.
func (f *coveredFile) matches(name, pattern string) bool {
	for other := range f.reported {
		if other != name && f.named(other, pattern) {
			return true
		}
	}
	return f.named(name, pattern)
}

func (f *coveredFile) named(name, pattern string) bool {
	segments := strings.Split(path.Clean(pattern), "/")
	if f.loose && !path.IsAbs(pattern) {
		segments = append([]string{"**"}, segments...)
	}
	return match(strings.Split(strings.TrimPrefix(name, "/"), "/"), segments)
}

// match compares names with patterns, folder by folder; ** stands for any
// number of them.
func match(names, segments []string) bool {
	switch {
	case len(segments) == 0:
		return len(names) == 0
	case segments[0] == "" && len(segments) > 1: // before a leading slash
		return match(names, segments[1:])
	case segments[0] == "**" && len(segments) == 1:
		return len(names) > 0
	case segments[0] == "**":
		for skip := range len(names) + 1 {
			if match(names[skip:], segments[1:]) {
				return true
			}
		}
		return false
	case len(names) == 0:
		return false
	}
	ok, _ := path.Match(segments[0], names[0])
	return ok && match(names[1:], segments[1:])
}

// sample is the first of the files, to show how reports name them.
func (c *covered) sample() string {
	names := slices.Sorted(maps.Keys(c.files))
	if len(names) == 0 {
		return "none"
	}
	return names[0]
}

// worstShown is how many files evidence names.
const worstShown = 20

// worst lists the files with the most lines that are not run.
func (c *covered) worst() []string {
	names := slices.SortedFunc(maps.Keys(c.files), func(a, b string) int {
		x, y := c.files[a].sum(), c.files[b].sum()
		return cmp.Or(cmp.Compare(y.all-y.run, x.all-x.run), strings.Compare(a, b))
	})
	var lines []string
	for _, name := range names {
		s := c.files[name].sum()
		if len(lines) == worstShown || s.run == s.all {
			break
		}
		lines = append(lines, fmt.Sprintf("%s: %d of %d %s are not run", name, s.all-s.run, s.all, c.noun()))
	}
	return lines
}

// several writes how many there are of something.
func several(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
