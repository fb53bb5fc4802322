package gates

import (
	"slices"
	"strings"

	"gonogo/readiness/answer"
)

// joined is evidence of several things that one gate has looked at: it lets through
// when each of them does. Its summary is about those that decide.
func joined(parts []answer.Evidence) answer.Evidence {
	var verdicts []answer.Verdict
	var ev answer.Evidence
	for _, p := range parts {
		verdicts = append(verdicts, p.Verdict)
		ev.Measures = append(ev.Measures, p.Measures...)
		ev.Details = append(ev.Details, p.Details...)
	}
	ev.Verdict = all(verdicts)
	if i := slices.IndexFunc(parts, func(p answer.Evidence) bool { return p.Verdict == ev.Verdict && p.Link != "" }); i >= 0 {
		ev.Link = parts[i].Link
	}
	var deciding, others []string
	for _, p := range parts {
		switch {
		case p.Verdict == ev.Verdict && !slices.Contains(deciding, p.Summary):
			deciding = append(deciding, p.Summary)
		case p.Verdict != ev.Verdict && !p.Verdict.LetsThrough():
			others = append(others, p.Summary)
		}
	}
	ev.Summary = strings.Join(deciding, "; ")
	ev.Details = append(others, ev.Details...)
	return ev
}

// warned judges a measure that lets through by its warning limit.
func warned(ev answer.Evidence, within bool, words string) answer.Evidence {
	if ev.Verdict == answer.Passed && !within {
		ev.Verdict, ev.Summary = answer.Warned, words
	}
	return ev
}
