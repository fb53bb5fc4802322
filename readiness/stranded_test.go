package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the ledger has of an environment is listed once the configuration no longer
// has that environment, and not before.
func TestStranded(t *testing.T) {
	h := begin(scoped())
	h.add(EnvironmentLocked{Environment: "staging", Claim: "k", By: "U0DEV", Reason: "a look"},
		EnvironmentLocked{Environment: "production", Claim: PinClaim("production"), By: "U0TL"},
		EnvironmentFrozen{Environment: "staging", Claim: "f", By: "U0TL", Reason: "the fair", Until: h.now.Add(24 * time.Hour)},
		EnvironmentFrozen{Environment: "production", Claim: "g", By: "U0TL", Until: h.now}, // over
		RunStarted{Run: "d", What: RunDeployment, Title: "19.0.1 to staging", Change: &Change{Environment: "staging"}},
		EnvironmentLocked{Environment: "staging", Claim: "run/d", Run: "d"},
		RunStarted{Run: "b", What: RunRunbook, Title: "Seed on staging", Runbook: "seed", Environment: "staging"},
		RunStarted{Run: "g", What: RunGates, Title: "all gates"},
		TriggerTripped{Incident: "i", Environment: "production", Trigger: "errors", Title: "Errors", Problem: OverLimit})
	if got := h.view().Stranded(); len(got) != 0 {
		t.Fatalf("with the environments it lists %v", got)
	}
	h.list.Environments = []Environment{{Name: "live"}}
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
	alert := func(print string) Alert {
		return Alert{Fingerprint: print, Status: AlertFiring, StartsAt: h.now, Labels: map[string]string{"alertname": print, "severity": "critical"}}
	}
	h.add(AlertsReceived{Incident: "i", Title: "Errors", Places: map[string]string{"a": "staging", "b": "production"},
		Delivery: AlertDelivery{GroupKey: "g", Status: AlertFiring, Alerts: []Alert{alert("a"), alert("b")}}})
	h.back("r", "production", "19.0.1", "19.0.0", nil).kept("r", "production", "19.0.1", "19.0.0")
	h.back("old", "production", "18.0.1", "18.0.0", nil).kept("old", "production", "18.0.1", "18.0.0") // no release of it is open
	h.list.Environments = []Environment{{Name: "staging"}}
	want := []Stranded{
		{"production", "the rollback from 19.0.1 by U0CALL", "it no longer holds 19.0.1 back; close that release if it must not go out"},
		{"production", "the incident “Errors”", "its alerts on this environment no longer hold a release"},
	}
	if diff := cmp.Diff(want, h.view().Stranded()); diff != "" {
		t.Errorf("stranded (-want +got):\n%s", diff)
	}
}
