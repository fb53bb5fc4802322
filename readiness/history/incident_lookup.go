package history

import (
	"time"

	"gonogo/readiness/alert"
	"gonogo/readiness/event"
)

// hearAlerts notes that messages repeat what is known.
func (s *State) hearAlerts(at time.Time, e event.AlertsHeard) {
	for _, id := range e.Incidents {
		if i := s.changeIncident(id); i != nil {
			i.Last = at
		}
	}
}

// decideAlerts makes held messages count, or drops them.
func (s *State) decideAlerts(at time.Time, e event.AlertsDecided) {
	from := s.changeIncident(e.Held)
	if from == nil {
		return
	}
	for _, print := range e.Fingerprints {
		record := from.Records[print]
		held := record.Held
		if held == nil {
			continue
		}
		k := knownOf(from, print)
		s.dropHeld(from.ID, print)
		if e.Incident != "" {
			i := s.ensure(at, event.AlertsReceived{Incident: e.Incident, Environment: e.Environment, Title: e.Title,
				Delivery: alert.Delivery{GroupKey: held.Group}})
			i.Link, i.Last = held.Link, held.At
			s.fireIn(i, held.Alert, AlertRecord{Told: at, From: held.Link, Before: k.ended, BeforeAt: k.endTold, Unproven: !e.Listed, Listed: e.Listed, Place: held.Environment})
			s.worsen(i, at, true)
			s.stirChanged(i.ID)
		}
	}
}

// lookUpAlerts folds what Alertmanager answered.
func (s *State) lookUpAlerts(at time.Time, e event.AlertsLookedUp) {
	i := s.changeIncident(e.Incident)
	if i == nil || !i.Firing() {
		return
	}
	for _, print := range e.Listed {
		i.note(print, func(r *AlertRecord) { r.Listed = true })
	}
	for print, mute := range e.Muted {
		i.note(print, func(r *AlertRecord) { r.Mute = mute })
	}
	for _, print := range e.Gone {
		if a := i.Alerts[print]; a.Firing() {
			a.Status, a.EndsAt = alert.Resolved, at
			i.end(at, i.Records[print].From, a)
		}
	}
	for _, group := range e.Named {
		delete(i.Unnamed, group)
	}
	s.stirChanged(i.ID)
	if i.quiet() {
		i.Gone = true
		s.endIncident(i, at)
	}
}

// RefusedAlerts is a delivery that was too large to be read.
type RefusedAlerts struct {
	At           time.Time
	Bytes, Limit int64
}

// AlertOutage is an Alertmanager that does not answer.
type AlertOutage struct {
	Since    time.Time // when it first didn't answer
	Answered time.Time // when it last answered; zero: not known
	Problem  string    // a sentence, with the next step
}

func (s *State) failSource(e event.AlertSourceFailed) {
	ownMap(&s.AlertOutages, &s.own.outages)
	s.AlertOutages[e.Source] = AlertOutage{Since: e.Since, Answered: e.Answered, Problem: e.Problem}
}

func (s *State) answerSource(e event.AlertSourceAnswered) {
	ownMap(&s.AlertOutages, &s.own.outages)
	delete(s.AlertOutages, e.Source)
}

// forgetOutages drops the Alertmanagers that don't answer once no alert fires: they are
// not asked from then on.
func (s *State) forgetOutages() {
	for _, i := range s.Incidents {
		if i.Trigger == "" && i.Firing() {
			return
		}
	}
	s.AlertOutages, s.own.outages = nil, false
}

// note changes the record of an alert in the incident.
func (i *Incident) note(print string, change func(*AlertRecord)) {
	if _, ok := i.Alerts[print]; ok {
		record := i.Records[print]
		change(&record)
		i.Records[print] = record
	}
}
