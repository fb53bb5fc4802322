package incidents_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/incidents"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// gauge is a sampler that measures what a test sets it to, and counts how
// often it is asked.
type gauge struct {
	reads atomic.Pointer[func(ctx context.Context, scope gates.Scope) (deploy.Sample, error)]
	asked atomic.Int32
}

// Sample implements [deploy.Sampler].
func (g *gauge) Sample(ctx context.Context, _ time.Time, scope gates.Scope) (deploy.Sample, error) {
	g.asked.Add(1)
	return (*g.reads.Load())(ctx, scope)
}

func (g *gauge) does(read func(ctx context.Context, scope gates.Scope) (deploy.Sample, error)) {
	g.reads.Store(&read)
}

func (g *gauge) gives(value float64) {
	g.does(func(context.Context, gates.Scope) (deploy.Sample, error) {
		return deploy.Sample{Value: value, Data: true}, nil
	})
}

func (g *gauge) fails(text string) {
	g.does(func(context.Context, gates.Scope) (deploy.Sample, error) { return deploy.Sample{}, errors.New(text) })
}

// tower is a watch of production with one trigger, which trips at the third
// reading above 5 %, one every 20 s.
type tower struct {
	t        *testing.T
	gauge    *gauge
	log      *storagetest.Memory
	ledger   *storage.Ledger
	triggers []deploy.Trigger
	obstacle string // why production cannot be deployed to; empty: it can
	stop     func()
}

// inTower runs a test on a clock of its own, with nothing live yet.
func inTower(t *testing.T, test func(*tower)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &tower{t: t, gauge: &gauge{}, log: storagetest.NewMemory()}
		trigger := deploy.Trigger{ID: "errors", Title: "Too many errors", Sample: w.gauge, NoData: deploy.IgnoreNoData}
		if err := trigger.Limit.UnmarshalText([]byte("> 5%")); err != nil {
			t.Fatal(err)
		}
		w.triggers = []deploy.Trigger{trigger, {ID: "alert", Labels: map[string]string{"severity": "critical"}}}
		w.gauge.gives(0.01)
		w.start()
		defer func() { w.stop() }()
		test(w)
	})
}

func (w *tower) start() {
	w.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	var err error
	w.log = w.log.Reopen()
	if w.ledger, err = storage.OpenLedger(w.t.Context(), w.log, storage.Options{Log: logger}); err != nil {
		w.t.Fatal(err)
	}
	opts := incidents.TriggerOptions{Ledger: w.ledger, Secrets: []string{"hunter22"}, Now: time.Now, Log: logger,
		Environments: map[string]deploy.Environment{"production": {Name: "production", URL: "http://shop", Triggers: w.triggers}}}
	if w.obstacle != "" {
		opts.Environments, opts.Obstacles = nil, map[string]string{"production": w.obstacle}
	}
	watch := incidents.NewTriggers(opts)
	ledger, sampling := runstest.Background(w.t, w.ledger.Run), runstest.Background(w.t, watch.Run)
	w.stop = func() { sampling(); ledger() }
}

func (w *tower) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// goLive brings a version to production.
func (w *tower) goLive() {
	w.t.Helper()
	if _, err := w.ledger.Update(w.t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.EnvironmentAdopted{Environment: "production", Version: "1", Commit: "c0ffee", By: "U0TL"}}, nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// pass lets a span of the test's own clock go by.
func (w *tower) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// told is what was journaled of triggers.
func (w *tower) told() []string {
	var told []string
	for _, r := range w.log.Records() {
		e, err := event.Decode(r.Kind, r.Data)
		if err != nil {
			w.t.Fatal(err)
		}
		switch e := e.(type) {
		case event.TriggerTripped:
			told = append(told, fmt.Sprintf("tripped: %s %s at %s of %s, %d in a row", e.Title, e.Problem, e.Reading, e.Limit, e.Samples))
		case event.TriggerCleared:
			told = append(told, "cleared: "+e.Reading)
		}
	}
	return told
}

func (w *tower) wantTold(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.told()); diff != "" {
		w.t.Errorf("journaled (-want +got):\n%s", diff)
	}
}

const tripped = "tripped: Too many errors on production over_limit at 7.2 % of > 5%, 3 in a row"

func TestWatchTripsOnceAndClears(t *testing.T) {
	inTower(t, func(w *tower) {
		w.goLive()
		w.pass(2 * time.Minute)
		w.wantTold()
		w.gauge.gives(0.072)
		w.pass(45 * time.Second) // for two samples, or three at most
		w.pass(30 * time.Second)
		w.wantTold(tripped)
		w.pass(5 * time.Minute)
		w.wantTold(tripped)
		w.gauge.gives(0.004)
		w.pass(30 * time.Second)
		w.wantTold(tripped) // one or two healthy readings are not enough
		w.pass(time.Minute)
		w.wantTold(tripped, "cleared: 0.4 %")
		w.gauge.gives(0.072)
		w.pass(90 * time.Second)
		w.wantTold(tripped, "cleared: 0.4 %", tripped)
		if incidents := w.ledger.State().Incidents; len(incidents) != 2 {
			t.Errorf("%d incidents, want two", len(incidents))
		}
	})
}

// While a trigger fires, what it measures is recorded once a minute, if that is
// another number.
func TestWatchRecordsTheCurrentValue(t *testing.T) {
	inTower(t, func(w *tower) {
		w.goLive()
		w.gauge.gives(0.07)
		w.pass(3 * time.Minute)
		readings := func() []string {
			var all []string
			for _, r := range w.log.Records() {
				e, err := event.Decode(r.Kind, r.Data)
				if read, ok := e.(event.TriggerRead); ok && err == nil {
					all = append(all, read.Reading)
				}
			}
			return all
		}
		if got := readings(); got != nil {
			t.Errorf("recorded %v while the value is the same", got)
		}
		w.gauge.gives(0.09)
		w.pass(3 * time.Minute)
		w.gauge.fails("refused")
		w.pass(3 * time.Minute)
		w.gauge.gives(0.08)
		w.pass(30 * time.Second)
		if diff := cmp.Diff([]string{"9 %", "8 %"}, readings()); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
}

func TestWatchWaitsUntilSomethingIsLive(t *testing.T) {
	inTower(t, func(w *tower) {
		w.gauge.gives(0.072)
		w.pass(10 * time.Minute)
		if asked := w.gauge.asked.Load(); asked != 0 {
			t.Errorf("sampled %d times with nothing live", asked)
		}
		w.goLive()
		w.pass(2 * time.Minute)
		w.wantTold(tripped)
	})
}

// What a person declared isn't cleared by a restart; what is no longer configured is.
func TestDeclaredAcrossRestart(t *testing.T) {
	inTower(t, func(w *tower) {
		w.triggers = append(w.triggers, deploy.Trigger{ID: "corruption", Roles: []string{"lead"}})
		w.goLive()
		if _, err := w.ledger.Update(w.t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
			return []event.Event{event.TriggerTripped{Incident: "i", Environment: "production", Trigger: "corruption", Problem: alert.OverLimit, By: "U0TL"}}, nil
		}); err != nil {
			w.t.Fatal(err)
		}
		w.restart()
		w.pass(time.Hour)
		if w.ledger.State().FiringTrigger("production", "corruption") == nil {
			t.Error("it went away by itself")
		}
		w.triggers = w.triggers[:2]
		w.restart()
		w.pass(time.Minute)
		if w.ledger.State().FiringTrigger("production", "corruption") != nil {
			t.Error("it fires on although it is not configured any more")
		}
	})
}

func TestWatchAcrossRestart(t *testing.T) {
	inTower(t, func(w *tower) {
		w.goLive()
		w.gauge.gives(0.072)
		w.pass(2 * time.Minute)
		w.restart()
		w.pass(2 * time.Minute)
		w.wantTold(tripped) // it is known already
		w.gauge.gives(0.004)
		w.restart()
		w.pass(30 * time.Second)
		w.wantTold(tripped)
		w.pass(time.Minute)
		w.wantTold(tripped, "cleared: 0.4 %")
	})
}

func TestWatchThatCannotMeasure(t *testing.T) {
	inTower(t, func(w *tower) {
		w.goLive()
		w.gauge.fails("Prometheus at http://u:hunter22@prom does not answer")
		w.pass(3 * time.Minute)
		unmeasured := "tripped: Too many errors on production unmeasurable at Prometheus at http://[redacted]@prom does not answer of > 5%, 4 in a row"
		w.wantTold(unmeasured)
		if i := w.ledger.State().FiringTrigger("production", "errors"); i == nil || i.CanRollBack() {
			t.Errorf("going back is offered for %+v", i)
		}
		w.gauge.gives(0.072)
		w.pass(30 * time.Second)
		w.wantTold(unmeasured, "cleared: 7.2 %")
		w.pass(time.Minute)
		w.wantTold(unmeasured, "cleared: 7.2 %", tripped)
	})
}

// A count that is full when a measurement comes back ends one incident and
// begins the other at once.
func TestWatchFromUnmeasurableToOverLimit(t *testing.T) {
	inTower(t, func(w *tower) {
		w.stop()
		w.triggers[0].Consecutive = 1
		w.start()
		w.goLive()
		w.gauge.fails("no answer")
		w.pass(3 * time.Minute)
		w.gauge.gives(0.072)
		w.pass(25 * time.Second)
		want := []string{"tripped: Too many errors on production unmeasurable at no answer of > 5%, 4 in a row", "cleared: 7.2 %",
			"tripped: Too many errors on production over_limit at 7.2 % of > 5%, 1 in a row"}
		w.wantTold(want...)
		if records := w.log.Records(); !records[len(records)-1].At.Equal(records[len(records)-2].At) {
			t.Error("the two were not decided at once")
		}
	})
}

// Neither a sampler that panics nor one that hangs stops the others, and both
// are failed measurements.
func TestWatchSurvivesSamplers(t *testing.T) {
	for name, read := range map[string]func(context.Context, gates.Scope) (deploy.Sample, error){
		"panics": func(context.Context, gates.Scope) (deploy.Sample, error) { panic("oh") },
		"hangs": func(ctx context.Context, _ gates.Scope) (deploy.Sample, error) {
			<-ctx.Done()
			return deploy.Sample{}, errors.New("no answer in time")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTower(t, func(w *tower) {
				w.goLive()
				w.gauge.does(read)
				w.pass(4 * time.Minute)
				if told := w.told(); len(told) != 1 || !strings.Contains(told[0], "unmeasurable") {
					t.Fatalf("journaled %q, want that it cannot be measured", told)
				}
				w.gauge.gives(0.01)
				w.pass(40 * time.Second)
				if told := w.told(); len(told) != 2 || told[1] != "cleared: 1 %" {
					t.Errorf("journaled %q, want that it is cleared", told)
				}
			})
		})
	}
}

func TestWatchStopsInTheMiddleOfASample(t *testing.T) {
	inTower(t, func(w *tower) {
		w.stop()
		w.triggers[0].Consecutive = 1
		w.start()
		w.gauge.does(func(ctx context.Context, _ gates.Scope) (deploy.Sample, error) {
			<-ctx.Done()
			return deploy.Sample{Value: 1, Data: true}, nil
		})
		synctest.Wait() // for the first pause: nothing is live yet
		w.goLive()
		w.pass(21 * time.Second) // it is over, and a sample under way
		w.restart()
		w.wantTold() // a sample that was cut off says nothing
	})
}

func TestWatchTellsSamplersWhereTheyAre(t *testing.T) {
	inTower(t, func(w *tower) {
		scopes := make(chan gates.Scope, 1)
		w.gauge.does(func(_ context.Context, scope gates.Scope) (deploy.Sample, error) {
			select {
			case scopes <- scope:
			default:
			}
			return deploy.Sample{}, nil
		})
		w.goLive()
		w.pass(30 * time.Second)
		got := <-scopes
		got.View = readiness.View{}
		want := gates.Scope{Environment: "production", TargetURL: "http://shop", Release: "1", Commit: "c0ffee"}
		if got != want {
			t.Errorf("the sampler is told %+v, want %+v", got, want)
		}
	})
}

// Nothing samples a trigger any more that was taken out of the configuration.
func TestWatchEndsIncidentsOfTriggersThatAreGone(t *testing.T) {
	inTower(t, func(w *tower) {
		w.goLive()
		w.gauge.gives(0.072)
		w.pass(2 * time.Minute)
		w.stop()
		w.triggers = w.triggers[1:]
		w.start()
		w.pass(0)
		w.wantTold(tripped, "cleared: the trigger was removed from the configuration")
	})
}

// An environment that cannot be deployed to for now, since its token is not set,
// has no triggers that anybody knows of: what fires there is not over.
func TestWatchKeepsIncidentsWhereTriggersAreNotKnown(t *testing.T) {
	inTower(t, func(w *tower) {
		w.goLive()
		w.gauge.gives(0.072)
		w.pass(2 * time.Minute)
		w.obstacle = "DIGITALOCEAN_TOKEN is not set"
		w.restart()
		w.pass(2 * time.Minute)
		w.wantTold(tripped)
		w.obstacle = ""
		w.gauge.gives(0.004)
		w.restart()
		w.pass(2 * time.Minute)
		w.wantTold(tripped, "cleared: 0.4 %")
	})
}

// During a cutover that hurts, a breach is what was to be expected.
func TestTriggersPauseDuringACutover(t *testing.T) {
	inTower(t, func(w *tower) {
		w.goLive()
		w.record(event.RunStarted{Run: "r1", What: work.Deployment, Change: &work.Change{Environment: "production"},
			Plan: []work.Planned{{Name: "detach", Role: work.RoleCutover}, {Name: "attach", Role: work.RoleCutover}, {Name: "smoke"}}})
		during := func(min, max int32, events ...event.Event) {
			w.record(events...)
			w.gauge.asked.Store(0)
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if n := w.gauge.asked.Load(); n < min || n > max {
				t.Errorf("after %v it was measured %d times, want %d to %d", events, n, min, max)
			}
		}
		during(5, 7)
		w.gauge.gives(0.5)
		during(0, 0, event.StepStarted{Run: "r1", Step: "detach"})
		during(0, 0, event.StepEnded{Run: "r1", Step: "detach"})
		during(0, 0, event.StepStarted{Run: "r1", Step: "attach"})
		if firing := w.ledger.State().FiringTriggers(); len(firing) > 0 {
			t.Errorf("during the cutover %v trips", firing[0].Title)
		}
		during(5, 7, event.StepEnded{Run: "r1", Step: "attach"})
		if firing := w.ledger.State().FiringTriggers(); len(firing) != 1 {
			t.Errorf("after it %d triggers fire, want 1", len(firing))
		}
	})
}

// record records events.
func (w *tower) record(events ...event.Event) {
	w.t.Helper()
	if _, err := w.ledger.Update(w.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		w.t.Fatal(err)
	}
}
