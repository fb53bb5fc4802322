package commands

import (
	"context"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/readiness"
)

func nudgeVerb() verb {
	return verb{words: []string{"ready", "nudge"}, usage: "ITEM|ENV", release: true,
		about: "asks, in the releases channel, those who can see to an item or owe a sign-off; once in four hours", amiss: amissNudge, do: nudge}
}

// nudge asks the people behind something that blocks to see to it. Anybody may;
// the pause keeps it from becoming noise.
func nudge(ctx context.Context, c call) reply.Reply {
	if c.view.Release() == nil {
		return cards.NoRelease()
	}
	if len(c.act.Items) == 0 {
		return reply.Refuse("Nudge about what?", reply.Say("Name an item, or an environment whose sign-offs are missing: ", reply.Typed("/ready nudge ITEM"), ". The status has a button beside each."))
	}
	key, refused := nudgeable(c, c.item())
	if refused != nil {
		return *refused
	}
	_, err := c.once(ctx, func(v readiness.View) ([]readiness.Event, error) {
		if last, lately := v.Nudged(key); lately {
			return nil, Refusal(reply.Refuse("They were nudged already", reply.Say("Asked ", reply.Time(last.At), reply.By(last.By), ". They are left alone until ", reply.Time(last.At.Add(readiness.NudgePause)), ".")))
		}
		return []readiness.Event{readiness.Nudged{Release: v.Release().Version, Item: key.Item, Environment: key.Environment, By: c.User}}, nil
	})
	if err != nil {
		return c.failed(err)
	}
	return reply.Reply{Title: "Asked in the releases channel", Parts: []reply.Part{reply.Lines{append(reply.Say("For ", c.cards().NudgedName(key), ": "), c.roster().Calling(c.cards().Concerned(c.View().Of(c.view.Version), key))...)}}}
}

// nudgeable finds what a word is about, if somebody can be asked about it.
func nudgeable(c call, word string) (readiness.Key, *reply.Reply) {
	refused := func(title string, lines ...reply.Text) (readiness.Key, *reply.Reply) {
		r := reply.Refuse(title, lines...)
		return readiness.Key{}, &r
	}
	if _, ok := c.view.Checklist.Environment(word); ok {
		key := readiness.Key{Environment: word}
		if len(c.cards().Concerned(c.view, key)) == 0 {
			return refused("No sign-off is missing for "+word, reply.Say(reply.Typed("/ready signoff "+word), " shows who has approved."))
		}
		return key, nil
	}
	it, key, r := c.answer(word)
	if r != nil {
		return key, r
	}
	switch {
	case c.view.Standing(it, key).Through:
		return refused("There is nothing to see to", reply.Say(reply.Bold(it.Title), " is met."))
	case len(c.roster().Calling(c.cards().Concerned(c.view, key))) == 0:
		return refused("Nobody can be named for that", reply.Say("The configuration gives ", reply.Bold(it.Title), " no ", reply.Typed("owner"), " with people in it, and nobody may run or check it."))
	}
	return key, nil
}

// amissNudge is amissItems of what may also be an environment.
func amissNudge(c call) *reply.Reply {
	if _, ok := c.view.Checklist.Environment(c.item()); ok {
		return nil
	}
	return c.amissItems()
}
