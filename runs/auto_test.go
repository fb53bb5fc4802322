package runs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/gates"
	"gonogo/readiness/alert"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage/storagetest"
)

// outside is a control address that answers unless it is away.
type outside struct{ away atomic.Bool }

// Sample implements [deploy.Sampler].
func (o *outside) Sample(context.Context, time.Time, gates.Scope) (deploy.Sample, error) {
	if o.away.Load() {
		return deploy.Sample{}, errors.New("no route to host")
	}
	return deploy.Sample{Data: true}, nil
}

// autopilot is an oven that rolls back by itself: after a countdown of a minute, within
// an hour.
type autopilot struct {
	*oven
	control *outside
}

func inAutopilot(t *testing.T, test func(*autopilot)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := newAutopilot(t, deploytest.New("1"))
		defer func() { a.stop() }()
		test(a)
	})
}

func newAutopilot(t *testing.T, p *deploytest.Platform) *autopilot {
	t.Helper()
	a := &autopilot{newOven(t, storagetest.NewMemory(), p, &gauge{}, time.Hour), &outside{}}
	a.stop()
	a.env.Auto = &deploy.Auto{Countdown: time.Minute, Within: time.Hour, TargetMaxAge: 30 * 24 * time.Hour, Control: a.control}
	a.restart()
	return a
}

// live has version 2 go live, and waits until it bakes.
func (a *autopilot) live() (run string) {
	a.t.Helper()
	run = a.begin()
	a.pass(time.Minute)
	if _, baking := a.ledger.State().Baking("production"); !baking {
		a.t.Fatal("it doesn't bake")
	}
	return run
}

// add records what somebody else did.
func (a *autopilot) add(events ...event.Event) {
	a.t.Helper()
	if _, err := a.ledger.Update(a.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		a.t.Fatal(err)
	}
	synctest.Wait()
}

// tripped waits until the trigger trips, and gives its incident.
func (a *autopilot) tripped() *history.Incident {
	a.t.Helper()
	for range 600 {
		if i := a.ledger.State().FiringTrigger("production", "errors"); i != nil {
			return i
		}
		a.pass(time.Second)
	}
	a.t.Fatal("the trigger never tripped")
	return nil
}

// autos are the rollbacks that gonogo started by itself.
func (a *autopilot) autos() (all []*work.Run) {
	for _, run := range a.ledger.State().Runs {
		if run.What == work.Rollback && run.Change.Auto {
			all = append(all, run)
		}
	}
	return all
}

// told is what was journaled of automatic rollbacks.
func (a *autopilot) told() (told []string) {
	for _, r := range a.log.Records() {
		e, err := event.Decode(r.Kind, r.Data)
		if err != nil {
			a.t.Fatal(err)
		}
		switch e := e.(type) {
		case event.AutoRollbackPlanned:
			told = append(told, fmt.Sprintf("planned: from %s to %s", e.From, e.To))
		case event.AutoRollbackStopped:
			told = append(told, "stopped: "+e.By+e.Why)
		case event.AutoRollbackLeft:
			told = append(told, "left: "+e.Why)
		case event.RunStarted:
			if e.Change != nil && e.Change.Auto {
				told = append(told, "rolls back")
			}
		}
	}
	return told
}

func (a *autopilot) wantTold(want ...string) {
	a.t.Helper()
	if diff := cmp.Diff(want, a.told()); diff != "" {
		a.t.Errorf("journaled (-want +got):\n%s", diff)
	}
}

// writes is what the platform was told to do so far.
func (a *autopilot) writes() (all string) {
	a.p.Set(func() { all = strings.Join(a.p.Writes, " ") })
	return all
}

// wantWrites checks what the platform was told to do.
func (a *autopilot) wantWrites(want string) {
	a.t.Helper()
	if got := a.writes(); got != want {
		a.t.Errorf("the platform saw %q, want %q", got, want)
	}
}

const planned = "planned: from 2 to 1"

// A trigger trips in the bake: after the countdown gonogo rolls back, once, and waits for
// a person to keep or return; the version is held afterwards.
func TestAutoRollsBack(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		out := a.live()
		a.gauge.percent.Store(9)
		i := a.tripped()
		plan, counts := a.ledger.State().Auto("production")
		if !counts || !plan.Counts() || plan.Incident != i.ID || !plan.Due.Equal(i.Heard.Add(time.Minute)) {
			t.Fatalf("planned %+v at %v", plan, i.Heard)
		}
		a.pass(time.Until(plan.Due) - time.Second)
		a.wantTold(planned)
		a.wantWrites("update")
		a.pass(2 * time.Second)
		a.wantTold(planned, "rolls back")
		a.wantWrites("update rollback")
		state := a.ledger.State()
		run := a.autos()[0]
		if run.By != "" || run.Change.Incident != i.ID || run.Change.From.Version != "2" || run.Change.Stops != out {
			t.Errorf("the rollback is %+v by %q", run.Change, run.By)
		}
		if state.Runs[out].Outcome != work.Cancelled || state.Live["production"].Version != "1" || run.Asked == nil {
			t.Errorf("the deployment is %q, %s is live, asked %+v", state.Runs[out].Outcome, state.Live["production"].Version, run.Asked)
		}
		if _, held := state.RolledBack[history.Place{Environment: "production", Version: "2"}]; !held {
			t.Error("the version isn't held")
		}
		a.pass(3 * time.Hour) // the trigger fires on
		a.wantTold(planned, "rolls back")
		a.wantWrites("update rollback")
	})
}

// From the last breach of a hard trigger to the first look at the platform, gonogo waits
// for nothing.
func TestAutoHardTriggerWaitsForNothing(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.stop()
		a.env.Triggers[0].Hard = true
		a.restart()
		a.live()
		a.gauge.percent.Store(9)
		i := a.tripped()
		if run := a.autos(); len(run) != 1 || run[0].Started.Sub(i.Heard) >= time.Second {
			t.Fatalf("started %+v after the trigger tripped at %v", run, i.Heard)
		}
		look := a.autos()[0].Steps[1]
		if look.Name != "rollback" || look.Started.Sub(i.Heard) >= time.Second {
			t.Errorf("%s began %v after the last breach", look.Name, look.Started.Sub(i.Heard))
		}
		a.wantTold("rolls back")
	})
}

// What keeps gonogo from rolling back by itself, and what it says then.
func TestAutoLeavesItToPeople(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(*autopilot) // version 2 is live
		want   string
	}{
		"too late": {func(a *autopilot) {
			a.env.Auto.Within = 10 * time.Minute
			a.pass(20 * time.Minute)
		}, "2 had been live for longer than 10m"},
		"an old target": {func(a *autopilot) {
			a.env.Auto.TargetMaxAge = 10 * time.Minute
			a.pass(20 * time.Minute)
		}, "1, which would come back, went live there more than 10m ago"},
		"a target without an age": {func(a *autopilot) { a.env.Auto.TargetMaxAge = 0 }, "1, which would come back, went live there more than 0s ago"},
		"a lock": {func(a *autopilot) {
			if err := a.runs.Cancel(a.t.Context(), "end", a.ledger.State().Changing("production").ID, "U0DEV"); err != nil {
				a.t.Fatal(err)
			}
			a.pass(time.Minute)
			a.add(event.EnvironmentLocked{Environment: "production", Claim: "c", By: "U0DBA", Reason: "the database work"})
		}, "production is locked by a person: the database work"},
		"no way back": {func(a *autopilot) {
			a.add(event.VersionWentLive{Environment: "production", Build: build.Build{Version: "1"}, Run: "x"},
				event.VersionWentLive{Environment: "production", Build: build.Build{Version: "2", Deployment: a.ledger.State().Changing("production").ID}, Run: a.ledger.State().Changing("production").ID, Verified: true, Instead: "1"})
		}, "no other version is known to be good there"},
		"adopted": {func(a *autopilot) {
			a.add(event.EnvironmentAdopted{Environment: "production", Version: "2", Deployment: a.ledger.State().Changing("production").ID, By: "U0TL"})
			if err := a.runs.Cancel(a.t.Context(), "end", a.ledger.State().Changing("production").ID, "U0DEV"); err != nil {
				a.t.Fatal(err)
			}
			a.pass(time.Minute)
		}, "2 didn't come with a deployment by gonogo"},
		"what both builds have": {func(a *autopilot) { a.p.Set(func() { a.p.Both = "both use it" }) }, "both use it"},
		"silence":               {func(a *autopilot) { a.gauge.silent.Store(1) }, "nothing was measured, and silence may be gonogo's own network"},
	} {
		t.Run(name, func(t *testing.T) {
			inAutopilot(t, func(a *autopilot) {
				a.live()
				tt.before(a)
				a.gauge.percent.Store(9)
				i := a.tripped()
				a.pass(5 * time.Minute)
				if got := a.ledger.State().Incidents[i.ID].Left; got != tt.want {
					t.Errorf("it says %q, want %q", got, tt.want)
				}
				a.wantTold("left: " + tt.want)
				if got := a.writes(); strings.Contains(got, "rollback") {
					t.Errorf("the platform saw %q", got)
				}
			})
		})
	}
}

// A trigger that fired before the deployment isn't its fault.
func TestAutoLeavesWhatBeganBefore(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		if err := a.release(); err != nil {
			t.Fatal(err)
		}
		a.gauge.percent.Store(9)
		a.tripped()
		a.wantTold("left: 1 didn't come with a deployment by gonogo")
		a.add(event.HoldLifted{Hold: event.HeldByAlert, Environment: "production", Claim: "alert/" + a.tripped().ID, Version: "2", By: "U0DEV", Reason: "2 mends it"})
		if _, err := a.deploy(); err != nil {
			t.Fatal(err)
		}
		a.pass(10 * time.Minute)
		if told := a.told(); told[len(told)-1] != "left: it began before 2 went out" || len(a.autos()) > 0 {
			t.Errorf("told %q", told)
		}
		a.wantWrites("update")
	})
}

// A version of a kind that can't be undone is left to people.
func TestAutoLeavesOneWay(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.stop()
		a.oneWay = true
		a.restart()
		a.live()
		a.gauge.percent.Store(9)
		a.tripped()
		a.pass(5 * time.Minute)
		a.wantTold("left: 2 is of the kind A migration, which can't be undone")
		a.wantWrites("update")
	})
}

// A person stops the countdown: gonogo doesn't begin another one for this version.
func TestAutoStopped(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.live()
		a.gauge.percent.Store(9)
		i := a.tripped()
		a.pass(30 * time.Second)
		if err := a.runs.StopAuto(a.t.Context(), "stop", "production", "U0ONCALL", time.Time{}); err != nil {
			t.Fatal(err)
		}
		a.pass(time.Hour)
		a.wantTold(planned, "stopped: U0ONCALL", "left: a person stopped it for 2")
		a.wantWrites("update")
		if err := a.runs.StopAuto(a.t.Context(), "again", "production", "U0DEV", time.Time{}); !errors.Is(err, runs.ErrNothingPlanned) {
			t.Errorf("stopped again: %v", err)
		}
		if plan, _ := a.ledger.State().AutoOf(a.ledger.State().Incidents[i.ID]); plan.StoppedBy != "U0ONCALL" {
			t.Errorf("the incident has %+v", plan)
		}
	})
}

// While the control address doesn't answer, gonogo asks people; once it does, the
// countdown begins.
func TestAutoNeedsTheOutside(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		const cutOff = "the control address doesn't answer, so gonogo's own network may be down"
		a.live()
		a.control.away.Store(true)
		a.gauge.percent.Store(9)
		a.tripped()
		a.pass(10 * time.Minute)
		a.wantTold("left: " + cutOff)
		a.control.away.Store(false)
		a.pass(20 * time.Second)
		a.control.away.Store(true)
		a.pass(5 * time.Minute)
		a.wantTold("left: "+cutOff, planned, "stopped: "+cutOff)
		a.wantWrites("update")
		a.control.away.Store(false)
		a.pass(2 * time.Minute)
		a.wantTold("left: "+cutOff, planned, "stopped: "+cutOff, planned, "rolls back")
	})
}

// A trigger that goes up and down begins a countdown each time, and rolls back once.
func TestAutoFlaps(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.live()
		a.stop()
		a.env.Auto.Countdown = 10 * time.Minute
		a.restart()
		for range 3 {
			a.gauge.percent.Store(9)
			a.tripped()
			a.gauge.percent.Store(1)
			a.pass(3 * time.Minute)
		}
		over := "stopped: it is over"
		a.wantTold(planned, over, planned, over, planned, over)
		a.gauge.percent.Store(9)
		a.tripped()
		a.pass(15 * time.Minute)
		a.wantTold(planned, over, planned, over, planned, over, planned, "rolls back")
		a.wantWrites("update rollback")
	})
}

// Two triggers trip at once: one countdown, one rollback.
func TestAutoTwoTriggers(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.stop()
		second := a.env.Triggers[0]
		second.ID, second.Title = "slow", "Slow"
		a.env.Triggers = append(a.env.Triggers, second)
		a.restart()
		a.live()
		a.gauge.percent.Store(9)
		a.pass(2 * time.Hour)
		a.wantTold(planned, "rolls back")
		a.wantWrites("update rollback")
	})
}

// A restart neither restarts a countdown nor skips it. After one that took longer, the
// trigger is measured before anything happens.
func TestAutoAcrossRestart(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.live()
		a.gauge.percent.Store(9)
		i := a.tripped()
		a.pass(20 * time.Second)
		a.stop()
		a.pass(20 * time.Second)
		a.restart()
		a.pass(time.Until(i.Heard.Add(59 * time.Second)))
		a.wantWrites("update")
		a.pass(2 * time.Second)
		a.wantTold(planned, "rolls back")
		a.wantWrites("update rollback")
	})
	inAutopilot(t, func(a *autopilot) {
		a.live()
		a.gauge.percent.Store(9)
		a.tripped()
		a.stop()
		a.pass(30 * time.Minute)
		a.gauge.percent.Store(1)
		a.restart()
		a.pass(30 * time.Minute)
		a.wantTold(planned, "stopped: it is over")
		a.wantWrites("update")
	})
}

// A person rolls back during the countdown: that is the only rollback.
func TestAutoGivesWayToAPerson(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.live()
		a.gauge.percent.Store(9)
		i := a.tripped()
		if _, err := a.runs.RollBack(a.t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", Incident: i.ID, By: "U0ONCALL"}); err != nil {
			t.Fatal(err)
		}
		a.pass(2 * time.Hour)
		if len(a.autos()) > 0 {
			t.Errorf("told %q", a.told())
		}
		a.wantWrites("update rollback")
	})
}

// After an automatic rollback the version may go out again, on a person's word. It isn't
// rolled back by itself a second time.
func TestAutoOnceARelease(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.live()
		a.gauge.percent.Store(9)
		a.tripped()
		a.pass(2 * time.Minute)
		back := a.autos()[0]
		if err := a.runs.Answer(a.t.Context(), "keep", back.ID, work.ChooseKeep, "U0ONCALL"); err != nil {
			t.Fatal(err)
		}
		a.gauge.percent.Store(1)
		a.pass(5 * time.Minute)
		a.add(event.HoldLifted{Hold: event.HeldByReturn, Environment: "production", Claim: "back/" + back.ID, Version: "2", By: "U0PM", Reason: "the database was full"})
		if _, err := a.deployAgain("plan/2"); err != nil {
			t.Fatal(err)
		}
		a.pass(2 * time.Minute)
		a.gauge.percent.Store(9)
		a.tripped()
		a.pass(time.Hour)
		a.wantTold(planned, "rolls back", "left: it has rolled 2 back once already")
		a.wantWrites("update rollback keep update")
	})
}

// What a person returns to after an automatic rollback didn't come with a deployment.
func TestAutoLeavesAReturn(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.live()
		a.gauge.percent.Store(9)
		a.tripped()
		a.pass(2 * time.Minute)
		if err := a.runs.Answer(a.t.Context(), "return", a.autos()[0].ID, work.ChooseReturn, "U0ONCALL"); err != nil {
			t.Fatal(err)
		}
		a.pass(time.Hour)
		if live := a.ledger.State().Live["production"]; live.Version != "2" || len(a.autos()) != 1 {
			t.Errorf("%s is live, told %q", live.Version, a.told())
		}
	})
}

// A process that dies at any append from the deployment to the end of its automatic
// rollback goes on in the next one: one rollback, and each write once.
func TestAutoDeathAtEveryAppend(t *testing.T) {
	for n := 1; ; n++ {
		over := false
		synctest.Test(t, func(t *testing.T) { over = dieInAuto(t, n) })
		if over {
			if n < 15 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			return
		}
	}
}

// dieInAuto reports whether all was over before the process could die.
func dieInAuto(t *testing.T, n int) bool {
	a := newAutopilot(t, deploytest.New("1"))
	a.stop()
	log := &dying{a.log, n}
	a.start(log)
	a.badRelease()
	a.stop()
	alive := log.left > 0
	a.log = log.Reopen()
	a.start(a.log)
	defer func() { a.stop() }()
	a.badRelease()
	if got := a.writes(); got != "update rollback" {
		t.Errorf("after dying at append %d the platform saw %q, want each once", n, got)
	}
	if runs := a.autos(); len(runs) != 1 || runs[0].Asked == nil {
		t.Errorf("after dying at append %d: %d rollbacks, told %q", n, len(runs), a.told())
	}
	return alive
}

// badRelease deploys version 2, of which 9 % of requests fail, as far as that can be begun
// now.
func (a *autopilot) badRelease() {
	a.gauge.percent.Store(1)
	if a.ledger.State().Open == "" && a.release() != nil {
		return
	}
	if _, err := a.deploy(); err != nil {
		return
	}
	a.pass(time.Minute)
	a.gauge.percent.Store(9)
	a.pass(10 * time.Minute)
}

// What a person declares counts as measured. The rollback doesn't wait for it to end,
// since only a person ends it.
func TestAutoOnAPersonsWord(t *testing.T) {
	inAutopilot(t, func(a *autopilot) {
		a.stop()
		a.env.Triggers = append(a.env.Triggers, deploy.Trigger{ID: "corruption", Title: "Data corruption", Roles: []string{"lead"}})
		a.restart()
		a.live()
		a.add(event.TriggerTripped{Incident: "i", Environment: "production", Trigger: "corruption", Title: "Data corruption on production", Problem: alert.OverLimit, By: "U0TL", Measured: true})
		a.wantTold(planned)
		a.pass(2 * time.Minute)
		a.wantTold(planned, "rolls back")
		a.wantWrites("update rollback")
	})
}
