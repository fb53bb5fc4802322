package web

import (
	"errors"
	"fmt"
	"gonogo/readiness/alert"
	"strings"
	"time"
)

// webhook is Alertmanager's notification, version 4, without its alerts. Fields that are not
// listed are ignored: newer versions add some.
// Source: Alertmanager documentation, "webhook_config".
type webhook struct {
	Version           string
	GroupKey          string
	TruncatedAlerts   int
	Status            string
	Receiver          string
	GroupLabels       map[string]string
	CommonLabels      map[string]string
	CommonAnnotations map[string]string
	ExternalURL       string
	Reason            string            `json:"notification_reason"` // since 0.32
	RouteLabels       map[string]string // since 0.34
}

type webhookAlert struct {
	Status       string
	Labels       map[string]string
	Annotations  map[string]string
	StartsAt     time.Time
	EndsAt       time.Time // year 1 while the alert fires
	GeneratorURL string
	Fingerprint  string
}

// What is kept of a delivery. Keys and fingerprints are identifiers and never cut; the
// body's own limit bounds the rest, and the number of alerts. The receiver decides how
// many are recorded, since it knows which are new.
const (
	longestValue    = 1000 // characters of a label's or an annotation's value
	longestAddress  = 2000 // bytes; a longer one is left out, since a part of it leads nowhere
	longestIdentity = 64   // bytes of a fingerprint, which Alertmanager writes in 16
)

// errNotBody says that a body is not a notification.
var errNotBody = errors.New("the body is not what Alertmanager writes; leave the payload of its webhook_config as it is")

// fault is why a delivery can't be used, or nil.
func (h *webhook) fault() error {
	switch {
	case h.Version != "4":
		return fmt.Errorf("the webhook has version %q, and gonogo knows only 4; let Alertmanager send it", short(h.Version))
	case h.GroupKey == "":
		return errors.New("groupKey is missing, so it is not known which group this is about; let Alertmanager send it")
	case !isStatus(h.Status):
		return fmt.Errorf("the group has the status %q; it is firing or resolved", short(h.Status))
	}
	return nil
}

// fault is why an alert can't be used, or nil.
func (a *webhookAlert) fault() error {
	switch {
	case a.Fingerprint == "":
		return errors.New("an alert has no fingerprint, so it cannot be told from others; let Alertmanager send it")
	case len(a.Fingerprint) > longestIdentity:
		return fmt.Errorf("an alert has a fingerprint of more than %d characters; let Alertmanager send it", longestIdentity)
	case !isStatus(a.Status):
		return fmt.Errorf("an alert has the status %q; it is firing or resolved", short(a.Status))
	}
	return nil
}

func isStatus(s string) bool { return s == alert.Firing || s == alert.Resolved }

// delivery is what is kept of the notification, with the alerts that are kept.
func (h *webhook) delivery(p *pile) alert.Delivery {
	left := max(h.TruncatedAlerts, 0)
	return alert.Delivery{
		Receiver: short(h.Receiver), GroupKey: h.GroupKey, Status: h.Status, ExternalURL: address(h.ExternalURL),
		GroupLabels: labels(h.GroupLabels), CommonLabels: labels(h.CommonLabels), CommonAnnotations: labels(h.CommonAnnotations),
		RouteLabels: labels(h.RouteLabels), Reason: short(h.Reason), Truncated: left + p.left, Unnamed: left + p.leftFiring,
		Alerts: p.list(), Shared: p.speaking(),
	}
}

// alert is what is kept of one alert.
func (a *webhookAlert) alert() alert.Alert {
	return alert.Alert{
		Fingerprint: a.Fingerprint, Status: a.Status, Labels: labels(a.Labels), Annotations: labels(a.Annotations),
		StartsAt: a.StartsAt.UTC(), EndsAt: a.EndsAt.UTC(), GeneratorURL: address(a.GeneratorURL),
	}
}

// labels cuts the values of labels or annotations.
func labels(all map[string]string) map[string]string {
	for name, value := range all {
		all[name] = short(value)
	}
	return all
}

// short cuts a text, never within a character.
func short(s string) string {
	if len(s) <= longestValue {
		return s
	}
	if runes := []rune(s); len(runes) > longestValue {
		return string(runes[:longestValue-1]) + "…"
	}
	return s
}

// address keeps what can be a link in a message.
func address(s string) string {
	if len(s) > longestAddress || !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return ""
	}
	return s
}
