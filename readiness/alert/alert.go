package alert

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Delivery is one notification about a group of alerts, as it was received.
// Alertmanager sends a group's whole state each time, repeats what got no response, and
// with several peers sends some of it twice.
type Delivery struct {
	Receiver    string            `json:"receiver,omitempty"`
	GroupKey    string            `json:"group_key"`
	Status      string            `json:"status"` // "firing" or "resolved"
	ExternalURL string            `json:"external_url,omitempty"`
	GroupLabels map[string]string `json:"group_labels,omitempty"`
	// CommonLabels and CommonAnnotations are those that all its alerts share.
	CommonLabels      map[string]string `json:"common_labels,omitempty"`
	CommonAnnotations map[string]string `json:"common_annotations,omitempty"`
	RouteLabels       map[string]string `json:"route_labels,omitempty"` // of Alertmanager 0.34 and later
	Reason            string            `json:"reason,omitempty"`       // notification_reason of Alertmanager 0.32 and later
	Truncated         int               `json:"truncated,omitempty"`    // alerts that were left out, by the sender or in the ledger
	Unnamed           int               `json:"unnamed,omitempty"`      // of these, how many may fire
	Alerts            []Alert           `json:"alerts"`
	// Shared are the labels that all its firing alerts share, or all its alerts if none
	// fires. It isn't recorded; nil: as in Alerts.
	Shared map[string]string `json:"-"`
}

// Alert is one alert of a group.
type Alert struct {
	Fingerprint  string            `json:"fingerprint"` // names the alert's labels
	Status       string            `json:"status"`      // "firing" or "resolved"
	Labels       map[string]string `json:"labels,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	StartsAt     time.Time         `json:"starts_at"`
	EndsAt       time.Time         `json:"ends_at,omitzero"` // meaningful once it is resolved
	GeneratorURL string            `json:"generator_url,omitempty"`
}

// The statuses of an alert and of a group.
const (
	Firing   = "firing"
	Resolved = "resolved"
)

// Firing reports whether the alert fires.
func (a Alert) Firing() bool { return a.Status == Firing }

// Name is the alert's name.
func (a Alert) Name() string {
	if name := a.Labels["alertname"]; name != "" {
		return name
	}
	return "an alert without a name"
}

// Severity is the alert's label "severity" in lower case, or empty.
func (a Alert) Severity() string { return strings.ToLower(strings.TrimSpace(a.Labels["severity"])) }

// CompareSeverity orders alerts, the worst severity first. Those without one
// come last.
func (a Alert) CompareSeverity(b Alert) int {
	x, y := a.Severity(), b.Severity()
	switch {
	case x == y:
		return 0
	case y == "" || x != "" && WorseSeverity(x, y):
		return -1
	}
	return 1
}

// End is when an alert that is resolved ended. Some that were resolved by hand
// say an end before their start.
func (a Alert) End() time.Time {
	if a.EndsAt.After(a.StartsAt) {
		return a.EndsAt
	}
	return a.StartsAt
}

// Newer reports whether a says more than what was known of the same alert
// before, as gonogo judged it before it recorded what each message means.
func (a Alert) Newer(known Alert) bool {
	if c := a.since().Compare(known.since()); c != 0 {
		return c > 0
	}
	return known.Firing() && !a.Firing()
}

func (a Alert) since() time.Time {
	if a.Firing() {
		return a.StartsAt
	}
	return a.End()
}

const (
	mostDetailed = 200  // alerts of one delivery that are recorded in full
	mostNamed    = 1000 // that are recorded at all; the others are counted
)

// Cut limits what is recorded of a delivery. Firing alerts come first, the worst
// severity before the others. Those after the first 200 keep their identifiers, name
// and severity. Of more than 1000 the rest is only counted, and those that fire count
// as unnamed, so that they don't end unnoticed.
func (d Delivery) Cut() Delivery {
	alerts := slices.Clone(d.Alerts)
	slices.SortStableFunc(alerts, CompareUrgency)
	kept := alerts[:min(len(alerts), mostNamed)]
	for _, a := range alerts[len(kept):] {
		d.Truncated++
		if a.Firing() {
			d.Unnamed++
		}
	}
	for n := mostDetailed; n < len(kept); n++ {
		kept[n] = kept[n].Brief()
	}
	d.Alerts = kept
	return d
}

// CompareUrgency orders alerts: firing ones by severity, the worst first, then ended
// ones.
func CompareUrgency(a, b Alert) int {
	switch {
	case a.Firing() && b.Firing():
		return a.CompareSeverity(b)
	case a.Firing():
		return -1
	case b.Firing():
		return 1
	}
	return 0
}

// Brief is the alert without what only its own line on a card shows.
func (a Alert) Brief() Alert {
	short := Alert{Fingerprint: a.Fingerprint, Status: a.Status, StartsAt: a.StartsAt, EndsAt: a.EndsAt, Labels: map[string]string{}}
	for _, name := range []string{"alertname", "severity"} {
		if value, ok := a.Labels[name]; ok {
			short.Labels[name] = value
		}
	}
	return short
}

// severities are the values of the label "severity" that are ranked, the worst
// first.
var severities = []string{"critical", "error", "warning", "info"}

// WorseSeverity reports whether a severity is worse than another. One that is
// not ranked comes after those that are.
func WorseSeverity(a, b string) bool {
	if c := cmp.Compare(severityRank(a), severityRank(b)); c != 0 {
		return c < 0
	}
	return a < b
}

func severityRank(s string) int {
	if rank := slices.Index(severities, s); rank >= 0 {
		return rank
	}
	return len(severities)
}
