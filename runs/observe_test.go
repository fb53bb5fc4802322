package runs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// pair is staging and production after it, each on a platform of its own.
type pair struct {
	*testing.T
	staging, production *deploytest.Platform
	strategies          map[string]deploy.Strategy // in place of a platform's own
	log                 *storagetest.Memory
	ledger              *storage.Ledger
	runs                *runs.Runs
	obstacles           map[string]string
}

func newPair(t *testing.T) *pair {
	p := &pair{T: t, staging: deploytest.New("2"), production: deploytest.New("1"), strategies: map[string]deploy.Strategy{}, log: storagetest.NewMemory()}
	p.staging.Named = deploy.App{ID: "app-s", Component: "web"}
	p.production.Named = deploy.App{ID: "app-p", Component: "web"}
	return p
}

// open starts all of it and returns what stops it.
func (p *pair) open() (stop func()) {
	p.Helper()
	logger := slog.New(slog.DiscardHandler)
	var err error
	if p.ledger, err = storage.OpenLedger(p.Context(), p.log, storage.Options{Log: logger}); err != nil {
		p.Fatal(err)
	}
	checklist := (&checklist.Checklist{Environments: []checklist.Environment{
		{Name: "staging", App: p.staging.App().String()}, {Name: "production", App: p.production.App().String(), After: []string{"staging"}}}}).Index()
	environments := map[string]deploy.Environment{}
	for name, platform := range map[string]deploy.Strategy{"staging": p.staging, "production": p.production} {
		if other := p.strategies[name]; other != nil {
			platform = other
		}
		if p.obstacles[name] == "" {
			environments[name] = deploy.Environment{Name: name, Strategy: platform, Health: deploy.Health{Consecutive: 1, Every: time.Second}}
		}
	}
	p.runs = runs.New(runs.Options{Ledger: p.ledger, Checklist: checklist, Environments: environments, Obstacles: p.obstacles, Now: time.Now, Log: logger})
	ledger, work := runstest.Background(p.T, p.ledger.Run), runstest.Background(p.T, p.runs.Run)
	watch := runstest.Background(p.T, p.runs.WatchPlatforms)
	synctest.Wait()
	return func() { watch(); work(); ledger() }
}

func (p *pair) write(events ...event.Event) {
	p.Helper()
	if _, err := p.ledger.Update(p.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		p.Fatal(err)
	}
}

// released opens version 2, which is adopted on staging.
func (p *pair) released() {
	p.Helper()
	p.write(event.ReleaseOpened{Version: "2"},
		event.EnvironmentAdopted{Environment: "staging", Version: "2", Deployment: "d2", App: "app-s/web", By: "U0TL"},
		event.EnvironmentAdopted{Environment: "production", Version: "1", Deployment: "d1", App: "app-p/web", By: "U0TL"})
}

func (p *pair) start() error {
	_, err := p.runs.Deploy(p.Context(), runs.DeployRequest{Key: "plan", Environment: "production", Version: "2", By: "U0DEV"})
	return err
}

// observed counts what the ledger has of platforms.
func (p *pair) observed() (n int) {
	for record := range p.log.Read(p.Context(), 0) {
		if happened, err := record.Event(); err == nil {
			if _, ok := happened.(event.PlatformObserved); ok {
				n++
			}
		}
	}
	return n
}

func (p *pair) live(environment string) history.Live { return p.ledger.State().Live[environment] }

// later lets time pass in the bubble.
func later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Each platform is asked every minute, and only news is written.
func TestPlatformsAreWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		defer p.open()()
		p.released()
		later(time.Hour)
		if p.observed() != 2 || p.staging.Asked < 55 {
			t.Errorf("%d observations after an hour in which staging was asked %d times, want one for each platform", p.observed(), p.staging.Asked)
		}
		p.staging.Set(func() { p.staging.Live = "1.9.9-hotfix" })
		later(2 * time.Minute)
		if live := p.live("staging"); live.Version != "1.9.9-hotfix" || !live.Outside() || live.Arrival != 2 {
			t.Errorf("live on staging %+v, want the hotfix as an arrival from outside", live)
		}
		p.staging.Set(func() { p.staging.Away = true })
		later(10 * time.Minute)
		if why := p.ledger.State().Observed["staging"].Problem; !strings.Contains(why, "the platform is away") {
			t.Errorf("the platform is away, and the state says %q", why)
		}
		p.staging.Set(func() { p.staging.Away = false })
		later(2 * time.Minute)
		if why := p.ledger.State().Observed["staging"].Problem; why != "" || p.observed() != 5 {
			t.Errorf("the platform is back, and the state says %q after %d observations, want none after 5", why, p.observed())
		}
	})
}

// A plan asks its own platform and those before it. One that comes after it is asked only
// if it didn't answer a moment ago: many deployments at once stay within what platforms
// take.
func TestPlansShareAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		defer p.open()()
		p.released()
		synctest.Wait()
		asked := func(environment string, plans int) (staging, production int) {
			staging, production = p.staging.Asked, p.production.Asked
			for range plans {
				p.runs.Observe(t.Context(), environment)
			}
			return p.staging.Asked - staging, p.production.Asked - production
		}
		if staging, production := asked("production", 10); staging != 10 || production != 10 {
			t.Errorf("for 10 plans for production, staging was asked %d times and production %d times", staging, production)
		}
		if staging, production := asked("staging", 10); staging != 10 || production != 0 {
			t.Errorf("for 10 plans for staging, staging was asked %d times and production %d times", staging, production)
		}
		later(10 * time.Second)
		if _, production := asked("staging", 1); production != 1 {
			t.Errorf("production was asked %d times after 10 s, want once", production)
		}
	})
}

// A platform that cannot be asked at all is as silent as one that does not
// answer.
func TestPlatformBehindAnObstacle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.obstacles = map[string]string{"staging": "DIGITALOCEAN_TOKEN is not set"}
		defer p.open()()
		p.released()
		if err := p.start(); err == nil || !strings.Contains(reason(err), "what is live on staging is not known: DIGITALOCEAN_TOKEN is not set") {
			t.Errorf("started with %q", reason(err))
		}
	})
}

// reason is the first blocker of a refused start.
func reason(err error) string {
	var not runs.NotGo
	if errors.As(err, &not) {
		return not.Decision.Blockers[0].Reason
	}
	return "no blocker"
}

// A start asks afresh, whatever was known a moment ago.
func TestStartAsksPlatforms(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(p *pair)
		want   string // the first blocker; empty: it starts
	}{
		{"as it was", func(*pair) {}, ""},
		{"a hotfix on staging", func(p *pair) { p.staging.Live = "1.9.9-hotfix" }, "1.9.9-hotfix, deployed outside gonogo, is live on staging, not 2"},
		{"a rollback on staging", func(p *pair) { p.staging.Live = "1" }, "1, deployed outside gonogo, is live on staging, not 2"},
		{"staging does not answer", func(p *pair) { p.staging.Away = true }, "what is live on staging is not known: the platform is away"},
		{"production does not answer", func(p *pair) { p.production.Away = true }, "the platform is away"},
		{"nothing is live on staging", func(p *pair) { p.staging.Live = "" }, "gonogo does not know of anything live on staging"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t)
				defer p.open()()
				p.released()
				tt.change(p)
				switch err := p.start(); {
				case tt.want == "" && err != nil:
					t.Errorf("refused with %q", reason(err))
				case tt.want != "" && reason(err) != tt.want:
					t.Errorf("blocked by %q, want %q", reason(err), tt.want)
				}
			})
		})
	}
}

// waiting is a platform whose deployments wait before they write.
type waiting struct {
	*deploytest.Platform
	gate chan struct{}
}

func (w waiting) Deploy(e deploy.Environment, o deploy.Order) []deploy.Step {
	wait := deploy.Step{Name: "wait", Title: "Wait", Watch: func(ctx context.Context, _ deploy.Work) (deploy.Result, error) {
		select {
		case <-w.gate:
		case <-ctx.Done():
		}
		return deploy.Result{Summary: "waited"}, ctx.Err()
	}}
	steps := w.Platform.Deploy(e, o)
	return append([]deploy.Step{steps[0], wait}, steps[1:]...)
}

// What a deployment waited for has its price: all platforms are asked again
// before its first write.
func TestDeploymentThatWaitedAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, gate := newPair(t), make(chan struct{})
		p.strategies["production"] = waiting{p.production, gate}
		defer p.open()()
		p.released()
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.staging.Set(func() { p.staging.Live = "1.9.9-hotfix" })
		close(gate)
		later(time.Second)
		for _, run := range p.ledger.State().Runs {
			if run.Outcome != work.Unsuccessful || !strings.Contains(run.Reason, "1.9.9-hotfix, deployed outside gonogo, is live on staging") {
				t.Errorf("ended %q: %s", run.Outcome, run.Reason)
			}
		}
		if len(p.production.Writes) > 0 {
			t.Errorf("wrote %q", p.production.Writes)
		}
	})
}

// A platform that is silent for a while delays the first write and ends nothing.
func TestDeploymentWaitsForASilentPlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, gate := newPair(t), make(chan struct{})
		p.strategies["production"] = waiting{p.production, gate}
		defer p.open()()
		p.released()
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.staging.Set(func() { p.staging.Away = true })
		close(gate)
		later(10 * time.Second)
		p.staging.Set(func() { p.staging.Away = false })
		later(time.Minute)
		if live := p.live("production"); live.Version != "2" || !live.Verified {
			t.Errorf("live on production %+v, want 2, verified", live)
		}
	})
}

// A ledger of an older gonogo names no app. Its record counts where the app has
// the deployment that it speaks of, and the platform made another of the same.
func TestOlderLedgerIsMatchedWithItsApp(t *testing.T) {
	for _, tt := range []struct {
		name     string
		recorded string // the deployment on record
		want     bool   // stays verified
	}{{"maintenance since", "d2", true}, {"of another app", "x2", false}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t)
				stop := p.open()
				stop() // nothing was recorded when this platform was asked
				p.log = storagetest.NewMemory()
				p.staging.Redeploy("m2")
				defer p.open()()
				p.write(event.EnvironmentAdopted{Environment: "staging", Version: "2", Deployment: tt.recorded, By: "U0TL"})
				later(2 * time.Minute)
				if live := p.live("staging"); live.Verified != tt.want || live.Deployment != "m2" || live.App != "app-s/web" {
					t.Errorf("live %+v, want verified %t", live, tt.want)
				}
			})
		})
	}
}

// The configuration names another app than the record: nothing is known of it,
// and what was good on the other is no way back.
func TestAnotherAppIsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		defer p.open()()
		p.released()
		p.write(event.EnvironmentAdopted{Environment: "production", Version: "0", Deployment: "d0", App: "app-p/web", By: "U0TL"},
			event.EnvironmentAdopted{Environment: "production", Version: "1", Deployment: "d1", App: "app-p/web", By: "U0TL"})
		if plan, err := p.runs.PlanRollback(t.Context(), "production", ""); err != nil || plan.To.Version != "0" {
			t.Fatalf("plans to go back to %q, %v", plan.To.Version, err)
		}
		p.production.Set(func() { p.production.Named = deploy.App{ID: "app-new", Component: "web"} })
		if plan, err := p.runs.PlanRollback(t.Context(), "production", ""); !errors.Is(err, runs.ErrNoWayBack) {
			t.Errorf("plans to go back from %q to %q on another app, %v", plan.From.Version, plan.To.Version, err)
		}
	})
}

// Where two environments share an app, the record of both follows a rollback of
// one.
func TestRollbackOfASharedApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.staging.Named = deploy.App{ID: "app-p", Component: "api"}
		defer p.open()()
		p.write(event.ReleaseOpened{Version: "2"},
			event.EnvironmentAdopted{Environment: "staging", Version: "1", Deployment: "d1", App: "app-p/api", By: "U0TL"},
			event.EnvironmentAdopted{Environment: "staging", Version: "2", Deployment: "d2", App: "app-p/api", By: "U0TL"},
			event.EnvironmentAdopted{Environment: "production", Version: "0", Deployment: "d0", App: "app-p/web", By: "U0TL"},
			event.EnvironmentAdopted{Environment: "production", Version: "1", Deployment: "d1", App: "app-p/web", By: "U0TL"})
		plan, err := p.runs.PlanRollback(t.Context(), "production", "0")
		if err != nil || len(plan.Beside) != 1 || plan.Beside[0].Now.Version != "2" || plan.Beside[0].Gets.Version != "0" {
			t.Errorf("plans %+v beside it, %v; want staging from 2 to 0", plan.Beside, err)
		}
		p.production.Beside = func() { p.staging.Set(func() { p.staging.Live = "1" }) }
		id, err := p.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", From: "1", To: "0", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		later(time.Second)
		if live := p.live("staging"); live.Version != "1" || live.Run != id || live.By != "U0ONCALL" || live.Verified {
			t.Errorf("live beside it %+v, want 1 by that run, not verified", live)
		}
	})
}

// withoutApp is a platform that no longer has the app.
type withoutApp struct{ *deploytest.Platform }

func (p withoutApp) Current(context.Context) (deploy.Current, error) {
	return deploy.Current{}, &deploy.Gone{Cause: errors.New("the platform has no such app")}
}

// That a platform does not have the app is not the answer that nothing is live.
func TestAppThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYardOn(t, storagetest.NewMemory(), withoutApp{deploytest.New("1")})
		defer y.open()()
		for _, said := range y.runs.Observed(t.Context(), y.ledger.State()) {
			if said.Problem != "the platform has no such app" {
				t.Errorf("the platform is taken to say %+v", said)
			}
		}
	})
}
