package cards

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// nudgeCards ask in the releases channel, and say when it is done.
func (b Builder) nudgeCards(v readiness.View) []Card {
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

// Concerned lists the roles that can act on something: those whose sign-off is missing,
// an item's owner, or those who may check or run it.
func (b Builder) Concerned(v readiness.View, key answer.Key) []checklist.Role {
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
		ids = b.Checkers(it)
	default:
		ids = v.Checklist.Permissions["run"]
	}
	var roles []checklist.Role
	for _, id := range ids {
		if role, ok := v.Checklist.Role(id); ok {
			roles = append(roles, role)
		}
	}
	return roles
}

// NudgedName is what people are asked to do: an item, or the sign-offs of an
// environment.
func (b Builder) NudgedName(key answer.Key) string {
	if key.Item == "" {
		return "the sign-off of " + key.Environment
	}
	return wording.ItemTitle(b.Checklist, key.String())
}

// nudgeReason is an item's state, in words for those who have to act on it.
func nudgeReason(it *checklist.Item, s readiness.Standing) string {
	switch {
	case s.Evidence.Verdict == "" && it.Manual != nil:
		return "nobody has checked it yet"
	case s.Evidence.Verdict == "":
		return "it is not measured yet"
	case s.Evidence.Summary == "":
		return "it is " + wording.Standing(s)
	}
	return "it is " + wording.Standing(s) + ": " + reply.Shorten(s.Evidence.Summary, 300)
}

func (b Builder) nudgeReply(v readiness.View, key answer.Key, nudge history.Nudge) reply.Reply {
	roles, name := b.Concerned(v, key), b.NudgedName(key)
	asked := reply.Say("Asked ", reply.Time(nudge.At), reply.By(nudge.By), ".")
	it, isItem := v.Checklist.Item(key.Item)
	switch {
	case !isItem && len(roles) == 0, isItem && v.Standing(it, key).Through:
		title := "✓ Done: " + name
		return reply.Reply{Title: reply.Shorten(title, 150), Public: true, Parts: []reply.Part{reply.Lines{asked}}}
	case !isItem:
		return reply.Reply{Title: "Your sign-off is missing for " + key.Environment, Public: true, Parts: []reply.Part{
			reply.Lines{append(b.Calling(roles), reply.Say(", ", v.Release().Version, " waits for you. ", asked)...)},
			reply.Actions{{Label: "Show the card", Act: reply.DoOn("ready signoff", key.Environment)}}}}
	}
	s := v.Standing(it, key)
	title := "Please take care of: " + name
	line := append(b.Calling(roles), reply.Say(", ", nudgeReason(it, s))...)
	actions := append(reply.Actions{AnswerButton(it, s)}, FixButton(it, key)...)
	return reply.Reply{Title: reply.Shorten(title, 150), Public: true, Parts: []reply.Part{reply.Lines{append(line, reply.Say(".")...), asked},
		append(actions, reply.Button{Label: "Details", Act: reply.Do("ready status", it.ID)})}}
}
