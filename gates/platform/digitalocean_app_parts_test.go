package platform

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/gates/kindtest"
	cloud "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/answer"
)

func TestPhase(t *testing.T) {
	live := &digitalocean.Deployment{ID: "d1", Phase: digitalocean.PhaseActive}
	at := func(phase digitalocean.Phase) *digitalocean.Deployment {
		return &digitalocean.Deployment{ID: "d2", Phase: phase}
	}
	for name, tt := range map[string]struct {
		app     digitalocean.App
		verdict answer.Verdict
		words   string
	}{
		"active":            {digitalocean.App{Active: live}, answer.Passed, "a deployment is active"},
		"not known":         {digitalocean.App{Active: at(digitalocean.PhaseUnknown)}, answer.Errored, "doesn't know the phase"},
		"no phase":          {digitalocean.App{Active: at("")}, answer.Errored, "doesn't know the phase"},
		"superseded":        {digitalocean.App{Active: at(digitalocean.PhaseSuperseded)}, answer.Failed, "is SUPERSEDED"},
		"another under way": {digitalocean.App{Active: live, InProgress: at(digitalocean.PhaseDeploying)}, answer.Warned, "is under way (DEPLOYING)"},
		"another waits":     {digitalocean.App{Active: live, Pending: at(digitalocean.PhasePendingBuild)}, answer.Warned, "is under way (PENDING_BUILD)"},
		"another failed":    {digitalocean.App{Active: live, InProgress: at(digitalocean.PhaseError)}, answer.Passed, ""},
		"pinned":            {digitalocean.App{Active: live, Pinned: live}, answer.Warned, "is pinned after a rollback"},
	} {
		if said := kindtest.Odd(phaseOf(tt.app), tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", name, said)
		}
	}
}

func TestHealth(t *testing.T) {
	both := []digitalocean.Component{{Kind: "services", Name: "web"}, {Kind: "workers", Name: "cron"}, {Kind: "jobs", Name: "migrate"}}
	cron := digitalocean.ComponentHealth{Name: "cron", State: "HEALTHY", Desired: 1, Ready: 1}
	web := func(state string, ready int) []digitalocean.ComponentHealth {
		return []digitalocean.ComponentHealth{cron, {Name: "web", State: state, Desired: 2, Ready: ready}}
	}
	for name, tt := range map[string]struct {
		health  []digitalocean.ComponentHealth
		verdict answer.Verdict
		words   string
	}{
		"healthy":          {web("HEALTHY", 2), answer.Passed, "2 components healthy"},
		"unhealthy":        {web("UNHEALTHY", 2), answer.Failed, "web is unhealthy"},
		"not known":        {web("UNKNOWN", 2), answer.Errored, "doesn't know the health of web"},
		"another word":     {web("FINE", 2), answer.Errored, "doesn't know the health of web"},
		"an instance less": {web("HEALTHY", 1), answer.Failed, "1 of 2 instances of web ready"},
		"not reported":     {[]digitalocean.ComponentHealth{cron}, answer.Errored, "DigitalOcean reports no health of web"},
		"asleep":           {[]digitalocean.ComponentHealth{cron, {Name: "web", State: "HEALTHY"}}, answer.Failed, "0 of 0 instances of web ready"},
	} {
		if said := kindtest.Odd(healthOf(both, tt.health), tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", name, said)
		}
	}
}

func TestChecked(t *testing.T) {
	path, open := &digitalocean.HealthCheck{HTTPPath: "/health"}, &digitalocean.HealthCheck{}
	for name, tt := range map[string]struct {
		component digitalocean.Component
		want      bool
	}{
		"a service with a path":           {digitalocean.Component{Kind: "services", Health: path}, true},
		"a service with a liveness check": {digitalocean.Component{Kind: "services", Liveness: path}, true},
		"a service without a path":        {digitalocean.Component{Kind: "services", Health: open, Liveness: open}, false},
		"a service without a check":       {digitalocean.Component{Kind: "services"}, false},
		"a worker with a check":           {digitalocean.Component{Kind: "workers", Liveness: open}, true},
		"a worker without one":            {digitalocean.Component{Kind: "workers", Health: path}, false},
	} {
		if got := checked(tt.component); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// TestChangedSpec: the spec was changed, and the deployment of the change failed.
func TestChangedSpec(t *testing.T) {
	a := newAccount(t)
	if err := os.WriteFile(filepath.Join(a.deps.Dir, "app.json"), []byte(shopSpec), 0o600); err != nil {
		t.Fatal(err)
	}
	client := a.deps.Connections["cloud"].Client.(*digitalocean.Client)
	app, err := client.App(t.Context(), shopID)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := app.Spec.WithImageTag("web", "2")
	if err != nil {
		t.Fatal(err)
	}
	a.SetBuild(cloud.BuildBad)
	if _, _, err := client.Update(t.Context(), shopID, changed); err != nil {
		t.Fatal(err)
	}
	a.now = a.now.Add(time.Hour)
	if said := kindtest.Odd(a.measure(t, DigitalOceanApp, "spec: app.json"), answer.Failed, "the app's spec was changed, and that isn't live (1 place)"); said != "" {
		t.Error(said)
	}
}
