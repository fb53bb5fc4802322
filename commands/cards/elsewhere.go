package cards

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// This file shows in another channel what Slack refuses to show in the card's own.

// substituteCards are the messages that stand in for cards that Slack refuses: one for
// each thing that waits for a person. Each stays until the card itself is shown, or
// nothing waits any more, and then says so.
func (b Builder) substituteCards(v readiness.View) []Card {
	subjects := substituted(v)
	if len(v.State.Refusals) > 0 {
		for _, u := range v.OnCall().Unanswered() {
			subjects[u.Subject] = true
		}
	}
	var cards []Card
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		u, waits := v.OnCall().Waits(subject)
		if !waits {
			u = over(v, subject)
		}
		if card, ok := b.substitute(v, u, waits); ok && u.Subject != "" {
			cards = append(cards, card)
		}
	}
	return cards
}

// substituted are the subjects for whose cards a substitute was posted.
func substituted(v readiness.View) map[string]bool {
	subjects := map[string]bool{}
	for of := range v.State.Anchors {
		if subject, ok := history.Substituted(of); ok {
			subjects[subject] = true
		}
	}
	return subjects
}

// over is what doesn't wait any more; empty if it isn't known any more.
func over(v readiness.View, subject string) history.Unanswered {
	sort, id, _ := strings.Cut(subject, "/")
	if i := v.State.Incidents[id]; sort == "incident" && i != nil {
		return history.Unanswered{Kind: event.UnansweredAlert, Subject: subject, Title: i.Title, Environment: i.Environment, Incident: id}
	}
	if run := v.State.Runs[id]; sort == "run" && run != nil {
		return history.Unanswered{Subject: subject, Title: run.Title, Run: id}
	}
	return history.Unanswered{}
}

// substitute is the message that stands in for a card; ok is false if none is needed.
func (b Builder) substitute(v readiness.View, u history.Unanswered, waits bool) (card Card, ok bool) {
	subject, own := history.Substitute(u.Subject), b.channelWithCard(v, u)
	_, posted := v.State.Anchors[subject]
	refusal, unshown := v.State.Unshown(v.OnCall().CardOf(u.Subject))
	needed := waits && unshown && refusal.Channel == own
	if !needed && !posted || b.otherChannel(own) == own {
		return Card{}, false
	}
	card = Card{Subject: subject, Channel: b.otherChannel(own), First: true, Alert: u.Kind == event.UnansweredAlert, Final: !needed}
	switch {
	case needed:
		card.Reply = b.substituteReply(v, u, refusal)
	case unshown:
		card.Reply = publicLine("Taken: "+reply.Shorten(u.Title, 100), b.takenText(v, u))
	default:
		card.Reply = publicLine("Shown in its channel again: "+reply.Shorten(u.Title, 100),
			reply.Say("gonogo can post in ", reply.InChannel(own), " again, so the card is in ", b.Thread(v, u.Subject, own), "."))
	}
	return card, !card.Final || b.unsettled(v, card)
}

// substituteStorms are the messages that stand in for the cards of storms that Slack
// refuses.
func (b Builder) substituteStorms(v readiness.View, storms []readiness.Storm) []Card {
	var cards []Card
	for _, c := range storms {
		if card, ok := b.substituteStorm(v, c); ok {
			cards = append(cards, card)
		}
	}
	return cards
}

// substituteStorm is what the storm's card says, in another channel; ok is false if it
// isn't needed.
func (b Builder) substituteStorm(v readiness.View, c readiness.Storm) (card Card, ok bool) {
	of := history.StormSubject(c.ID)
	subject, own := history.Substitute(of), cmp.Or(v.State.Anchors[of].Channel, b.OnCall, b.Releases)
	_, posted := v.State.Anchors[subject]
	refusal, unshown := v.State.Refusals[of]
	needed := unshown && refusal.Channel == own && stormGoesOn(c)
	if !needed && !posted || b.otherChannel(own) == own {
		return Card{}, false
	}
	card = Card{Subject: subject, Channel: b.otherChannel(own), Reply: b.stormReply(v, c), Final: !needed}
	switch {
	case needed:
		card.Reply.Parts = append(slices.Clone(card.Reply.Parts), reply.Lines{refusedHere(refusal)})
	case !unshown:
		card.Reply = publicLine("Shown in its channel again: "+stormTitle(c),
			reply.Say("gonogo can post in ", reply.InChannel(own), " again, so the card is in ", b.Thread(v, of, own), "."))
	}
	return card, !card.Final || b.unsettled(v, card)
}

// refusedHere says why a message is in this channel, and what shows the rest.
func refusedHere(refusal history.Refusal) reply.Text {
	return reply.Say("This message is here because Slack refuses gonogo's messages in ", reply.InChannel(refusal.Channel), ": ", reply.Shorten(refusal.Why, 200), ". ", reply.Typed("/rollback status"), " shows the rest.")
}

// substituteReply mentions on-call and names what waits, why it is shown here, and how to
// take it.
func (b Builder) substituteReply(v readiness.View, u history.Unanswered, refusal history.Refusal) reply.Reply {
	title := "On-call is needed: " + reply.Shorten(u.Title, 100)
	line := append(b.Mention.text(), reply.Bold(reply.Shorten(u.Title, 100)))
	if u.Environment != "" && u.Kind == event.UnansweredAlert { // the title of a run names it
		line = append(line, reply.Say(" on ", reply.Bold(u.Environment))...)
	}
	line = append(line, reply.Say(" has waited since ", reply.Time(u.Since), ", ", unansweredText(u.Kind), ".")...)
	if u.Incident != "" {
		line = append(line, reply.Say(" Its ID is ", reply.Typed(u.Incident), ".")...)
	}
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: reply.NonEmpty([]reply.Part{reply.Lines{line,
		b.takeText(v, history.Escalation{Unanswered: u}),
		refusedHere(refusal),
	}, b.takeActions(v, u)})}
}

func publicLine(title string, line reply.Text) reply.Reply {
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{reply.Lines{line}}}
}

// refusedIn reports whether Slack refuses a card, or a message in its thread, in a channel.
func (b Builder) refusedIn(v readiness.View, subject, channel string) bool {
	r, refused := v.State.Unshown(subject)
	return refused && r.Channel == channel
}

// otherChannel is the channel to turn to if Slack refuses messages in one; the same if
// there is no other.
func (b Builder) otherChannel(channel string) string {
	if channel == b.Releases {
		return cmp.Or(b.OnCall, channel)
	}
	return b.Releases
}

// channelWithCard is where the card of what waits is, or is to be posted.
func (b Builder) channelWithCard(v readiness.View, u history.Unanswered) string {
	if a, posted := v.State.Anchors[u.Subject]; posted {
		return a.Channel
	}
	return b.cardChannel(v, u)
}
