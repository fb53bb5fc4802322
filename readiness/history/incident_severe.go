package history

import (
	"maps"
	"slices"
	"strings"
)

// unnamedIn marks, in a list of fingerprints, the alerts of a group that no message
// named.
const unnamedIn = "unnamed in "

// Severe lists the fingerprints of the firing alerts of some severities. If there is
// one, alerts that no message named count as severe too.
func (i *Incident) Severe(severities []string) []string {
	var prints []string
	for print, a := range i.Alerts {
		if a.Firing() && slices.Contains(severities, a.Severity()) {
			prints = append(prints, print)
		}
	}
	slices.Sort(prints)
	if slices.Contains(severities, i.Worst) {
		for _, group := range slices.Sorted(maps.Keys(i.Unnamed)) {
			prints = append(prints, unnamedIn+group)
		}
	}
	return prints
}

// Undismissed leaves out what was firing when the incident was declared a false alarm.
// That doesn't cover what fires since.
func (i *Incident) Undismissed(prints []string) []string {
	return slices.DeleteFunc(prints, func(print string) bool { return i.FalseAlarm != nil && i.Records[print].Told.Before(i.FalseAlarm.At) })
}

// Dismissed reports whether it was declared a false alarm and everything that fires was
// firing then.
func (i *Incident) Dismissed() bool {
	var firing []string
	for print, a := range i.Alerts {
		if a.Firing() {
			firing = append(firing, print)
		}
	}
	return i.FalseAlarm != nil && len(i.Undismissed(firing)) == 0
}

// Fires reports whether an alert, by its fingerprint as [Incident.Severe] lists
// it, still fires.
func (i *Incident) Fires(print string) bool {
	if group, unnamed := strings.CutPrefix(print, unnamedIn); unnamed {
		return i.Unnamed[group].Count > 0
	}
	return i.Alerts[print].Firing()
}
