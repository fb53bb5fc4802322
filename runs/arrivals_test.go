package runs_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage/storagetest"
)

// newArrivals is a bench whose items are asked for staging, of the build that is
// live there, and what measures arrivals.
func newArrivals(t *testing.T, log *storagetest.Memory, measures map[string]gate) (*bench, func() (stop func())) {
	b := newBench(t, log, "http", measures)
	b.checklist.Environments = []checklist.Environment{{Name: "staging"}}
	built := map[answer.Key]gates.Built{}
	for _, it := range b.checklist.Sections[0].Items {
		it.Scope, it.Environments = answer.DeploymentScope, []string{"staging"}
		built[answer.Key{Item: it.ID, Environment: "staging"}] = gates.Built{Gate: measures[it.ID], Settings: "s"}
	}
	b.checklist.Index()
	watch := runs.Arrivals{Ledger: b.ledger, Checklist: b.checklist, Gates: built, Runs: b.runs, Log: slog.New(slog.DiscardHandler)}
	return b, func() func() {
		stop, stopWatch := b.open(), runstest.Background(t, watch.Run)
		return func() { stopWatch(); stop() }
	}
}

func (b *bench) arrives(version, deployment string) {
	b.arrive(version, deployment)
	synctest.Wait()
}

func (b *bench) arrive(version, deployment string) {
	b.write(func(*history.State) []event.Event {
		return []event.Event{event.VersionWentLive{Environment: "staging", Run: deployment, Verified: true, Build: build.Build{Version: version, Deployment: deployment}}}
	})
}

// login is where the one answer of these tests stands.
func (b *bench) login() readiness.Standing {
	it, _ := b.checklist.Item("login")
	return readiness.View{Checklist: b.checklist, State: b.ledger.State(), Now: time.Now()}.Standing(it, answer.Key{Item: "login", Environment: "staging"})
}

// Whatever arrives is measured once, and what was measured on the last build
// says nothing of it.
func TestArrivalsAreMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		verdict, measured := answer.Passed, 0
		b, open := newArrivals(t, storagetest.NewMemory(), map[string]gate{"login": func(context.Context) answer.Evidence {
			measured++
			return answer.Evidence{Verdict: verdict}
		}})
		defer open()()
		synctest.Wait()
		if s := b.login(); s.Waiting == "" || measured != 0 {
			t.Fatalf("before anything is live, login is %+v, measured %d times", s, measured)
		}
		b.arrives("1", "d-1")
		if s := b.login(); !s.Through || measured != 1 {
			t.Errorf("once live, login is %+v, measured %d times", s, measured)
		}
		verdict = answer.Failed
		b.arrives("1", "d-2")
		if s := b.login(); s.Verdict() != answer.Failed || measured != 2 {
			t.Errorf("the same version, deployed again: login is %+v, measured %d times", s, measured)
		}
		b.arrives("0.9", "d-3") // of which no release is open
		if s := b.login(); s.Waiting == "" || measured != 2 {
			t.Errorf("another version: login is %+v, measured %d times", s, measured)
		}
		b.write(func(*history.State) []event.Event {
			return []event.Event{event.ReleaseOpened{Version: "0.9", Beside: true}}
		})
		synctest.Wait()
		if measured != 3 {
			t.Errorf("its release was opened, and it was measured %d times, want 3", measured)
		}
	})
}

// A build that goes live while the last one is measured is measured instead:
// the answer says which it was taken from.
func TestAnArrivalDuringAMeasurement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *bench
		var open func() func()
		var calls atomic.Int32
		b, open = newArrivals(t, storagetest.NewMemory(), map[string]gate{"login": func(context.Context) answer.Evidence {
			if calls.Add(1) == 1 {
				b.arrive("1", "d-2")
				return answer.Evidence{Verdict: answer.Passed, Summary: "the old build"}
			}
			return answer.Evidence{Verdict: answer.Failed, Summary: "the new build"}
		}})
		defer open()()
		b.arrives("1", "d-1")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if s := b.login(); s.Through || s.Evidence.Summary != "the new build" || s.Evidence.Subject.Arrival != 2 {
			t.Errorf("login is %+v, want the new build's answer", s)
		}
		for _, run := range b.ledger.State().Runs {
			if step, _ := run.Step("login@staging"); step.Evidence.Summary == "the old build" {
				t.Error("what was taken from a build that was replaced meanwhile is recorded")
			}
		}
	})
}

// Killed after any append, gonogo measures each arrival all the same, and
// starts one run for it.
func TestArrivalsAfterADeath(t *testing.T) {
	for deaths := 1; ; deaths++ {
		survived := false
		synctest.Test(t, func(t *testing.T) {
			log := storagetest.NewMemory()
			measures := map[string]gate{"login": answers(answer.Passed)}
			b, open := newArrivals(t, log, measures)
			stop := open()
			b.write(func(*history.State) []event.Event {
				return []event.Event{event.VersionWentLive{Environment: "staging", Verified: true, Build: build.Build{Version: "1", Deployment: "d-1"}}}
			})
			synctest.Wait()
			stop()
			records := log.Records()
			if deaths >= len(records) {
				survived = true
				return
			}
			b, open = newArrivals(t, storagetest.NewMemory(records[:deaths]...), measures) // as the log stood when gonogo died
			stop = open()
			if b.ledger.State().Live["staging"].Version == "" {
				b.arrives("1", "d-1")
			}
			synctest.Wait()
			stop()
			if s := b.login(); !s.Through {
				t.Errorf("dead after record %d: login is %+v", deaths, s)
			}
			if n := len(b.ledger.State().Runs); n != 1 {
				t.Errorf("dead after record %d: %d runs, want 1", deaths, n)
			}
		})
		if survived {
			return
		}
	}
}
