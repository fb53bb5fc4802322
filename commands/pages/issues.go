package pages

import (
	"cmp"
	"maps"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// mostAway is how many issues that moved to another repository are listed.
const mostAway = 5

// awayLines are the issues that were transferred, locked or deleted while their gates
// don't pass: nothing keeps them true any longer. An issue of several answers is
// listed once.
func awayLines(v readiness.View) reply.Part {
	var lines reply.Lines
	var more int
	listed := map[string]bool{}
	keys := slices.SortedFunc(maps.Keys(v.State.Issues), func(a, b answer.Key) int {
		return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Environment, b.Environment))
	})
	for _, key := range keys {
		issue := v.State.Issues[key]
		title, fails := failing(v, key)
		switch {
		case issue.Away == "" || !fails || listed[issue.URL]:
			continue
		case len(lines) == mostAway:
			more++
		default:
			lines = append(lines, append(reply.Say("⚠ ", reply.Bold(title), onEnvironment(key), ": "), awayText(issue)...))
		}
		listed[issue.URL] = issue.URL != ""
	}
	if more > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(more, "more issue"), "."))
	}
	return lines
}

// awayText says where an issue went, and what happens next. A deleted issue has no
// link.
func awayText(issue history.Issue) reply.Text {
	what := reply.Say("its issue")
	if issue.URL != "" && issue.Away != event.IssueDeleted {
		what = reply.Say(reply.LinkTo(issue.URL, "its issue"))
	}
	return append(what, reply.Say(" ", wording.IssueAway(issue.Away), ".")...)
}

// failing is the title of an answer's item, and whether the answer lets nothing
// through.
func failing(v readiness.View, key answer.Key) (title string, fails bool) {
	it, ok := v.Checklist.Item(key.Item)
	if !ok {
		return "", false
	}
	for _, s := range v.Standings(it) {
		if s.Key == key {
			return it.Title, !s.Through
		}
	}
	return it.Title, false
}
