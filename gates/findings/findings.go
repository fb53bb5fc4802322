// Package findings judges what scanners and linters found: how many findings there
// are, of each severity, rule and tool, and how many of them are new.
//
// [Limits] are what a checklist allows. [Limits.Judge] compares them with the findings
// that package report has read, and returns evidence: failed where a limit isn't kept,
// warned where only a warning limit isn't, and errored where a tool can't have looked
// everywhere, however little it found. The evidence names tools, rules and places, and
// nothing that a tool says of a finding, because that may be the secret that was found.
//
// The gate sarif reads the reports, and knows when they are stale.
package findings

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gonogo/gates/limit"
	"gonogo/gates/report"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

const (
	maxShown      = 35 // findings that evidence names
	maxToolsShown = 5
)

// Counts are limits on how many findings there are. One that isn't set allows any
// number.
type Counts struct {
	All, New   limit.Count
	BySeverity map[report.Severity]limit.Count
}

// Limits are what is allowed.
type Limits struct {
	Fail, Warn Counts
	Rules      map[string]limit.Count // by ID
	Tools      map[string]limit.Count // by name; each must have a run in the reports
	Others     bool                   // whether tools that Tools doesn't name may find something
	Unrated    report.Severity        // of findings for which the report gives none
	Compared   bool                   // whether the last release's reports were read
}

// found are the findings of all reports, the worst first.
type found []report.Group

// Judge compares findings with the limits.
func (l Limits) Judge(all *report.Findings) answer.Evidence {
	groups := found(all.Groups(l.Unrated))
	ev := answer.Evidence{Verdict: answer.Passed, Summary: l.kept(groups, all.Tools()), Measures: l.measures(groups)}
	broken := append(slices.Clone(all.Broken), l.absent(all.Tools())...)
	over, near := exceeded(ev.Measures, "limit"), exceeded(l.Warn.measures(groups), "warning limit")
	switch {
	case len(broken) > 0:
		ev.Verdict, ev.Summary, broken = answer.Errored, broken[0], broken[1:]
	case len(over) > 0:
		ev.Verdict, ev.Summary = answer.Failed, strings.Join(over, "; ")+groups.worst()
	case len(near) > 0:
		ev.Verdict, ev.Summary = answer.Warned, strings.Join(near, "; ")+groups.worst()
	}
	ev.Details = append(broken, l.details(groups, all)...)
	return ev
}

// absent says which of the tools that must be there have no run.
func (l Limits) absent(there []string) (told []string) {
	for _, tool := range slices.Sorted(maps.Keys(l.Tools)) {
		if !slices.ContainsFunc(there, func(name string) bool { return strings.EqualFold(name, tool) }) {
			told = append(told, fmt.Sprintf("the reports have no run of %s; they are of %s", tool, phrase.UpTo(4, there)))
		}
	}
	return told
}

func (l Limits) measures(groups found) []answer.Measure {
	measures := l.Fail.measures(groups)
	for _, rule := range slices.Sorted(maps.Keys(l.Rules)) {
		n := groups.count(func(g report.Group) bool { return g.Rule == rule })
		measures = append(measures, measure("findings of "+rule, n, l.Rules[rule]))
	}
	for _, tool := range slices.Sorted(maps.Keys(l.Tools)) {
		n := groups.count(func(g report.Group) bool { return strings.EqualFold(g.Tool, tool) })
		measures = append(measures, measure("findings of "+tool, n, l.Tools[tool]))
	}
	if len(l.Tools) > 0 && !l.Others {
		measures = append(measures, measure("findings of other tools", groups.count(l.unnamed), limit.MustCount("0")))
	}
	return measures
}

// unnamed reports whether findings are by a tool that has no limit of its own.
func (l Limits) unnamed(g report.Group) bool {
	for tool := range l.Tools {
		if strings.EqualFold(tool, g.Tool) {
			return false
		}
	}
	return true
}

// measures compares the counts that every report has.
func (c Counts) measures(groups found) []answer.Measure {
	measures := []answer.Measure{measure("findings", groups.all(), c.All)}
	for _, severity := range report.Severities {
		measures = append(measures, measure(severity.String(), groups.of(severity), c.BySeverity[severity]))
	}
	if c.New.Set() {
		measures = append(measures, measure("new", groups.added(), c.New))
	}
	return measures
}

// measure compares a count, which may have no limit.
func measure(name string, got int, l limit.Count) answer.Measure {
	return answer.Measure{Name: name, Value: strconv.Itoa(got), Limit: l.Text, OK: !l.Set() || l.Allows(float64(got))}
}

// exceeded writes the measures that are outside their limit: "2 high, limit 0", or "1
// finding of gosec, limit 0".
func exceeded(measures []answer.Measure, limit string) (over []string) {
	for _, m := range measures {
		if m.OK {
			continue
		}
		text := m.Value + " " + m.Name
		if of, some := strings.CutPrefix(m.Name, "findings"); some {
			n, _ := strconv.Atoi(m.Value)
			text = phrase.Count(n, "finding") + of
		}
		over = append(over, fmt.Sprintf("%s, %s %s", text, limit, m.Limit))
	}
	return over
}

// kept is the summary of findings that keep all limits.
func (l Limits) kept(groups found, tools []string) string {
	text := groups.String() + " by " + phrase.UpTo(4, tools)
	if l.Compared && len(groups) > 0 {
		text += fmt.Sprintf("; %d of them new", groups.added())
	}
	return text
}

// details say how many findings each tool has, and name them, the worst first. Where
// they are compared with the last release, only the new ones are named.
func (l Limits) details(groups found, all *report.Findings) []string {
	var lines []string
	for _, tool := range all.Tools() {
		own := slices.DeleteFunc(slices.Clone(groups), func(g report.Group) bool { return g.Tool != tool })
		lines = append(lines, tool+": "+own.String())
	}
	if more := len(lines) - maxToolsShown; more > 0 {
		lines = append(lines[:maxToolsShown:maxToolsShown], fmt.Sprintf("… and %s more", phrase.Count(more, "tool")))
	}
	if all.Suppressed > 0 {
		lines = append(lines, fmt.Sprintf("Suppressed, and not counted: %d.", all.Suppressed))
	}
	return append(lines, l.named(groups)...)
}

// named are the lines that name findings.
func (l Limits) named(groups found) (lines []string) {
	total := 0
	for _, g := range groups {
		places, mark := g.Places, ""
		if total += g.Count; l.Compared {
			places, mark, total = g.NewPlaces, "new, ", total-g.Count+g.New
		}
		for _, place := range places[:min(len(places), maxShown-len(lines))] {
			lines = append(lines, mark+findingAt(g, place))
		}
	}
	if more := total - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("… and %s more; see the reports", phrase.Count(more, "finding")))
	}
	return lines
}

// count adds up the findings of some groups.
func (f found) count(of func(report.Group) bool) (n int) {
	for _, g := range f {
		if of(g) {
			n += g.Count
		}
	}
	return n
}

// all is how many there are.
func (f found) all() int { return f.count(func(report.Group) bool { return true }) }

// of is how many are so severe.
func (f found) of(severity report.Severity) int {
	return f.count(func(g report.Group) bool { return g.Severity == severity })
}

// added is how many the last release didn't have.
func (f found) added() (n int) {
	for _, g := range f {
		n += g.New
	}
	return n
}

// String writes how many findings there are of each severity: "3 findings (1 high, 2
// low)".
func (f found) String() string {
	if len(f) == 0 {
		return "no findings"
	}
	var parts []string
	for _, severity := range report.Severities {
		if n := f.of(severity); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, severity))
		}
	}
	return fmt.Sprintf("%s (%s)", phrase.Count(f.all(), "finding"), strings.Join(parts, ", "))
}

// worst names the first of the worst findings, to follow a summary.
func (f found) worst() string {
	if len(f) == 0 {
		return ""
	}
	return "; the worst is " + findingAt(f[0], f[0].Places[0])
}

// findingAt names one finding.
func findingAt(g report.Group, place string) string {
	rule := g.Rule
	if rule == "" {
		rule = "a finding without a rule"
	}
	return fmt.Sprintf("%s: %s at %s (%s)", g.Severity, rule, place, g.Tool)
}
