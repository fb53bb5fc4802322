package cards

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Mention is who is mentioned by the card of an alert: once when it opens, and once
// each time it gets worse. The zero value mentions nobody.
type Mention struct{ Groups, Users []string }

// text is the mention, or nil.
func (m Mention) text() reply.Text {
	var text reply.Text
	for _, id := range m.Groups {
		text = append(text, reply.Say(reply.Usergroup(id), " ")...)
	}
	for _, id := range m.Users {
		text = append(text, reply.Say(reply.User(id), " ")...)
	}
	return text
}

// incidentCards are the cards of incidents that fire or have just ended, except for
// those on the cards of storms.
func (b Builder) incidentCards(v readiness.View, storms []readiness.Storm) []Card {
	var shown []*history.Incident
	add := func(i *history.Incident) {
		if i.Firing() || len(i.Held()) > 0 || b.keptUpToDate(i.Ended, v.Now) {
			shown = append(shown, i)
		}
	}
	for _, i := range v.State.Incidents {
		if i.Storm == "" {
			add(i)
		}
	}
	for _, c := range storms {
		for _, i := range c.Own {
			add(i)
		}
	}
	slices.SortFunc(shown, func(x, y *history.Incident) int {
		return cmp.Or(x.Heard.Compare(y.Heard), strings.Compare(x.ID, y.ID))
	})
	var cards []Card
	for _, i := range shown {
		cards = append(cards, Card{Subject: incidentSubject(i), Channel: cmp.Or(b.OnCall, b.Releases), Reply: b.incidentReply(v, i),
			First: v.OnCall().Severe(i), Alert: true, Worsened: lastWorsened(i), Final: !i.Firing() && len(i.Held()) == 0})
		cards = append(cards, b.worseCards(v, i)...)
	}
	return cards
}

func incidentSubject(i *history.Incident) string { return "incident/" + i.ID }

// worseCards are messages in the thread of a card that mention who is on call: an
// edited card notifies nobody. What the card said as its post was begun isn't repeated:
// the post mentions them, too.
func (b Builder) worseCards(v readiness.View, i *history.Incident) []Card {
	mention := b.Mention.text()
	if len(mention) == 0 {
		return nil
	}
	var cards []Card
	for _, w := range i.Worsened {
		if onCard(v, incidentSubject(i), w) {
			continue
		}
		title := "More alerts fire: " + fmt.Sprint(w.Firing)
		if w.Severity != "" {
			title = "Now " + w.Severity
		}
		lines := reply.Lines{append(slices.Clone(mention), reply.Say(i.Title, ": ", phrase.Count(w.Firing, "alert"), " firing, as of ", reply.Time(w.At), ".")...)}
		cards = append(cards, Card{Subject: incidentSubject(i) + "/worse/" + cmp.Or(w.Severity, "more"), Parent: incidentSubject(i),
			Channel: cmp.Or(b.OnCall, b.Releases), Reply: reply.Reply{Title: reply.Shorten(title, 150), Summary: title + ".", Parts: []reply.Part{lines}, Public: true}, First: v.OnCall().Severe(i), Alert: true, Worsened: lastWorsened(i), Final: true})
	}
	return cards
}

// onCard reports whether a card says already, when it is posted, that an alert got worse.
func onCard(v readiness.View, subject string, w history.Worsening) bool {
	worsened, begun := v.State.PostedWith(subject)
	return !begun || !w.At.After(worsened)
}

// lastWorsened is when one of several incidents got worse last; zero: none did.
func lastWorsened(incidents ...*history.Incident) (last time.Time) {
	for _, i := range incidents {
		for _, w := range i.Worsened {
			last = later(last, w.At)
		}
	}
	return last
}

// incidentReply is the card of one incident.
func (b Builder) incidentReply(v readiness.View, i *history.Incident) reply.Reply {
	title := incidentTitle(i)
	lines := append(append(reply.Lines{b.headLine(v, i)}, autoLines(v, i)...), b.handledLines(v, i)...) // whether somebody is working on it comes before what it is
	lines = append(append(lines, outageLines(v, i)...), alertLines(v, i)...)
	lines = append(lines, b.followsLine(v, i)...)
	lines = append(lines, doubtLines(v, i)...)
	if word := i.FalseAlarm; word != nil {
		rest := "It holds nothing."
		if !i.Dismissed() {
			rest = "Alerts that fired since then aren't part of it."
		}
		lines = append(lines, reply.Say("False alarm, ", reply.Time(word.At), reply.By(word.By), ": ", reply.Shorten(word.Reason, 200), ". ", rest))
	}
	if why := b.noWayBack(v, i); why != nil {
		lines = append(lines, why)
	}
	lines = append(lines, b.wasLeftLines(v, i)...)
	if links := linksOf(i); len(links) > 0 {
		lines = append(lines, links)
	}
	return reply.Reply{Title: reply.Shorten(title, 150), Summary: title + ".", Parts: reply.NonEmpty([]reply.Part{lines, b.IncidentActions(v, i)}), Public: true}
}

// handledLines say who acknowledged an incident, who was notified, and what is being
// done.
func (b Builder) handledLines(v readiness.View, i *history.Incident) []reply.Text {
	var lines []reply.Text
	if i.AckBy != "" {
		lines = append(lines, reply.Say("Acknowledged ", reply.Time(i.AckAt), b.ByDeputy(i.AckBy, i.AckDeputy), roster.AsOf(i.AckAsOf), "."))
	}
	if line := b.snoozeLine(v, i); line != nil {
		lines = append(lines, line)
	}
	lines = append(lines, silenceLines(v, i)...)
	lines = append(lines, b.escalatedLines(v, incidentSubject(i))...)
	if run := v.State.Runs[i.Rollback]; run != nil {
		lines = append(lines, reply.Say("↩ ", wording.ChangeTitle(run), ", ", b.Thread(v, "run/"+run.ID, b.ChannelOf(run)), "."))
	}
	return lines
}

func incidentTitle(i *history.Incident) string {
	switch {
	case i.Firing():
		return "Firing: " + i.Title
	case len(i.Held()) > 0:
		return "Firing again?: " + i.Title
	case i.ClosedBy != "":
		return "Closed: " + i.Title
	}
	return "Resolved: " + i.Title
}

// headLine says how bad it is, where, and since when.
func (b Builder) headLine(v readiness.View, i *history.Incident) reply.Text {
	if !i.Firing() {
		return reply.Say("Fired from ", reply.Time(i.Began), " to ", reply.Time(i.Ended), ", ", readiness.Span(i.Ended.Sub(i.Began)), ".")
	}
	text := b.Mention.text()
	if severity := i.Severity(); severity != "" {
		text = append(text, reply.Say(reply.Bold(reply.Capital(reply.Shorten(severity, 40))))...)
		if i.Environment != "" {
			text = append(text, reply.Say(" on ", reply.Bold(i.Environment))...)
		}
		text = append(text, reply.Say(" since ", reply.Time(i.Began))...)
	} else {
		text = append(text, reply.Say("Since ", reply.Time(i.Began))...)
	}
	if heard := lastHeard(v, i); !heard.IsZero() {
		text = append(text, reply.Say(", last reported ", reply.Time(heard))...)
	}
	return append(text, reply.Say(".")...)
}

// doubtLines say what is uncertain about an incident: whether it fires, and when it
// began or ended.
func doubtLines(v readiness.View, i *history.Incident) []reply.Text {
	var lines []reply.Text
	if i.Firing() && i.Unproven() {
		lines = append(lines, reply.Say("⚠ It fired again right after its end. Nothing since then shows that this was a late message, so it counts as firing."))
	}
	if before := v.State.Incidents[i.After]; before != nil {
		lines = append(lines, reply.Say("It fired before, since ", reply.Time(before.Began), "; no message said that it ended in between."))
	}
	if held := i.Held(); len(held) > 0 {
		lines = append(lines, reply.Say("⚠ ", reply.Bold(reply.Shorten(held[0].Alert.Name(), 100)), " fired again right after its end, ", reply.Time(held[0].At), ". If nothing says by ",
			reply.Time(held[0].Until), " that this was a late message, it counts as firing."))
	}
	switch {
	case i.ClosedBy != "":
		lines = append(lines, reply.Say("Closed", reply.By(i.ClosedBy), "; its end wasn't reported."))
	case i.Gone:
		lines = append(lines, reply.Say("Alertmanager no longer has it; its end wasn't sent."))
	case i.Untold:
		lines = append(lines, reply.Say("It fired again, and its end wasn't sent. There is a new card for the alerts that are firing now."))
	}
	return lines
}

// followsLine says which deployment an incident follows, with its commits, and
// who made it.
func (b Builder) followsLine(v readiness.View, i *history.Incident) []reply.Text {
	if i.Environment == "" {
		return []reply.Text{b.namedBy(v.Checklist, i).noEnvironmentLine(v.Checklist)}
	}
	run := v.State.LastChange(i.Environment, i.Began)
	if p, found := v.State.LastPipelined(i.Environment, i.Began); found && (run == nil || p.Began.After(run.Started)) {
		return followsPipeline(v, i, p)
	}
	if run == nil {
		live := v.State.Live[i.Environment]
		if live.Version == "" {
			return []reply.Text{reply.Say("gonogo has made no deployment on ", reply.Bold(i.Environment), ".")}
		}
		return []reply.Text{append(reply.Say(reply.Bold(live.Version)), append(commitText(live.Commit), reply.Say(" is live on ", reply.Bold(i.Environment), " since ", reply.Time(live.At), reply.By(live.By), ".")...)...)}
	}
	line := reply.Say("Follows ", reply.Bold(run.Title), ", begun", reply.By(run.By), " ", readiness.Span(i.Began.Sub(run.Started)), " before it (", changeState(run), ").")
	from, to := run.Change.Went()
	return append([]reply.Text{append(line, wentText(from, to)...)}, wording.Compared(run.Compared)...)
}

// followsPipeline says which deployment by a pipeline an incident follows, with its commits.
func followsPipeline(v readiness.View, i *history.Incident, p history.Pipelined) []reply.Text {
	title := PipelinedTitle(i.Environment, p)
	line := reply.Say("Follows ", reply.Bold(title), ", begun outside gonogo ", readiness.Span(i.Began.Sub(p.Began)), " before it.")
	review, known := v.State.Reviews[p.Review]
	if known {
		line = reply.Say("Follows ", reply.Bold(title), ", begun by workflow run ", runLink(review), " ", readiness.Span(i.Began.Sub(p.Began)), " before it.")
	}
	lines := []reply.Text{append(line, wentText(p.From, p.Build)...)}
	if known && build.SameCommit(review.Since, p.From.Commit) {
		lines = append(lines, wording.Compared(review.Compared)...)
	}
	return lines
}

// PipelinedTitle says what a pipeline deployed, as the title of a run does.
func PipelinedTitle(environment string, p history.Pipelined) string {
	if p.Back {
		return environment + " back to " + p.Version
	}
	return p.Version + " to " + environment
}

// wentText says from which commit to which a change went, if that is known.
func wentText(from, to build.Build) reply.Text {
	if from.Version == "" || from.Commit == "" || to.Commit == "" {
		return nil
	}
	return reply.Say(" From ", from.Version, commitText(from.Commit), " to ", to.Version, commitText(to.Commit), ".")
}

func commitText(commit string) reply.Text {
	if commit == "" {
		return nil
	}
	return reply.Say(", commit ", reply.Typed(wording.ShortCommit(commit)))
}

func changeState(run *work.Run) string {
	if run.Open() {
		return "under way"
	}
	return wording.Outcome(run)
}
