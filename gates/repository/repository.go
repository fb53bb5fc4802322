// Package repository judges what GitHub says of a repository: the checks of a commit,
// the open alerts of its scanners, and its open issues.
//
// # Nouns
//
// [Checks] says which check runs and commit statuses must have succeeded. [Limits] are
// how many alerts of each severity may be open, and [Analyzed] which tools must have
// analyzed the release's commit. [Issues] is how many issues may be open.
//
// # Who calls it
//
// The gates github_checks, github_alerts and github_issues ask
// ([gonogo/clients/github]) and pass the answers on. Nothing here asks anybody, and
// nothing is stored.
//
// # What happens on failure
//
// Each judgement is evidence. What is missing or ended badly is failed; what isn't
// over yet, or was taken from another commit, is errored, because it isn't measured;
// where there is nothing at all it is not configured.
package repository

import (
	"fmt"
	"strconv"
	"strings"

	"gonogo/gates/limit"
	"gonogo/readiness/answer"
)

// evidence is what is found, without measures.
func evidence(verdict answer.Verdict, format string, args ...any) answer.Evidence {
	return answer.Evidence{Verdict: verdict, Summary: fmt.Sprintf(format, args...)}
}

// count is a number that has a limit and a warning limit, of which either may be
// missing.
type count struct {
	name        string
	got         int
	fails, warn limit.Count
}

// judge compares counts. Without any limit they pass.
func judge(counts []count, good string) answer.Evidence {
	ev := answer.Evidence{Verdict: answer.Passed, Summary: good}
	var over, warns []string
	for _, c := range counts {
		within := !c.fails.Set() || c.fails.Allows(float64(c.got))
		shown := strconv.Itoa(c.got)
		if c.fails.Set() || c.warn.Set() {
			ev.Measures = append(ev.Measures, answer.Measure{Name: c.name, Value: shown, Limit: c.fails.Text, OK: within})
		}
		switch {
		case !within:
			over = append(over, c.name+" is "+shown+", limit "+c.fails.Text)
		case c.warn.Set() && !c.warn.Allows(float64(c.got)):
			warns = append(warns, c.name+" is "+shown+", warning limit "+c.warn.Text)
		}
	}
	switch {
	case len(over) > 0:
		ev.Verdict, ev.Summary = answer.Failed, strings.Join(over, "; ")
	case len(warns) > 0:
		ev.Verdict, ev.Summary = answer.Warned, strings.Join(warns, "; ")
	}
	return ev
}

// page is an address that people may be sent to: a commit status has any text there.
func page(address string) string {
	if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		return address
	}
	return ""
}

// short is how people write a commit.
func short(commit string) string { return commit[:min(len(commit), 7)] }
