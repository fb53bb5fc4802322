package wording

import (
	"strings"

	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// ItemTitle is the title of the item that a step of a run measures, and on which
// environment: "Login page on staging".
func ItemTitle(c *checklist.Checklist, step string) string {
	id, env, _ := strings.Cut(step, "@")
	it, ok := c.Item(id)
	switch {
	case !ok:
		return step
	case env != "":
		return it.Title + " on " + env
	}
	return it.Title
}

// ItemIDs are the IDs of items, as people type them.
func ItemIDs(items []*checklist.Item) string {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	return strings.Join(ids, " ")
}

// Bulk says that an answer was given together with others.
func Bulk(ev answer.Evidence) string {
	if ev.Bulk < 2 {
		return ""
	}
	return ", checked with " + phrase.Count(ev.Bulk-1, "other") + " in one press"
}
