package runs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/gates"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/incidents"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// gauge is a sampler that measures what a test sets it to, in percent.
type gauge struct{ percent, broken, silent atomic.Int64 }

// Sample implements [deploy.Sampler].
func (g *gauge) Sample(context.Context, time.Time, gates.Scope) (deploy.Sample, error) {
	if g.broken.Load() > 0 {
		return deploy.Sample{}, errors.New("Prometheus at http://u:hunter22@prom does not answer")
	}
	if g.silent.Load() > 0 {
		return deploy.Sample{Data: true, Failed: true, Silent: true, Words: "no answer"}, nil
	}
	return deploy.Sample{Value: float64(g.percent.Load()) / 100, Data: true}, nil
}

// oven is a yard whose production bakes: it looks at one trigger that trips at the third
// reading above 5 %, one every 20 s.
type oven struct {
	*yard
	gauge *gauge
	log   *storagetest.Memory
	env   deploy.Environment
	stop  func()

	oneWay bool // what is released is of a kind that can't be undone
}

func inOven(t *testing.T, bake []time.Duration, test func(*oven)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOven(t, storagetest.NewMemory(), deploytest.New("1"), &gauge{}, bake...)
		defer func() { o.stop() }()
		test(o)
	})
}

func newOven(t *testing.T, log *storagetest.Memory, p *deploytest.Platform, g *gauge, bake ...time.Duration) *oven {
	t.Helper()
	trigger := deploy.Trigger{ID: "errors", Title: "Too many errors", Sample: g, NoData: deploy.IgnoreNoData}
	if err := trigger.Limit.UnmarshalText([]byte("> 5%")); err != nil {
		t.Fatal(err)
	}
	o := &oven{yard: &yard{t: t, p: p}, gauge: g, log: log, env: deploy.Environment{Name: "production", Strategy: p,
		Health: deploy.Health{Consecutive: 3, Every: 10 * time.Second}, Triggers: []deploy.Trigger{trigger}, Bake: bake}}
	o.start(log)
	return o
}

func (o *oven) start(log storage.Log) {
	o.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(o.t.Context(), log, storage.Options{Log: logger})
	if err != nil {
		o.t.Fatal(err)
	}
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: o.p.App().String()}}}).Index()
	if o.oneWay {
		list.Kinds = []checklist.ReleaseKind{{ID: "", Title: "A migration", OneWay: true}}
	}
	environments := map[string]deploy.Environment{"production": o.env}
	o.ledger, o.runs = ledger, runs.New(runs.Options{Ledger: ledger, Checklist: list, Environments: environments, Secrets: []string{"hunter22"}, Now: time.Now, Log: logger})
	watch := incidents.NewTriggers(incidents.TriggerOptions{Ledger: ledger, Environments: environments, Secrets: []string{"hunter22"}, Now: time.Now, Log: logger})
	stopRuns, sampling, automatic := o.open(), runstest.Background(o.t, watch.Run), runstest.Background(o.t, o.runs.RollBackByItself)
	o.stop = func() { automatic(); sampling(); stopRuns() }
	synctest.Wait()
}

func (o *oven) restart() {
	o.t.Helper()
	o.log = o.log.Reopen()
	o.start(o.log)
}

// pass lets a span of the test's own clock go by.
func (o *oven) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// step is a step of a run as the ledger has it.
func (o *oven) step(id, name string) work.Step {
	o.t.Helper()
	step, ok := o.ledger.State().Runs[id].Step(name)
	if !ok {
		o.t.Fatalf("the run has no step %s", name)
	}
	return step
}

func TestBake(t *testing.T) {
	inOven(t, []time.Duration{5 * time.Minute, 20 * time.Minute}, func(o *oven) {
		o.gauge.percent.Store(1)
		id := o.begin()
		o.pass(time.Minute)
		state := o.ledger.State()
		until, baking := state.Baking("production")
		if began := o.step(id, "bake-1").Started; !baking || until != began.Add(20*time.Minute) {
			t.Errorf("baking %t until %v; it began %v", baking, until, began)
		}
		if live := state.Live["production"]; live.Version != "2" || !live.Verified || live.Baked {
			t.Errorf("live %+v, want it verified, and not baked", live)
		}
		if state.Locks["production"].Run != id {
			t.Error("the environment is not locked while it bakes")
		}
		o.gauge.percent.Store(2)
		o.pass(5 * time.Minute)
		o.gauge.percent.Store(3)
		o.pass(20 * time.Minute)
		state = o.ledger.State()
		if run := state.Runs[id]; run.Outcome != work.Completed {
			t.Fatalf("ended %q: %s", run.Outcome, run.Reason)
		}
		if live := state.Live["production"]; !live.Baked {
			t.Errorf("live %+v, want it baked", live)
		}
		for name, want := range map[string]string{"triggers-before": "Too many errors: 1 % (trips at > 5%)",
			"bake-1": "Too many errors: 2 % (trips at > 5%), before the switch 1 % (trips at > 5%)", "bake-2": "Too many errors: 3 % (trips at > 5%), before the switch 1 % (trips at > 5%)"} {
			if diff := cmp.Diff([]string{want}, o.step(id, name).Evidence.Details); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if got, want := o.step(id, "bake-2").Evidence.Summary, "after 20m, none of 1 trigger is breached"; got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	})
}

// A bake ends once its time is over and nothing is wrong, and not before.
func TestBakeWaitsUntilItIsQuiet(t *testing.T) {
	for name, tt := range map[string]struct {
		breaks, mends func(*gauge)
		doing         string
	}{
		"breached":     {func(g *gauge) { g.percent.Store(7) }, func(g *gauge) { g.percent.Store(1) }, "“Too many errors” is breached"},
		"unmeasurable": {func(g *gauge) { g.broken.Store(1) }, func(g *gauge) { g.broken.Store(0) }, "“Too many errors” can't be measured"},
	} {
		t.Run(name, func(t *testing.T) {
			inOven(t, []time.Duration{5 * time.Minute}, func(o *oven) {
				id := o.begin()
				o.pass(time.Minute)
				tt.breaks(o.gauge)
				o.pass(3 * time.Minute)
				if got := o.step(id, "bake-1").Doing; got != tt.doing {
					t.Errorf("doing %q, want %q", got, tt.doing)
				}
				o.pass(time.Hour)
				if run := o.ledger.State().Runs[id]; !run.Open() || o.ledger.State().Live["production"].Baked {
					t.Fatalf("ended %q while %s", run.Outcome, tt.doing)
				}
				if got, want := o.step(id, "bake-1").Doing, "the time is over, and "+tt.doing+"; it ends when that is over"; got != want {
					t.Errorf("doing %q, want %q", got, want)
				}
				tt.mends(o.gauge)
				o.pass(2 * time.Minute)
				if run := o.ledger.State().Runs[id]; run.Outcome != work.Completed || !o.ledger.State().Live["production"].Baked {
					t.Errorf("ended %q: %s", run.Outcome, run.Reason)
				}
			})
		})
	}
}

// A restart in the bake goes on with the time that is left.
func TestBakeAcrossRestart(t *testing.T) {
	inOven(t, []time.Duration{20 * time.Minute}, func(o *oven) {
		id := o.begin()
		o.pass(10 * time.Minute)
		began := o.step(id, "bake-1").Started
		o.stop()
		o.pass(5 * time.Minute)
		o.log = o.log.Reopen()
		o.env.Bake, o.env.Smoke = []time.Duration{time.Minute, time.Hour}, nil // what was planned counts
		o.start(o.log)
		o.pass(time.Until(began.Add(20*time.Minute - time.Second)))
		if run := o.ledger.State().Runs[id]; !run.Open() || run.Asked != nil {
			t.Fatalf("%q %q before its time was over, asked %+v", run.Outcome, run.Reason, run.Asked)
		}
		o.pass(2 * time.Second)
		if run := o.ledger.State().Runs[id]; run.Outcome != work.Completed || !run.Ended.Equal(began.Add(20*time.Minute)) {
			t.Errorf("ended %q at %v, want it %v", run.Outcome, run.Ended, began.Add(20*time.Minute))
		}
	})
}

// A bake whose whole time passed while gonogo was down ends only after a look.
func TestBakeOverWhileDown(t *testing.T) {
	inOven(t, []time.Duration{20 * time.Minute}, func(o *oven) {
		id := o.begin()
		o.pass(10 * time.Minute)
		o.stop()
		o.pass(time.Hour)
		o.gauge.percent.Store(9)
		o.restart()
		o.pass(5 * time.Minute)
		if run := o.ledger.State().Runs[id]; !run.Open() {
			t.Fatalf("ended %q while 9 %% of requests fail", run.Outcome)
		}
		o.gauge.percent.Store(0)
		o.pass(5 * time.Minute)
		if run := o.ledger.State().Runs[id]; run.Outcome != work.Completed {
			t.Errorf("ended %q: %s", run.Outcome, run.Reason)
		}
	})
}

func TestBakePreempted(t *testing.T) {
	for name, tt := range map[string]struct {
		act     func(o *oven, id string) error
		outcome work.Outcome
		live    string
		reason  string // what the reason begins with
	}{
		"cancel": {func(o *oven, id string) error { return o.runs.Cancel(o.t.Context(), "stop", id, "U0DEV") }, work.Cancelled, "2", "2 is live on production"},
		"rollback": {func(o *oven, _ string) error {
			_, err := o.runs.RollBack(o.t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", From: "2", To: "1", By: "U0ONCALL"})
			return err
		}, work.Cancelled, "1", "a rollback took over. "},
		"another version": {func(o *oven, _ string) error {
			o.p.Set(func() { o.p.Live = "3" })
			o.runs.Observe(o.t.Context(), "production")
			return nil
		}, work.Unsuccessful, "3", "3 is live on production by now, and not 2. 3 is live on production"},
	} {
		t.Run(name, func(t *testing.T) {
			inOven(t, []time.Duration{20 * time.Minute}, func(o *oven) {
				id := o.begin()
				o.pass(10 * time.Minute)
				if err := tt.act(o, id); err != nil {
					t.Fatal(err)
				}
				o.pass(time.Minute)
				state := o.ledger.State()
				if run := state.Runs[id]; run.Outcome != tt.outcome || !strings.HasPrefix(run.Reason, tt.reason) {
					t.Errorf("ended %q: %q", run.Outcome, run.Reason)
				}
				if live := state.Live["production"]; live.Version != tt.live || live.Baked {
					t.Errorf("live %+v, want %s", live, tt.live)
				}
				if got := strings.Join(o.p.Writes, " "); strings.Count(got, "update") != 1 {
					t.Errorf("wrote %q", got)
				}
			})
		})
	}
}

// The smoke gates are measured again at the end of the bake.
func TestBakeMeasuresSmokeAgain(t *testing.T) {
	inOven(t, []time.Duration{5 * time.Minute}, func(o *oven) {
		o.stop()
		gate := &flaky{}
		o.env.Smoke = []deploy.Smoke{{ID: "login", Title: "The login page loads", Built: gates.Built{Gate: gate}}}
		o.restart()
		id := o.begin()
		o.pass(2 * time.Minute)
		gate.broken.Store(true)
		o.pass(time.Hour)
		state := o.ledger.State()
		if run := state.Runs[id]; run.Outcome != work.Unsuccessful || !strings.HasPrefix(run.Reason, "1 of 1 smoke gates failed") {
			t.Errorf("ended %q: %s", run.Outcome, run.Reason)
		}
		if live := state.Live["production"]; live.Version != "2" || live.Baked {
			t.Errorf("live %+v, want it not baked", live)
		}
	})
}

// flaky is a gate that passes until it is broken.
type flaky struct{ broken atomic.Bool }

// Check implements [gates.Gate].
func (f *flaky) Check(context.Context, gates.Scope) answer.Evidence {
	if f.broken.Load() {
		return answer.Evidence{Verdict: answer.Failed, Summary: "status 500"}
	}
	return answer.Evidence{Verdict: answer.Passed, Summary: "status 200"}
}

// A false alarm doesn't keep a bake from ending.
func TestBakeEndsDespiteFalseAlarm(t *testing.T) {
	inOven(t, []time.Duration{5 * time.Minute}, func(o *oven) {
		id := o.begin()
		o.pass(time.Minute)
		o.gauge.percent.Store(7)
		o.pass(10 * time.Minute)
		incident := o.ledger.State().FiringTrigger("production", "errors")
		if incident == nil || !o.ledger.State().Runs[id].Open() {
			t.Fatalf("incident %+v, want it firing, and the bake to go on", incident)
		}
		if _, err := o.ledger.Update(o.t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
			return []event.Event{event.FalseAlarmDeclared{Incident: incident.ID, By: "U0ONCALL", Reason: "a load test"}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		o.pass(time.Minute)
		if run := o.ledger.State().Runs[id]; run.Outcome != work.Completed {
			t.Errorf("ended %q: %s", run.Outcome, run.Reason)
		}
	})
}

// A deployment that an older gonogo planned without a bake goes on without one.
func TestBakeIsNotAddedToARunUnderWay(t *testing.T) {
	inOven(t, nil, func(o *oven) {
		o.gauge.percent.Store(1)
		id := o.begin()
		o.stop()
		o.env.Bake = []time.Duration{time.Hour}
		o.restart()
		o.pass(10 * time.Minute)
		if run := o.ledger.State().Runs[id]; run.Outcome != work.Completed || o.ledger.State().Live["production"].Baked {
			t.Errorf("ended %q: %s, asked %+v", run.Outcome, run.Reason, run.Asked)
		}
	})
}

// No reading keeps a secret, in what a deployment shows of its triggers.
func TestBakeShowsNoSecret(t *testing.T) {
	inOven(t, []time.Duration{5 * time.Minute}, func(o *oven) {
		o.gauge.broken.Store(1)
		id := o.begin()
		o.pass(10 * time.Minute)
		for _, r := range o.log.Records() {
			if strings.Contains(string(r.Data), "hunter22") {
				t.Errorf("the secret is in %s", r.Data)
			}
		}
		if got := o.step(id, "triggers-before").Evidence.Details; len(got) != 1 || !strings.Contains(got[0], "[redacted]") {
			t.Errorf("said %q", got)
		}
	})
}

// A process that dies at any append of a deployment that bakes goes on in the next one:
// one write, and a bake that ends when it would have.
func TestBakeDeathAtEveryAppend(t *testing.T) {
	for n := 1; ; n++ {
		over := false
		synctest.Test(t, func(t *testing.T) { over = dieBaking(t, n) })
		if over {
			if n < 15 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			return
		}
	}
}

// dieBaking reports whether all was over before the process could die.
func dieBaking(t *testing.T, n int) bool {
	log := &dying{storagetest.NewMemory(), n}
	o := newOven(t, log.Memory, deploytest.New("1"), &gauge{}, 5*time.Minute, 20*time.Minute)
	o.stop()
	o.start(log)
	if o.release() == nil {
		if _, err := o.deploy(); err == nil {
			o.pass(time.Hour)
		}
	}
	o.stop()
	alive := log.left > 0
	o.log = log.Reopen()
	o.start(o.log)
	defer func() { o.stop() }()
	if o.ledger.State().Open == "" {
		if err := o.release(); err != nil {
			t.Fatal(err)
		}
	}
	id, err := o.deploy()
	if err != nil {
		t.Fatalf("after dying at append %d: %v", n, err)
	}
	o.pass(time.Hour)
	run := o.ledger.State().Runs[id]
	if run.Outcome != work.Completed || !o.ledger.State().Live["production"].Baked || len(o.ledger.State().Locks) > 0 {
		t.Errorf("after dying at append %d it ended %q at %+v: %s", n, run.Outcome, run.Current(), run.Reason)
	}
	if got := strings.Join(o.p.Writes, " "); got != "update" {
		t.Errorf("after dying at append %d the platform saw %q", n, got)
	}
	return alive
}
