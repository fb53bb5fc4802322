package cards

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// mostEnvironments is how many environments a sentence on a card names.
const mostEnvironments = 5

// named are the environments that the alerts of an incident name in their labels.
type named struct {
	known, unknown []string // those that the configuration has, and others
	without        bool     // some alerts name none
}

// namedBy reads the labels of what fires, or of all alerts once nothing does. Of an
// alert with several such labels, the first that names a known environment counts.
func (b Builder) namedBy(c *checklist.Checklist, i *history.Incident) named {
	alerts := i.FiringAlerts()
	if len(alerts) == 0 {
		alerts = slices.Collect(maps.Values(i.Alerts))
	}
	var n named
	for _, a := range alerts {
		switch name, known := b.environmentOf(c, a); {
		case known:
			n.known = append(n.known, name)
		case name != "":
			n.unknown = append(n.unknown, name)
		default:
			n.without = true
		}
	}
	n.known, n.unknown = unrepeated(n.known), unrepeated(n.unknown)
	return n
}

func (b Builder) environmentOf(c *checklist.Checklist, a alert.Alert) (name string, known bool) {
	for _, label := range b.EnvironmentLabels {
		value := a.Labels[label]
		if _, known := c.Environment(value); known {
			return value, true
		}
		if name == "" {
			name = value
		}
	}
	return name, false
}

func unrepeated(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// all are the names, those that the configuration doesn't have in quotes.
func (n named) all() []string {
	names := slices.Clone(n.known)
	for _, name := range n.unknown {
		names = append(names, strconv.Quote(reply.Shorten(name, 60)))
	}
	return names
}

// noEnvironmentLine says why an incident belongs to no environment.
func (n named) noEnvironmentLine(c *checklist.Checklist) reply.Text {
	all := n.all()
	switch {
	case len(all) == 0:
		return reply.Say("It names no environment.")
	case len(n.known) == 0:
		which := "Its environment is "
		if len(all) > 1 {
			which = "Its environments are "
		}
		return reply.Say(which, allOf(all), ", which the configuration doesn't have", environmentsIn(c), ", so it holds no deployment.")
	case len(all) > 1:
		return reply.Say("It belongs to no environment, because its alerts name different ones: ", allOf(all), ".")
	case n.without:
		return reply.Say("It belongs to no environment, because not all of its alerts name ", all[0], ".")
	}
	return reply.Say("It belongs to no environment, because the configuration didn't have ", all[0], " when it was last reported.")
}

// noRollback says, as the end of a sentence, why no rollback can be offered.
func (n named) noRollback() string {
	switch all := len(n.known) + len(n.unknown); {
	case all == 0:
		return "no environment is named"
	case len(n.known) == 0:
		return "the configuration doesn't have its environment"
	case all > 1:
		return "its alerts name different environments"
	case n.without:
		return "not all of its alerts name an environment"
	}
	return "it belongs to no environment"
}

// environmentsIn lists the environments of the configuration in brackets, after a space.
func environmentsIn(c *checklist.Checklist) string {
	var names []string
	for _, e := range c.Environments {
		names = append(names, e.Name)
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + phrase.UpTo(mostEnvironments, names) + ")"
}

// allOf enumerates names in a sentence.
func allOf(names []string) string {
	if len(names) < 2 || len(names) > mostEnvironments {
		return phrase.UpTo(mostEnvironments, names)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
