package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gonogo/readiness/alert"
	"gonogo/readiness/event"
)

// keptIncidents is how many incidents the state remembers after they are over.
const keptIncidents = 100

// Incident is something that went wrong: a group of alerts that fires, or a trigger
// that tripped. It begins with the first report and is over when everything that began
// it has ended; what fires after that is another incident.
type Incident struct {
	ID          string
	Environment string // empty: none is named, so there is nothing to roll back
	Title       string
	Group       string                   // Alertmanager's key of the group; empty for a trigger
	Trigger     string                   // a trigger's ID; empty for alerts
	Alerts      map[string]alert.Alert   // by fingerprint
	Records     map[string]AlertRecord   // by fingerprint: how the alerts became known
	Unnamed     map[string]UnnamedAlerts // by group: alerts that may fire and that its deliveries left out
	Link        string                   // a page about it
	Reading     string                   // for a trigger: the value when it tripped or, once it is over, the last one; with the unit
	Current     string                   // for a trigger: its measurement since; empty: the same
	ReadAt      time.Time                // for a trigger: when Current was measured
	Limit       string                   // for a trigger: the limit, as the configuration writes it
	Problem     alert.TriggerProblem     // for a trigger: why it tripped
	Samples     int                      // for a trigger: after how many measurements in a row
	DeclaredBy  string                   // for a trigger: who declared it, with Reading as the reason; empty: gonogo measured it
	Hard        bool                     // for a trigger: an automatic rollback doesn't wait for anybody
	Measured    bool                     // for a trigger: at least one breach was measured, and not only missing
	Left        string                   // why gonogo left a rollback to people, the last time; empty: it didn't
	Began       time.Time                // when it began, according to its source
	Heard       time.Time                // when gonogo first heard of it
	Last        time.Time                // when the last message about it came; zero for a trigger
	Ended       time.Time                // zero: still firing
	Untold      bool                     // it is over because its alerts began anew; no end was sent
	Gone        bool                     // it is over because Alertmanager no longer has its alerts; no end was sent
	After       string                   // the incident before it, whose end was never sent
	Worst       string                   // the worst severity so far
	Most        int                      // the most alerts that fired at once so far
	Worsened    []Worsening              // when it got worse, oldest first
	AckBy       string                   // who takes care of it; empty: nobody yet
	AckAt       time.Time
	AckDeputy   string     // role for which AckBy acted as a deputy; empty: as a holder
	AckAsOf     time.Time  // IncidentAcknowledged.MembershipAsOf
	Snooze      Snooze     // zero: nobody snoozed it
	ClosedBy    string     // who closed it; empty: its source reported the end
	Rollback    string     // the rollback that it started
	FalseAlarm  *Statement // who said that nothing was wrong; nil: nobody
	Storm       string     // ID of the storm in which it came; empty: in none
	News        int        // Storm.News of when it came or, later, changed how severe it is
	Loud        string     // in a storm: its loudness at News or, if it was unknown then, first
}

// Snooze is a time in which nobody is notified of an incident again.
type Snooze struct {
	By, Deputy string // Deputy is the role for which By acted as a deputy; empty: as a holder
	At, Until  time.Time
	Worse      bool // the incident got worse before its time, so it ended at Until
}

// Lasts reports whether a snooze isn't over.
func (z Snooze) Lasts(now time.Time) bool { return now.Before(z.Until) }

// Firing reports whether the incident is not over.
func (i *Incident) Firing() bool { return i.Ended.IsZero() }

// CanRollBack reports whether a rollback can help. A trigger that couldn't be measured,
// or had nothing to measure, says nothing about the release.
func (i *Incident) CanRollBack() bool {
	return i.Environment != "" && i.Problem != alert.Unmeasurable && i.Problem != alert.NoData
}

// FiringAlerts lists the alerts that fire, by name and then fingerprint.
func (i *Incident) FiringAlerts() []alert.Alert {
	var firing []alert.Alert
	for _, a := range i.Alerts {
		if a.Firing() {
			firing = append(firing, a)
		}
	}
	slices.SortFunc(firing, func(a, b alert.Alert) int {
		return strings.Compare(a.Name()+" "+a.Fingerprint, b.Name()+" "+b.Fingerprint)
	})
	return firing
}

// Severity is the worst of the severities that the firing alerts have in their
// label "severity": critical, error, warning, info, then any other by name. It
// is empty for a trigger, for an incident that is over and where no firing
// alert has the label.
func (i *Incident) Severity() string {
	worst := ""
	for _, a := range i.Alerts {
		if s := a.Severity(); a.Firing() && i.Firing() && (worst == "" || s != "" && alert.WorseSeverity(s, worst)) {
			worst = s
		}
	}
	return worst
}

// Newest is the firing incident that gonogo heard of last, among those that a rollback
// can help and of which a condition holds, or nil.
func (s *State) Newest(of func(*Incident) bool) *Incident {
	var newest *Incident
	for _, i := range s.Incidents {
		if !i.Firing() || !i.CanRollBack() || !of(i) {
			continue
		}
		if newest == nil || i.Heard.After(newest.Heard) || i.Heard.Equal(newest.Heard) && i.ID < newest.ID {
			newest = i
		}
	}
	return newest
}

// LastOfGroup finds the newest incident of an alert group, or nil. Earlier ones are
// over.
func (s *State) LastOfGroup(key string) *Incident {
	var last *Incident
	found := s.indexed()
	for _, id := range found.byGroup.of(key) {
		if i := s.Incidents[id]; key != "" && (last == nil || i.follows(last)) {
			last = i
		}
	}
	return last
}

// follows orders incidents of one group.
func (i *Incident) follows(other *Incident) bool {
	if i.Firing() != other.Firing() {
		return i.Firing()
	}
	return cmp.Or(i.Heard.Compare(other.Heard), strings.Compare(i.ID, other.ID)) > 0
}

// FiringTrigger finds the incident of a trigger that is not over.
func (s *State) FiringTrigger(environment, trigger string) *Incident {
	for _, i := range s.Incidents {
		if i.Trigger == trigger && trigger != "" && i.Environment == environment && i.Firing() {
			return i
		}
	}
	return nil
}

// FiringIncidents lists the incidents that are not over, the newest first.
func (s *State) FiringIncidents() []*Incident {
	var all []*Incident
	for _, i := range s.Incidents {
		if i.Firing() {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b *Incident) int { return cmp.Or(b.Heard.Compare(a.Heard), strings.Compare(a.ID, b.ID)) })
	return all
}

// FiringTriggers lists the incidents of triggers that are not over, the oldest first.
func (s *State) FiringTriggers() []*Incident {
	var firing []*Incident
	for _, i := range s.Incidents {
		if i.Trigger != "" && i.Firing() {
			firing = append(firing, i)
		}
	}
	slices.SortFunc(firing, func(a, b *Incident) int { return cmp.Or(a.Heard.Compare(b.Heard), strings.Compare(a.ID, b.ID)) })
	return firing
}

func (s *State) tripTrigger(at time.Time, e event.TriggerTripped) {
	if s.Incidents[e.Incident] != nil {
		return
	}
	s.addIncident(&Incident{ID: e.Incident, Environment: e.Environment, Title: e.Title, Trigger: e.Trigger, Problem: e.Problem,
		Reading: e.Reading, Limit: e.Limit, Samples: e.Samples, DeclaredBy: e.By, Hard: e.Hard, Measured: e.Measured, Alerts: map[string]alert.Alert{}, Records: map[string]AlertRecord{}, Unnamed: map[string]UnnamedAlerts{}, Began: at, Heard: at})
}

func (s *State) clearTrigger(at time.Time, e event.TriggerCleared) {
	if i := s.changeIncident(e.Incident); i != nil && i.Firing() {
		i.Reading = e.Reading
		s.endIncident(i, at)
	}
}

func (s *State) addIncident(i *Incident) *Incident {
	ownMap(&s.Incidents, &s.own.incidents)
	s.Incidents[i.ID], s.own.incident[i.ID] = i, true
	s.index.add(i)
	s.gather(i)
	return i
}

func (s *State) endIncident(i *Incident, at time.Time) {
	i.Ended = at
	s.forgetOutages()
	s.over = append(s.over, i.ID)
	if len(s.over) > keptIncidents {
		s.forgetIncident()
	}
}

// forgetIncident drops the incident that has been over for longest, except for those
// with a message that isn't decided yet.
func (s *State) forgetIncident() {
	n := slices.IndexFunc(s.over, func(id string) bool { i := s.Incidents[id]; return i == nil || !i.holds() })
	if n < 0 {
		return
	}
	id := s.over[n]
	if i := s.Incidents[id]; i != nil {
		s.leaveStorm(i)
		s.index.remove(i)
	}
	delete(s.Incidents, id)
	s.forgetAnchors("incident/" + id)
	s.over = slices.Delete(slices.Clone(s.over), n, n+1)
}

// readTrigger notes what a trigger measures while it fires.
func (s *State) readTrigger(at time.Time, e event.TriggerRead) {
	if i := s.changeIncident(e.Incident); i != nil && i.Firing() {
		i.Current, i.ReadAt = e.Reading, at
		i.Measured = i.Measured || e.Measured
	}
}

// changeIncident returns an incident that s may change, or nil if there is none.
func (s *State) changeIncident(id string) *Incident {
	i := s.Incidents[id]
	if i == nil || s.own.incident[id] {
		return i
	}
	ownMap(&s.Incidents, &s.own.incidents)
	c := *i
	c.Alerts, c.Records, c.Unnamed = ownClone(i.Alerts), ownClone(i.Records), ownClone(i.Unnamed)
	c.Worsened = slices.Clip(i.Worsened)
	s.Incidents[id], s.own.incident[id] = &c, true
	return &c
}

// applyIncident folds the events about triggers, and what people do about incidents.
func (s *State) applyIncident(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.TriggerTripped:
		s.tripTrigger(at, e)
	case event.TriggerRead:
		s.readTrigger(at, e)
	case event.TriggerCleared:
		s.clearTrigger(at, e)
	case event.IncidentAcknowledged:
		if i := s.changeIncident(e.Incident); i != nil && i.AckBy == "" {
			i.AckBy, i.AckAt, i.AckDeputy, i.AckAsOf = e.By, at, e.Deputy, e.MembershipAsOf
		}
	case event.IncidentSnoozed:
		if i := s.changeIncident(e.Incident); i != nil && i.Firing() {
			i.Snooze = Snooze{By: e.By, Deputy: e.Deputy, At: at, Until: e.Until}
		}
	case event.IncidentClosed:
		if i := s.changeIncident(e.Incident); i != nil && i.Firing() {
			i.ClosedBy = e.By
			s.endIncident(i, at)
		}
	}
}
