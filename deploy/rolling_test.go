package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"gonogo/clients/connection"
	"gonogo/clients/digitalocean"
	"gonogo/gates"
	practice "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

const shop = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"

// yard is a platform with one app, whose clock goes on whenever a step pauses.
type yard struct {
	*testing.T
	platform *practice.Platform
	client   *digitalocean.Client
	strategy *rolling
	now      time.Time
}

// ofImage is the app's configuration where its version is an image's tag.
const ofImage = "{connection: cloud, app: " + shop + ", version_as: {image_tag: web}}"

func newYard(t *testing.T, app practice.App, settings string) *yard {
	t.Helper()
	y := &yard{T: t, now: time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)}
	var err error
	y.platform, err = practice.New(practice.Options{Token: "t0ken", Now: func() time.Time { return y.now },
		Pace: practice.Pace{PendingBuild: time.Second, Building: time.Minute, PendingDeploy: time.Second, Deploying: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	app.ID, app.Name = shop, "shop"
	if err := y.platform.Seed(app); err != nil {
		t.Fatal(err)
	}
	server := serve(t, y.platform.Handler().ServeHTTP)
	if y.client, err = digitalocean.New(digitalocean.Options{Token: "t0ken", APIURL: server.URL, Transport: http.DefaultTransport}); err != nil {
		t.Fatal(err)
	}
	built, err := buildRolling(settings, y.client, nil)
	if err != nil {
		t.Fatal(err)
	}
	y.strategy = built.(*rolling)
	return y
}

// UnmarshalYAML reads the two forms with the library that these tests read with.
func (c *components) UnmarshalYAML(decode func(any) error) error { return c.Decode(decode) }

func buildRolling(settings string, client *digitalocean.Client, err error) (Strategy, error) {
	decode := func(into any) error { return yaml.UnmarshalWithOptions([]byte(settings), into, yaml.Strict()) }
	return Build("rolling", decode, Deps{Connection: func(name, kind string) (connection.Connection, error) {
		var missing *connection.Missing
		if errors.As(err, &missing) {
			return connection.Connection{Kind: kind, Err: err}, nil
		}
		return connection.Connection{Kind: kind, Client: client}, err
	}})
}

// work is an order as its steps see it; they share the facts.
func (y *yard) work(o Order, facts map[string]string) Work {
	return Work{Order: o,
		Fact:     func(name string) string { return facts[name] },
		Decision: func() string { return facts["choice"] },
		Tell:     func(string, ...work.StepPart) {},
		Pause:    func(_ context.Context, d time.Duration) error { y.now = y.now.Add(d); return nil },
		Until:    func(context.Context, func(*history.State) bool) error { return nil },
		State:    func() *history.State { return nil }}
}

// carry does steps one after another, each once.
func (y *yard) carry(steps []Step, w Work, facts map[string]string) {
	y.Helper()
	for _, step := range steps {
		if step.Unless != nil && step.Unless(w) != "" {
			continue
		}
		result, err := y.do(step, w, facts)
		if err != nil {
			y.Fatalf("step %s: %v", step.Name, err)
		}
		maps.Copy(facts, result.Facts)
		if left := result.Facts[work.LeftFact]; left != "" { // as the run's record has it from then on
			w.From = build.Build{Version: left}
		}
	}
}

func (y *yard) do(step Step, w Work, facts map[string]string) (Result, error) {
	switch {
	case step.Watch != nil:
		return step.Watch(y.Context(), w)
	case step.Effect == nil:
		return Result{}, nil
	}
	if found, err := step.Effect.Look(y.Context(), w); err != nil || found != nil {
		return Result{}, errors.Join(err, errors.New("it was found before it was done"))
	}
	prepared, err := step.Effect.Prepare(y.Context(), w)
	if err != nil {
		return Result{}, err
	}
	maps.Copy(facts, prepared)
	result, err := step.Effect.Act(y.Context(), w)
	if found, lost := step.Effect.Look(y.Context(), w); err == nil && (lost != nil || found == nil || !cmp.Equal(found.Facts, result.Facts)) {
		return result, errors.Join(lost, errors.New("what was done is not found again"))
	}
	return result, err
}

// deploy takes a version out and returns what was found out on the way.
func (y *yard) deploy(run, version string) map[string]string {
	y.Helper()
	facts := map[string]string{}
	o := Order{Run: run, To: build.Build{Version: version}}
	y.carry(y.strategy.Deploy(Environment{Name: "staging", Strategy: y.strategy}, o), y.work(o, facts), facts)
	return facts
}

func (y *yard) current() Current {
	y.Helper()
	now, err := y.strategy.Current(y.Context())
	if err != nil {
		y.Fatal(err)
	}
	return now
}

// TestRolling deploys, rolls back and decides, for an app whose version is an
// image's tag and for one that is built from a branch.
func TestRolling(t *testing.T) {
	fromGit, err := json.Marshal(map[string]any{"name": "shop", "region": "sgp", "services": []any{map[string]any{"name": "web",
		"git": map[string]any{"repo_clone_url": "https://example.com/shop.git", "branch": "1.0"}, "instance_count": 1, "instance_size_slug": "apps-s-1vcpu-1gb"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		app      practice.App
		settings string
	}{
		"an image":     {practice.App{Component: "web", Tag: "1.0"}, ofImage},
		"a repository": {practice.App{Spec: fromGit}, "{connection: cloud, app: " + shop + ", version_as: {git_ref: web}}"},
	} {
		for choice, want := range map[string]string{work.ChooseKeep: "1.0", work.ChooseReturn: "2.0"} {
			t.Run(name+", "+choice, func(t *testing.T) {
				y := newYard(t, c.app, c.settings)
				first := y.current().Live
				facts := y.deploy("r1", "2.0")
				second := y.current().Live
				if got, want := second, (build.Build{Version: "2.0", Deployment: facts["deployment"]}); got != want {
					t.Fatalf("live is %+v, want %+v", got, want)
				}
				back := map[string]string{"choice": choice}
				o := Order{Run: "r2", From: second, To: first}
				y.carry(y.strategy.Rollback(Environment{Name: "staging", Strategy: y.strategy}, o), y.work(o, back), back)
				if now := y.current(); now.Live.Version != want || now.Wanted != want || now.Pinned() {
					t.Errorf("the platform is left with %+v, want %s live and wanted", now, want)
				}
			})
		}
	}
}

// TestUpdateIsFoundAmongOthers finds a run's deployment after others have
// replaced it, and finds none where there was none.
func TestUpdateIsFoundAmongOthers(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	update := updateApp{y.strategy}
	before, err := update.Prepare(t.Context(), Work{})
	if err != nil {
		t.Fatal(err)
	}
	ours := y.deploy("r1", "2.0")
	y.deploy("r2", "3.0")
	y.deploy("r3", "4.0")
	found, err := update.Look(t.Context(), y.work(Order{Run: "r1"}, before))
	if err != nil || found == nil || found.Facts["deployment"] != ours["deployment"] {
		t.Errorf("found %+v, %v; want deployment %s", found, err, ours["deployment"])
	}
	if found, err := update.Look(t.Context(), y.work(Order{Run: "r4"}, before)); found != nil || err != nil {
		t.Errorf("found %+v, %v of a run that wrote nothing", found, err)
	}
}

// TestStoppedTooLate cancels a deployment that ends in that moment, and one
// that the platform goes on with: only the first is as good as stopped.
func TestStoppedTooLate(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	o := Order{Run: "r1", To: build.Build{Version: "2.0"}}
	facts := map[string]string{}
	w := y.work(o, facts)
	y.carry(y.strategy.Deploy(Environment{Strategy: y.strategy}, o)[:3], w, facts)
	cancel := y.strategy.Abort(o).Effect
	facts["stopping"] = facts["deployment"]

	y.platform.OnCall(func(c practice.Call) practice.Fault {
		if c.Write {
			return practice.Fault{Status: http.StatusConflict}
		}
		return practice.Fault{}
	})
	if result, err := cancel.Act(t.Context(), w); err == nil {
		t.Errorf("refused while it goes on gives %+v, want an error", result)
	}
	y.platform.OnCall(func(c practice.Call) practice.Fault {
		if c.Write {
			return practice.Fault{Before: func() { y.now = y.now.Add(time.Hour) }, Status: http.StatusConflict}
		}
		return practice.Fault{}
	})
	if result, err := cancel.Act(t.Context(), w); err != nil || !strings.Contains(result.Summary, "ended before it could be stopped") {
		t.Errorf("refused after its end gives %+v, %v", result, err)
	}
}

// TestKeptByOthers has somebody deploy past the rollback that a person keeps.
func TestKeptByOthers(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	y.deploy("r1", "2.0")
	w := y.work(Order{}, map[string]string{factDeployment: "the rollback's"})
	if found, err := (keepRollback{y.strategy}).Look(t.Context(), w); found != nil || err == nil || !strings.Contains(err.Error(), "2.0 is live instead") {
		t.Errorf("found %+v, %v", found, err)
	}
	step := y.strategy.verify(Environment{}, "verify", factDeployment, func(Work) build.Build { return build.Build{Version: "2.0"} })
	if _, err := step.Watch(t.Context(), w); err == nil || !strings.Contains(err.Error(), "something has replaced it") {
		t.Errorf("verified with %v, want the other deployment named", err)
	}
}

func TestRollingSettings(t *testing.T) {
	unset := &connection.Missing{Why: "DIGITALOCEAN_TOKEN is not set"}
	for _, tt := range []struct {
		name, settings string
		err            error
		want           []string // the fields at fault
	}{
		{"nothing is set", "{connection: cloud}", nil, []string{"app", "version_as"}},
		{"not an ID", "{app: shop, version_as: {image_tag: web}}", nil, []string{"app"}},
		{"two versions", "{app: " + shop + ", version_as: {image_tag: web, git_ref: web}}", nil, []string{"version_as"}},
		{"no such connection", "{app: " + shop + ", version_as: {image_tag: web}}", errors.New("there is none"), []string{"connection"}},
		{"its token is not set", "{app: " + shop + ", version_as: {image_tag: web}}", unset, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := buildRolling(tt.settings, nil, tt.err)
			var faults gates.Faults
			var fields []string
			if errors.As(err, &faults) {
				for _, f := range faults {
					fields = append(fields, f.Field)
				}
			} else if err == nil || err.Error() != tt.err.Error() {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, fields); diff != "" {
				t.Errorf("fields at fault (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	steps := []digitalocean.Step{{Name: "build", Status: digitalocean.StepError, Reason: "exit status 1"}}
	for phase, want := range map[digitalocean.Phase]struct {
		done bool
		says string
	}{
		digitalocean.PhaseBuilding: {false, ""},
		digitalocean.PhaseUnknown:  {false, ""},
		digitalocean.PhaseActive:   {true, ""},
		digitalocean.PhaseCanceled: {false, "deployment d1 was cancelled at the platform"},
		digitalocean.PhaseError:    {false, "build: exit status 1"},
	} {
		done, err := deploymentOf(digitalocean.Deployment{ID: "d1", Phase: phase, Steps: steps}).outcome()
		if done != want.done || (err == nil) != (want.says == "") || err != nil && !strings.Contains(err.Error(), want.says) {
			t.Errorf("%s gives %t, %v; want %+v", phase, done, err, want)
		}
	}
}

func TestComeUpon(t *testing.T) {
	one, again := build.Build{Version: "1.0", Deployment: "d1"}, build.Build{Version: "1.0", Deployment: "d3"}
	untouched := func(id string) map[string]string {
		return map[string]string{factUntouched: "yes", factDeployment: id}
	}
	for _, tt := range []struct {
		name  string
		now   Current
		stops string
		want  Result
	}{
		{"the new version is live", Current{Live: build.Build{Version: "2.0", Deployment: "d2"}, Wanted: "2.0"}, "", Result{Summary: "2.0 is live"}},
		{"the old one is live still", Current{Live: one, Wanted: "1.0"}, "", Result{Summary: "1.0 never stopped being live", Facts: untouched("d1")}},
		{"a build was stopped", Current{Live: one, Wanted: "2.0"}, "r1", Result{Summary: "1.0 never stopped being live", Facts: untouched("d1"), Verdict: answer.Warned,
			Details: []string{"the app's spec still names 2.0, so the platform's next deployment would take that out"}}},
		{"maintenance deployed the old one anew", Current{Live: again, Wanted: "1.0"}, "r1", Result{Summary: "1.0 never stopped being live", Facts: untouched("d3")}},
		{"somebody's hotfix is live", Current{Live: build.Build{Version: "2.1", Deployment: "d4"}, Wanted: "2.1"}, "",
			Result{Summary: "2.1 is live", Facts: map[string]string{work.LeftFact: "2.1", work.LeftDeploymentFact: "d4"}}},
		{"nothing is live", Current{}, "", Result{Summary: "nothing is live"}},
	} {
		if diff := cmp.Diff(tt.want, foundLive(tt.now, Order{From: build.Build{Version: "2.0"}, To: one, Stops: tt.stops})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestSettle ends the pin that a rollback left behind, either way, and again
// when there is none left.
func TestSettle(t *testing.T) {
	for choice, want := range map[string]string{work.ChooseKeep: "1.0", work.ChooseReturn: "2.0"} {
		t.Run(choice, func(t *testing.T) {
			y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
			first := y.current().Live
			y.deploy("r1", "2.0")
			o := Order{Run: "r2", From: y.current().Live, To: first, Settles: choice}
			if _, err := y.client.Rollback(t.Context(), shop, first.Deployment); err != nil {
				t.Fatal(err)
			}
			y.now = y.now.Add(time.Hour)
			for range 2 {
				facts := map[string]string{}
				y.carry(y.strategy.Settle(Environment{Name: "staging", Strategy: y.strategy}, o), y.work(o, facts), facts)
				if now := y.current(); now.Pinned() || now.Live.Version != want {
					t.Errorf("the platform is left with %+v, want %s live", now, want)
				}
			}
		})
	}
}

// TestRollbackThatMissed has the platform fail to bring the earlier build: it is
// not recorded as live, and the person is told what is.
func TestRollbackThatMissed(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.deploy("r1", "2.0")
	facts := map[string]string{factDeployment: "failed-one"}
	o := Order{Run: "r2", From: y.current().Live, To: first}
	step, w := y.strategy.restored(o), y.work(o, facts)
	result, err := step.Watch(t.Context(), w)
	if err != nil || result.Verdict != answer.Failed || !strings.Contains(result.Summary, "2.0 is live") {
		t.Fatalf("found %+v, %v", result, err)
	}
	maps.Copy(facts, result.Facts)
	if at := step.Record(w); at != nil {
		t.Errorf("records %+v as live", at)
	}
	if why := whyDecide(w, o); !strings.Contains(why, "2.0 is live") {
		t.Errorf("asks %q", why)
	}
}

// TestRollbackThatIsLate has the earlier build come through while the person is
// asked: once they keep it, it is recorded.
func TestRollbackThatIsLate(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	first := y.current().Live
	y.deploy("r1", "2.0")
	o := Order{Run: "r2", From: y.current().Live, To: first}
	facts := map[string]string{factMissed: "no"}
	late, w := y.strategy.late(o), y.work(o, facts)
	if late.Unless(w) == "" {
		t.Error("looks again at a rollback that had come through")
	}
	facts[factMissed] = "yes"
	d, err := y.client.Rollback(t.Context(), shop, first.Deployment)
	if err != nil {
		t.Fatal(err)
	}
	facts[factDeployment] = d.ID
	y.now = y.now.Add(time.Hour)
	result, err := late.Watch(t.Context(), w)
	if err != nil || result.Verdict == answer.Failed {
		t.Fatalf("found %+v, %v", result, err)
	}
	maps.Copy(facts, result.Facts)
	if at := late.Record(w); at == nil || at.Build.Version != "1.0" || at.Build.Deployment != d.ID || !at.Untried {
		t.Errorf("records %+v, want 1.0 as what is live, untried", at)
	}
}

// TestMarkOfOthers tells a run's own deployment from those that carry its mark
// because they repeat its spec.
func TestMarkOfOthers(t *testing.T) {
	var marked digitalocean.Spec
	if err := json.Unmarshal([]byte(`{"name":"shop","envs":[{"key":"GONOGO_RUN","value":"r1"}]}`), &marked); err != nil {
		t.Fatal(err)
	}
	for cause, want := range map[string]string{"MANUAL": "r1", "app spec updated": "r1", "MAINTENANCE": "", "DEPLOY_ON_PUSH": "", "MANUAL_ROLLBACK": ""} {
		if got := markOf(&digitalocean.Deployment{Cause: cause, Spec: marked}); got != want {
			t.Errorf("a deployment that %s began is marked %q, want %q", cause, got, want)
		}
	}
}
