package cards

import (
	"cmp"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/history"
)

// shownAlerts is how many alerts of a group a card names.
const shownAlerts = 8

// alertLines say what fires.
func alertLines(v readiness.View, i *history.Incident) []reply.Text {
	if i.Trigger != "" {
		return []reply.Text{triggerLine(i)}
	}
	alerts := i.FiringAlerts()
	slices.SortStableFunc(alerts, alert.Alert.CompareSeverity)
	var lines []reply.Text
	for _, a := range alerts[:min(len(alerts), shownAlerts)] {
		lines = append(lines, alertLine(v, i, a))
	}
	if more := len(alerts) - shownAlerts; more > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(more, "more", "more"), "."))
	}
	if left := i.UnnamedCount(); left > 0 {
		lines = append(lines, reply.Say("⚠ ", phrase.Count(left, "more alert"), " may fire that gonogo doesn't know by name, so it may not learn when they end. ",
			"Check Alertmanager, and close this when they are over."))
	}
	return lines
}

func alertLine(v readiness.View, i *history.Incident, a alert.Alert) reply.Text {
	line := reply.Say("● ", reply.Bold(reply.Shorten(a.Name(), 100)))
	if severity := a.Severity(); severity != "" && severity != i.Severity() {
		line = append(line, reply.Say(" (", reply.Shorten(severity, 40), ")")...)
	}
	if said := annotationOf(i, a); said != "" {
		line = append(line, reply.Say(": ", reply.Shorten(said, 300))...)
	}
	return append(line, muteText(others(v, i, i.Records[a.Fingerprint].Mute))...)
}

// annotationOf is an alert's summary or, if that is the title already, its description.
func annotationOf(i *history.Incident, a alert.Alert) string {
	summary, description := a.Annotations["summary"], cmp.Or(a.Annotations["description"], a.Annotations["message"])
	if summary == "" || description != "" && strings.Contains(i.Title, strings.Join(strings.Fields(summary), " ")) {
		return description
	}
	return summary
}

// muteText says who or what keeps Alertmanager from notifying of an alert.
func muteText(m alert.Mute) reply.Text {
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

func triggerLine(i *history.Incident) reply.Text {
	switch i.Problem {
	case alert.NoData:
		return reply.Say("⚠ Its query has given no data ", phrase.Count(i.Samples, "time"), " in a row, so nobody watches this.")
	case alert.Unmeasurable:
		return reply.Say("⚠ It could not be measured ", phrase.Count(i.Samples, "time"), " in a row, so nobody watches this: ", reply.Shorten(i.Reading, 200))
	}
	if i.DeclaredBy != "" {
		return reply.Say("● Declared", reply.By(i.DeclaredBy), ": ", reply.Shorten(i.Reading, 300), ". It stays until somebody closes it.")
	}
	line := reply.Say("● Measured ", reply.Bold(i.Reading))
	if i.Limit != "" {
		line = append(line, reply.Say(", which is ", i.Limit)...)
	}
	line = append(line, reply.Say(", ", phrase.Count(i.Samples, "time"), " in a row.")...)
	if i.Firing() && i.Current != "" {
		line = append(line, reply.Say(" Now ", reply.Bold(i.Current), ", measured ", reply.Time(i.ReadAt), ".")...)
	}
	return line
}
