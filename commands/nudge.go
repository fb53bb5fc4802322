package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gonogo/readiness"
)

func nudgeVerb() verb {
	return verb{words: []string{"ready", "nudge"}, usage: "ITEM|ENV", release: true,
		about: "asks, in the releases channel, those who can see to an item or owe a sign-off; once in four hours", amiss: (*Bot).amissNudge, do: (*Bot).nudge}
}

// nudge asks the people behind something that blocks to see to it. Anybody may;
// the pause keeps it from becoming noise.
func (b *Bot) nudge(ctx context.Context, c call) Reply {
	if c.view.Release() == nil {
		return noRelease()
	}
	if len(c.act.Items) == 0 {
		return refuse("Nudge about what?", Say("Name an item, or an environment whose sign-offs are missing: ", Typed("/ready nudge ITEM"), ". The status has a button beside each."))
	}
	key, refused := b.nudgeable(c, c.item())
	if refused != nil {
		return *refused
	}
	_, err := b.once(ctx, c, func(v readiness.View) ([]readiness.Event, error) {
		if last, lately := v.Nudged(key); lately {
			return nil, refusal{refuse("They were nudged already", Say("Asked ", Time(last.At), by(last.By), ". They are left alone until ", Time(last.At.Add(readiness.NudgePause)), "."))}
		}
		return []readiness.Event{readiness.Nudged{Release: v.Release().Version, Item: key.Item, Environment: key.Environment, By: c.User}}, nil
	})
	if err != nil {
		return b.failed(err)
	}
	return Reply{Title: "Asked in the releases channel", Parts: []Part{Lines{append(Say("For ", b.nudgedName(key), ": "), b.calling(b.concerned(b.View().Of(c.view.Version), key))...)}}}
}

// nudgeable finds what a word is about, if somebody can be asked about it.
func (b *Bot) nudgeable(c call, word string) (readiness.Key, *Reply) {
	refused := func(title string, lines ...Text) (readiness.Key, *Reply) {
		reply := refuse(title, lines...)
		return readiness.Key{}, &reply
	}
	if _, ok := c.view.Checklist.Environment(word); ok {
		key := readiness.Key{Environment: word}
		if len(b.concerned(c.view, key)) == 0 {
			return refused("No sign-off is missing for "+word, Say(Typed("/ready signoff "+word), " shows who has approved."))
		}
		return key, nil
	}
	it, key, reply := c.answer(word)
	if reply != nil {
		return key, reply
	}
	switch {
	case c.view.Standing(it, key).Through:
		return refused("There is nothing to see to", Say(Bold(it.Title), " is met."))
	case len(b.calling(b.concerned(c.view, key))) == 0:
		return refused("Nobody can be named for that", Say("The configuration gives ", Bold(it.Title), " no ", Typed("owner"), " with people in it, and nobody may run or check it."))
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
func (b *Bot) calling(roles []readiness.Role) Text {
	var text Text
	var named []Span
	for _, role := range roles {
		users := role.Users
		if role.Usergroup != "" {
			named = append(named, Usergroup(role.Usergroup)) // Slack tells its members by itself
		} else if known, err := b.members(role.ID); err == nil {
			users = known
		}
		for _, user := range users {
			named = append(named, User(user))
		}
	}
	for i, span := range named {
		if !slices.Contains(named[:i], span) {
			if len(text) > 0 {
				text = append(text, Say(" ")...)
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
	return "it is " + standingWord(s) + ": " + short(s.Evidence.Summary, 300)
}

func (b *Bot) nudgeReply(v readiness.View, key readiness.Key, nudge readiness.Nudge) Reply {
	roles, name := b.concerned(v, key), b.nudgedName(key)
	asked := Say("Asked ", Time(nudge.At), by(nudge.By), ".")
	it, isItem := v.Checklist.Item(key.Item)
	switch {
	case !isItem && len(roles) == 0, isItem && v.Standing(it, key).Through:
		title := "✓ Seen to: " + name
		return Reply{Title: short(title, 150), Public: true, Parts: []Part{Lines{asked}}}
	case !isItem:
		return Reply{Title: "Your sign-off is missing for " + key.Environment, Public: true, Parts: []Part{
			Lines{append(b.calling(roles), Say(", ", v.Release().Version, " waits for you. ", asked)...)},
			Actions{{Label: "Show the card", Act: on("ready signoff", key.Environment)}}}}
	}
	s := v.Standing(it, key)
	title := "Please see to: " + name
	line := append(b.calling(roles), Say(", ", plight(it, s))...)
	actions := append(Actions{mendButton(it, s)}, fixButton(it, key)...)
	return Reply{Title: short(title, 150), Public: true, Parts: []Part{Lines{append(line, Say(".")...), asked},
		append(actions, Button{Label: "Details", Act: say("ready status", it.ID)})}}
}

// mendButton is what gets an item its answer.
func mendButton(it *readiness.Item, s readiness.Standing) Button {
	switch {
	case it.Manual != nil:
		return Button{Label: "Check", Act: say("ready check", s.Key.String())}
	case s.Evidence.Verdict == "":
		return Button{Label: "Run", Act: say("ready run", s.Key.String())}
	}
	return Button{Label: "Run again", Act: say("ready run", s.Key.String())}
}
