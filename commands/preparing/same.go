package preparing

import (
	"context"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// Same is /ready same.
func Same() verb.Verb {
	return verb.Verb{Words: []string{"ready", "same"}, Usage: "SECTION", Release: true,
		About: "keeps the answers of a section's reworded items, because they ask the same as before", Amiss: amissSame, Do: same}
}

// amissSame refuses a section that doesn't exist, whichever release is meant.
func amissSame(c verb.Call) *reply.Reply {
	word := c.Item()
	if _, ok := c.View.Checklist.Section(word); ok || word == "" {
		return nil
	}
	refused := reply.Refuse("There is no section "+reply.Shorten(word, 60), reply.Say(reply.Typed("/ready status sections"), " lists the sections by name."))
	return &refused
}

// same keeps the answers of a section's items of which only the wording has changed. It
// applies to the items that the person may answer; the others stay open.
func same(ctx context.Context, c verb.Call) reply.Reply {
	section, ok := c.View.Checklist.Section(c.Item())
	if !ok {
		return pickReworded(c)
	}
	kept := 0
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		reworded := v.Reworded(section.ID)
		items := map[string]answer.Definition{}
		for _, it := range reworded {
			if held, _ := c.Roster().Held(c.User, c.Roster().Checkers(it)); len(held) > 0 {
				items[it.ID] = it.Definition
			}
		}
		switch {
		case len(reworded) == 0:
			return nil, verb.Refusal(reply.Refuse("Nothing was reworded", reply.Say("No answer in ", reply.Bold(section.Title), " ended because of new wording.")))
		case len(items) == 0:
			return nil, verb.Refusal(reply.Refuse("You don't have permission for that", reply.Say("Only somebody who may answer these items can say that they ask the same: ", reply.Typed(wording.ItemIDs(reworded)), ".")))
		}
		kept = len(items)
		return []event.Event{event.QuestionsKept{Release: v.Release().Version, Items: items, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "The answers are kept", Public: true, Parts: []reply.Part{
		append(reply.Lines{reply.Say(phrase.Count(kept, "reworded item"), " of ", reply.Bold(section.Title), " kept the answers given to the old wording", reply.By(c.User), ".")}, c.Effect()...),
		reply.Actions{{Label: "Status", Act: reply.Do("ready status")}}}}
}

// pickReworded offers the sections with reworded items.
func pickReworded(c verb.Call) reply.Reply {
	var buttons reply.Actions
	for _, section := range c.View.Checklist.AllSections() {
		if n := len(c.View.Reworded(section.ID)); n > 0 {
			buttons = append(buttons, cards.SameQuestion(section))
		}
	}
	if len(buttons) == 0 {
		return reply.Refuse("Nothing was reworded", reply.Say("No answer ended because of new wording."))
	}
	return reply.Reply{Title: "Which section asks the same?", Refused: true, Parts: []reply.Part{buttons}}
}
