package pages

import (
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
)

// Timeline shows the milestones and the longest chain of work that is left.
func Timeline(v readiness.View) reply.Reply {
	if v.Release() == nil {
		return cards.NoRelease()
	}
	t := v.Timeline()
	milestones := reply.Table{Title: "Milestones", Header: []string{"Milestone", "Left", "At", "Waits for"}}
	for _, m := range t.Milestones {
		milestones.Rows = append(milestones.Rows, milestoneRow(m))
	}
	title := "Timeline of " + v.Release().Version
	parts := []reply.Part{}
	if len(milestones.Rows) > 0 {
		parts = append(parts, milestones)
	} else {
		parts = append(parts, reply.Lines{reply.Say("The configuration has no milestones.")})
	}
	parts = append(parts, criticalTable(v, t.Critical),
		reply.Note(reply.Say("Work runs side by side unless one thing needs another, so a time is the longest chain of estimates, in working time.")),
		reply.Actions{{Label: "Status", Act: reply.Do("ready status")}})
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty(parts)}
}

func milestoneRow(m readiness.MilestoneETA) []reply.Text {
	if m.Reached {
		return []reply.Text{reply.Say("✓ ", m.Title), reply.Say("reached"), reply.Say(""), reply.Say("")}
	}
	left := reply.Say(readiness.Span(m.Remaining))
	if m.Unestimated > 0 {
		left = append(reply.Say("at least "), append(left, reply.Say(", ", phrase.Count(m.Unestimated, "item"), " without an estimate")...)...)
	}
	path := m.Path
	if len(path) > 4 {
		path = append(append([]string{}, path[:3]...), "…", path[len(path)-1])
	}
	return []reply.Text{reply.Say("○ ", m.Title), left, reply.Say(reply.Time(m.At)), reply.Say(strings.Join(path, " → "))}
}

// estimateWords is how long an item takes, and how that is known.
func estimateWords(v readiness.View, it *checklist.Item) string {
	takes, cases := v.Estimate(it)
	switch {
	case cases > 0:
		if takes >= time.Minute {
			takes = takes.Round(time.Minute)
		}
		return readiness.Span(takes) + ", the median of " + phrase.Count(cases, "case")
	case takes > 0:
		return readiness.Span(takes) + ", estimated"
	}
	return "none"
}

// criticalTable shows the chain that holds the last environment back longest.
func criticalTable(v readiness.View, path []string) reply.Part {
	if len(path) == 0 {
		return nil
	}
	t := reply.Table{Title: "What takes longest, in order", Header: []string{"Item", "Estimate", "Owner", "Name"}}
	for _, name := range path {
		id, _, _ := strings.Cut(name, "@")
		it, ok := v.Checklist.Item(id)
		if !ok {
			t.Rows = append(t.Rows, []reply.Text{reply.Say(name), reply.Say("–"), reply.Say("–"), reply.Say("")})
			continue
		}
		estimate, owner := estimateWords(v, it), "–"
		if role, ok := v.Checklist.Role(it.Owner); ok {
			owner = role.Title
		}
		t.Rows = append(t.Rows, []reply.Text{reply.Say(it.Title), reply.Say(estimate), reply.Say(owner), reply.Say(reply.Typed(name))})
	}
	return t
}
