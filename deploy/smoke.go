package deploy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
)

// smokeDeadline limits all smoke gates together; each also has its own limit.
const smokeDeadline = 5 * time.Minute

// SmokeStep measures the smoke gates against a target, side by side. All must pass. They
// are measured once, also where the result can't be recorded for a while.
func SmokeStep(name string, e Environment, build func(Work) build.Build) Step {
	s := Step{Name: name, Title: fmt.Sprintf("Measure %s against %s", phrase.Count(len(e.Smoke), "smoke gate"), e.Name),
		Deadline: smokeDeadline, Undo: "Live, unverified; go back or forward", Keep: true, Added: true, Empty: len(e.Smoke) == 0}
	for _, smoke := range e.Smoke {
		s.Calls = append(s.Calls, "smoke gate "+smoke.ID+": "+smoke.Title)
	}
	s.Unless = func(Work) string {
		if len(e.Smoke) == 0 {
			return "the configuration names no smoke gates"
		}
		return ""
	}
	s.Watch = func(ctx context.Context, w Work) (Result, error) {
		return judgeSmoke(e.Smoke, w.Measure(ctx, e.URL, build(w), e.Smoke))
	}
	return s
}

func judgeSmoke(smoke []Smoke, found []answer.Evidence) (Result, error) {
	var bad []string
	r := Result{Summary: fmt.Sprintf("%s passed", phrase.Count(len(smoke), "smoke gate"))}
	for i, ev := range found {
		r.Measures = append(r.Measures, ev.Measures...)
		r.Details = append(r.Details, smoke[i].Title+": "+ev.Summary)
		if !ev.Verdict.LetsThrough() {
			bad = append(bad, fmt.Sprintf("%s (%s)", smoke[i].Title, ev.Summary))
		}
	}
	if len(bad) > 0 {
		return r, failed("%d of %d smoke gates failed: %s", len(bad), len(smoke), strings.Join(bad, "; "))
	}
	return r, nil
}
