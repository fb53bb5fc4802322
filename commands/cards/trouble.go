package cards

import (
	"cmp"
	"slices"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// This file shows what keeps gonogo itself from its work.

// troubleCards are the messages about gonogo's own troubles: one for each that lasted
// long enough to be recorded. It is edited once the trouble is over. If Slack was the
// trouble, it is posted afterwards, so that people learn of it.
func (b Builder) troubleCards(v readiness.View) []Card {
	var cards []Card
	for _, t := range v.State.Troubles {
		if card := b.troubleCard(t); b.unsettled(v, card) || b.keptUpToDate(t.Ended, v.Now) {
			cards = append(cards, card)
		}
	}
	for _, t := range v.State.PastTroubles {
		_, posting := v.State.Posts[t.Subject()]
		if card := b.troubleCard(t); posting || b.unsettled(v, card) {
			cards = append(cards, card)
		}
	}
	slices.SortFunc(cards, func(x, y Card) int { return cmp.Compare(x.Subject, y.Subject) })
	return cards
}

func (b Builder) troubleCard(t history.Trouble) Card {
	return Card{Subject: t.Subject(), Channel: b.TroubleChannel(t.Kind), Reply: b.troubleReply(t), First: true, Final: !t.Lasts()}
}

// TroubleChannel is the channel for a kind of trouble: on-call's, unless the trouble is
// about that channel.
func (b Builder) TroubleChannel(kind event.TroubleKind) string {
	if kind == event.TroubleOnCallChannel {
		return b.Releases
	}
	return cmp.Or(b.OnCall, b.Releases)
}

func (b Builder) troubleReply(t history.Trouble) reply.Reply {
	why := reply.Shorten(t.Why, 1000)
	if !t.Lasts() {
		title := "Resolved: gonogo had a problem"
		return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{
			reply.Lines{reply.Say("From ", reply.Time(t.Since), " to ", reply.Time(t.Ended), ": ", why, ".")}}}
	}
	title := "gonogo has a problem"
	line := append(b.Mention.text(), reply.Say("Since ", reply.Time(t.Since), ": ", why, ".")...)
	return reply.Reply{Title: title, Summary: title + ": " + reply.Shorten(t.Why, 200) + ".", Public: true, Parts: []reply.Part{
		reply.Lines{append(line, pageText(t.Page)...)}}}
}

// UnrecordedTrouble is the message about a trouble that the ledger can't record. rollsBack
// says that it still has room for a rollback.
func (b Builder) UnrecordedTrouble(kind event.TroubleKind, why string, since time.Time, rollsBack bool) reply.Reply {
	r := b.troubleReply(history.Trouble{Kind: kind, Why: why, Since: since})
	means := reply.Say("Until the ledger can be written, gonogo can't record alerts or what people type or press. ", reply.Typed("/rollback by-hand ENV"), " shows how to go back without it.")
	if rollsBack {
		means = reply.Say(reply.Typed("/rollback ENV"), " still works, since room is kept for it. Until the ledger can be written, gonogo can't record alerts or anything else that people type or press. ",
			"If a rollback is refused too, ", reply.Typed("/rollback by-hand ENV"), " shows how to go back without gonogo.")
	}
	r.Parts = append(r.Parts,
		reply.Lines{means},
		reply.Note(reply.Say("This message is deleted once gonogo can record it. If gonogo is restarted before that, it stays.")))
	return r
}
