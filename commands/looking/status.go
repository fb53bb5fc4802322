// Package looking has the verbs that only show: the status, the report, the timeline,
// the history and the help. They need no permission, and all but [Share], which posts
// the status for everyone in the channel, also work in a terminal.
//
// Each exported function is one verb, and package commands lists it. Most answer from
// memory, with what package pages makes of the state; the history reads the ledger. The
// only thing recorded is that a person looked at the status, so that the next look can
// show what is new since then.
package looking

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/grammar"
	"gonogo/commands/pages"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
)

// Status is /ready status.
func Status() verb.Verb {
	return verb.Verb{Words: []string{"ready", "status"}, Usage: "[SECTION|ITEM|sections|failed|unchecked|all]", Look: true, Release: true,
		About: "score, decision and what to do next; a list of what failed or is unchecked; or all of it", Do: status}
}

// status shows the release, a section of it, or one item, from memory.
func status(ctx context.Context, c verb.Call) reply.Reply {
	word := c.Item()
	switch {
	case word == "":
		return release(ctx, c)
	case c.View.Release() == nil && slices.Contains([]string{"all", "failed", "unchecked"}, word):
		return cards.NoRelease()
	case word == "all":
		return whole(c)
	case word == "failed":
		return pages.Failed(c.Cards(), c.View, c.User)
	case word == "unchecked":
		return pages.Unchecked(c.Cards(), c.View, c.User)
	case word == "sections":
		return reply.Reply{Title: "All sections", Parts: []reply.Part{pages.Sections("", c.View.Score().Sections), reply.Actions{{Label: "Whole release", Act: reply.Do("ready status")}}}}
	}
	if section, ok := c.View.Checklist.Section(strings.ToLower(word)); ok {
		return pages.Section(c.Cards(), c.View, section)
	}
	id, _, _ := strings.Cut(word, "@")
	if it, ok := c.View.Checklist.Item(id); ok {
		return pages.Item(c.Cards(), c.View, it)
	}
	return unknownPlace(c, word)
}

// release shows as much as fits on the screen of a phone. A terminal, which scrolls and
// has no buttons for the rest, shows all of it.
func release(ctx context.Context, c verb.Call) reply.Reply {
	glance, ok := c.Glance(c.View)
	switch {
	case !ok:
		looked(ctx, c)
		return cards.NoRelease()
	case c.User == "":
		return whole(c)
	}
	r := glance.For(c.User, c.Shared)
	looked(ctx, c)
	return r
}

// whole shows the release with all that blocks it.
func whole(c verb.Call) reply.Reply {
	r := pages.Release(c.Cards(), c.View)
	if news := pages.News(c.View, c.User); news != nil && len(r.Parts) > 0 {
		r.Parts = slices.Insert(slices.Clone(r.Parts), 1, news)
	}
	return r
}

// unknownPlace answers an unknown name with the closest ones.
func unknownPlace(c verb.Call, name string) reply.Reply {
	var sections, names []string
	for _, section := range c.View.Checklist.AllSections() {
		sections = append(sections, section.ID)
	}
	names = append(append(names, sections...), verb.ItemNames(c.View.Checklist)...)
	names = append(names, slices.Sorted(maps.Keys(c.View.State.Releases))...)
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
		if c.Names(grammar.Items, other) {
			act = reply.Do("ready status", other)
		}
		buttons = append(buttons, reply.Button{Label: other, Act: act})
	}
	return reply.Reply{Title: title, Refused: true, Parts: []reply.Part{reply.Lines{append(line, reply.Say("; the closest: ", reply.Typed(strings.Join(near, " ")), ".")...)}, buttons}}
}
