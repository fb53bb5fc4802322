package incidents

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// AlertOptions is what alerts are taken in with.
type AlertOptions struct {
	Ledger       *storage.Ledger
	Checklist    *checklist.Checklist
	Environments map[string]deploy.Environment // whose triggers may be alerts
	// EnvironmentLabels are the labels that may name the environment, the first
	// that does counts. Empty: those of [EnvironmentLabels].
	EnvironmentLabels []string
	Sources           []AlertSource // all Alertmanagers that send alerts; empty: they are not asked
	Now               func() time.Time
	Log               *slog.Logger

	// Clean takes the secrets out of the texts of deliveries before they are compared
	// with those in the ledger, where they stand without; nil: they are taken as they are.
	Clean func(text string) string
}

// EnvironmentLabels are the labels that name an alert's environment where the
// configuration names none.
var EnvironmentLabels = []string{"environment", "env"}

// Alerts takes in what Alertmanager sends. Each delivery is one group's whole
// state, and comes again: when it repeats, when a peer did not know that it
// was sent, when an answer was lost. So only what the ledger does not know yet
// is written, and the rest is taken all the same.
//
// [history.State.Hear] judges a delivery. A message that may be a late copy
// is recorded as held; Run lets it count if nothing decides in time, so that
// an alert that fires is not lost.
type Alerts struct {
	opts      AlertOptions
	complaint rate.Sometimes       // logs that an Alertmanager does not answer
	answered  map[string]time.Time // by host: when an Alertmanager last answered; owned by Run
}

// NewAlerts prepares to take alerts in.
func NewAlerts(opts AlertOptions) *Alerts {
	if len(opts.EnvironmentLabels) == 0 {
		opts.EnvironmentLabels = EnvironmentLabels
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Alerts{opts: opts, answered: map[string]time.Time{}, complaint: rate.Sometimes{Interval: 10 * time.Minute}}
}

// Receive takes a delivery in. It returns nil once what it says is durable, or
// if it says nothing new.
func (a *Alerts) Receive(ctx context.Context, d alert.Delivery) error {
	if a.opts.Clean != nil {
		event.CleanTexts(&d, a.opts.Clean)
	}
	environment, title := a.environment(d), alertTitle(d)
	_, err := a.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		h := s.Hear(d, now)
		var events []event.Event
		if !h.Empty() {
			e := received(h, d, environment, title, now)
			e.Places = a.places(e, h.News)
			events = append(events, e)
		}
		if len(h.Repeats) > 0 {
			events = append(events, event.AlertsHeard{Incidents: h.Repeats})
		}
		return events, nil
	})
	if err != nil {
		return fmt.Errorf("record alerts: %w", err)
	}
	return nil
}

// refusedApart is how often it is recorded that deliveries are refused.
const refusedApart = 24 * time.Hour

// Refused records that a delivery of so many bytes was too large to be read, at
// most once a day: Alertmanager does not send it again soon, and people have to
// know that they are told nothing of its alerts. It returns nil once that is
// durable.
func (a *Alerts) Refused(ctx context.Context, size, limit int64) error {
	_, err := a.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		if last := s.Refused; last != nil && now.Sub(last.At) < refusedApart {
			return nil, nil
		}
		return []event.Event{event.AlertsRefused{Bytes: size, Limit: limit}}, nil
	})
	if err != nil {
		return fmt.Errorf("record refused alerts: %w", err)
	}
	return nil
}

// received records the news of a delivery, under a new incident where it opens
// one.
func received(h *history.Hearing, d alert.Delivery, environment, title string, now time.Time) event.AlertsReceived {
	incident := incidentID(d.GroupKey, now)
	if !h.Opens && h.Home != nil {
		incident = h.Home.ID
	}
	d.Alerts, d.Unnamed = h.News, h.Unnamed
	return event.AlertsReceived{Incident: incident, Environment: environment, Title: title, Delivery: d.Cut(), Means: h.Means, After: h.After}
}

// environment finds the environment that a delivery is about: the one that the
// labels of its group, of its alerts or of its route name, or else the one with
// a trigger that is such an alert. It is empty where the alerts disagree.
func (a *Alerts) environment(d alert.Delivery) string {
	common := d.Shared
	if common == nil {
		common = shared(speaking(d))
	}
	for _, labels := range []map[string]string{d.GroupLabels, common, d.RouteLabels} {
		for _, name := range a.opts.EnvironmentLabels {
			if _, known := a.opts.Checklist.Environment(labels[name]); known {
				return labels[name]
			}
		}
	}
	found := a.triggered(speaking(d))
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// places are the environments of the alerts that fire, where a delivery as a
// whole names none: they may name one each. In the event some have lost their
// labels, which news still has.
func (a *Alerts) places(e event.AlertsReceived, news []alert.Alert) map[string]string {
	if e.Environment != "" {
		return nil
	}
	places, recorded := map[string]string{}, map[string]bool{}
	for _, alert := range e.Delivery.Alerts {
		recorded[alert.Fingerprint] = true
	}
	one := e.Delivery
	for i, alert := range news {
		one.Alerts, one.Shared = news[i:i+1], nil
		if place := a.environment(one); alert.Firing() && recorded[alert.Fingerprint] && place != "" {
			places[alert.Fingerprint] = place
		}
	}
	return places
}

// triggered lists the environments that have a trigger which one of the alerts is.
func (a *Alerts) triggered(alerts []alert.Alert) []string {
	var found []string
	for name, env := range a.opts.Environments {
		if slices.ContainsFunc(env.Triggers, func(t deploy.Trigger) bool {
			return slices.ContainsFunc(alerts, func(alert alert.Alert) bool { return t.Matches(alert.Labels) })
		}) {
			found = append(found, name)
		}
	}
	return found
}

// speaking are the alerts that a delivery is about: those that fire, or all
// where none does.
func speaking(d alert.Delivery) []alert.Alert {
	firing := slices.DeleteFunc(slices.Clone(d.Alerts), func(a alert.Alert) bool { return !a.Firing() })
	if len(firing) == 0 {
		return d.Alerts
	}
	return firing
}

// shared are the labels that all alerts have in common.
func shared(alerts []alert.Alert) map[string]string {
	if len(alerts) == 0 {
		return nil
	}
	common := maps.Clone(alerts[0].Labels)
	for _, a := range alerts[1:] {
		maps.DeleteFunc(common, func(name, value string) bool { return a.Labels[name] != value })
	}
	return common
}

// mostTitle bounds an incident's title, in letters.
const mostTitle = 150

// alertTitle says what a delivery is about, in one line, the worst first.
func alertTitle(d alert.Delivery) string {
	var names []string
	for _, a := range slices.SortedStableFunc(slices.Values(speaking(d)), alert.CompareUrgency) {
		if len(names) == mostTitle/3 {
			break // each takes three letters or more of the title, with its comma
		}
		if !slices.Contains(names, a.Name()) {
			names = append(names, a.Name())
		}
	}
	title := strings.Join(names, ", ")
	if summary := sharedSummary(speaking(d)); summary != "" {
		title += ": " + summary
	}
	return phrase.ShortenAtWord(strings.Join(strings.Fields(title), " "), mostTitle)
}

// sharedSummary is the summary that all alerts give, or nothing.
func sharedSummary(alerts []alert.Alert) string {
	summary := ""
	for i, a := range alerts {
		if i > 0 && a.Annotations["summary"] != summary {
			return ""
		}
		summary = a.Annotations["summary"]
	}
	return summary
}
