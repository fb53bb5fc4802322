package cards

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/history"
)

// This file shows a storm: so many alerts at once that a card for each would bury what
// is urgent.

// stormShown is how many alerts the card of a storm lists.
const stormShown = 10

// stormCards are the cards of the storms that fire, and of those that have just ended.
func (b Builder) stormCards(v readiness.View, storms []readiness.Storm) []Card {
	var cards []Card
	for _, c := range storms {
		subject := history.StormSubject(c.ID)
		card := Card{Subject: subject, Channel: cmp.Or(b.OnCall, b.Releases), Reply: b.stormReply(v, c), Storm: true, Final: !stormGoesOn(c), Worsened: lastWorsened(slices.Concat(c.Waits, c.Taken)...)}
		if b.unsettled(v, card) || len(c.Ended) > 0 && b.keptUpToDate(lastEnd(c), v.Now) {
			cards = append(append(cards, card), b.worseInStorm(v, c)...)
		}
	}
	return cards
}

// stormGoesOn reports whether anything that a storm's card shows fires, or may again.
func stormGoesOn(c readiness.Storm) bool { return c.Firing()+len(c.Held) > 0 }

// lastEnd is when the last alert of an ended storm ended.
func lastEnd(c readiness.Storm) time.Time {
	end := c.Last
	for _, i := range c.Ended {
		end = later(end, i.Ended)
	}
	return end
}

// worseInStorm are messages in the thread of a storm's card that mention who is on
// call, one for each severity that some of its alerts rose to.
func (b Builder) worseInStorm(v readiness.View, c readiness.Storm) []Card {
	mention := b.Mention.text()
	if len(mention) == 0 {
		return nil
	}
	first := map[string]history.Worsening{}
	title := map[string]string{}
	for _, i := range slices.Concat(c.Waits, c.Taken) {
		for _, w := range i.Worsened {
			if onCard(v, history.StormSubject(c.ID), w) {
				continue
			}
			if known, ok := first[w.Severity]; w.Severity != "" && (!ok || w.At.Before(known.At)) {
				first[w.Severity], title[w.Severity] = w, i.Title
			}
		}
	}
	var cards []Card
	for _, severity := range slices.Sorted(maps.Keys(first)) {
		says := "Now " + severity + " in the alert storm"
		line := append(slices.Clone(mention), reply.Say(title[severity], ": ", severity, " since ", reply.Time(first[severity].At), ".")...)
		cards = append(cards, Card{Subject: history.StormSubject(c.ID) + "/worse/" + severity, Parent: history.StormSubject(c.ID), Channel: cmp.Or(b.OnCall, b.Releases), Final: true,
			Reply: reply.Reply{Title: reply.Shorten(says, 150), Summary: says + ".", Parts: []reply.Part{reply.Lines{line}}, Public: true}})
	}
	return cards
}

// stormReply is the card of a storm.
func (b Builder) stormReply(v readiness.View, c readiness.Storm) reply.Reply {
	title := stormTitle(c)
	lines := reply.Lines{b.stormHead(c), stormStates(c)}
	if !stormGoesOn(c) {
		return reply.Reply{Title: title, Summary: title + ".", Parts: []reply.Part{lines}, Public: true}
	}
	lines = append(lines, b.takenInStorm(c)...)
	firing := slices.Concat(c.Waits, c.Taken, c.Dismissed)
	if len(firing) > 0 {
		lines = append(lines, severityText(firing))
	}
	for _, i := range firing[:min(len(firing), stormShown)] {
		lines = append(lines, b.StormLine(i))
	}
	if more := len(firing) - stormShown; more > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(more, "more", "more"), "; type ", reply.Typed(stormList(c.ID)), " to see them."))
	}
	if act, waits := stormAck(c); waits {
		lines = append(lines, reply.Say("Acknowledge all ", fmt.Sprint(len(c.Waits)), " with the button, or type ", reply.Typed(stormAckCommand(act)),
			". Alerts that fire or change after this card was shown aren't acknowledged with it."), StormHint)
	}
	if why := b.noWayBackInStorm(v, firing); why != nil {
		lines = append(lines, why)
	}
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty([]reply.Part{lines, StormActions(c)}), Public: true}
}

func stormTitle(c readiness.Storm) string {
	switch {
	case c.Firing() > 0:
		return "Alert storm: " + phrase.Count(c.Firing(), "alert") + " firing"
	case len(c.Held) > 0:
		return "Alert storm: " + phrase.Count(len(c.Held), "alert") + " firing again?"
	case c.Total == len(c.Own):
		return "Alert storm: all alerts have cards of their own"
	}
	return "Alert storm over: " + phrase.Count(c.Total-len(c.Own), "alert")
}

// stormHead says how many alerts came when, and why they are in one card.
func (b Builder) stormHead(c readiness.Storm) reply.Text {
	text := reply.Text{}
	if stormGoesOn(c) {
		text = b.Mention.text()
	}
	text = append(text, reply.Say(reply.Bold(phrase.Count(c.Total, "alert")), " came from ", reply.Time(c.Began), " to ", reply.Time(c.Last), ", too many for a card each. ")...)
	return append(text, reply.Say("Severe alerts have their own cards.")...)
}

// stormStates counts the alerts of a storm by their state.
func stormStates(c readiness.Storm) reply.Text {
	var counts []string
	for _, state := range []struct {
		n    int
		text string
	}{
		{len(c.Waits), "not acknowledged"}, {len(c.Taken), "acknowledged"}, {len(c.Dismissed), "declared a false alarm"}, {len(c.Held), "may be firing again"},
		{c.Over(), "over"}, {len(c.Own), ownCards(len(c.Own))},
	} {
		if state.n > 0 {
			counts = append(counts, fmt.Sprint(state.n, " ", state.text))
		}
	}
	return reply.Say("● ", strings.Join(counts, " · "))
}

// ownCards says of n alerts that they don't share a card.
func ownCards(n int) string {
	if n == 1 {
		return "with a card of its own"
	}
	return "with cards of their own"
}

// severityText counts firing alerts by severity, the worst first.
func severityText(firing []*history.Incident) reply.Text {
	counts := map[string]int{}
	for _, i := range firing {
		counts[i.Severity()]++
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		switch {
		case a == b:
			return 0
		case b == "" || a != "" && alert.WorseSeverity(a, b):
			return -1
		}
		return 1
	})
	var text []string
	for _, name := range names[:min(len(names), mostSeverities)] {
		text = append(text, fmt.Sprint(counts[name], " ", reply.Shorten(cmp.Or(name, "without a severity"), 40)))
		delete(counts, name)
	}
	rest := 0
	for _, n := range counts {
		rest += n
	}
	if rest > 0 {
		text = append(text, fmt.Sprint(rest, " of other severities"))
	}
	return reply.Say("● ", strings.Join(text, " · "))
}

// mostSeverities is how many severities a card counts one by one.
const mostSeverities = 8

// takenInStorm says who acknowledged alerts of a storm.
func (b Builder) takenInStorm(c readiness.Storm) []reply.Text {
	counts, by := map[string]int{}, map[string]*history.Incident{}
	for _, i := range c.Taken {
		counts[i.AckBy]++
		by[i.AckBy] = i
	}
	people := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	var lines []reply.Text
	for _, id := range people[:min(len(people), 3)] {
		lines = append(lines, reply.Say(fmt.Sprint(counts[id]), " acknowledged", b.ByDeputy(id, by[id].AckDeputy), ", ", reply.Time(by[id].AckAt), "."))
	}
	return lines
}

// StormHint says how to acknowledge one of the alerts that [Builder.StormLine] shows.
var StormHint = reply.Say("To acknowledge one alert, type ", reply.Typed("/rollback ack"), " and its ID.")

// StormLine is one alert of a storm: what fires, how bad it is, where, and its ID or who
// looks after it.
func (b Builder) StormLine(i *history.Incident) reply.Text {
	line := b.alertSummary(i)
	if i.AckBy != "" || i.Dismissed() {
		return line
	}
	return append(line, reply.Say(", ", reply.Typed(i.ID))...)
}

// AlertLine is one alert with its ID: what fires, how bad it is, where, and who looks
// after it.
func (b Builder) AlertLine(i *history.Incident) reply.Text {
	return append(b.alertSummary(i), reply.Say(", ", reply.Typed(i.ID))...)
}

// alertSummary is what both of these lines say before the ID.
func (b Builder) alertSummary(i *history.Incident) reply.Text {
	line := reply.Say("● ", reply.Bold(reply.Shorten(i.Title, 100)))
	if i.Trigger == "" {
		line = append(line, reply.Say(", ", reply.Shorten(cmp.Or(i.Severity(), "no severity"), 40))...)
	}
	if i.Environment != "" {
		line = append(line, reply.Say(" on ", i.Environment)...)
	}
	line = append(line, reply.Say(" since ", reply.Time(i.Began))...)
	switch {
	case i.AckBy != "":
		return append(line, reply.Say(", acknowledged", b.ByDeputy(i.AckBy, i.AckDeputy))...)
	case i.Dismissed():
		return append(line, reply.Say(", a false alarm")...)
	}
	return line
}

// noWayBackInStorm says how to roll back, since the card of a storm has no button for
// it, and who may; nil if nothing can be rolled back.
func (b Builder) noWayBackInStorm(v readiness.View, firing []*history.Incident) reply.Text {
	var envs []string
	for _, env := range b.Deploys {
		if slices.ContainsFunc(firing, func(i *history.Incident) bool { return i.Environment == env }) {
			envs = append(envs, env)
		}
	}
	roles := v.Checklist.Permissions["rollback"]
	if len(envs) == 0 || !b.CanDeploy || len(roles) == 0 {
		return nil
	}
	text := reply.Say("No rollback from this card: it is about many alerts. Type ")
	for n, env := range envs[:min(len(envs), 4)] {
		if n > 0 {
			text = append(text, reply.Say(" or ")...)
		}
		text = append(text, reply.Typed("/rollback "+env))
	}
	return append(text, reply.Say(" instead. Who may roll back: ", b.RolesText(roles), ".")...)
}

// stormAck acknowledges what a storm's card shows; waits is false if nothing waits for
// that.
func stormAck(c readiness.Storm) (act reply.Act, waits bool) {
	return reply.Act{Verb: "rollback ack", Storm: c.ID, Seen: fmt.Sprint(c.News)}, len(c.Waits) > 0
}

// stormAckCommand is stormAck as people type it.
func stormAckCommand(act reply.Act) string {
	return "/rollback ack --storm=" + act.Storm + " --seen=" + act.Seen
}

// StormActions are the buttons of a storm.
func StormActions(c readiness.Storm) reply.Actions {
	act, waits := stormAck(c)
	if !waits {
		return nil
	}
	return reply.Actions{{Label: "Acknowledge all " + fmt.Sprint(len(c.Waits)), Act: act}}
}

// stormList is the command that lists all alerts of a storm.
func stormList(id string) string { return "/rollback status --storm=" + id }

// StormSummary is a storm in a line: what fires, since when, and where it is shown.
func (b Builder) StormSummary(v readiness.View, c readiness.Storm) reply.Text {
	return reply.Say("● ", reply.Bold(stormTitle(c)), " since ", reply.Time(c.Began), ". ", b.Thread(v, history.StormSubject(c.ID), cmp.Or(b.OnCall, b.Releases)), "; ",
		reply.Typed(stormList(c.ID)), " lists them.")
}
