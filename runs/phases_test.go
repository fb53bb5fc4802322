package runs_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"gonogo/clients/connection"
	"gonogo/clients/digitalocean"
	"gonogo/deploy"
	practice "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

const phasesApp = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"

// phases is a practice platform whose clock the test moves, and runs that ask it
// what is live.
type phases struct {
	*testing.T
	now      time.Time
	platform *practice.Platform
	client   *digitalocean.Client
	ledger   *storage.Ledger
	runs     *runs.Runs
}

func newPhases(t *testing.T) *phases {
	t.Helper()
	p := &phases{T: t, now: time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)}
	var err error
	if p.platform, err = practice.New(practice.Options{Token: "t0ken", Now: func() time.Time { return p.now },
		Pace: practice.Pace{PendingBuild: time.Minute, Building: time.Minute, PendingDeploy: time.Minute, Deploying: time.Minute}}); err != nil {
		t.Fatal(err)
	}
	if err := p.platform.Seed(practice.App{ID: phasesApp, Name: "shop", Component: "web", Tag: "1.0"}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(p.platform.Handler())
	t.Cleanup(server.Close)
	if p.client, err = digitalocean.New(digitalocean.Options{Token: "t0ken", APIURL: server.URL, Transport: http.DefaultTransport}); err != nil {
		t.Fatal(err)
	}
	decode := func(into any) error {
		return yaml.UnmarshalWithOptions([]byte("{connection: cloud, app: "+phasesApp+", version_as: {image_tag: [web]}}"), into, yaml.Strict())
	}
	strategy, err := deploy.Build("rolling", decode, deploy.Deps{Connection: func(_, kind string) (connection.Connection, error) {
		return connection.Connection{Kind: kind, Client: p.client}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.open(strategy)
	return p
}

func (p *phases) open(strategy deploy.Strategy) {
	p.Helper()
	logger := slog.New(slog.DiscardHandler)
	var err error
	if p.ledger, err = storage.OpenLedger(p.Context(), storagetest.NewMemory(), storage.Options{Log: logger}); err != nil {
		p.Fatal(err)
	}
	checklist := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: strategy.App().String()}}}).Index()
	p.runs = runs.New(runs.Options{Ledger: p.ledger, Checklist: checklist, Now: time.Now, Log: logger,
		Environments: map[string]deploy.Environment{"production": {Name: "production", Strategy: strategy}}})
	p.Cleanup(runstest.Background(p.T, p.ledger.Run))
}

// put writes a version into the app's spec, as somebody at the console may.
func (p *phases) put(version string) {
	p.Helper()
	app, err := p.client.App(p.Context(), phasesApp)
	if err != nil {
		p.Fatal(err)
	}
	spec, err := app.Spec.WithImageTag("web", version)
	if err == nil {
		_, _, err = p.client.Update(p.Context(), phasesApp, spec)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// pass lets time go by and asks the platform after it.
func (p *phases) pass(d time.Duration) {
	p.now = p.now.Add(d)
	p.runs.Observe(p.Context(), "production")
}

// want checks what is recorded as live, as which arrival.
func (p *phases) want(when, version string, arrival int) {
	p.Helper()
	if live := p.ledger.State().Live["production"]; live.Version != version || live.Arrival != arrival {
		p.Errorf("%s: arrival %d of %s is recorded, want %d of %s", when, live.Arrival, live.Version, arrival, version)
	}
}

// TestPhasesAreNoArrivals asks a platform in each phase of its deployments, and
// while it lists as live what it has replaced: only what went live arrives.
func TestPhasesAreNoArrivals(t *testing.T) {
	p := newPhases(t)
	p.pass(0)
	p.want("at first", "1.0", 1)
	p.pass(3 * time.Hour)
	p.put("2.0")
	for _, phase := range []string{"pending build", "building", "pending deploy", "deploying"} {
		p.pass(time.Second)
		p.want(phase, "1.0", 1)
		p.now = p.now.Add(59 * time.Second)
	}
	p.pass(time.Minute)
	p.want("active", "2.0", 2)

	behind := func(c practice.Call) practice.Fault { return practice.Fault{Behind: 2 * time.Hour} }
	p.platform.OnCall(behind)
	p.pass(time.Minute)
	p.want("the one before is listed", "2.0", 2)
	if why := p.ledger.State().Observed["production"].Problem; !strings.Contains(why, "out of date") {
		t.Errorf("it is not said that the answer is out of date: %q", why)
	}
	if _, err := p.runs.Current(t.Context(), "production"); err == nil {
		t.Error("an answer that is out of date is given as what is live")
	}
	p.platform.OnCall(nil)
	p.put("3.0")
	p.platform.OnCall(behind)
	for range 4 {
		p.pass(time.Minute - time.Second)
		p.want("the one before is listed while the next is made", "2.0", 2)
	}
	p.platform.OnCall(nil)
	p.pass(0)
	p.want("the platform has caught up", "2.0", 2)
	if why := p.ledger.State().Observed["production"].Problem; why != "" {
		t.Errorf("it has caught up, and the state says %q", why)
	}
	p.pass(time.Minute)
	p.want("the next is active", "3.0", 3)

	p.platform.SetBuild(practice.BuildBad)
	p.put("4.0")
	for range 5 {
		p.pass(time.Minute)
		p.want("a bad build", "3.0", 3)
	}
}

// TestConsoleRollbackIsHeld rolls back in the platform's console: what it left
// is held once it is live, and a hotfix after it holds nothing more.
func TestConsoleRollbackIsHeld(t *testing.T) {
	p := newPhases(t)
	p.pass(0)
	first := p.ledger.State().Live["production"].Deployment
	p.put("2.0")
	p.pass(time.Hour)
	if _, err := p.client.Rollback(t.Context(), phasesApp, first); err != nil {
		t.Fatal(err)
	}
	p.pass(time.Second)
	p.want("under way", "2.0", 2)
	if back := p.ledger.State().RolledBack; len(back) > 0 {
		t.Errorf("held before it is live: %v", back)
	}
	p.pass(time.Hour)
	p.want("live", "1.0", 3)
	place := history.Place{Environment: "production", Version: "2.0"}
	if w, held := p.ledger.State().RolledBack[place]; !held || w.Run != "" {
		t.Errorf("2.0 is held by %+v", p.ledger.State().RolledBack)
	}
	if err := p.client.Commit(t.Context(), phasesApp); err != nil {
		t.Fatal(err)
	}
	p.put("1.1")
	p.pass(time.Hour)
	p.want("a hotfix", "1.1", 4)
	if back := p.ledger.State().RolledBack; len(back) != 1 {
		t.Errorf("after a hotfix %v is held, want 2.0 alone", back)
	}
}
