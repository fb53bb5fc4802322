package gates

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gonogo/gates/limit"
	"gonogo/readiness"
)

// odooModule is a row of Odoo's list.
type odooModule struct{ name, state, version string }

// standing puts a module's state into words.
func (m odooModule) standing() string {
	switch m.state {
	case "":
		return "unknown to Odoo"
	case "to install", "to upgrade", "to remove":
		return "left waiting " + m.state
	}
	return m.state
}

// odooModules is Odoo's list, and which dependencies are not installed.
type odooModules struct {
	listed map[string]odooModule
	unmet  map[string][]odooModule // by the module that needs them
}

// finding is one thing that was looked for in the list.
type finding struct {
	measure readiness.Measure
	words   string   // for the summary, where it is amiss
	lines   []string // the modules behind it
}

// judge compares the list with what is wanted.
func (o odooModules) judge(want odooSettings) readiness.Evidence {
	ev := readiness.Evidence{Verdict: readiness.Passed, Summary: good(want)}
	var amiss []string
	for _, f := range o.findings(want) {
		ev.Measures, ev.Details = append(ev.Measures, f.measure), append(ev.Details, f.lines...)
		if !f.measure.OK {
			amiss = append(amiss, f.words)
		}
	}
	if len(amiss) > 0 {
		ev.Verdict, ev.Summary = readiness.Failed, strings.Join(amiss, "; ")
	}
	return ev
}

func (o odooModules) findings(want odooSettings) []finding {
	var all []finding
	if len(want.Installed) > 0 {
		all = append(all, o.missing(want.Installed), o.broken(want.Installed))
	}
	if want.Installed.versions() > 0 {
		all = append(all, o.otherVersions(want.Installed))
	}
	if len(want.Absent) > 0 {
		all = append(all, o.unwanted(want.Absent))
	}
	if want.Transition.Set() {
		all = append(all, o.moving(want.Transition))
	}
	return all
}

func good(want odooSettings) string {
	switch {
	case len(want.Installed)+len(want.Absent) == 0:
		return "no more modules are in transition than may be"
	case len(want.Installed) == 0:
		return fmt.Sprintf("none of %d unwanted modules is installed", len(want.Absent))
	case len(want.Absent) == 0:
		return fmt.Sprintf("all %d modules are installed", len(want.Installed))
	}
	return fmt.Sprintf("all %d modules are installed, and none of %d unwanted ones", len(want.Installed), len(want.Absent))
}

// missing looks for the wanted modules that are not installed, and for what
// stands in their way: dependencies that are not installed either, theirs
// included.
func (o odooModules) missing(want wantedModules) finding {
	var names, lines []string
	needed := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if o.listed[name].state == "installed" {
			continue
		}
		needs := o.needs(name)
		for _, d := range needs {
			needed[d.name] = true
		}
		names, lines = append(names, name), append(lines, o.line(name, needs))
	}
	for _, name := range names {
		delete(needed, name)
	}
	words := fmt.Sprintf("%d of %d modules are not installed: %s", len(names), len(want), few(names))
	if len(needed) > 0 {
		words += "; they need " + few(slices.Sorted(maps.Keys(needed)))
	}
	have := len(want) - len(names)
	return finding{readiness.Measure{Name: "modules installed", Value: strconv.Itoa(have), Limit: strconv.Itoa(len(want)), OK: have == len(want)}, words, lines}
}

// broken looks for wanted modules that are installed although something they
// need is not. A dependency that only waits for its upgrade is still there.
func (o odooModules) broken(want wantedModules) finding {
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		for _, d := range o.unmet[name] {
			if o.listed[name].state == "installed" && d.state != "to upgrade" {
				broken = append(broken, fmt.Sprintf("%s is installed, but what it needs is not: %s (%s)", name, d.name, d.standing()))
			}
		}
	}
	return counted("unmet dependencies of installed ones", broken, limit.MustCount("0"))
}

// line says where a module stands and what it needs.
func (o odooModules) line(name string, needs []odooModule) string {
	m, listed := o.listed[name]
	line := name + " is " + m.standing()
	if !listed {
		line += ": its folder is missing from the add-ons path, or the list of modules was not updated"
	}
	if len(needs) == 0 {
		return line
	}
	of := make([]string, len(needs))
	for i, d := range needs {
		of[i] = d.name + " (" + d.standing() + ")"
	}
	return line + "; it needs " + strings.Join(of, ", ")
}

// needs lists every unmet dependency of a module, direct ones first.
func (o odooModules) needs(name string) []odooModule {
	var found []odooModule
	seen := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		for _, d := range o.unmet[queue[0]] {
			if !seen[d.name] {
				seen[d.name] = true
				found, queue = append(found, d), append(queue, d.name)
			}
		}
	}
	return found
}

func (o odooModules) otherVersions(want wantedModules) finding {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if m := o.listed[name]; m.state == "installed" && want[name] != "" && m.version != want[name] {
			wrong = append(wrong, fmt.Sprintf("%s is installed in %s, not %s", name, cmp.Or(m.version, "no version"), want[name]))
		}
	}
	return counted("in another version", wrong, limit.MustCount("0"))
}

func (o odooModules) unwanted(absent []string) finding {
	var there []string
	for _, name := range absent {
		switch m := o.listed[name]; m.state {
		case "", "uninstalled", "uninstallable":
		default:
			there = append(there, fmt.Sprintf("%s is %s, and should not be", name, m.standing()))
		}
	}
	return counted("there but not wanted", there, limit.MustCount("0"))
}

// moving looks for modules that a run of Odoo has marked and not finished with.
func (o odooModules) moving(l limit.Count) finding {
	var moving []string
	for _, name := range slices.Sorted(maps.Keys(o.listed)) {
		if state := o.listed[name].state; strings.HasPrefix(state, "to ") {
			moving = append(moving, name+" is waiting "+state)
		}
	}
	f := counted("in transition", moving, l)
	f.words = fmt.Sprintf("%d in transition: %s", len(moving), cmp.Or(f.words, "none"))
	return f
}

// counted is a finding whose lines are counted.
func counted(name string, lines []string, l limit.Count) finding {
	return finding{countMeasure(name, len(lines), l), few(lines), lines}
}

// few lists up to ten names or words.
func few(names []string) string { return upTo(10, names) }

// upTo lists the first of some names or words, and says how many more there are.
func upTo(n int, names []string) string {
	if len(names) > n {
		return strings.Join(names[:n], ", ") + fmt.Sprintf(" and %d more", len(names)-n)
	}
	return strings.Join(names, ", ")
}
