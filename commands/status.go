package commands

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/grammar"
	"gonogo/commands/reply"
)

func statusVerb() verb {
	return verb{words: []string{"ready", "status"}, usage: "[SECTION|ITEM|sections]", look: true, release: true,
		about: "score, decision, what blocks and how to mend it", do: status}
}

// status shows the release, a section of it, or one item, from memory.
func status(ctx context.Context, c call) reply.Reply {
	word := c.item()
	if word == "" {
		r := c.recentOverview(c.view)
		if news := cards.News(c.view, c.User); news != nil && len(r.Parts) > 0 {
			r.Parts = slices.Insert(slices.Clone(r.Parts), 1, news)
		}
		looked(ctx, c)
		return r
	}
	if word == "sections" {
		return reply.Reply{Title: "All sections", Parts: []reply.Part{cards.Sections("", c.view.Score().Sections), reply.Actions{{Label: "Whole release", Act: reply.Do("ready status")}}}}
	}
	if section, ok := c.view.Checklist.Section(strings.ToLower(word)); ok {
		return c.cards().Section(c.view, section)
	}
	id, _, _ := strings.Cut(word, "@")
	if it, ok := c.view.Checklist.Item(id); ok {
		return c.cards().Item(c.view, it)
	}
	return unknownPlace(c, word)
}

// unknownPlace answers a name that nothing has, with those that come nearest.
func unknownPlace(c call, name string) reply.Reply {
	var sections, names []string
	for _, section := range c.view.Checklist.AllSections() {
		sections = append(sections, section.ID)
	}
	names = append(append(names, sections...), itemNames(c.view.Checklist)...)
	names = append(names, slices.Sorted(maps.Keys(c.view.State.Releases))...)
	line := reply.Say("No section, item or release is called ", reply.Typed(reply.Shorten(name, 60)))
	near := grammar.Nearby(name, names)
	title := "No such name"
	if len(near) == 0 {
		return reply.Refuse(title, slices.Concat(line, reply.Say("; the sections are "), reply.TypedList(sections), reply.Say(".")))
	}
	if best, ok := grammar.Nearest(name, names); ok {
		title = "Did you mean " + best + "?"
	}
	var buttons reply.Actions
	for _, other := range near {
		act := reply.Act{Verb: "ready status", Release: other}
		if c.names(grammar.Items, other) {
			act = reply.Do("ready status", other)
		}
		buttons = append(buttons, reply.Button{Label: other, Act: act})
	}
	return reply.Reply{Title: title, Refused: true, Parts: []reply.Part{reply.Lines{append(line, reply.Say("; the closest: ", reply.Typed(strings.Join(near, " ")), ".")...)}, buttons}}
}
