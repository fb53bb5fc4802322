package cards

import (
	"fmt"
	"maps"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// This file shows overrides: two people let a release go out past items that don't pass.

// overrideCards are the messages about overrides, one in each of the two channels.
func (b Builder) overrideCards(v readiness.View) []Card {
	var cards []Card
	for _, id := range slices.Sorted(maps.Keys(v.State.Overrides)) {
		o := v.State.Overrides[id]
		ended, final := o.Ended(v.Now)
		said := b.overrideReply(v.Of(o.Version), o)
		own := []Card{{Subject: o.Subject(), Channel: b.Releases, Release: o.Version, Reply: said, First: !final, Final: final}}
		if b.OnCall != "" && b.OnCall != b.Releases {
			own = append(own, Card{Subject: o.Subject() + "/on-call", Channel: b.OnCall, Release: o.Version, Reply: said, First: !final, Final: final})
		}
		for _, card := range own {
			if b.unsettled(v, card) || b.keptUpToDate(ended, v.Now) {
				cards = append(cards, card)
			}
		}
	}
	return cards
}

// overrideReply is the card of an override.
func (b Builder) overrideReply(v readiness.View, o history.Override) reply.Reply {
	_, ended := o.Ended(v.Now)
	title := "Override " + wording.Override(o, ended) + ": " + o.Version + " to " + o.Environment
	lines := reply.Lines{reply.Say("Asked for ", reply.Time(o.At), reply.By(o.By), ": ", reply.Shorten(o.Reason, 300), ".")}
	if !o.Confirmed.IsZero() {
		lines = append(lines, reply.Say("Confirmed ", reply.Time(o.Confirmed), reply.By(o.ConfirmedBy), "."))
	}
	parts := []reply.Part{lines, b.OverrideItems(v, o.Items)}
	switch {
	case ended:
		parts = append(parts, append(reply.Lines{b.overrideEnd(v, o)}, overrideIssue(o)...))
	case o.Confirmed.IsZero():
		parts = append(parts, b.overrideAsks(v, o), overrideActions(v, o))
	default:
		parts = append(parts, b.overrideCounts(v, o), overrideActions(v, o))
	}
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: reply.NonEmpty(parts)}
}

// OverrideItems lists what an override passes over, as it was when it was asked for.
func (b Builder) OverrideItems(v readiness.View, items []event.Overridden) reply.Lines {
	lines := reply.Lines{reply.Say(reply.Bold("Overrides " + phrase.Count(len(items), "item") + ", for one deployment"))}
	for i, o := range items {
		if i == shownBlockers {
			return append(lines, reply.Say("… and ", phrase.Count(len(items)-i, "more", "more"), "."))
		}
		lines = append(lines, reply.Say(overriddenMark(o), reply.Bold(itemTitle(v, o)), ": ", reply.Shorten(o.Why, 160)))
	}
	return lines
}

// overriddenMark is the sign of an item that is passed over.
func overriddenMark(o event.Overridden) string {
	if o.Shown == nil {
		return "✗ "
	}
	return wording.Mark(readiness.Standing{Evidence: answer.Evidence{Verdict: o.Shown.Verdict}}) + " "
}

// itemTitle is the title of an item, and of which environment it is.
func itemTitle(v readiness.View, o event.Overridden) string {
	title := o.Item
	if it, ok := v.Checklist.Item(o.Item); ok {
		title = it.Title
	}
	if o.Environment != "" {
		title += " (" + o.Environment + ")"
	}
	return title
}

// overrideAsks says who has to confirm an override, and until when.
func (b Builder) overrideAsks(v readiness.View, o history.Override) reply.Lines {
	env, _ := v.Checklist.Environment(o.Environment)
	if env.Override == nil {
		return reply.Lines{reply.Say("⚠ The configuration no longer allows it.")}
	}
	lines := reply.Lines{append(append(reply.Say("Somebody else has to confirm it by ", reply.Time(o.Until), ": "), b.RolesText(env.Override.Second)...), reply.Say(".")...)}
	if other, _ := v.NotAsked(o); other != nil {
		return reply.Lines{reply.Say("⚠ It can't be confirmed any more, because what blocks it has changed: ", reply.Bold(other.Title), ", ", reply.Shorten(other.Reason, 160), ".")}
	}
	if n := b.otherBlockers(v, o); n > 0 {
		lines = append(lines, reply.Say("⚠ It doesn't cover ", phrase.Count(n, "other blocker"), ", so it stays NO-GO until ", those(n), " cleared: ", reply.Typed("/deploy "+o.Environment), "."))
	}
	return lines
}

// otherBlockers counts what an override leaves.
func (b Builder) otherBlockers(v readiness.View, o history.Override) int {
	n := 0
	for _, blocker := range v.Decide(o.Environment).Blockers {
		if !slices.ContainsFunc(o.Items, func(of event.Overridden) bool {
			return blocker.Kind == readiness.BlockedByItem && blocker.Answer().Key == answer.Key{Item: of.Item, Environment: of.Environment}
		}) {
			n++
		}
	}
	return n
}

// overrideCounts says for what a confirmed override counts.
func (b Builder) overrideCounts(v readiness.View, o history.Override) reply.Lines {
	lines := reply.Lines{reply.Say("It counts for one deployment that starts by ", reply.Time(o.Until), ", while none of these items gets worse.")}
	if d := v.Decide(o.Environment); !d.Go {
		lines = append(lines, reply.Say("⚠ ", reply.Capital(o.Environment), " is still NO-GO, ", phrase.Count(len(d.Blockers), "blocker"), ": ", reply.Typed("/deploy "+o.Environment), "."))
	}
	return lines
}

// overrideActions are what can be done about an override that hasn't ended.
func overrideActions(v readiness.View, o history.Override) reply.Actions {
	of := func(verb string) reply.Act { return reply.Act{Verb: verb, Environment: o.Environment, Plan: o.ID} }
	decline := reply.Button{Label: "Decline", Act: of("deploy override decline")}
	if !o.Confirmed.IsZero() {
		decline.Label, decline.Confirm, decline.Yes, decline.No = "Take it back", "End this override? It won't count for any deployment.", "End it", "Keep it"
		return reply.Actions{{Label: "Plan the deployment", Act: reply.Act{Verb: "deploy", Environment: o.Environment, Release: o.Version}}, decline}
	}
	if other, left := v.NotAsked(o); other != nil || !left {
		return reply.Actions{{Label: "Ask again", Act: reply.Act{Verb: "deploy override", Environment: o.Environment, Release: o.Version}}, decline}
	}
	return reply.Actions{{Label: "Confirm override", Act: of("deploy override confirm"), Style: reply.Danger,
		Confirm: "Let " + o.Version + " go out to " + o.Environment + " although " + phrase.Count(len(o.Items), "item doesn't pass", "items don't pass") + "?", Yes: "Confirm override", No: "Not now"}, decline}
}

// overrideIssue names the issue that an override leaves behind.
func overrideIssue(o history.Override) []reply.Text {
	if o.Issue.Number == 0 {
		return nil
	}
	return []reply.Text{reply.Say("Close ", reply.LinkTo(o.Issue.URL, fmt.Sprintf("#%d", o.Issue.Number)), " once these items are dealt with.")}
}

// overrideEnd says how an override ended.
func (b Builder) overrideEnd(v readiness.View, o history.Override) reply.Text {
	again := reply.Say(reply.Typed("/deploy override "+o.Environment+" REASON"), " asks again.")
	switch {
	case o.Run != "":
		return reply.Say("Used by the deployment in ", b.Thread(v, "run/"+o.Run, b.Releases), ". It counts for no other.")
	case o.Review != "":
		return reply.Say("Used by workflow run ", o.Review, ", which gonogo approved at GitHub. It counts for no other.")
	case !o.Declined.IsZero():
		return reply.Say(reply.Capital(wording.Override(o, true)), " ", reply.Time(o.Declined), reply.By(o.DeclinedBy), ".")
	case o.Replaced != "":
		return reply.Say("Another one was asked for on ", o.Environment, " ", reply.Time(o.ReplacedAt), "; only that one can count.")
	case o.Misdated:
		return append(reply.Say("gonogo's clock was ahead when it was asked for or confirmed, so it doesn't count. "), again...)
	case o.Confirmed.IsZero():
		return append(reply.Say("Nobody confirmed it by ", reply.Time(o.Until), ". "), again...)
	}
	return append(reply.Say("No deployment started by ", reply.Time(o.Until), ". "), again...)
}

func those(n int) string {
	if n == 1 {
		return "that is"
	}
	return "those are"
}
