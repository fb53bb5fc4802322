package cards

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// This file shows what nobody has responded to: who was notified, and how to take it.

// escalationCards are the messages that notify the next role, one each, and the
// webhook's final error. They are in the card's thread if that is in the on-call
// channel, otherwise in the on-call channel itself: an edited card notifies nobody.
func (b Builder) escalationCards(v readiness.View) []Card {
	all := make([]history.Escalation, 0, len(v.State.Escalations))
	for _, e := range v.State.Escalations {
		all = append(all, e)
	}
	slices.SortFunc(all, func(x, y history.Escalation) int {
		return cmp.Or(x.Since.Compare(y.Since), strings.Compare(x.ID, y.ID))
	})
	var cards []Card
	for _, e := range all {
		now, waits := v.OnCall().Waits(e.Subject)
		waits = waits && now.ID == e.ID
		for n, step := range e.Steps {
			if step.Role == "" {
				continue
			}
			card := b.callCard(v, callSubject(e, n), e, step, waits)
			if card.Final = !waits; b.unsettled(v, card) {
				cards = append(cards, card)
			}
		}
		if e.Page.Outcome == alert.PageRefused {
			card := b.placed(v, Card{Subject: e.ID + "/webhook", Reply: refusedPage(e), First: true, Alert: e.Kind == event.UnansweredAlert}, e.Unanswered)
			if card.Final = true; waits || b.unsettled(v, card) {
				cards = append(cards, card)
			}
		}
	}
	return cards
}

// callSubject is the subject of the message about a step of an escalation.
func callSubject(e history.Escalation, step int) string { return fmt.Sprintf("%s/%d", e.ID, step+1) }

// callCard is the message that notifies a role.
func (b Builder) callCard(v readiness.View, subject string, e history.Escalation, step history.EscalationStep, waits bool) Card {
	card := b.placed(v, Card{Subject: subject, First: true, Alert: e.Kind == event.UnansweredAlert}, e.Unanswered)
	card.Reply = b.callReply(v, e, step, card, waits)
	return card
}

// placed puts a message about what waits where on-call looks, or in the other channel if
// Slack refuses that.
func (b Builder) placed(v readiness.View, card Card, u history.Unanswered) Card {
	of := v.OnCall().CardOf(u.Subject)
	card.Channel = cmp.Or(b.OnCall, b.Releases)
	if b.refusedIn(v, card.Subject, card.Channel) || b.refusedIn(v, of, card.Channel) {
		card.Channel = b.otherChannel(card.Channel)
	}
	if b.cardChannel(v, u) == card.Channel {
		card.Parent = of
	}
	return card
}

// cardChannel is the channel with the card of what waits.
func (b Builder) cardChannel(v readiness.View, u history.Unanswered) string {
	if u.Kind == event.UnansweredAlert || u.Kind == event.UnansweredFailure || u.Kind == event.UnansweredDecision {
		return cmp.Or(b.OnCall, b.Releases)
	}
	if run := v.State.Runs[u.Run]; run != nil {
		return b.ChannelOf(run)
	}
	return b.Releases
}

// callReply calls a role, and says once somebody has taken it.
func (b Builder) callReply(v readiness.View, e history.Escalation, step history.EscalationStep, card Card, waits bool) reply.Reply {
	role, _ := b.Checklist.Role(step.Role)
	name := reply.Shorten(e.Title, 100)
	if !waits {
		title := "Taken: " + name
		return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{
			reply.Lines{reply.Say("It went to ", reply.Bold(cmp.Or(role.Title, step.Role)), " ", reply.Time(calledAt(v, card.Subject, step)), ". ", b.takenText(v, e.Unanswered))}}}
	}
	line := reply.Say(reply.Bold(name))
	if e.Environment != "" && e.Kind == event.UnansweredAlert { // the title of a run names it
		line = append(line, reply.Say(" on ", reply.Bold(e.Environment))...)
	}
	line = append(line, reply.Say(" has waited since ", reply.Time(e.Since), ", ", unansweredText(e.Kind), ".")...)
	if called := b.Calling([]checklist.Role{role}); len(called) > 0 {
		line = append(append(called, reply.Say(" ")...), line...)
	}
	lines := reply.Lines{line, b.takeText(v, e)}
	if own := b.cardChannel(v, e.Unanswered); own != card.Channel && !b.refusedIn(v, v.OnCall().CardOf(e.Subject), own) {
		lines = append(lines, reply.Say("It is shown in ", b.Thread(v, e.Subject, own), "."))
	}
	title := "Nobody has taken this: " + name
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: reply.NonEmpty([]reply.Part{lines, b.takeActions(v, e.Unanswered)})}
}

// unansweredText is why something waits, as the end of a sentence.
func unansweredText(kind event.UnansweredKind) string {
	switch kind {
	case event.UnansweredAlert:
		return "and nobody has acknowledged it"
	case event.UnansweredFailure:
		return "when it failed, and nobody has acted on it"
	case event.UnansweredDecision:
		return "and nobody has said which version stays"
	}
	return "when it was interrupted, and nobody has said how it goes on"
}

// takeText says how to take it, with the command to type.
func (b Builder) takeText(v readiness.View, e history.Escalation) reply.Text {
	text := reply.Say("Take it with a button, or type ", reply.Typed(ackCommand(e.Unanswered)))
	run := v.State.Runs[e.Run]
	if run == nil || run.Asked == nil || run.Change == nil {
		return append(text, reply.Say(".")...)
	}
	for _, choice := range run.Asked.Choices {
		if typed, ok := choiceCommands[choice]; ok {
			text = append(text, reply.Say(" or ", reply.Typed(strings.Replace(typed, "ENV", run.Change.Environment, 1)))...)
		}
	}
	return append(text, reply.Say(".")...)
}

// choiceCommands are the answers to a run's question as people type them.
var choiceCommands = map[string]string{
	work.ChooseKeep: "/rollback keep ENV", work.ChooseReturn: "/rollback return ENV REASON",
	work.ChooseContinue: "/deploy continue ENV", work.ChooseAbandon: "/deploy abandon ENV",
}

// AnswerText says how to answer a run's question, in Slack or on the bot's host.
func AnswerText(run *work.Run, host bool) reply.Text {
	text, before := reply.Say("Type "), ""
	for _, choice := range run.Asked.Choices {
		typed, ok := choiceCommands[choice]
		if !ok {
			continue
		}
		typed = strings.Replace(typed, "ENV", run.Change.Environment, 1)
		if host {
			_, words, _ := strings.Cut(typed, " ")
			typed = "gonogo rollback " + words
		}
		text, before = append(text, reply.Say(before, reply.Typed(typed))...), " or "
	}
	return append(text, reply.Say(".")...)
}

// ackCommand is ackAct as people type it.
func ackCommand(u history.Unanswered) string {
	words := []string{"/rollback ack"}
	if u.Incident != "" {
		words = append(words, u.Incident)
	}
	if u.Run != "" {
		words = append(words, "--run="+u.Run)
	}
	return strings.Join(words, " ")
}

// ackAct says who looks after what waits.
func ackAct(u history.Unanswered) reply.Act {
	return reply.Act{Verb: "rollback ack", Incident: u.Incident, Run: u.Run}
}

// takeActions are the buttons that take what waits.
func (b Builder) takeActions(v readiness.View, u history.Unanswered) reply.Actions {
	var actions reply.Actions
	if run := v.State.Runs[u.Run]; run != nil && run.Asked != nil {
		if run.Change != nil {
			actions = QuestionActions(run)
		} else if parts := BookQuestion(run); len(parts) > 1 {
			actions, _ = parts[1].(reply.Actions)
		}
	}
	return append(slices.Clone(actions), reply.Button{Label: "Acknowledge", Act: ackAct(u)})
}

// takenText says who took what waited, as far as that is known.
func (b Builder) takenText(v readiness.View, u history.Unanswered) reply.Text {
	run, i := v.State.Runs[u.Run], v.State.Incidents[u.Incident]
	switch {
	case i != nil && i.AckBy != "":
		return reply.Say("Acknowledged ", reply.Time(i.AckAt), b.ByDeputy(i.AckBy, i.AckDeputy), ".")
	case i != nil && i.Snooze.Lasts(v.Now):
		return reply.Say("Snoozed until ", reply.Time(i.Snooze.Until), b.ByDeputy(i.Snooze.By, i.Snooze.Deputy), ".")
	case i != nil && i.FalseAlarm != nil:
		return reply.Say("A false alarm, ", reply.Time(i.FalseAlarm.At), reply.By(i.FalseAlarm.By), ".")
	case i != nil && v.State.Runs[i.Rollback] != nil:
		return reply.Say("Rolled back", reply.By(v.State.Runs[i.Rollback].By), ".")
	case i != nil && !i.Firing():
		return reply.Say("It is over since ", reply.Time(i.Ended), reply.By(i.ClosedBy), ".")
	case run != nil && run.Taken != nil:
		return reply.Say("Acknowledged ", reply.Time(run.Taken.At), b.ByDeputy(run.Taken.By, run.Taken.Deputy), ".")
	case run != nil && len(run.Answers) > 0 && run.Answers[len(run.Answers)-1].At.After(u.Since):
		answer := run.Answers[len(run.Answers)-1]
		return reply.Say("“", answer.Choice, "” was chosen ", reply.Time(answer.At), b.ByDeputy(answer.By, answer.Deputy), ".")
	}
	return reply.Say("It no longer waits.")
}

func refusedPage(e history.Escalation) reply.Reply {
	title := "The escalation webhook wasn't notified"
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{
		reply.Lines{reply.Say("For ", reply.Bold(reply.Shorten(e.Title, 100)), ", ", reply.Time(e.Page.At), ": ", reply.Shorten(e.Page.Why, 200), ". It isn't retried. Fix ", reply.Typed("escalate.webhook"), " in the configuration; ",
			reply.Typed("gonogo doctor"), " checks that its host can be reached.")}}}
}

// calledAt is when the message that notifies a role was posted; until then, when the
// role was due.
func calledAt(v readiness.View, subject string, step history.EscalationStep) time.Time {
	if a, posted := v.State.Anchors[subject]; posted && !a.At.IsZero() {
		return a.At
	}
	return step.At
}

// escalatedLines say on a card who was notified, and who is about to be.
func (b Builder) escalatedLines(v readiness.View, subject string) reply.Lines {
	var lines reply.Lines
	for _, e := range v.State.EscalationsOf(subject) {
		now, waits := v.OnCall().Waits(subject)
		waits = waits && now.ID == e.ID
		line, unposted, before := reply.Say("⚠ Waited since ", reply.Time(e.Since)), reply.Text(nil), " and went to "
		for n, step := range e.Steps {
			if step.Role == "" {
				continue // the webhook is told of below
			}
			if _, posted := v.State.Anchors[callSubject(e, n)]; !posted {
				unposted = append(unposted, b.unpostedText(v, callSubject(e, n), step, waits)...)
				continue
			}
			line = append(line, reply.Say(before, reply.Bold(b.roleTitle(step.Role)), " ", reply.Time(calledAt(v, callSubject(e, n), step)))...)
			before = ", to "
		}
		if role, at, more := v.OnCall().NextStep(now); waits && more && role != "" {
			goes := ", next to "
			if before != ", to " {
				goes = "; it goes to "
			}
			line = append(line, reply.Say(goes, reply.Bold(b.roleTitle(role)), " ", reply.Time(at))...)
		}
		line = append(append(line, reply.Say(".")...), unposted...)
		lines = append(lines, append(line, pageText(e.Page)...))
	}
	return lines
}

// roleTitle is what a role is called.
func (b Builder) roleTitle(id string) string {
	role, _ := b.Checklist.Role(id)
	return cmp.Or(role.Title, id)
}

// unpostedText says that the message to a role isn't in Slack.
func (b Builder) unpostedText(v readiness.View, subject string, step history.EscalationStep, waits bool) reply.Text {
	if !waits {
		return reply.Say(" The message to ", reply.Bold(b.roleTitle(step.Role)), " wasn't posted.")
	}
	text := reply.Say(" The message to ", reply.Bold(b.roleTitle(step.Role)), " isn't in Slack yet")
	if r, refused := v.State.Refusals[subject]; refused {
		text = append(text, reply.Say(": ", reply.Shorten(r.Why, 200))...)
	}
	return append(text, reply.Say(".")...)
}

// pageText says how telling the webhook goes.
func pageText(p history.Page) reply.Text {
	switch {
	case p.Outcome == alert.PageDelivered:
		return reply.Say(" The webhook was notified ", reply.Time(p.At), ".")
	case p.Outcome == alert.PageRefused:
		return reply.Say(" The webhook wasn't notified: ", reply.Shorten(p.Why, 200), ".")
	case p.Outcome == alert.PageDelayed:
		return reply.Say(" The webhook isn't notified yet: ", reply.Shorten(p.Why, 200), "; it is tried again.")
	case p.Pending():
		return reply.Say(" The webhook is being notified.")
	}
	return nil
}

// AcknowledgedText says who acknowledged a run that waits, or that failed; nil: nobody
// has.
func (b Builder) AcknowledgedText(run *work.Run) reply.Text {
	if run.Taken == nil {
		return nil
	}
	return reply.Say("Acknowledged ", reply.Time(run.Taken.At), b.ByDeputy(run.Taken.By, run.Taken.Deputy), ".")
}

// withTake adds to a run's card that somebody may take it, if nobody else would be
// asked in time.
func (b Builder) withTake(v readiness.View, run *work.Run, parts []reply.Part) []reply.Part {
	u, waits := v.OnCall().Waits("run/" + run.ID)
	if !waits || v.Checklist.Escalation.After == 0 {
		return parts
	}
	return append(parts, reply.Actions{{Label: "Acknowledge", Act: ackAct(u)}})
}
