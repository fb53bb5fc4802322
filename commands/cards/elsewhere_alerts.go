package cards

import (
	"cmp"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// This file names in another channel the alerts that on-call needn't wait for and that
// Slack refuses to show in their own: all of them in one message, which mentions nobody.

// belowIncident ends the subject of that message. The subject begins with that of an
// incident, so that the message is dropped with it.
const belowIncident = "/refused"

// refusedAlerts are the alerts that fire and whose cards Slack refuses, without those
// that are shown elsewhere one by one or on the card of a storm; the newest come first.
func (b Builder) refusedAlerts(v readiness.View) (alerts []*history.Incident) {
	if len(v.State.Refusals) == 0 {
		return nil
	}
	for _, i := range v.State.Incidents {
		if i.Firing() && i.Storm == "" && !v.OnCall().Severe(i) && b.refusedIn(v, incidentSubject(i), b.alertChannel()) {
			alerts = append(alerts, i)
		}
	}
	slices.SortFunc(alerts, func(x, y *history.Incident) int {
		return cmp.Or(y.Heard.Compare(x.Heard), strings.Compare(x.ID, y.ID))
	})
	return alerts
}

// alertChannel is where the cards of alerts are.
func (b Builder) alertChannel() string { return cmp.Or(b.OnCall, b.Releases) }

// substituteAlerts is the message about the alerts that Slack refuses to show, until none
// is left. Later ones get another message.
func (b Builder) substituteAlerts(v readiness.View) []Card {
	own, alerts := b.alertChannel(), b.refusedAlerts(v)
	subject := unfinishedSubstitute(v)
	if subject == "" && len(alerts) > 0 {
		subject = history.Substitute(incidentSubject(alerts[len(alerts)-1]) + belowIncident)
	}
	if subject == "" || b.otherChannel(own) == own {
		return nil
	}
	card := Card{Subject: subject, Channel: b.otherChannel(own), Final: len(alerts) == 0}
	if card.Final {
		card.Reply = publicLine("None of these alerts is left", reply.Say("gonogo couldn't show some alerts in ", reply.InChannel(own),
			". Each of them is shown there or on the card of an alert storm now, or is over."))
		return []Card{card}
	}
	card.Reply = b.refusedAlertsReply(v, alerts)
	return []Card{card}
}

// unfinishedSubstitute is the subject of the message about refused alerts that was posted
// and doesn't say yet that none is left; empty: there is none.
func unfinishedSubstitute(v readiness.View) (subject string) {
	of := func(s string) bool { return strings.HasSuffix(s, history.Substitute(belowIncident)) }
	for s, a := range v.State.Anchors {
		if of(s) && a.Shows == "" && (subject == "" || s < subject) {
			subject = s
		}
	}
	for s := range v.State.Posts {
		if of(s) && (subject == "" || s < subject) {
			subject = s
		}
	}
	return subject
}

// refusedAlertsReply lists the alerts that Slack refuses to show.
func (b Builder) refusedAlertsReply(v readiness.View, alerts []*history.Incident) reply.Reply {
	title := phrase.Count(len(alerts), "alert") + " can't be shown in the on-call channel"
	var lines reply.Lines
	for _, i := range alerts[:min(len(alerts), stormShown)] {
		lines = append(lines, b.AlertLine(i))
	}
	if more := len(alerts) - stormShown; more > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(more, "more", "more"), "."))
	}
	refusal, _ := v.State.Unshown(incidentSubject(alerts[0]))
	lines = append(lines, refusedHere(refusal))
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{lines}}
}
