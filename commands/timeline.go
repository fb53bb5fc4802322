package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gonogo/readiness"
)

func timelineVerb() verb {
	return verb{words: []string{"ready", "timeline"}, look: true, release: true,
		about: "when each milestone is reached, and what takes longest on the way", do: (*Bot).timeline}
}

// timeline shows the milestones and the longest chain of work that is left.
func (b *Bot) timeline(_ context.Context, c call) Reply {
	v := c.view
	if v.Release() == nil {
		return noRelease()
	}
	t := v.Timeline()
	milestones := Table{Title: "Milestones", Header: []string{"Milestone", "Left", "At", "Waits for"}}
	for _, m := range t.Milestones {
		milestones.Rows = append(milestones.Rows, milestoneRow(m))
	}
	title := "Timeline of " + v.Release().Version
	parts := []Part{}
	if len(milestones.Rows) > 0 {
		parts = append(parts, milestones)
	} else {
		parts = append(parts, Lines{Say("The configuration names no milestones.")})
	}
	parts = append(parts, criticalTable(v, t.Critical),
		Note(Say("Work runs side by side unless one thing needs another, so a time is the longest chain of estimates, in working time.")),
		Actions{{Label: "Status", Act: say("ready status")}})
	return Reply{Title: title, Summary: title + ".", Parts: nonEmpty(parts)}
}

func milestoneRow(m readiness.MilestoneETA) []Text {
	if m.Reached {
		return []Text{Say("✓ ", m.Title), Say("reached"), Say(""), Say("")}
	}
	left := Say(readiness.Span(m.Remaining))
	if m.Unestimated > 0 {
		left = append(Say("at least "), append(left, Say(", ", count(m.Unestimated, "item"), " without an estimate")...)...)
	}
	path := m.Path
	if len(path) > 4 {
		path = append(append([]string{}, path[:3]...), "…", path[len(path)-1])
	}
	return []Text{Say("○ ", m.Title), left, Say(Time(m.At)), Say(strings.Join(path, " → "))}
}

// estimateWords is how long an item takes, and where that is known from.
func estimateWords(v readiness.View, it *readiness.Item) string {
	takes, cases := v.Estimate(it)
	switch {
	case cases > 0:
		if takes >= time.Minute {
			takes = takes.Round(time.Minute)
		}
		return fmt.Sprintf("%s, the median of %d cases", readiness.Span(takes), cases)
	case takes > 0:
		return readiness.Span(takes) + ", estimated"
	}
	return "none"
}

// criticalTable shows the chain that holds the last environment back longest.
func criticalTable(v readiness.View, path []string) Part {
	if len(path) == 0 {
		return nil
	}
	t := Table{Title: "What takes longest, first to do first", Header: []string{"Item", "Estimate", "Owner", "Name"}}
	for _, name := range path {
		id, _, _ := strings.Cut(name, "@")
		it, ok := v.Checklist.Item(id)
		if !ok {
			t.Rows = append(t.Rows, []Text{Say(name), Say("–"), Say("–"), Say("")})
			continue
		}
		estimate, owner := estimateWords(v, it), "–"
		if role, ok := v.Checklist.Role(it.Owner); ok {
			owner = role.Title
		}
		t.Rows = append(t.Rows, []Text{Say(it.Title), Say(estimate), Say(owner), Say(Typed(name))})
	}
	return t
}
