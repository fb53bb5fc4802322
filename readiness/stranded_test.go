package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// What the ledger has of an environment is listed once the configuration no longer
// has that environment, and not before.
func TestStranded(t *testing.T) {
	h := begin(scoped())
	h.add(event.EnvironmentLocked{Environment: "staging", Claim: "k", By: "U0DEV", Reason: "a look"},
		event.EnvironmentLocked{Environment: "production", Claim: history.PinClaim("production"), By: "U0TL"},
		event.EnvironmentFrozen{Environment: "staging", Claim: "f", By: "U0TL", Reason: "the fair", Until: h.now.Add(24 * time.Hour)},
		event.EnvironmentFrozen{Environment: "production", Claim: "g", By: "U0TL", Until: h.now}, // over
		event.RunStarted{Run: "d", What: work.Deployment, Title: "19.0.1 to staging", Change: &work.Change{Environment: "staging"}},
		event.EnvironmentLocked{Environment: "staging", Claim: "run/d", Run: "d"},
		event.RunStarted{Run: "b", What: work.Runbook, Title: "Seed on staging", Runbook: "seed", Environment: "staging"},
		event.RunStarted{Run: "g", What: work.Gates, Title: "all gates"},
		event.TriggerTripped{Incident: "i", Environment: "production", Trigger: "errors", Title: "Errors", Problem: alert.OverLimit})
	if got := h.view().Stranded(); len(got) != 0 {
		t.Fatalf("with the environments it lists %v", got)
	}
	h.list.Environments = []checklist.Environment{{Name: "live"}}
	want := []Stranded{
		{"production", "the platform's pin", "the platform keeps it, and gonogo can't release it; choose Keep or Return before the restart"},
		{"production", "the incident “Errors”", "it is closed, since nothing watches its trigger"},
		{"staging", "the run “19.0.1 to staging”", "it can't continue, and asks whether to abandon it; let it end before the restart"},
		{"staging", "the run “Seed on staging”", "it ends as interrupted; let it end before the restart"},
		{"staging", "the lock by U0DEV (a look)", "it holds nothing, and comes back with an environment of this name; unlock it before the restart"},
		{"staging", "the freeze by U0TL (the fair)", "it holds nothing; freeze the environment that replaces it"},
	}
	got := h.view().Stranded()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stranded (-want +got):\n%s", diff)
	}
}

// Holds that end with an environment are listed too: alerts of a group that fires on
// several, and the rollback of a version that may go out again.
func TestStrandedHolds(t *testing.T) {
	h := begin(scoped())
	one := func(print string) alert.Alert {
		return alert.Alert{Fingerprint: print, Status: alert.Firing, StartsAt: h.now, Labels: map[string]string{"alertname": print, "severity": "critical"}}
	}
	h.add(event.AlertsReceived{Incident: "i", Title: "Errors", Places: map[string]string{"a": "staging", "b": "production"},
		Delivery: alert.Delivery{GroupKey: "g", Status: alert.Firing, Alerts: []alert.Alert{one("a"), one("b")}}})
	h.back("r", "production", "19.0.1", "19.0.0", nil).kept("r", "production", "19.0.1", "19.0.0")
	h.back("old", "production", "18.0.1", "18.0.0", nil).kept("old", "production", "18.0.1", "18.0.0") // no release of it is open
	h.list.Environments = []checklist.Environment{{Name: "staging"}}
	want := []Stranded{
		{"production", "the rollback from 19.0.1 by U0CALL", "it no longer holds 19.0.1 back; close that release if it must not go out"},
		{"production", "the incident “Errors”", "its alerts on this environment no longer hold a release"},
	}
	if diff := cmp.Diff(want, h.view().Stranded()); diff != "" {
		t.Errorf("stranded (-want +got):\n%s", diff)
	}
}
