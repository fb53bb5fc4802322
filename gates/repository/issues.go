package repository

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonogo/clients/github"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// Issues is how many issues may be open.
type Issues struct {
	Open, Warn limit.Count            // of those with the labels
	With       map[string]limit.Count // of those that have a further label
	Total      limit.Count            // open and closed ones
}

// Judge compares issues with the limits. all are the open ones and, where there is a
// limit on Total, the closed ones too.
func (i Issues) Judge(all []github.Issue) answer.Evidence {
	var open []github.Issue
	for _, issue := range all {
		if issue.Open {
			open = append(open, issue)
		}
	}
	counts := []count{{"open issues", len(open), i.Open, i.Warn}}
	for _, label := range slices.Sorted(maps.Keys(i.With)) {
		n := 0
		for _, issue := range open {
			if hasLabel(issue, label) {
				n++
			}
		}
		counts = append(counts, count{name: "open issues with " + label, got: n, fails: i.With[label]})
	}
	good := phrase.Count(len(open), "open issue")
	if i.Total.Set() {
		counts = append(counts, count{name: "issues", got: len(all), fails: i.Total})
		good = fmt.Sprintf("%d of %s open", len(open), phrase.Count(len(all), "issue"))
	}
	ev := judge(counts, good)
	for _, issue := range open {
		ev.Details = append(ev.Details, fmt.Sprintf("#%d %s", issue.Number, phrase.ShortenAtWord(issue.Title, 120)))
	}
	if len(open) > 0 && !ev.Verdict.LetsThrough() {
		ev.Link = page(open[0].URL)
	}
	return ev
}

// hasLabel compares as GitHub does, without regard to case.
func hasLabel(issue github.Issue, label string) bool {
	return slices.ContainsFunc(issue.Labels, func(one string) bool { return strings.EqualFold(one, label) })
}
