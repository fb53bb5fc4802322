package preparing

import (
	"context"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// Nudge is /ready nudge.
func Nudge() verb.Verb {
	return verb.Verb{Words: []string{"ready", "nudge"}, Usage: "ITEM|ENV", Release: true,
		About: "reminds, in the releases channel, people who can clear an item or owe a sign-off; at most every four hours", Amiss: amissNudge, Do: nudge}
}

// nudge asks the people responsible for a blocker to deal with it. Anybody may; a pause
// between nudges keeps them from becoming noise.
func nudge(ctx context.Context, c verb.Call) reply.Reply {
	if c.View.Release() == nil {
		return cards.NoRelease()
	}
	if len(c.Act.Items) == 0 {
		return reply.Refuse("Nudge about what?", reply.Say("Name an item, or an environment whose sign-offs are missing: ", reply.Typed("/ready nudge ITEM"), ". The status has a button beside each."))
	}
	key, refused := nudgeable(c, c.Item())
	if refused != nil {
		return *refused
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if last, lately := v.Nudged(key); lately {
			return nil, verb.Refusal(reply.Refuse("They were already nudged", reply.Say("Asked ", reply.Time(last.At), reply.By(last.By), ". They are left alone until ", reply.Time(last.At.Add(readiness.NudgePause)), ".")))
		}
		return []event.Event{event.Nudged{Release: v.Release().Version, Item: key.Item, Environment: key.Environment, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "Asked in the releases channel", Parts: []reply.Part{reply.Lines{append(reply.Say("For ", c.Cards().NudgedName(key), ": "), c.Roster().Calling(c.Cards().Concerned(c.Latest().Of(c.View.Version), key))...)}}}
}

// nudgeable finds what a word is about, if somebody can be asked about it.
func nudgeable(c verb.Call, word string) (answer.Key, *reply.Reply) {
	refused := func(title string, lines ...reply.Text) (answer.Key, *reply.Reply) {
		r := reply.Refuse(title, lines...)
		return answer.Key{}, &r
	}
	if _, ok := c.View.Checklist.Environment(word); ok {
		key := answer.Key{Environment: word}
		if len(c.Cards().Concerned(c.View, key)) == 0 {
			return refused("No sign-off is missing for "+word, reply.Say(reply.Typed("/ready signoff "+word), " shows who has approved."))
		}
		return key, nil
	}
	it, key, r := c.Answer(word)
	if r != nil {
		return key, r
	}
	switch {
	case c.View.Standing(it, key).Through:
		return refused("There is nothing to do", reply.Say(reply.Bold(it.Title), " is met."))
	case len(c.Roster().Calling(c.Cards().Concerned(c.View, key))) == 0:
		return refused("Nobody can be named for that", reply.Say("The configuration gives ", reply.Bold(it.Title), " no ", reply.Typed("owner"), " with people in it, and nobody may run or check it."))
	}
	return key, nil
}

// amissNudge is AmissItems for a word that may also be an environment.
func amissNudge(c verb.Call) *reply.Reply {
	if _, ok := c.View.Checklist.Environment(c.Item()); ok {
		return nil
	}
	return c.AmissItems()
}
