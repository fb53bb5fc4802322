package history

import (
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/readiness/alert"
	"gonogo/readiness/event"
)

// AlertRecord is how an alert of an incident became known.
type AlertRecord struct {
	Told     time.Time  // when the message that counts arrived
	From     string     // the address that the sending Alertmanager gives for itself
	Before   time.Time  // the end that was reported before it fired again; zero: none
	BeforeAt time.Time  // when that end was reported
	Held     *HeldAlert // a message that is not decided yet; nil: none
	Unproven bool       // it fires because a held message was not decided in time
	Listed   bool       // Alertmanager listed it when asked
	Mute     alert.Mute // why Alertmanager sends no notifications about it
	Place    string     // environment that it names; empty: that of its incident
}

// HeldAlert is a message that an alert fires which came so soon after the alert's end
// that it may be a late copy.
type HeldAlert struct {
	Alert       alert.Alert
	At          time.Time // when it arrived
	Until       time.Time // when it counts if nothing decides earlier
	Environment string
	Title       string
	Group       string
	Link        string
}

// UnnamedAlerts are alerts of a group that its deliveries left out.
type UnnamedAlerts struct {
	Count    int
	Receiver string            // Alertmanager's receiver that they go to
	Labels   map[string]string // of the group
}

// Worsening is a time at which an incident got worse.
type Worsening struct {
	At       time.Time
	Severity string // the new severity; empty: more alerts fire
	Firing   int    // how many alerts fired then
}

// FiringCount is how many alerts fire, including those that no message named.
func (i *Incident) FiringCount() int {
	n := i.UnnamedCount()
	for _, a := range i.Alerts {
		if a.Firing() {
			n++
		}
	}
	return n
}

// UnnamedCount is how many alerts may fire that no message named.
func (i *Incident) UnnamedCount() int {
	n := 0
	for _, u := range i.Unnamed {
		n += u.Count
	}
	return n
}

// Held lists the messages about its alerts that are not decided, by fingerprint.
func (i *Incident) Held() []HeldAlert {
	var held []HeldAlert
	for _, print := range slices.Sorted(maps.Keys(i.Records)) {
		if h := i.Records[print].Held; h != nil {
			held = append(held, *h)
		}
	}
	return held
}

// holds reports whether a message about its alerts is not decided.
func (i *Incident) holds() bool {
	for _, r := range i.Records {
		if r.Held != nil {
			return true
		}
	}
	return false
}

// Unproven reports whether everything about it that fires does so only because held
// messages were not decided in time.
func (i *Incident) Unproven() bool {
	unproven := false
	for print, a := range i.Alerts {
		switch {
		case !a.Firing():
		case !i.Records[print].Unproven:
			return false
		default:
			unproven = true
		}
	}
	return unproven && len(i.Unnamed) == 0
}

// Listed reports whether Alertmanager listed everything about it that fires when it was
// asked.
func (i *Incident) Listed() bool {
	for print, a := range i.Alerts {
		if a.Firing() && !i.Records[print].Listed {
			return false
		}
	}
	return len(i.Alerts) > 0
}

// quiet reports whether nothing of it fires, as far as is known.
func (i *Incident) quiet() bool { return i.FiringCount() == 0 }

// HoldingIncidents lists, by ID, the incidents that are over and have a message which
// is not decided.
func (s *State) HoldingIncidents() []*Incident {
	var all []*Incident
	for _, i := range s.Incidents {
		if i.holds() {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b *Incident) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// receiveAlerts folds a delivery. The event says what the delivery means; events of
// earlier versions of gonogo are interpreted as those did.
func (s *State) receiveAlerts(at time.Time, e event.AlertsReceived) {
	if e.Means == nil {
		e.Means = s.meansBefore(e)
		s.takeIn(at, e, false)
		return
	}
	s.takeIn(at, e, true)
}

// takeIn folds a delivery whose meaning is known.
func (s *State) takeIn(at time.Time, e event.AlertsReceived, recorded bool) {
	last, firing := s.known(e.Delivery.Alerts), s.firingIn(e.Delivery.Alerts)
	if i := s.changeIncident(e.After); i != nil && i.Firing() {
		i.Untold = true
		s.endIncident(i, at)
	}
	for _, a := range e.Delivery.Alerts {
		k := last[a.Fingerprint]
		switch e.Means[a.Fingerprint] {
		case alert.MeansFiring:
			s.fire(at, e, k, a)
		case alert.MeansRestarted:
			s.restart(at, e, k, a)
		case alert.MeansEnded:
			s.endAlert(at, e, k, a, firing[a.Fingerprint])
		case alert.MeansHeld:
			s.holdAlert(at, e, k, a)
		}
	}
	s.describe(at, e, recorded)
	told := []string{e.Incident}
	for _, a := range e.Delivery.Alerts {
		told = append(told, firing[a.Fingerprint]...)
	}
	s.stirChanged(told...)
	s.endQuiet(at, told...)
}

// firingIn lists, for each of some alerts, the incidents in which it fires. Only
// ledgers of earlier versions of gonogo have two.
func (s *State) firingIn(alerts []alert.Alert) map[string][]string {
	in, found := map[string][]string{}, s.indexed()
	for _, a := range alerts {
		var firing []string
		for _, id := range found.byAlert.of(a.Fingerprint) {
			if i := s.Incidents[id]; i.Firing() && i.Alerts[a.Fingerprint].Firing() {
				firing = append(firing, id)
			}
		}
		if len(firing) > 0 {
			in[a.Fingerprint] = firing
		}
	}
	return in
}

// meansBefore interprets a delivery as gonogo did before it recorded meanings: within
// its group, and by starts and ends alone.
func (s *State) meansBefore(e event.AlertsReceived) map[string]alert.Meaning {
	last, found := map[string]alert.Alert{}, s.indexed()
	for _, id := range found.byGroup.of(e.Delivery.GroupKey) {
		for print, a := range s.Incidents[id].Alerts {
			if seen, ok := last[print]; !ok || a.Newer(seen) {
				last[print] = a
			}
		}
	}
	means := map[string]alert.Meaning{}
	for _, a := range e.Delivery.Alerts {
		switch seen, ok := last[a.Fingerprint]; {
		case ok && !a.Newer(seen):
		case a.Firing():
			means[a.Fingerprint] = alert.MeansFiring
		default:
			means[a.Fingerprint] = alert.MeansEnded
		}
	}
	return means
}

// ensure returns the incident of a delivery, and opens it if there is none.
func (s *State) ensure(at time.Time, e event.AlertsReceived) *Incident {
	if i := s.changeIncident(e.Incident); i != nil {
		return i
	}
	return s.addIncident(&Incident{ID: e.Incident, Environment: e.Environment, Title: e.Title, Group: e.Delivery.GroupKey, After: e.After,
		Alerts: map[string]alert.Alert{}, Records: map[string]AlertRecord{}, Unnamed: map[string]UnnamedAlerts{}, Heard: at})
}

// fire makes an alert fire that did not.
func (s *State) fire(at time.Time, e event.AlertsReceived, k known, a alert.Alert) {
	record := AlertRecord{Told: at, From: e.Delivery.ExternalURL, Place: e.PlaceOf(a.Fingerprint)}
	if k.incident != nil && !k.fires {
		record.Before, record.BeforeAt = k.ended, k.endTold
		s.dropHeld(k.incident.ID, a.Fingerprint)
	}
	s.fireIn(s.ensure(at, e), a, record)
}

// restart makes an alert fire from a later start: in the same incident, or in the one
// after it if everything in it began anew.
func (s *State) restart(at time.Time, e event.AlertsReceived, k known, a alert.Alert) {
	record := AlertRecord{Told: at, From: e.Delivery.ExternalURL, Place: e.PlaceOf(a.Fingerprint)}
	if k.incident != nil {
		if i := s.changeIncident(k.incident.ID); i != nil && i.Firing() {
			s.fireIn(i, a, record)
			return
		}
	}
	s.fireIn(s.ensure(at, e), a, record)
}

// fireIn notes that an alert fires in an incident, which s may change.
func (s *State) fireIn(i *Incident, a alert.Alert, record AlertRecord) {
	s.index.byAlert.add(a.Fingerprint, i.ID)
	i.Alerts[a.Fingerprint], i.Records[a.Fingerprint] = a, record
	if i.Began.IsZero() || a.StartsAt.Before(i.Began) {
		i.Began = a.StartsAt
	}
}

// endAlert ends an alert wherever it fires. One that fires nowhere is recorded in its
// last incident, or in the delivery's.
func (s *State) endAlert(at time.Time, e event.AlertsReceived, k known, a alert.Alert, firing []string) {
	switch {
	case len(firing) == 0 && k.incident != nil:
		firing = []string{k.incident.ID}
	case len(firing) == 0:
		firing = []string{s.ensure(at, e).ID}
	}
	for _, id := range firing {
		s.index.byAlert.add(a.Fingerprint, id)
		s.changeIncident(id).end(at, e.Delivery.ExternalURL, a)
	}
}

// end notes that an alert has ended. If that was reported before, the earlier time is
// kept.
func (i *Incident) end(at time.Time, from string, a alert.Alert) {
	last, record := i.Alerts[a.Fingerprint], i.Records[a.Fingerprint]
	if last.Fingerprint == "" || last.Firing() || a.End().After(last.End()) {
		record.Told = at
	}
	record.From, record.Held, record.Mute = from, nil, alert.Mute{}
	i.Alerts[a.Fingerprint], i.Records[a.Fingerprint] = a, record
}

// holdAlert keeps a message until it is known whether it is a late copy.
func (s *State) holdAlert(at time.Time, e event.AlertsReceived, k known, a alert.Alert) {
	if k.incident == nil {
		return
	}
	i := s.changeIncident(k.incident.ID)
	record := i.Records[a.Fingerprint]
	wait := decideOwn
	if from := e.Delivery.ExternalURL; from != record.From {
		wait = decidePeer
	}
	record.Held = &HeldAlert{Alert: a, At: at, Until: at.Add(wait), Environment: e.PlaceOf(a.Fingerprint), Title: e.Title, Group: e.Delivery.GroupKey, Link: e.Delivery.ExternalURL}
	i.Records[a.Fingerprint] = record
}

func (s *State) dropHeld(incident, print string) {
	if i := s.changeIncident(incident); i != nil && i.Records[print].Held != nil {
		record := i.Records[print]
		record.Held = nil
		i.Records[print] = record
	}
}

// describe notes what a delivery says about its incident as a whole.
func (s *State) describe(at time.Time, e event.AlertsReceived, recorded bool) {
	i, d := s.changeIncident(e.Incident), e.Delivery
	if i == nil {
		return
	}
	i.Link, i.Last = d.ExternalURL, at
	delete(i.Unnamed, d.GroupKey)
	if d.Unnamed > 0 && i.Firing() {
		i.Unnamed[d.GroupKey] = UnnamedAlerts{Count: d.Unnamed, Receiver: d.Receiver, Labels: d.GroupLabels}
	}
	if i.Firing() && (d.Status == alert.Firing || slices.ContainsFunc(d.Alerts, alert.Alert.Firing)) {
		i.Environment, i.Title = e.Environment, e.Title // a group may grow
	}
	s.worsen(i, at, recorded)
}

// endQuiet ends those of some incidents in which no alert fires any longer.
func (s *State) endQuiet(at time.Time, ids ...string) {
	for _, id := range ids {
		if i := s.Incidents[id]; i != nil && i.Trigger == "" && i.Firing() && i.quiet() {
			s.endIncident(s.changeIncident(id), at)
		}
	}
}

// worsen notes how bad an incident is. One that got worse is news in its storm.
func (s *State) worsen(i *Incident, at time.Time, noted bool) {
	before := len(i.Worsened)
	i.worsen(at, noted)
	if storm, ok := s.Storms[i.Storm]; ok && len(i.Worsened) > before {
		s.addNews(i, storm)
	}
}

// worsen notes how bad an incident is. Each rise of the severity is noted; that more
// alerts fire is noted once, and only while nobody takes care of it. Both end a snooze,
// every time.
func (i *Incident) worsen(at time.Time, noted bool) {
	severity, firing := i.Severity(), i.FiringCount()
	first := i.Most == 0
	rose := severity != "" && (i.Worst == "" || alert.WorseSeverity(severity, i.Worst))
	more := firing > i.Most && i.AckBy == "" && !slices.ContainsFunc(i.Worsened, func(w Worsening) bool { return w.Severity == "" })
	switch {
	case first || !noted:
	case rose:
		i.Worsened = append(i.Worsened, Worsening{At: at, Severity: severity, Firing: firing})
	case more:
		i.Worsened = append(i.Worsened, Worsening{At: at, Firing: firing})
	}
	if (rose || firing > i.Most) && i.Snooze.Lasts(at) {
		i.Snooze.Until, i.Snooze.Worse = at, true
	}
	i.Most = max(i.Most, firing)
	if rose {
		i.Worst = severity
	}
}

// applyAlerts folds the events about alerts and the Alertmanagers that sent them.
func (s *State) applyAlerts(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.AlertsReceived:
		s.receiveAlerts(at, e)
		s.endLifts()
	case event.AlertsHeard:
		s.hearAlerts(at, e)
	case event.AlertsDecided:
		s.decideAlerts(at, e)
		s.endLifts()
	case event.AlertsLookedUp:
		s.lookUpAlerts(at, e)
		s.endLifts()
	case event.AlertsRefused:
		s.Refused = &RefusedAlerts{At: at, Bytes: e.Bytes, Limit: e.Limit}
	case event.AlertSourceFailed:
		s.failSource(e)
	case event.AlertSourceAnswered:
		s.answerSource(e)
	}
}
