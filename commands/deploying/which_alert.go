package deploying

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// mostAsked is how many alerts are offered when a person has to choose one.
const mostAsked = 10

// whichAlert asks which firing alert an act is about, with a button for each.
func whichAlert(c verb.Call, v readiness.View, act reply.Act) reply.Reply {
	all := slices.DeleteFunc(v.State.FiringIncidents(), func(i *history.Incident) bool { return !suits(act.Verb, i) })
	slices.SortStableFunc(all, func(x, y *history.Incident) int {
		return compareBool(v.OnCall().Severe(y), v.OnCall().Severe(x))
	})
	title := "Which alert?"
	if c.Act.Incident != "" {
		title = fmt.Sprintf("No alert %q is firing", reply.Shorten(c.Act.Incident, 60))
	}
	if len(all) == 0 {
		return reply.Refuse(nothingSuits(c, v, title), reply.Say(reply.Typed("/rollback status"), " shows what fires."))
	}
	lines, buttons := reply.Lines{}, reply.Actions{}
	for _, i := range all[:min(len(all), mostAsked)] {
		act.Incident = i.ID
		lines = append(lines, c.Cards().AlertLine(i))
		buttons = append(buttons, reply.Button{Label: alertVerbs[act.Verb].label + " " + i.ID, Act: act})
	}
	if more := len(all) - mostAsked; more > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(more, "more", "more"), "; ", reply.Typed("/rollback status"), " shows them."))
	}
	return reply.Reply{Title: title, Refused: true, Parts: []reply.Part{lines, buttons}}
}

// nothingSuits is the title where no alert can be chosen.
func nothingSuits(c verb.Call, v readiness.View, title string) string {
	switch {
	case c.Act.Incident != "":
		return title
	case len(v.State.FiringIncidents()) > 0:
		return alertVerbs[c.Act.Verb].none
	}
	return "No alert is firing"
}

// alertVerbs are the verbs about one alert: the label of their button, and what is said
// if they suit none of those that fire.
var alertVerbs = map[string]struct{ label, none string }{
	"rollback ack":         {"Acknowledge", "All firing alerts are acknowledged already"},
	"rollback snooze":      {"Snooze", "All firing alerts are acknowledged, so nobody is notified of them again"},
	"rollback silence":     {"Silence", "None of what fires is in Alertmanager; triggers are gonogo's own"},
	"rollback unsilence":   {"Unsilence", "None of what fires was silenced here"},
	"rollback close":       {"Close", "None of the firing alerts can be closed; triggers end by themselves"},
	"rollback false-alarm": {"False alarm", "All firing alerts are known to be false alarms already"},
}

// suits reports whether a verb can be used on a firing alert.
func suits(verb string, i *history.Incident) bool {
	switch verb {
	case "rollback ack", "rollback snooze":
		return i.AckBy == ""
	case "rollback close", "rollback silence", "rollback unsilence":
		return i.Trigger == ""
	}
	return !i.Dismissed()
}

// withWord is an act whose incident was meant as the beginning of its reason, unless it
// looks like an ID.
func withWord(act reply.Act) reply.Act {
	if _, err := hex.DecodeString(act.Incident); err != nil {
		act.Text = strings.TrimSpace(act.Incident + " " + act.Text)
	}
	return act
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
