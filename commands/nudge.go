package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/readiness"
)

func nudgeVerb() verb {
	return verb{words: []string{"ready", "nudge"}, usage: "ITEM|ENV", release: true,
		about: "asks, in the releases channel, those who can see to an item or owe a sign-off; once in four hours", amiss: (*Bot).amissNudge, do: (*Bot).nudge}
}

// nudge asks the people behind something that blocks to see to it. Anybody may;
// the pause keeps it from becoming noise.
func (b *Bot) nudge(ctx context.Context, c call) reply.Reply {
	if c.view.Release() == nil {
		return noRelease()
	}
	if len(c.act.Items) == 0 {
		return reply.Refuse("Nudge about what?", reply.Say("Name an item, or an environment whose sign-offs are missing: ", reply.Typed("/ready nudge ITEM"), ". The status has a button beside each."))
	}
	key, refused := b.nudgeable(c, c.item())
	if refused != nil {
		return *refused
	}
	_, err := b.once(ctx, c, func(v readiness.View) ([]readiness.Event, error) {
		if last, lately := v.Nudged(key); lately {
			return nil, refusal{reply.Refuse("They were nudged already", reply.Say("Asked ", reply.Time(last.At), reply.By(last.By), ". They are left alone until ", reply.Time(last.At.Add(readiness.NudgePause)), "."))}
		}
		return []readiness.Event{readiness.Nudged{Release: v.Release().Version, Item: key.Item, Environment: key.Environment, By: c.User}}, nil
	})
	if err != nil {
		return b.failed(err)
	}
	return reply.Reply{Title: "Asked in the releases channel", Parts: []reply.Part{reply.Lines{append(reply.Say("For ", b.nudgedName(key), ": "), b.calling(b.concerned(b.View().Of(c.view.Version), key))...)}}}
}

// nudgeable finds what a word is about, if somebody can be asked about it.
func (b *Bot) nudgeable(c call, word string) (readiness.Key, *reply.Reply) {
	refused := func(title string, lines ...reply.Text) (readiness.Key, *reply.Reply) {
		r := reply.Refuse(title, lines...)
		return readiness.Key{}, &r
	}
	if _, ok := c.view.Checklist.Environment(word); ok {
		key := readiness.Key{Environment: word}
		if len(b.concerned(c.view, key)) == 0 {
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
	case len(b.calling(b.concerned(c.view, key))) == 0:
		return refused("Nobody can be named for that", reply.Say("The configuration gives ", reply.Bold(it.Title), " no ", reply.Typed("owner"), " with people in it, and nobody may run or check it."))
	}
	return key, nil
}

// concerned lists the roles that can see to something: those whose sign-off is
// missing, or an item's owner, or those who may check or run it.
func (b *Bot) concerned(v readiness.View, key readiness.Key) []readiness.Role {
	var ids []string
	it, ok := v.Checklist.Item(key.Item)
	switch {
	case key.Item == "":
		for _, role := range v.Approval(key.Environment).Roles {
			if !role.Approved() {
				ids = append(ids, role.Role.ID)
			}
		}
	case !ok:
		return nil
	case it.Owner != "":
		ids = []string{it.Owner}
	case it.Manual != nil:
		ids = b.checkers(it)
	default:
		ids = v.Checklist.Permissions["run"]
	}
	var roles []readiness.Role
	for _, id := range ids {
		if role, ok := v.Checklist.Role(id); ok {
			roles = append(roles, role)
		}
	}
	return roles
}

// calling names people so that Slack tells them: each person and user group of
// some roles, once. While Slack cannot be asked who still has a say, all whom the
// configuration names are: being called gives nobody a say.
func (b *Bot) calling(roles []readiness.Role) reply.Text {
	var text reply.Text
	var named []reply.Span
	for _, role := range roles {
		users := role.Users
		if role.Usergroup != "" {
			named = append(named, reply.Usergroup(role.Usergroup)) // Slack tells its members by itself
		} else if known, err := b.members(role.ID); err == nil {
			users = known
		}
		for _, user := range users {
			named = append(named, reply.User(user))
		}
	}
	for i, span := range named {
		if !slices.Contains(named[:i], span) {
			if len(text) > 0 {
				text = append(text, reply.Say(" ")...)
			}
			text = append(text, span)
		}
	}
	return text
}

func (b *Bot) nudgedName(key readiness.Key) string {
	if key.Item == "" {
		return "the sign-off of " + key.Environment
	}
	return itemTitle(b.Checklist, key.String())
}

// nudgeCards ask in the releases channel, and say when it is seen to.
func (b *Bot) nudgeCards(v readiness.View) []Card {
	release := v.Release()
	if release == nil {
		return nil
	}
	var cards []Card
	for key, nudge := range release.Nudges {
		if v.Now.Sub(nudge.At) < readiness.NudgePause {
			cards = append(cards, Card{Subject: fmt.Sprintf("nudge/%s/%s/%d", release.Version, key, nudge.At.Unix()), Channel: b.Releases,
				Reply: b.nudgeReply(v, key, nudge)})
		}
	}
	slices.SortFunc(cards, func(x, y Card) int { return strings.Compare(x.Subject, y.Subject) })
	return cards
}

// plight says how an item stands, in words to whoever has to see to it.
func plight(it *readiness.Item, s readiness.Standing) string {
	switch {
	case s.Evidence.Verdict == "" && it.Manual != nil:
		return "nobody has checked it yet"
	case s.Evidence.Verdict == "":
		return "it is not measured yet"
	case s.Evidence.Summary == "":
		return "it is " + standingWord(s)
	}
	return "it is " + standingWord(s) + ": " + reply.Shorten(s.Evidence.Summary, 300)
}

func (b *Bot) nudgeReply(v readiness.View, key readiness.Key, nudge readiness.Nudge) reply.Reply {
	roles, name := b.concerned(v, key), b.nudgedName(key)
	asked := reply.Say("Asked ", reply.Time(nudge.At), reply.By(nudge.By), ".")
	it, isItem := v.Checklist.Item(key.Item)
	switch {
	case !isItem && len(roles) == 0, isItem && v.Standing(it, key).Through:
		title := "✓ Seen to: " + name
		return reply.Reply{Title: reply.Shorten(title, 150), Public: true, Parts: []reply.Part{reply.Lines{asked}}}
	case !isItem:
		return reply.Reply{Title: "Your sign-off is missing for " + key.Environment, Public: true, Parts: []reply.Part{
			reply.Lines{append(b.calling(roles), reply.Say(", ", v.Release().Version, " waits for you. ", asked)...)},
			reply.Actions{{Label: "Show the card", Act: reply.DoOn("ready signoff", key.Environment)}}}}
	}
	s := v.Standing(it, key)
	title := "Please see to: " + name
	line := append(b.calling(roles), reply.Say(", ", plight(it, s))...)
	actions := append(reply.Actions{mendButton(it, s)}, fixButton(it, key)...)
	return reply.Reply{Title: reply.Shorten(title, 150), Public: true, Parts: []reply.Part{reply.Lines{append(line, reply.Say(".")...), asked},
		append(actions, reply.Button{Label: "Details", Act: reply.Do("ready status", it.ID)})}}
}

// mendButton is what gets an item its answer.
func mendButton(it *readiness.Item, s readiness.Standing) reply.Button {
	switch {
	case it.Manual != nil:
		return reply.Button{Label: "Check", Act: reply.Do("ready check", s.Key.String())}
	case s.Evidence.Verdict == "":
		return reply.Button{Label: "Run", Act: reply.Do("ready run", s.Key.String())}
	}
	return reply.Button{Label: "Run again", Act: reply.Do("ready run", s.Key.String())}
}
