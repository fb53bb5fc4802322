package cards

import (
	"cmp"
	"slices"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// This file shows deployments that are scheduled for a later time.

// scheduledCards are the messages about them: one for each, and in its thread what whoever
// scheduled it has to know.
func (b Builder) scheduledCards(v readiness.View) []Card {
	var cards []Card
	for _, d := range v.State.Scheduled {
		shown := d.Waits() || b.keptUpToDate(d.Ended, v.Now)
		for _, card := range b.cardsOfScheduled(v, d) {
			if shown || b.unsettled(v, card) {
				cards = append(cards, card)
			}
		}
	}
	slices.SortFunc(cards, func(x, y Card) int { return cmp.Compare(x.Subject, y.Subject) })
	return cards
}

func (b Builder) cardsOfScheduled(v readiness.View, d history.Scheduled) []Card {
	subject := d.Subject()
	cards := []Card{{Subject: subject, Channel: b.Releases, Reply: b.scheduledReply(v, d), Final: !d.Waits()}}
	if !d.Reminded.IsZero() {
		cards = append(cards, Card{Subject: subject + "/reminder", Parent: subject, Channel: b.Releases, Reply: b.reminderReply(d), Final: true})
	}
	if !d.Waits() && d.Run == "" && d.EndedBy == "" {
		cards = append(cards, Card{Subject: subject + "/end", Parent: subject, Channel: b.Releases, Reply: b.notStartedReply(d), Final: true})
	}
	return cards
}

// scheduledTitle is what is scheduled. Its time is in the card's text, where Slack shows it
// on the reader's own clock, and in the summary, which notifications show as it is.
func scheduledTitle(state string, d history.Scheduled) string {
	return state + ": " + d.Version + " to " + d.Environment
}

func (b Builder) scheduledSummary(state string, d history.Scheduled) string {
	return scheduledTitle(state, d) + " at " + wording.LocalTime(d.Due, b.zone()) + "."
}

func (b Builder) zone() *time.Location { return b.Checklist.TimeZone() }

// scheduledReply is the one message about a scheduled deployment.
func (b Builder) scheduledReply(v readiness.View, d history.Scheduled) reply.Reply {
	title := scheduledTitle(scheduledState(d), d)
	lines := reply.Lines{reply.Say("For ", reply.Time(d.Due), ", scheduled ", reply.Time(d.At), reply.By(d.By), ".")}
	parts := []reply.Part{}
	switch {
	case d.Waits():
		lines = append(lines, b.ScheduledLines(v, d)...)
		parts = append(parts, reply.Actions{{Label: "Cancel it", Act: reply.Act{Verb: "deploy unschedule", Environment: d.Environment, Plan: d.ID}},
			{Label: "Status", Act: reply.Act{Verb: "ready status", Release: d.Version}}})
	case d.Run != "":
		lines = append(lines, b.becameText(v, d))
	case d.EndedBy != "":
		lines = append(lines, reply.Say("Cancelled ", reply.Time(d.Ended), reply.By(d.EndedBy), "."))
	default:
		lines = append(lines, whyNotStarted(reply.Say("Nothing"), d)...)
		parts = append(parts, planAgain(d))
	}
	return reply.Reply{Title: title, Summary: b.scheduledSummary(scheduledState(d), d), Public: true, Parts: append([]reply.Part{lines}, parts...)}
}

func scheduledState(d history.Scheduled) string {
	switch {
	case d.Waits():
		return "Scheduled"
	case d.Run != "":
		return "Started"
	case d.EndedBy != "":
		return "Cancelled"
	case d.Missed:
		return "Missed"
	}
	return "Not started"
}

// becameText says which run a scheduled deployment became.
func (b Builder) becameText(v readiness.View, d history.Scheduled) reply.Text {
	text := reply.Say("Started ", reply.Time(d.Ended))
	run := v.State.Runs[d.Run]
	if run == nil {
		return append(text, reply.Say(".")...)
	}
	if run.Change.Scheduled != d.ID {
		text = append(text, reply.Say(" by hand", reply.By(run.By))...)
	}
	return append(text, reply.Say(". Follow or stop it in ", b.Thread(v, "run/"+run.ID, b.ChannelOf(run)), ".")...)
}

// ScheduledLines say what a scheduled deployment looks like now.
func (b Builder) ScheduledLines(v readiness.View, d history.Scheduled) reply.Lines {
	v = v.Of(d.Version)
	lines := reply.Lines{reply.Say("As it looks now: ", wording.Decision(v.Foreseen(d.Environment, d.By, d.Due)), ".")}
	return append(lines, b.Expiring(v, d.Environment, d.By, d.Due)...)
}

// mostExpiring is how much of what expires before a deployment is named.
const mostExpiring = 10

// Expiring lists what doesn't block a deployment now and will at its time.
func (b Builder) Expiring(v readiness.View, env, deployer string, due time.Time) reply.Lines {
	var lines reply.Lines
	for i, blocker := range v.ExpiringBy(env, deployer, due) {
		if i == 0 {
			lines = append(lines, reply.Say(reply.Bold("Will block it at its time")))
		}
		if i == mostExpiring {
			return append(lines, reply.Say("… and others."))
		}
		lines = append(lines, reply.Say("⌛ ", blocker.Title, ": ", reply.Shorten(blocker.Reason, 200)))
	}
	return lines
}

// reminderReply tells whoever scheduled a deployment what is going to block it.
func (b Builder) reminderReply(d history.Scheduled) reply.Reply {
	title := scheduledTitle("Going to be NO-GO", d)
	lines := reply.Lines{reply.Say(reply.User(d.By), ", it won't start unless this is cleared by ", reply.Time(d.Due), ":")}
	return reply.Reply{Title: title, Summary: b.scheduledSummary("Going to be NO-GO", d), Public: true, Parts: []reply.Part{append(lines, sentenceLines(d.Foreseen)...),
		reply.Actions{{Label: "Status", Act: reply.Act{Verb: "ready status", Release: d.Version}}}}}
}

// notStartedReply tells whoever scheduled a deployment why it didn't start.
func (b Builder) notStartedReply(d history.Scheduled) reply.Reply {
	title := scheduledTitle(scheduledState(d), d)
	lines := whyNotStarted(reply.Say(reply.User(d.By), ", nothing"), d)
	return reply.Reply{Title: title, Summary: b.scheduledSummary(scheduledState(d), d), Public: true, Parts: []reply.Part{lines, planAgain(d)}}
}

// whyNotStarted says, after the beginning of a sentence, why a deployment didn't start.
func whyNotStarted(nothing reply.Text, d history.Scheduled) reply.Lines {
	if len(d.Blockers) == 0 {
		return reply.Lines{append(nothing, reply.Say(" was started, because ", d.Why, ".")...)}
	}
	return append(reply.Lines{append(nothing, reply.Say(" was started, because it was NO-GO:")...)}, sentenceLines(d.Blockers)...)
}

func sentenceLines(sentences []string) reply.Lines {
	var lines reply.Lines
	for _, said := range sentences {
		lines = append(lines, reply.Say("✗ ", reply.Shorten(said, 300)))
	}
	return lines
}

func planAgain(d history.Scheduled) reply.Actions {
	return reply.Actions{{Label: "Plan again", Act: reply.Act{Verb: "deploy", Environment: d.Environment, Release: d.Version}}}
}
