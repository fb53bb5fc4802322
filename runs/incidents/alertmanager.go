package incidents

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/clients/alertmanager"
	"gonogo/phrase"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// AlertSource is an Alertmanager that lists its alerts.
type AlertSource interface {
	Look(ctx context.Context) (*alertmanager.Look, error)
	Silenced(ctx context.Context, look *alertmanager.Look, ids []string)
	Host() string
}

const (
	lookEvery   = 30 * time.Second // between two looks at the Alertmanagers, while something fires
	lookSoon    = 5 * time.Second  // the same while something is new or held
	lookNew     = time.Minute      // how long an alert is new
	lookTimeout = 10 * time.Second // for one look
	// minUptime is how long an Alertmanager must have been running before an alert
	// that it doesn't list counts as over: it loses its alerts in a restart, and
	// Prometheus sends them again each minute, or each evaluation if that takes longer.
	minUptime = 5 * time.Minute
)

// Run decides held messages, and asks the Alertmanagers while something fires, until
// ctx ends.
//
// An alert that an Alertmanager listed before and none lists now is over. Of one that
// none ever listed nothing is concluded: it may come from an Alertmanager that isn't
// configured.
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
		case <-time.After(a.idleTime(looked)):
		}
	}
}

// idleTime is the time until Run has something to do.
func (a *Alerts) idleTime(looked time.Time) time.Duration {
	idleTime := time.Minute
	if wait, wanted := a.untilLook(looked); wanted {
		idleTime = min(idleTime, wait)
	}
	for _, i := range a.opts.Ledger.State().HoldingIncidents() {
		for _, h := range i.Held() {
			idleTime = min(idleTime, h.Until.Sub(a.opts.Now()))
		}
	}
	return max(idleTime, time.Second)
}

// untilLook is the time until the Alertmanagers are asked again; wanted is false if
// there is nothing to ask about.
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

// decideDue lets held messages count once their time is up.
func (a *Alerts) decideDue(ctx context.Context) {
	a.decide(ctx, func(_ *history.Incident, h history.HeldAlert, now time.Time) ruling {
		if h.Until.After(now) {
			return undecided
		}
		return ruledFiring
	}, false)
}

// ruling is a decision about a held message.
type ruling int

const (
	undecided ruling = iota
	ruledFiring
	ruledCopy
)

// decide records the rulings about held messages.
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
		a.opts.Log.Error("couldn't decide held alerts", "error", err)
	}
}

// firingOf is the ID of a group's firing incident, or of a new one.
func firingOf(s *history.State, group string, now time.Time) string {
	if last := s.LastOfGroup(group); last != nil && last.Firing() {
		return last.ID
	}
	return incidentID(group, now)
}

// observation is what all Alertmanagers listed in one look.
type observation struct {
	began   time.Time
	settled bool // all of them have been running for minUptime
	alerts  map[string]alertmanager.Alert
	looks   []*alertmanager.Look
}

// look asks every Alertmanager and records what is new. If one doesn't respond, only
// its outage is recorded.
func (a *Alerts) look(ctx context.Context) {
	seen := observation{began: a.opts.Now(), settled: true, alerts: map[string]alertmanager.Alert{}}
	answers := a.askAll(ctx)
	if ctx.Err() != nil {
		return
	}
	problems := map[string]string{} // by host
	for i, answer := range answers {
		if answer.err != nil {
			problems[a.opts.Sources[i].Host()] = phrase.ShortenAtWord(answer.err.Error(), mostWords)
			continue
		}
		seen.add(answer.look)
	}
	a.recordOutages(ctx, seen.began, problems)
	if len(problems) == 0 {
		a.record(ctx, seen)
	}
}

// answer is what one Alertmanager said.
type answer struct {
	look *alertmanager.Look
	err  error
}

// askAll asks all Alertmanagers side by side, so that several that don't respond delay
// the others by no more than one does. Its answers are in the order of the sources.
func (a *Alerts) askAll(ctx context.Context) []answer {
	wanted := a.firingAlerts()
	answers := make([]answer, len(a.opts.Sources))
	var all sync.WaitGroup
	for i, source := range a.opts.Sources {
		all.Go(func() { answers[i].look, answers[i].err = a.ask(ctx, source, wanted) })
	}
	all.Wait()
	return answers
}

// ask asks one Alertmanager.
func (a *Alerts) ask(ctx context.Context, source AlertSource, wanted map[string]bool) (*alertmanager.Look, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	look, err := source.Look(ctx)
	if err != nil {
		a.silentLog.Do(func() {
			a.opts.Log.Warn("couldn't ask which alerts are still firing", "alertmanager", source.Host(), "error", err)
		})
		return nil, err
	}
	source.Silenced(ctx, look, silencesOf(look, wanted))
	return look, nil
}

// dropOutages ends the outages of Alertmanagers that are no longer configured: they
// are never asked again.
func (a *Alerts) dropOutages(ctx context.Context) {
	var events []event.Event
	for _, host := range slices.Sorted(maps.Keys(a.opts.Ledger.State().AlertOutages)) {
		if !slices.ContainsFunc(a.opts.Sources, func(s AlertSource) bool { return s.Host() == host }) {
			events = append(events, event.AlertSourceAnswered{Source: host})
		}
	}
	a.recordSources(ctx, events)
}

// recordOutages records which Alertmanagers stopped responding, and which respond
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
	a.recordSources(ctx, events)
}

// recordSources writes events about Alertmanagers. Only the goroutine in Run writes
// them, so the state from which it derived them is still current.
func (a *Alerts) recordSources(ctx context.Context, events []event.Event) {
	if len(events) == 0 {
		return
	}
	_, err := a.opts.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) { return events, nil })
	if err != nil && ctx.Err() == nil {
		a.opts.Log.Error("couldn't record whether Alertmanager responds", "error", err)
	}
}

// firingAlerts are the fingerprints of all alerts of firing incidents.
func (a *Alerts) firingAlerts() map[string]bool {
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

// add adds one Alertmanager's answer. An alert is muted only if all of them mute it.
func (o *observation) add(look *alertmanager.Look) {
	o.settled = o.settled && o.began.Sub(look.Started) >= minUptime
	o.looks = append(o.looks, look)
	for _, alert := range look.Alerts {
		if other, known := o.alerts[alert.Fingerprint]; !known || isMuted(other) {
			o.alerts[alert.Fingerprint] = alert
		}
	}
}

func isMuted(a alertmanager.Alert) bool {
	return len(a.SilencedBy)+len(a.InhibitedBy)+len(a.MutedBy) > 0
}

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
		a.opts.Log.Error("couldn't record what Alertmanager lists", "error", err)
	}
}

// of is the news about one incident.
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
			if mute := o.mute(seen); !sameMute(mute, record.Mute) {
				e.Muted[print] = mute
			}
		case record.Listed && o.settled && record.Told.Before(o.began) && i.Last.Before(o.began):
			known = true
			e.Gone = append(e.Gone, print)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(i.Unnamed)) {
		if known && o.settled && i.Last.Before(o.began) && !o.hasOther(i, i.Unnamed[group]) {
			e.Named = append(e.Named, group)
		}
	}
	return e
}

// hasOther reports whether a group has an alert that the incident doesn't name.
func (o *observation) hasOther(i *history.Incident, group history.UnnamedAlerts) bool {
	for print, alert := range o.alerts {
		if !i.Alerts[print].Firing() && slices.Contains(alert.Receivers, group.Receiver) && hasLabels(alert.Labels, group.Labels) {
			return true
		}
	}
	return false
}

// hasLabels reports whether an alert has all labels of a group. A label that the alert
// lacks is empty in the group.
func hasLabels(labels, group map[string]string) bool {
	for name, value := range group {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// mute is why Alertmanager notifies nobody of an alert.
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

// mostWords limits what is recorded of a text from Alertmanager, in letters.
const mostWords = 200

// sameMute compares two mutes. A silence that couldn't be read this time counts as
// unchanged.
func sameMute(now, before alert.Mute) bool {
	bySilence := func(a, b alert.Silence) bool { return a == b || a.ID == b.ID && a.Ends.IsZero() }
	return slices.EqualFunc(now.Silences, before.Silences, bySilence) && slices.Equal(now.Inhibitors, before.Inhibitors) && slices.Equal(now.Intervals, before.Intervals)
}
