package commands_test

import (
	"strings"
	"testing"

	"gonogo/readiness"
)

// An alert that ended is told apart from one that began.
func TestHistoryTellsTheEndOfAnAlert(t *testing.T) {
	s := newStage(t, "history-alerts")
	for _, status := range []string{readiness.AlertFiring, readiness.AlertResolved} {
		s.happened(t, readiness.AlertsReceived{Incident: "i", Title: "Errors", Delivery: readiness.AlertDelivery{GroupKey: "g", Status: status,
			Alerts: []readiness.Alert{{Status: status, Fingerprint: "f"}}}})
	}
	got := s.say(t, "U0DEV: /ready history")
	if !strings.Contains(got, "Alert firing: Errors") || !strings.Contains(got, "Alert resolved: Errors") {
		t.Error(got)
	}
}
