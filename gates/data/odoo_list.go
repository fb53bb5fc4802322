package data

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/odoo"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// odooList is Odoo's list of modules, to be compared with what is wanted.
type odooList struct{ odoo.Modules }

// finding is the result of one check of the list.
type finding struct {
	measure answer.Measure
	words   string   // for the summary, if something is wrong
	lines   []string // the modules that it is about
}

// judge compares the list with what is wanted.
func (o odooList) judge(want odooSettings) answer.Evidence {
	ev := answer.Evidence{Verdict: answer.Passed, Summary: good(want)}
	var amiss []string
	for _, f := range o.findings(want) {
		ev.Measures, ev.Details = append(ev.Measures, f.measure), append(ev.Details, f.lines...)
		if !f.measure.OK {
			amiss = append(amiss, f.words)
		}
	}
	if len(amiss) > 0 {
		ev.Verdict, ev.Summary = answer.Failed, strings.Join(amiss, "; ")
	}
	return ev
}

func (o odooList) findings(want odooSettings) []finding {
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
	installed, absent := len(want.Installed), len(want.Absent)
	there := phrase.All(installed, "module") + " " + phrase.Is(installed) + " installed"
	switch {
	case installed+absent == 0:
		return "no more modules are in transition than may be"
	case installed == 0 && absent == 1:
		return "the unwanted module is not installed"
	case installed == 0:
		return fmt.Sprintf("none of %d unwanted modules is installed", absent)
	case absent == 0:
		return there
	case absent == 1:
		return there + ", and the unwanted one is not"
	}
	return there + fmt.Sprintf(", and none of %d unwanted ones", absent)
}

// missing finds the wanted modules that are not installed, and why: dependencies that
// are not installed either, including indirect ones.
func (o odooList) missing(want wantedModules) finding {
	var names, lines []string
	needed := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if o.Listed[name].State == "installed" {
			continue
		}
		needs := o.Needs(name)
		for _, d := range needs {
			needed[d.Name] = true
		}
		names, lines = append(names, name), append(lines, o.line(name, needs))
	}
	for _, name := range names {
		delete(needed, name)
	}
	words := fmt.Sprintf("%s %s not installed: %s", phrase.Of(len(names), len(want), "module"), phrase.Is(len(names)), few(names))
	if len(needed) > 0 {
		need := "they need"
		if len(names) == 1 {
			need = "it needs"
		}
		words += "; " + need + " " + few(slices.Sorted(maps.Keys(needed)))
	}
	have := len(want) - len(names)
	return finding{answer.Measure{Name: "modules installed", Value: strconv.Itoa(have), Limit: strconv.Itoa(len(want)), OK: have == len(want)}, words, lines}
}

// broken finds wanted modules that are installed although a dependency is not. A
// dependency that only waits for its upgrade counts as installed.
func (o odooList) broken(want wantedModules) finding {
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		for _, d := range o.Unmet[name] {
			if o.Listed[name].State == "installed" && d.State != "to upgrade" {
				broken = append(broken, fmt.Sprintf("%s is installed, but its dependency isn't: %s (%s)", name, d.Name, d.Standing()))
			}
		}
	}
	return counted("unmet dependencies of installed ones", broken, limit.MustCount("0"))
}

// line is the state of a module and what it needs.
func (o odooList) line(name string, needs []odoo.Module) string {
	m, listed := o.Listed[name]
	line := name + " is " + m.Standing()
	if !listed {
		line += ": its folder is missing from the add-ons path, or the list of modules was not updated"
	}
	if len(needs) == 0 {
		return line
	}
	of := make([]string, len(needs))
	for i, d := range needs {
		of[i] = d.Name + " (" + d.Standing() + ")"
	}
	return line + "; it needs " + strings.Join(of, ", ")
}

func (o odooList) otherVersions(want wantedModules) finding {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if m := o.Listed[name]; m.State == "installed" && want[name] != "" && m.Version != want[name] {
			wrong = append(wrong, fmt.Sprintf("%s is installed in %s, not %s", name, cmp.Or(m.Version, "no version"), want[name]))
		}
	}
	return counted("in another version", wrong, limit.MustCount("0"))
}

func (o odooList) unwanted(absent []string) finding {
	var there []string
	for _, name := range absent {
		switch m := o.Listed[name]; m.State {
		case "", "uninstalled", "uninstallable":
		default:
			there = append(there, fmt.Sprintf("%s is %s, and should not be", name, m.Standing()))
		}
	}
	return counted("installed but not wanted", there, limit.MustCount("0"))
}

// moving finds modules that Odoo has marked for a change and not finished.
func (o odooList) moving(l limit.Count) finding {
	var moving []string
	for _, name := range slices.Sorted(maps.Keys(o.Listed)) {
		if state := o.Listed[name].State; strings.HasPrefix(state, "to ") {
			moving = append(moving, name+" is waiting "+state)
		}
	}
	f := counted("in transition", moving, l)
	f.words = fmt.Sprintf("%d in transition: %s", len(moving), cmp.Or(f.words, "none"))
	return f
}

// counted is a finding whose lines are counted.
func counted(name string, lines []string, l limit.Count) finding {
	return finding{gates.CountMeasure(name, len(lines), l), few(lines), lines}
}

// few lists up to ten names or words.
func few(names []string) string { return phrase.UpTo(10, names) }
