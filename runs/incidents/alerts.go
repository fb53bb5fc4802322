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

// AlertOptions configures Alerts.
type AlertOptions struct {
	Ledger       *storage.Ledger
	Checklist    *checklist.Checklist
	Environments map[string]deploy.Environment // whose triggers may be alerts
	// EnvironmentLabels are the labels that may name the environment, in order of
	// precedence. Empty: [EnvironmentLabels].
	EnvironmentLabels []string
	Sources           []AlertSource // all Alertmanagers that send alerts; empty: they are not asked
	Now               func() time.Time
	Log               *slog.Logger

	// Clean redacts secrets in the texts of deliveries, so that they can be compared
	// with the redacted ones in the ledger; nil: texts stay as they are.
	Clean func(text string) string
}

// EnvironmentLabels are the labels that name an alert's environment, if the
// configuration doesn't say which do.
var EnvironmentLabels = []string{"environment", "env"}

// Alerts receives what Alertmanager sends. Each delivery is the whole state of one
// group, and may come several times: at each repeat interval, from a peer that didn't
// know of it, or because a response was lost. So only news is recorded, and a delivery
// without news is accepted.
//
// [history.State.Hear] finds the news of a delivery. A message that may be a late copy
// is recorded as held. Run lets it count if it isn't decided in time, so that no firing
// alert is lost.
type Alerts struct {
	opts      AlertOptions
	silentLog rate.Sometimes       // limits the log lines about Alertmanagers that don't respond
	answered  map[string]time.Time // by host: when an Alertmanager last responded; owned by Run
}

// NewAlerts returns Alerts; it starts nothing.
func NewAlerts(opts AlertOptions) *Alerts {
	if len(opts.EnvironmentLabels) == 0 {
		opts.EnvironmentLabels = EnvironmentLabels
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Alerts{opts: opts, answered: map[string]time.Time{}, silentLog: rate.Sometimes{Interval: 10 * time.Minute}}
}

// Receive records a delivery. It returns nil once its news is durable, or if it has
// none.
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

// refusedInterval is the least time between two records of refused deliveries.
const refusedInterval = 24 * time.Hour

// Refused records that a delivery of size bytes exceeded the limit, at most once a day:
// people have to know that they aren't notified of its alerts. It returns nil once that
// is durable.
func (a *Alerts) Refused(ctx context.Context, size, limit int64) error {
	_, err := a.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		if last := s.Refused; last != nil && now.Sub(last.At) < refusedInterval {
			return nil, nil
		}
		return []event.Event{event.AlertsRefused{Bytes: size, Limit: limit}}, nil
	})
	if err != nil {
		return fmt.Errorf("record refused alerts: %w", err)
	}
	return nil
}

// received is the event with the news of a delivery, under a new incident if it opens
// one.
func received(h *history.Hearing, d alert.Delivery, environment, title string, now time.Time) event.AlertsReceived {
	incident := incidentID(d.GroupKey, now)
	if !h.Opens && h.Home != nil {
		incident = h.Home.ID
	}
	d.Alerts, d.Unnamed = h.News, h.Unnamed
	return event.AlertsReceived{Incident: incident, Environment: environment, Title: title, Delivery: d.Cut(), Means: h.Means, After: h.After}
}

// environment finds the environment of a delivery: the one that is named by a label of
// its group, its alerts or its route, or else the only one with a trigger that matches
// an alert. It is empty if there is none, or more than one.
func (a *Alerts) environment(d alert.Delivery) string {
	common := d.Shared
	if common == nil {
		common = shared(relevantAlerts(d))
	}
	for _, labels := range []map[string]string{d.GroupLabels, common, d.RouteLabels} {
		for _, name := range a.opts.EnvironmentLabels {
			if _, known := a.opts.Checklist.Environment(labels[name]); known {
				return labels[name]
			}
		}
	}
	found := a.environmentsOf(relevantAlerts(d))
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// places are the environments of the firing alerts by fingerprint, if the delivery as a
// whole has none. They come from news, because some alerts in the event have been cut
// to less than their labels.
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

// environmentsOf lists the environments with a trigger that matches one of the alerts.
func (a *Alerts) environmentsOf(alerts []alert.Alert) []string {
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

// relevantAlerts are the firing alerts of a delivery, or all if none is firing.
func relevantAlerts(d alert.Delivery) []alert.Alert {
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

// mostTitle limits an incident's title, in letters.
const mostTitle = 150

// alertTitle is an incident's title: the names of the alerts, the most urgent first,
// and the summary that they share.
func alertTitle(d alert.Delivery) string {
	var names []string
	for _, a := range slices.SortedStableFunc(slices.Values(relevantAlerts(d)), alert.CompareUrgency) {
		if len(names) == mostTitle/3 {
			break // each takes three letters or more of the title, with its comma
		}
		if !slices.Contains(names, a.Name()) {
			names = append(names, a.Name())
		}
	}
	title := strings.Join(names, ", ")
	if summary := sharedSummary(relevantAlerts(d)); summary != "" {
		title += ": " + summary
	}
	return phrase.ShortenAtWord(strings.Join(strings.Fields(title), " "), mostTitle)
}

// sharedSummary is the summary that all alerts have, or nothing.
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
