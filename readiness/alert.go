package readiness

import (
	"strings"
	"time"
)

// AlertDelivery is one notification about a group of alerts, as it was taken
// in. Alertmanager sends a group's whole state each time, repeats what nobody
// answered, and with several peers sends some of it twice.
type AlertDelivery struct {
	Receiver    string            `json:"receiver,omitempty"`
	GroupKey    string            `json:"group_key"`
	Status      string            `json:"status"` // "firing" or "resolved"
	ExternalURL string            `json:"external_url,omitempty"`
	GroupLabels map[string]string `json:"group_labels,omitempty"`
	// CommonLabels and CommonAnnotations are those that all its alerts share.
	CommonLabels      map[string]string `json:"common_labels,omitempty"`
	CommonAnnotations map[string]string `json:"common_annotations,omitempty"`
	Truncated         int               `json:"truncated,omitempty"` // alerts that were left out
	Alerts            []Alert           `json:"alerts"`
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
	AlertFiring   = "firing"
	AlertResolved = "resolved"
)

// Firing reports whether the alert fires.
func (a Alert) Firing() bool { return a.Status == AlertFiring }

// Name is what the alert is called.
func (a Alert) Name() string {
	if name := a.Labels["alertname"]; name != "" {
		return name
	}
	return "an alert without a name"
}

// Severity is the alert's label "severity" in lower case, or empty.
func (a Alert) Severity() string { return strings.ToLower(strings.TrimSpace(a.Labels["severity"])) }

// newer reports whether a says more than what was known of the same alert
// before. What is late, or repeats, says nothing: an alert that was resolved
// fires again only from a later start.
func (a Alert) newer(known Alert) bool {
	if c := a.since().Compare(known.since()); c != 0 {
		return c > 0
	}
	return known.Firing() && !a.Firing()
}

// since is when what an alert says began to be so. Peers may know different
// starts of one alert, so a resolution is placed by when the alert ended.
func (a Alert) since() time.Time {
	if !a.Firing() && a.EndsAt.After(a.StartsAt) {
		return a.EndsAt
	}
	return a.StartsAt
}
