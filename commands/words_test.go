package commands_test

import (
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"strings"
	"testing"
)

// An alert that ended is told apart from one that began.
func TestHistoryTellsTheEndOfAnAlert(t *testing.T) {
	s := newStage(t, "history-alerts")
	for _, status := range []string{alert.Firing, alert.Resolved} {
		s.happened(t, event.AlertsReceived{Incident: "i", Title: "Errors", Delivery: alert.Delivery{GroupKey: "g", Status: status,
			Alerts: []alert.Alert{{Status: status, Fingerprint: "f"}}}})
	}
	got := s.say(t, "U0DEV: /ready history")
	if !strings.Contains(got, "Alert firing: Errors") || !strings.Contains(got, "Alert resolved: Errors") {
		t.Error(got)
	}
}
