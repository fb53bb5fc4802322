package web

import (
	"gonogo/readiness/alert"
	"maps"
	"slices"
)

// Limits for what is kept of one delivery while it is read, however long it is.
const (
	mostDetails = 4 << 20 // bytes of alerts that are held as they were sent
	mostHeld    = 20_000  // alerts that are held at all; the others are counted
)

// pile keeps the alerts of a delivery while it is read. Once they are too large
// together, it keeps only the identifiers, name and severity of the less important
// ones; once they are too many, it only counts those. Firing alerts are more important
// than resolved ones, and a worse severity than a lesser one.
type pile struct {
	alerts []piled
	detail int // bytes of those that are held as they were sent

	left, leftFiring int // alerts that are only counted

	any, firing shared
}

// piled is an alert with its size as it was sent, in bytes; 0 once it is brief.
type piled struct {
	alert.Alert
	size int
}

// add takes one alert of so many bytes.
func (p *pile) add(a alert.Alert, size int) {
	p.any.add(a.Labels)
	if a.Firing() {
		p.firing.add(a.Labels)
	}
	p.alerts = append(p.alerts, piled{a, size})
	p.detail += size
	if p.detail > mostDetails || len(p.alerts) > mostHeld+mostHeld/10 {
		p.shed()
	}
}

// shed makes room: for half as many details again, and for a tenth more alerts.
func (p *pile) shed() {
	slices.SortStableFunc(p.alerts, func(x, y piled) int { return alert.CompareUrgency(x.Alert, y.Alert) })
	for n := len(p.alerts) - 1; n >= mostHeld; n-- {
		p.left++
		if p.alerts[n].Firing() {
			p.leftFiring++
		}
		p.detail -= p.alerts[n].size
		p.alerts[n] = piled{}
	}
	p.alerts = p.alerts[:min(len(p.alerts), mostHeld)]
	for n := len(p.alerts) - 1; n >= 0 && p.detail > mostDetails/2; n-- {
		p.detail -= p.alerts[n].size
		p.alerts[n] = piled{p.alerts[n].Brief(), 0}
	}
}

// list is what is held.
func (p *pile) list() []alert.Alert {
	var all []alert.Alert
	for _, a := range p.alerts {
		all = append(all, a.Alert)
	}
	return all
}

// speaking are the labels that all relevant alerts of a delivery share: those that
// fire, or all if none does.
func (p *pile) speaking() map[string]string {
	if p.firing.labels != nil {
		return p.firing.labels
	}
	return p.any.labels
}

// shared are the labels that all alerts so far have in common; nil before the
// first.
type shared struct{ labels map[string]string }

func (s *shared) add(labels map[string]string) {
	if s.labels == nil {
		s.labels = map[string]string{}
		maps.Copy(s.labels, labels)
		return
	}
	maps.DeleteFunc(s.labels, func(name, value string) bool { return labels[name] != value })
}
