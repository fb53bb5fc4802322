package gates

import (
	"slices"
	"strings"

	"gonogo/readiness/answer"
)

// Joined is evidence of several things that one gate has looked at: it lets through
// when each of them does. Its summary is about those that decide.
func Joined(parts []answer.Evidence) answer.Evidence {
	var verdicts []answer.Verdict
	var ev answer.Evidence
	for _, p := range parts {
		verdicts = append(verdicts, p.Verdict)
		ev.Measures = append(ev.Measures, p.Measures...)
		ev.Details = append(ev.Details, p.Details...)
	}
	ev.Verdict = All(verdicts)
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

// Warned judges a measure that lets through by its warning limit.
func Warned(ev answer.Evidence, within bool, words string) answer.Evidence {
	if ev.Verdict == answer.Passed && !within {
		ev.Verdict, ev.Summary = answer.Warned, words
	}
	return ev
}

// All is the verdict of parts that must all pass. If they don't, a failed part counts
// before one that couldn't be measured: measuring it would not change the result.
func All(parts []answer.Verdict) answer.Verdict {
	return firstOfVerdicts(parts, answer.Failed, answer.Errored, answer.NotConfigured, answer.Warned)
}

// AnyOne is the verdict of parts of which one must pass. If none does, a part that
// couldn't be measured counts first: it might have passed.
func AnyOne(parts []answer.Verdict) answer.Verdict {
	if slices.Contains(parts, answer.Passed) {
		return answer.Passed
	}
	return firstOfVerdicts(parts, answer.Warned, answer.Errored, answer.Failed, answer.NotConfigured)
}

// firstOfVerdicts is the first of some verdicts that is among the parts', or passed.
func firstOfVerdicts(parts []answer.Verdict, order ...answer.Verdict) answer.Verdict {
	for _, v := range order {
		if slices.Contains(parts, v) {
			return v
		}
	}
	return answer.Passed
}
