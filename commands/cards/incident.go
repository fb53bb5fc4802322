package cards

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/readiness"
)

// Mention is whom the card of an alert mentions: once when it opens, and once
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

// incidentCards are the cards of what fires, and of what has just ended.
func (b Builder) incidentCards(v readiness.View) []Card {
	var shown []*readiness.Incident
	for _, i := range v.State.Incidents {
		if i.Firing() || len(i.Held()) > 0 || b.lookedAfter(i.Ended, v.Now) {
			shown = append(shown, i)
		}
	}
	slices.SortFunc(shown, func(x, y *readiness.Incident) int {
		return cmp.Or(x.Heard.Compare(y.Heard), strings.Compare(x.ID, y.ID))
	})
	var cards []Card
	for _, i := range shown {
		cards = append(cards, Card{Subject: incidentSubject(i), Channel: cmp.Or(b.OnCall, b.Releases), Reply: b.incidentReply(v, i),
			Final: !i.Firing() && len(i.Held()) == 0})
		cards = append(cards, b.worseCards(i)...)
	}
	return cards
}

func incidentSubject(i *readiness.Incident) string { return "incident/" + i.ID }

// worseCards are messages in the thread of a card that mention who is on call:
// an edited card notifies nobody.
func (b Builder) worseCards(i *readiness.Incident) []Card {
	mention := b.Mention.text()
	if len(mention) == 0 {
		return nil
	}
	var cards []Card
	for _, w := range i.Worsened {
		title := "More alerts fire: " + fmt.Sprint(w.Firing)
		if w.Severity != "" {
			title = "Now " + w.Severity
		}
		lines := reply.Lines{append(slices.Clone(mention), reply.Say(i.Title, ": ", reply.Count(w.Firing, "alert"), " firing at ", reply.Time(w.At), ".")...)}
		cards = append(cards, Card{Subject: incidentSubject(i) + "/worse/" + cmp.Or(w.Severity, "more"), Parent: incidentSubject(i),
			Channel: cmp.Or(b.OnCall, b.Releases), Reply: reply.Reply{Title: reply.Shorten(title, 150), Summary: title + ".", Parts: []reply.Part{lines}, Public: true}, Final: true})
	}
	return cards
}

// incidentReply is the card of one incident.
func (b Builder) incidentReply(v readiness.View, i *readiness.Incident) reply.Reply {
	title := incidentTitle(i)
	lines := append(reply.Lines{b.headLine(v, i)}, b.handledLines(v, i)...) // whether somebody is at it comes before what it is
	lines = append(append(lines, outageLines(v, i)...), alertLines(i)...)
	lines = append(lines, b.followsLine(v, i)...)
	lines = append(lines, doubtLines(v, i)...)
	if word := i.FalseAlarm; word != nil {
		rest := "It holds nothing."
		if !i.Dismissed() {
			rest = "What fires since then is not part of it."
		}
		lines = append(lines, reply.Say("False alarm, ", reply.Time(word.At), reply.By(word.By), ": ", reply.Shorten(word.Reason, 200), ". ", rest))
	}
	if why := b.noWayBack(v, i); why != nil {
		lines = append(lines, why)
	}
	if links := linksOf(i); len(links) > 0 {
		lines = append(lines, links)
	}
	return reply.Reply{Title: reply.Shorten(title, 150), Summary: title + ".", Parts: reply.NonEmpty([]reply.Part{lines, b.IncidentActions(v, i)}), Public: true}
}

// handledLines say who looks after an incident, whom it went to, and what is done
// about it.
func (b Builder) handledLines(v readiness.View, i *readiness.Incident) []reply.Text {
	var lines []reply.Text
	if i.AckBy != "" {
		lines = append(lines, reply.Say("Looked after", b.ByDeputy(i.AckBy, i.AckDeputy), " since ", reply.Time(i.AckAt), roster.AsOf(i.AckAsOf), "."))
	}
	lines = append(lines, b.escalatedLines(v, incidentSubject(i))...)
	if run := v.State.Runs[i.Rollback]; run != nil {
		lines = append(lines, reply.Say("↩ ", ChangeTitle(run), ", ", b.Thread(v, "run/"+run.ID, b.ChannelOf(run)), "."))
	}
	return lines
}

func incidentTitle(i *readiness.Incident) string {
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
func (b Builder) headLine(v readiness.View, i *readiness.Incident) reply.Text {
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
		text = append(text, reply.Say(", last heard ", reply.Time(heard))...)
	}
	return append(text, reply.Say(".")...)
}

// shownAlerts is how many alerts of a group a card names.
const shownAlerts = 8

// alertLines say what fires.
func alertLines(i *readiness.Incident) []reply.Text {
	if i.Trigger != "" {
		return []reply.Text{triggerLine(i)}
	}
	alerts := i.FiringAlerts()
	slices.SortStableFunc(alerts, readiness.Alert.CompareSeverity)
	var lines []reply.Text
	for _, a := range alerts[:min(len(alerts), shownAlerts)] {
		lines = append(lines, alertLine(i, a))
	}
	if more := len(alerts) - shownAlerts; more > 0 {
		lines = append(lines, reply.Say("… and ", reply.Count(more, "more"), "."))
	}
	if left := i.UnnamedCount(); left > 0 {
		lines = append(lines, reply.Say("⚠ ", reply.Count(left, "more alert"), " may fire that no message named, so their end may not be sent either. ",
			"Look at Alertmanager, and close this when they are over."))
	}
	return lines
}

func alertLine(i *readiness.Incident, a readiness.Alert) reply.Text {
	line := reply.Say("● ", reply.Bold(reply.Shorten(a.Name(), 100)))
	if severity := a.Severity(); severity != "" && severity != i.Severity() {
		line = append(line, reply.Say(" (", reply.Shorten(severity, 40), ")")...)
	}
	if said := annotationOf(i, a); said != "" {
		line = append(line, reply.Say(": ", reply.Shorten(said, 300))...)
	}
	return append(line, muteText(i.Records[a.Fingerprint].Mute)...)
}

// annotationOf is what an alert says of itself: its summary or, where the title
// has that already, its description.
func annotationOf(i *readiness.Incident, a readiness.Alert) string {
	summary, description := a.Annotations["summary"], cmp.Or(a.Annotations["description"], a.Annotations["message"])
	if summary == "" || description != "" && strings.Contains(i.Title, strings.Join(strings.Fields(summary), " ")) {
		return description
	}
	return summary
}

// muteText says who or what keeps Alertmanager from notifying of an alert.
func muteText(m readiness.Mute) reply.Text {
	var text reply.Text
	for _, s := range m.Silences {
		text = append(text, reply.Say(" Silenced")...)
		if s.By != "" {
			text = append(text, reply.Say(" by ", s.By)...)
		}
		if !s.Ends.IsZero() {
			text = append(text, reply.Say(" until ", reply.Time(s.Ends))...)
		}
		if s.Comment != "" {
			text = append(text, reply.Say(" (“", s.Comment, "”)")...)
		}
		text = append(text, reply.Say(".")...)
	}
	if len(m.Inhibitors) > 0 {
		text = append(text, reply.Say(" Inhibited by ", strings.Join(m.Inhibitors, ", "), ".")...)
	}
	if len(m.Intervals) > 0 {
		text = append(text, reply.Say(" Muted by ", strings.Join(m.Intervals, ", "), ".")...)
	}
	return text
}

func triggerLine(i *readiness.Incident) reply.Text {
	switch i.Problem {
	case readiness.NoData:
		return reply.Say("⚠ Its query has given no data ", reply.Count(i.Samples, "time"), " in a row, so nobody watches this.")
	case readiness.Unmeasurable:
		return reply.Say("⚠ It could not be measured ", reply.Count(i.Samples, "time"), " in a row, so nobody watches this: ", reply.Shorten(i.Reading, 200))
	}
	line := reply.Say("● Measured ", reply.Bold(i.Reading))
	if i.Limit != "" {
		line = append(line, reply.Say(", which is ", i.Limit)...)
	}
	line = append(line, reply.Say(", ", reply.Count(i.Samples, "time"), " in a row.")...)
	if i.Firing() && i.Current != "" {
		line = append(line, reply.Say(" Now ", reply.Bold(i.Current), ", measured ", reply.Time(i.ReadAt), ".")...)
	}
	return line
}

// doubtLines say what is not sure of an incident: whether it fires, and when it
// began or ended.
func doubtLines(v readiness.View, i *readiness.Incident) []reply.Text {
	var lines []reply.Text
	if i.Firing() && i.Unproven() {
		lines = append(lines, reply.Say("⚠ It was heard again right after its end. Nothing has said since that this was a late message, so it counts as firing."))
	}
	if before := v.State.Incidents[i.After]; before != nil {
		lines = append(lines, reply.Say("It fired before, since ", reply.Time(before.Began), "; that it ended in between was not sent."))
	}
	if held := i.Held(); len(held) > 0 {
		lines = append(lines, reply.Say("⚠ ", reply.Bold(reply.Shorten(held[0].Alert.Name(), 100)), " was heard again at ", reply.Time(held[0].At), ", right after its end. If nothing says by ",
			reply.Time(held[0].Until), " that this was a late message, it counts as firing."))
	}
	switch {
	case i.ClosedBy != "":
		lines = append(lines, reply.Say("Closed", reply.By(i.ClosedBy), "; its end was not heard."))
	case i.Gone:
		lines = append(lines, reply.Say("Alertmanager does not have it any more; its end was not sent."))
	case i.Untold:
		lines = append(lines, reply.Say("It began anew; its end was not sent. There is a new card for what fires now."))
	}
	return lines
}

// followsLine says which deployment an incident follows, with its commits, and
// who made it.
func (b Builder) followsLine(v readiness.View, i *readiness.Incident) []reply.Text {
	if i.Environment == "" {
		return []reply.Text{reply.Say("It names no environment.")}
	}
	run := v.State.LastChange(i.Environment, i.Began)
	if run == nil {
		live := v.State.Live[i.Environment]
		if live.Version == "" {
			return []reply.Text{reply.Say("gonogo has made no deployment on ", reply.Bold(i.Environment), ".")}
		}
		return []reply.Text{append(reply.Say(reply.Bold(live.Version)), append(commitText(live.Commit), reply.Say(" is live on ", reply.Bold(i.Environment), " since ", reply.Time(live.At), reply.By(live.By), ".")...)...)}
	}
	line := reply.Say("Follows ", reply.Bold(run.Title), ", begun", reply.By(run.By), " ", readiness.Span(i.Began.Sub(run.Started)), " before it (", changeState(run), ").")
	if from, to := run.Change.Went(); from.Version != "" && from.Commit != "" && to.Commit != "" {
		line = append(line, reply.Say(" From ", from.Version, commitText(from.Commit), " to ", to.Version, commitText(to.Commit), ".")...)
	}
	return append([]reply.Text{line}, comparedLines(run.Compared)...)
}

func commitText(commit string) reply.Text {
	if commit == "" {
		return nil
	}
	return reply.Say(", commit ", reply.Typed(ShortCommit(commit)))
}

func changeState(run *readiness.Run) string {
	if run.Open() {
		return "under way"
	}
	return Outcome(run)
}

// noWayBack says why a card offers no way back, what to do instead, and who may;
// nil where it offers one, or where nothing can be rolled back at all.
func (b Builder) noWayBack(v readiness.View, i *readiness.Incident) reply.Text {
	if !i.Firing() || !b.CanDeploy || len(b.Deploys) == 0 && i.Environment == "" {
		return nil
	}
	why := b.whyNoWayBack(v, i)
	if why == nil {
		return nil
	}
	roles := v.Checklist.Permissions["rollback"]
	if len(roles) == 0 {
		return append(why, reply.Say(" Nobody may roll back: ", reply.Typed("permissions"), " gives ", reply.Typed("rollback"), " to no role.")...)
	}
	return append(why, reply.Say(" Who may roll back: ", b.RolesText(roles), ".")...)
}

// otherWays says how to go back all the same where no version is known to be
// good.
func otherWays(s *readiness.State, env string) reply.Text {
	steps := reply.Say(" ", reply.Typed("/rollback by-hand "+env), " shows the steps at the platform.")
	if version, _ := s.LastWithdrawn(env); version != "" {
		return append(reply.Say(" ", version, " was rolled back there; ", reply.Typed("/rollback "+env+" to "+version), " goes back to it all the same."), steps...)
	}
	return steps
}

func (b Builder) whyNoWayBack(v readiness.View, i *readiness.Incident) reply.Text {
	switch {
	case i.Environment == "":
		return reply.Say("No way back from here: no environment is named. Type ", reply.Typed("/rollback ENV"), " instead.")
	case !i.CanRollBack():
		return reply.Say("No way back from here: what cannot be measured says nothing about the release. Type ", reply.Typed("/rollback "+i.Environment), " instead.")
	case !slices.Contains(b.Deploys, i.Environment):
		why := cmp.Or(b.Obstacles[i.Environment], "the configuration does not say how gonogo deploys there")
		return reply.Say("No way back from here: ", reply.Shorten(why, 200), ". Use the platform's own console.")
	case b.rollingBack(v, i) == nil && len(v.State.WayBack(i.Environment)) == 0:
		return append(reply.Say("No way back from here: gonogo knows no other good version on ", i.Environment, "."), otherWays(v.State, i.Environment)...)
	}
	return nil
}

// rollingBack is the rollback under way where an incident is, or nil.
func (b Builder) rollingBack(v readiness.View, i *readiness.Incident) *readiness.Run {
	if under := v.State.Changing(i.Environment); under != nil && under.What == readiness.RunRollback {
		return under
	}
	return nil
}

// IncidentActions are the buttons of a card: no way back that would be refused.
func (b Builder) IncidentActions(v readiness.View, i *readiness.Incident) reply.Part {
	actions := reply.Actions{}
	alarm := reply.Button{Label: "False alarm", Act: reply.Act{Verb: "rollback false-alarm", Incident: i.ID}}
	if !i.Firing() {
		if i.FalseAlarm == nil && withdrew(v.State, i.ID) {
			return append(actions, alarm)
		}
		return actions
	}
	if ways := v.State.WayBack(i.Environment); i.CanRollBack() && b.rollingBack(v, i) == nil && b.noWayBack(v, i) == nil && len(ways) > 0 {
		actions = append(actions, reply.Button{Label: "Roll back to " + ways[0].Version, Act: reply.Act{Verb: "rollback", Environment: i.Environment, Incident: i.ID}, Style: reply.Danger})
	}
	if i.AckBy == "" {
		actions = append(actions, reply.Button{Label: "Acknowledge", Act: reply.Act{Verb: "rollback ack", Incident: i.ID}})
	}
	if i.Trigger == "" {
		actions = append(actions, reply.Button{Label: "Close", Act: reply.Act{Verb: "rollback close", Incident: i.ID}, Confirm: "Is it over, and gonogo was not told?", Yes: "Close the alert", No: "Leave it open"})
	}
	if !i.Dismissed() {
		actions = append(actions, alarm)
	}
	return actions
}

// withdrew reports whether a version is held since it was rolled back because of
// an incident.
func withdrew(s *readiness.State, incident string) bool {
	for _, w := range s.RolledBack {
		if w.Incident == incident {
			return true
		}
	}
	return false
}
