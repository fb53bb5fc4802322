package incidents

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/clients/alertmanager"
	"gonogo/phrase"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// AlertSource is an Alertmanager that can be asked which alerts it has.
type AlertSource interface {
	Look(ctx context.Context) (*alertmanager.Look, error)
	Silenced(ctx context.Context, look *alertmanager.Look, ids []string)
	Host() string
}

const (
	lookEvery = 30 * time.Second // between two looks at the Alertmanagers, while something fires
	lookSoon  = 5 * time.Second  // the same while something is new or held
	lookNew   = time.Minute      // how long an alert is new
	lookTime  = 10 * time.Second // for one look
	// settled is how long an Alertmanager has to run before what it does not
	// have is over: it keeps no alerts over a restart, and a Prometheus sends
	// them again each minute, or each evaluation if that takes longer.
	settled = 5 * time.Minute
)

// Run decides what is held, and asks the Alertmanagers while something fires,
// until ctx ends.
//
// An alert that the Alertmanagers had and that none of them has any more is
// over. One that they never had says nothing: it may come from another
// Alertmanager than those of the configuration.
func (a *Alerts) Run(ctx context.Context) error {
	changes, stop := a.opts.Ledger.Watch()
	defer stop()
	a.dropOutages(ctx)
	var looked time.Time
	for {
		a.decideDue(ctx)
		if wait, wanted := a.untilLook(looked); wanted && wait <= 0 {
			looked = a.opts.Now()
			a.look(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
		case <-time.After(a.nap(looked)):
		}
	}
}

// nap is how long there is nothing to do.
func (a *Alerts) nap(looked time.Time) time.Duration {
	nap := time.Minute
	if wait, wanted := a.untilLook(looked); wanted {
		nap = min(nap, wait)
	}
	for _, i := range a.opts.Ledger.State().HoldingIncidents() {
		for _, h := range i.Held() {
			nap = min(nap, h.Until.Sub(a.opts.Now()))
		}
	}
	return max(nap, time.Second)
}

// untilLook is how long it is until the Alertmanagers are asked again; wanted
// is false where there is nothing to ask about.
func (a *Alerts) untilLook(looked time.Time) (wait time.Duration, wanted bool) {
	if len(a.opts.Sources) == 0 {
		return 0, false
	}
	now, every := a.opts.Now(), lookEvery
	s := a.opts.Ledger.State()
	for _, i := range s.Incidents {
		if i.Trigger != "" || !i.Firing() {
			continue
		}
		wanted = true
		if now.Sub(i.Heard) < lookNew {
			every = lookSoon
		}
	}
	if len(s.HoldingIncidents()) > 0 {
		wanted, every = true, lookSoon
	}
	return looked.Add(every).Sub(now), wanted
}

// decideDue lets the messages count whose time to be decided is over.
func (a *Alerts) decideDue(ctx context.Context) {
	a.decide(ctx, func(_ *history.Incident, h history.HeldAlert, now time.Time) ruling {
		if h.Until.After(now) {
			return undecided
		}
		return ruledFiring
	}, false)
}

// ruling is what is decided about a message that is held.
type ruling int

const (
	undecided ruling = iota
	ruledFiring
	ruledCopy
)

// decide records rulings about what is held.
func (a *Alerts) decide(ctx context.Context, rule func(*history.Incident, history.HeldAlert, time.Time) ruling, listed bool) {
	if len(a.opts.Ledger.State().HoldingIncidents()) == 0 {
		return
	}
	_, err := a.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		var events []event.Event
		for _, i := range s.HoldingIncidents() {
			fires := event.AlertsDecided{Held: i.ID, Listed: listed}
			copies := event.AlertsDecided{Held: i.ID}
			for _, h := range i.Held() {
				switch rule(i, h, now) {
				case ruledFiring:
					fires.Incident, fires.Environment, fires.Title = firingOf(s, h.Group, now), h.Environment, h.Title
					fires.Fingerprints = append(fires.Fingerprints, h.Alert.Fingerprint)
				case ruledCopy:
					copies.Fingerprints = append(copies.Fingerprints, h.Alert.Fingerprint)
				}
			}
			for _, e := range []event.AlertsDecided{fires, copies} {
				if len(e.Fingerprints) > 0 {
					events = append(events, e)
				}
			}
		}
		return events, nil
	})
	if err != nil && ctx.Err() == nil {
		a.opts.Log.Error("alerts that are held could not be decided", "error", err)
	}
}

// firingOf is the incident of a group that fires, or a new one.
func firingOf(s *history.State, group string, now time.Time) string {
	if last := s.LastOfGroup(group); last != nil && last.Firing() {
		return last.ID
	}
	return incidentID(group, now)
}

// observation is what all Alertmanagers said in one look.
type observation struct {
	began   time.Time
	settled bool // all of them have run for long enough
	alerts  map[string]alertmanager.Alert
	looks   []*alertmanager.Look
}

// look asks every Alertmanager and records what is new. Where one does not
// answer, nothing is concluded but that.
func (a *Alerts) look(ctx context.Context) {
	seen := observation{began: a.opts.Now(), settled: true, alerts: map[string]alertmanager.Alert{}}
	wanted := a.ours()
	problems := map[string]string{} // by host
	for _, source := range a.opts.Sources {
		look, err := a.ask(ctx, source, wanted)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			problems[source.Host()] = phrase.ShortenAtWord(err.Error(), mostWords)
		default:
			seen.add(look)
		}
	}
	a.recordOutages(ctx, seen.began, problems)
	if len(problems) == 0 {
		a.record(ctx, seen)
	}
}

// ask asks one Alertmanager.
func (a *Alerts) ask(ctx context.Context, source AlertSource, wanted map[string]bool) (*alertmanager.Look, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	look, err := source.Look(ctx)
	if err != nil {
		a.complaint.Do(func() {
			a.opts.Log.Warn("could not ask which alerts still fire", "alertmanager", source.Host(), "error", err)
		})
		return nil, err
	}
	source.Silenced(ctx, look, silencesOf(look, wanted))
	return look, nil
}

// dropOutages ends the outages of Alertmanagers that are no longer configured:
// nobody will ask them again.
func (a *Alerts) dropOutages(ctx context.Context) {
	var events []event.Event
	for _, host := range slices.Sorted(maps.Keys(a.opts.Ledger.State().AlertOutages)) {
		if !slices.ContainsFunc(a.opts.Sources, func(s AlertSource) bool { return s.Host() == host }) {
			events = append(events, event.AlertSourceAnswered{Source: host})
		}
	}
	a.noteSources(ctx, events)
}

// recordOutages records which Alertmanagers stopped answering, and which answer
// again.
func (a *Alerts) recordOutages(ctx context.Context, began time.Time, problems map[string]string) {
	outages := a.opts.Ledger.State().AlertOutages
	var events []event.Event
	for _, source := range a.opts.Sources {
		host := source.Host()
		problem, failed := problems[host]
		if _, known := outages[host]; failed && !known {
			events = append(events, event.AlertSourceFailed{Source: host, Since: began, Answered: a.answered[host], Problem: problem})
		}
		if failed {
			continue
		}
		a.answered[host] = began
		if _, known := outages[host]; known {
			events = append(events, event.AlertSourceAnswered{Source: host})
		}
	}
	a.noteSources(ctx, events)
}

// noteSources writes events about Alertmanagers. Only the goroutine in Run
// does, so they follow from the state that it has read.
func (a *Alerts) noteSources(ctx context.Context, events []event.Event) {
	if len(events) == 0 {
		return
	}
	_, err := a.opts.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) { return events, nil })
	if err != nil && ctx.Err() == nil {
		a.opts.Log.Error("that Alertmanager does not answer could not be recorded", "error", err)
	}
}

// ours are the alerts of incidents that fire.
func (a *Alerts) ours() map[string]bool {
	wanted := map[string]bool{}
	for _, i := range a.opts.Ledger.State().Incidents {
		if i.Firing() {
			for print := range i.Alerts {
				wanted[print] = true
			}
		}
	}
	return wanted
}

func silencesOf(look *alertmanager.Look, wanted map[string]bool) []string {
	var ids []string
	for _, alert := range look.Alerts {
		if wanted[alert.Fingerprint] {
			ids = append(ids, alert.SilencedBy...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// add notes one Alertmanager's answer. An alert that one of them notifies
// people of is not muted.
func (o *observation) add(look *alertmanager.Look) {
	o.settled = o.settled && o.began.Sub(look.Started) >= settled
	o.looks = append(o.looks, look)
	for _, alert := range look.Alerts {
		if other, known := o.alerts[alert.Fingerprint]; !known || muted(other) {
			o.alerts[alert.Fingerprint] = alert
		}
	}
}

func muted(a alertmanager.Alert) bool { return len(a.SilencedBy)+len(a.InhibitedBy)+len(a.MutedBy) > 0 }

func (a *Alerts) record(ctx context.Context, seen observation) {
	a.decide(ctx, func(i *history.Incident, h history.HeldAlert, _ time.Time) ruling {
		switch _, listed := seen.alerts[h.Alert.Fingerprint]; {
		case !h.At.Before(seen.began):
			return undecided
		case listed:
			return ruledFiring
		case seen.settled && i.Records[h.Alert.Fingerprint].Listed:
			return ruledCopy
		}
		return undecided
	}, true)
	_, err := a.opts.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		var events []event.Event
		for _, id := range slices.Sorted(maps.Keys(s.Incidents)) {
			if i := s.Incidents[id]; i.Trigger == "" && i.Firing() {
				if e := seen.of(i); len(e.Listed)+len(e.Gone)+len(e.Named)+len(e.Muted) > 0 {
					events = append(events, e)
				}
			}
		}
		return events, nil
	})
	if err != nil && ctx.Err() == nil {
		a.opts.Log.Error("what Alertmanager said could not be recorded", "error", err)
	}
}

// of is what is new about one incident.
func (o *observation) of(i *history.Incident) event.AlertsLookedUp {
	e := event.AlertsLookedUp{Incident: i.ID, Muted: map[string]alert.Mute{}}
	known := false
	for _, alert := range i.FiringAlerts() {
		print := alert.Fingerprint
		record, seen := i.Records[print], o.alerts[print]
		switch _, listed := o.alerts[print]; {
		case listed:
			known = true
			if !record.Listed {
				e.Listed = append(e.Listed, print)
			}
			if mute := o.mute(seen); !same(mute, record.Mute) {
				e.Muted[print] = mute
			}
		case record.Listed && o.settled && record.Told.Before(o.began) && i.Last.Before(o.began):
			known = true
			e.Gone = append(e.Gone, print)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(i.Unnamed)) {
		if known && o.settled && i.Last.Before(o.began) && !o.others(i, i.Unnamed[group]) {
			e.Named = append(e.Named, group)
		}
	}
	return e
}

// others reports whether there is an alert of a group that the incident does
// not name.
func (o *observation) others(i *history.Incident, group history.UnnamedAlerts) bool {
	for print, alert := range o.alerts {
		if !i.Alerts[print].Firing() && slices.Contains(alert.Receivers, group.Receiver) && has(alert.Labels, group.Labels) {
			return true
		}
	}
	return false
}

// has reports whether an alert has all labels of a group. One that an alert
// lacks is empty in its group.
func has(labels, group map[string]string) bool {
	for name, value := range group {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// mute says why Alertmanager notifies nobody of an alert.
func (o *observation) mute(a alertmanager.Alert) alert.Mute {
	m := alert.Mute{Intervals: slices.Clone(a.MutedBy)}
	for _, id := range a.SilencedBy {
		m.Silences = append(m.Silences, o.silence(id))
	}
	for _, print := range a.InhibitedBy {
		name := o.alerts[print].Labels["alertname"]
		if name == "" {
			name = "another alert"
		}
		m.Inhibitors = append(m.Inhibitors, phrase.ShortenAtWord(name, mostWords))
	}
	slices.SortFunc(m.Silences, func(a, b alert.Silence) int { return strings.Compare(a.ID, b.ID) })
	slices.Sort(m.Inhibitors)
	m.Inhibitors = slices.Compact(m.Inhibitors)
	return m
}

func (o *observation) silence(id string) alert.Silence {
	for _, look := range o.looks {
		if found, ok := look.Silences[id]; ok {
			return alert.Silence{ID: id, By: phrase.ShortenAtWord(found.By, mostWords), Comment: phrase.ShortenAtWord(found.Comment, mostWords), Ends: found.Ends}
		}
	}
	return alert.Silence{ID: id}
}

// mostWords bounds what is recorded of what people wrote in Alertmanager, in letters.
const mostWords = 200

// same compares two mutes. A silence that could not be read this time is the
// one that was read before.
func same(now, before alert.Mute) bool {
	bySilence := func(a, b alert.Silence) bool { return a == b || a.ID == b.ID && a.Ends.IsZero() }
	return slices.EqualFunc(now.Silences, before.Silences, bySilence) && slices.Equal(now.Inhibitors, before.Inhibitors) && slices.Equal(now.Intervals, before.Intervals)
}
