package gates

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/gates/limit"
	"gonogo/readiness/answer"
)

// AllOf is the kind all_of.
var AllOf = Kind{
	Name: "all_of", About: "several gates, all of which must pass", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "all pass",
		Warned:        "all pass, and at least one of them warns",
		Failed:        "at least one fails",
		Errored:       "none fails, but one can't be measured",
		NotConfigured: "none of these, but one isn't configured",
	},
	Notes:   "The kinds `deployed`, `signed_off`, `section` and `rehearsed` can't be parts of another gate; make them items of their own.",
	Example: `gates: [{ title: The shop answers, http: { url: "https://shop.example/" } }, { tls: { address: "shop.example:443" } }]`,
	New:     together("all_of", All),
}

// AnyOf is the kind any_of.
var AnyOf = Kind{
	Name: "any_of", About: "several gates, at least one of which must pass", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "at least one passes",
		Warned:        "none passes, but one warns",
		Failed:        "none passes, warns or is errored, and one fails",
		Errored:       "none passes or warns, and one can't be measured",
		NotConfigured: "none of them is configured",
	},
	Notes:   "If it passes, the details tell which parts didn't. Parts are as in all_of.",
	Example: `gates: [{ http: { url: "https://shop.example/" } }, { http: { url: "https://www.shop.example/" } }]`,
	New:     together("any_of", AnyOne),
}

const (
	maxParts   = 20
	maxNesting = 4
)

// togetherSettings are the settings of kinds all_of and any_of.
type togetherSettings struct {
	Gates []part `yaml:"gates" required:"true" from:"2" to:"20"` // two to twenty gates, each of one kind with its settings and an optional title
}

// part is one gate of several, written like an item's gate: its kind with its settings,
// and an optional title.
type part map[string]rawSettings

// rawSettings are settings that are decoded once their kind is known.
type rawSettings struct{ decode func(any) error }

// Keep keeps the way to the settings.
func (r *rawSettings) Keep(decode func(any) error) { r.decode = decode }

// verdictOf combines several verdicts into one.
type verdictOf func([]answer.Verdict) answer.Verdict

// togetherGate runs several gates side by side.
type togetherGate struct {
	jobs  []Job
	judge verdictOf
}

// together builds a kind whose gates combine several others.
func together(kind string, judge verdictOf) func(func(any) error, Deps) (Built, error) {
	return func(decode func(any) error, deps Deps) (Built, error) {
		var s togetherSettings
		if err := decode(&s); err != nil {
			return Built{}, err
		}
		deps.Within++
		switch {
		case deps.Within > maxNesting:
			return Built{}, Faults{{"gates", fmt.Sprintf("gates stand more than %d deep within each other; write some of them as items of their own", maxNesting)}}
		case len(s.Gates) < 2:
			return Built{}, Faults{{"gates", "gates lists at least two gates, as in [{ http: { … } }, { tls: { … } }]"}}
		case len(s.Gates) > maxParts:
			return Built{}, Faults{{"gates", fmt.Sprintf("gates lists more than %d gates; write some of them as items of their own", maxParts)}}
		}
		return buildParts(kind, s.Gates, judge, deps)
	}
}

func buildParts(kind string, parts []part, judge verdictOf, deps Deps) (Built, error) {
	whole, g := Built{}, &togetherGate{judge: judge}
	var faults Faults
	var noted error
	var hashed []string
	for i, p := range parts {
		at := fmt.Sprintf("gates.[%d]", i)
		name, built, err := p.build(deps)
		var own Faults
		switch {
		case errors.As(err, &own):
			for _, f := range own {
				faults = append(faults, Fault{strings.TrimSuffix(at+"."+f.Field, "."), f.Problem})
			}
		case err != nil:
			noted = err
		}
		name = g.free(name)
		g.jobs = append(g.jobs, Job{Name: name, Gate: built.Gate, Secrets: built.Secrets})
		hashed = append(hashed, name, built.Settings)
		whole.Secrets = append(whole.Secrets, built.Secrets...)
		whole.Acts = whole.Acts || built.Acts
	}
	if err := faults.OrNil(); err != nil {
		return Built{}, err
	}
	whole.Gate, whole.Settings = g, SettingsHash(kind, hashed)
	return whole, noted
}

// free is a name that no part has yet: the given one, or that with a number.
func (g *togetherGate) free(name string) string {
	given := name
	for n := 2; slices.ContainsFunc(g.jobs, func(j Job) bool { return j.Name == name }); n++ {
		name = fmt.Sprintf("%s %d", given, n)
	}
	return name
}

// build makes the gate of a part. Its name is its title or its kind.
func (p part) build(deps Deps) (name string, b Built, err error) {
	var kind string
	for key := range p {
		switch {
		case key == "title", key == "consecutive", key == "every":
		case kind != "":
			return "", Built{}, Faults{{"", fmt.Sprintf("a gate is of one kind, and this one names %s and %s; write each as an entry of its own", min(kind, key), max(kind, key))}}
		default:
			kind = key
		}
	}
	if kind == "" {
		return "", Built{}, Faults{{"", "a gate is missing; write its kind with its settings, as in { http: { … } }"}}
	}
	name = kind
	if title, ok := p["title"]; ok {
		if err := title.decode(&name); err != nil {
			return "", Built{}, err
		}
		if strings.TrimSpace(name) == "" {
			return "", Built{}, Faults{{"title", "title is empty; write a name for the gate, or remove title"}}
		}
	}
	b, err = deps.Build(kind, p[kind].decode, deps)
	if b.Condition != nil {
		return "", Built{}, Faults{{kind, fmt.Sprintf("%s can't be part of another gate, because it is evaluated continuously; make it a separate item", kind)}}
	}
	var own Faults
	if errors.As(err, &own) {
		for i := range own {
			own[i].Field = strings.TrimSuffix(kind+"."+own[i].Field, ".")
		}
		err = own
	}
	if err == nil {
		b, err = p.inARow(b)
	}
	return name, b, err
}

// inARow has the gate of a part let through several times in a row, if it is to.
func (p part) inARow(b Built) (Built, error) {
	times, every := 1, limit.Duration(UsualPause)
	row, asked := p["consecutive"]
	if asked {
		if err := row.decode(&times); err != nil {
			return b, err
		}
	}
	if pause, ok := p["every"]; ok {
		if err := pause.decode(&every); err != nil {
			return b, err
		}
		if !asked {
			return b, Faults{{"every", "every is the pause between the times that consecutive asks for; add consecutive"}}
		}
	}
	problem := RowProblem(times, time.Duration(every))
	switch {
	case problem != "":
		return b, Faults{{"consecutive", problem}}
	case times == 1:
		return b, nil
	}
	return b.InARow(times, time.Duration(every)), nil
}

// Deadline implements [WithDeadline]: the parts run side by side, so the slowest
// determines the time.
func (g *togetherGate) Deadline() time.Duration {
	var most time.Duration
	for _, j := range g.jobs {
		most = max(most, j.Timeout()+j.Grace())
	}
	return most
}

// GracePeriod implements [WithGracePeriod].
func (g *togetherGate) GracePeriod() time.Duration {
	var most time.Duration
	for _, j := range g.jobs {
		most = max(most, j.Grace())
	}
	return most
}

// Check implements [Gate]. Every part is measured to the end, even if one of them has
// decided the result: people want to see all of them.
func (g *togetherGate) Check(ctx context.Context, s Scope) answer.Evidence {
	found, jobs := make([]answer.Evidence, len(g.jobs)), slices.Clone(g.jobs)
	for i := range jobs {
		jobs[i].Scope = s
	}
	Runner{Parallel: len(jobs)}.Run(ctx, jobs, func(Job) error { return nil }, func(j Job, ev answer.Evidence) {
		found[slices.IndexFunc(jobs, func(other Job) bool { return other.Name == j.Name })] = ev
	})
	return g.put(found)
}

// put combines the evidence of all parts. Each part gets the same number of lines.
func (g *togetherGate) put(found []answer.Evidence) answer.Evidence {
	var verdicts []answer.Verdict
	var ev answer.Evidence
	room := (MaxDetails - len(found)) / len(found)
	for i, part := range found {
		if part.Verdict == "" {
			part = Errored("cut off before it was measured")
		}
		verdicts = append(verdicts, part.Verdict)
		name := g.jobs[i].Name
		for _, m := range part.Measures {
			m.Name = name + ": " + m.Name
			ev.Measures = append(ev.Measures, m)
		}
		ev.Details = append(ev.Details, fmt.Sprintf("%s: %s, %s", name, verdictWords(part.Verdict), part.Summary))
		ev.Details = append(ev.Details, indented(part.Details, room)...)
	}
	ev.Verdict = g.judge(verdicts)
	ev.Summary = g.summary(ev.Verdict, verdicts, found)
	return ev
}

// indented are the details of a part, cut to so many lines.
func indented(details []string, room int) []string {
	var lines []string
	for i, line := range details {
		if i == room-1 && len(details) > room {
			return append(lines, fmt.Sprintf("· … and %d more lines", len(details)-i))
		}
		lines = append(lines, "· "+line)
	}
	return lines
}

// summary says in one line what decided: the parts with the overall verdict, or how
// many passed.
func (g *togetherGate) summary(whole answer.Verdict, verdicts []answer.Verdict, found []answer.Evidence) string {
	through := 0
	var decisive []string
	for i, v := range verdicts {
		if v.LetsThrough() {
			through++
		}
		if v == whole && found[i].Summary != "" {
			decisive = append(decisive, g.jobs[i].Name+": "+found[i].Summary)
		}
	}
	count := fmt.Sprintf("%d of %d gates passed", through, len(found))
	if whole == answer.Passed || len(decisive) == 0 {
		return count
	}
	return count + "; " + strings.Join(decisive, "; ")
}

func verdictWords(v answer.Verdict) string {
	return strings.ReplaceAll(string(v), "_", " ")
}
