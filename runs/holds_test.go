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
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage/storagetest"
)

func (y *yard) add(events ...event.Event) {
	y.t.Helper()
	if _, err := y.ledger.Update(y.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		y.t.Fatal(err)
	}
}

// freeze freezes production for a day.
func (y *yard) freeze() {
	y.add(event.EnvironmentFrozen{Environment: "production", Claim: "f", By: "U0PM", Reason: "the fair", Until: time.Now().Add(24 * time.Hour)})
}

func (y *yard) deployAgain(key string) (string, error) {
	return y.runs.Deploy(y.t.Context(), runs.DeployRequest{Key: key, Environment: "production", Version: "2", By: "U0DEV"})
}

// held is the kind of what refuses a deployment, or why it is not that.
func held(err error) string {
	var not runs.NotGo
	if !errors.As(err, &not) {
		return "not refused"
	}
	if h := not.Decision.Blockers[0].Hold; h != nil {
		return string(h.Kind)
	}
	return "refused by no hold"
}

// A version that was rolled back is refused until somebody says why it may go
// out again; a later rollback holds it anew.
func TestRolledBackIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, storagetest.NewMemory(), deploytest.New("1"))
		defer y.open()()
		y.run(y.begin())
		y.rollBackAndKeep()
		if _, err := y.deployAgain("plan/2"); held(err) != "rolled-back" {
			t.Errorf("after a rollback that was kept: %s, %v", held(err), err)
		}
		y.add(event.HoldLifted{Hold: event.HeldByReturn, Environment: "production", Claim: "back/" + y.ledger.State().RolledBack[history.Place{Environment: "production", Version: "2"}].Run,
			Version: "2", By: "U0PM", Reason: "the database was full"})
		id, err := y.deployAgain("plan/3")
		if err != nil {
			t.Fatalf("lifted, and still refused: %v", err)
		}
		if run := y.run(id); run.Outcome != work.Completed || y.p.Live != "2" {
			t.Errorf("ended %q with %s live: %s", run.Outcome, y.p.Live, run.Reason)
		}
	})
}

// To return is the word that the version may go out again: the reason is kept,
// and nothing holds it afterwards, also where it is said after the run's end.
func TestReturnLiftsTheHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, storagetest.NewMemory(), deploytest.New("1"))
		defer y.open()()
		y.run(y.begin())
		id, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		y.run(id)
		if err := y.runs.Return(t.Context(), "return", id, "U0ONCALL", "the database was full"); err != nil {
			t.Fatal(err)
		}
		if err := y.runs.Return(t.Context(), "return", id, "U0ONCALL", "the database was full"); err != nil {
			t.Errorf("the same press again: %v", err)
		}
		run := y.run(id)
		if answer, _ := run.AnswerTo("decide"); answer.Reason != "the database was full" || run.Outcome != work.Completed {
			t.Errorf("ended %q with the answer %+v", run.Outcome, answer)
		}
		view := readiness.View{Checklist: y.checklist(), State: y.ledger.State(), Now: time.Now()}
		if holds := view.Holds("production"); len(holds) > 0 || len(y.ledger.State().Lifts) != 1 {
			t.Errorf("held by %+v after %d lifts", holds, len(y.ledger.State().Lifts))
		}
	})
}

func (y *yard) checklist() *checklist.Checklist {
	return (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production"}}}).Index()
}

// To return takes no sign-off anew: it is done where the version has none that
// counts any longer, and could not go out as a deployment.
func TestReturnTakesNoSignOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := deploytest.New("1")
		y := newYard(t, storagetest.NewMemory(), p)
		defer y.open()()
		y.run(y.begin())
		list := y.checklist()
		list.Roles, list.SignOffs = []checklist.Role{{ID: "lead", Users: []string{"U0TL"}}}, []checklist.SignOffRule{{Environment: "production", Roles: []string{"lead"}}}
		y.runs = runs.New(runs.Options{Ledger: y.ledger, Checklist: list.Index(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
			Environments: map[string]deploy.Environment{"production": {Name: "production", Strategy: p, Health: deploy.Health{Consecutive: 3, Every: 10 * time.Second}}}})
		defer runstest.Background(t, y.runs.Run)()
		id, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		y.run(id)
		if _, err := y.deployAgain("plan/2"); err == nil {
			t.Error("a deployment began without the sign-off")
		}
		if err := y.runs.Return(t.Context(), "return", id, "U0ONCALL", "the database was full"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(id); run.Outcome != work.Completed || p.Live != "2" {
			t.Errorf("ended %q with %s live: %s", run.Outcome, p.Live, run.Reason)
		}
	})
}

// twoWrites is a platform on which a deployment waits for a minute, writes, sees
// for half a minute that all is well, and writes again.
type twoWrites struct{ *deploytest.Platform }

func (p twoWrites) Deploy(e deploy.Environment, o deploy.Order) []deploy.Step {
	steps := p.Platform.Deploy(e, o)
	wait := deploy.Step{Name: "free", Title: "Wait", Watch: func(ctx context.Context, w deploy.Work) (deploy.Result, error) {
		return deploy.Result{}, w.Pause(ctx, time.Minute)
	}}
	return append([]deploy.Step{steps[0], wait, steps[1], steps[2]}, deploy.Step{Name: "switch", Title: "Switch", Deadline: time.Minute, Effect: second{}}, steps[len(steps)-1])
}

type second struct{}

func (second) Look(context.Context, deploy.Work) (*deploy.Result, error) { return nil, nil }

func (second) Prepare(context.Context, deploy.Work) (map[string]string, error) { return nil, nil }

func (second) Act(context.Context, deploy.Work) (deploy.Result, error) {
	return deploy.Result{Summary: "switched"}, nil
}

// A hold is judged before a run's first write, however long the run has waited
// for it. From then on to the last write no new hold stops it.
func TestHoldsDuringARun(t *testing.T) {
	freeze := event.EnvironmentFrozen{Environment: "production", Claim: "f", By: "U0PM", Reason: "the fair", Until: time.Now().AddDate(100, 0, 0)}
	one := event.AlertsReceived{Incident: "i1", Environment: "production", Title: "Disk full", Delivery: alert.Delivery{GroupKey: "g", Status: alert.Firing,
		Alerts: []alert.Alert{{Fingerprint: "a", Status: alert.Firing, StartsAt: time.Now(), Labels: map[string]string{"severity": "critical"}}}}}
	trigger := event.TriggerTripped{Incident: "i2", Environment: "production", Trigger: "errors", Title: "Errors", Problem: alert.OverLimit}
	for name, c := range map[string]struct {
		hold  event.Event
		after time.Duration // when it begins to hold
		want  work.Outcome
		why   string
	}{
		"a freeze before the first write":                 {freeze, 0, work.Unsuccessful, "production is frozen, the fair"},
		"a freeze between the first and the second":       {freeze, 70 * time.Second, work.Completed, ""},
		"a freeze while it waits for the first write":     {freeze, 30 * time.Second, work.Unsuccessful, "production is frozen, the fair"},
		"an alert while it waits":                         {one, 30 * time.Second, work.Unsuccessful, "An alert is firing, Disk full"},
		"an alert between the two":                        {one, 70 * time.Second, work.Completed, ""},
		"a trigger while it waits":                        {trigger, 30 * time.Second, work.Unsuccessful, "An alert is firing, Errors"},
		"a trigger that nobody answers with the way back": {trigger, 70 * time.Second, work.Completed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := deploytest.New("1")
				y := newYardOn(t, storagetest.NewMemory(), twoWrites{p})
				defer y.open()()
				if err := y.release(); err != nil {
					t.Fatal(err)
				}
				id, err := y.deploy()
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.after) // of the bubble's time
				y.add(c.hold)
				view := readiness.View{Checklist: y.checklist(), State: y.ledger.State(), Now: time.Now()}
				if holds := view.Holds("production"); len(holds) != 1 {
					t.Errorf("%d holds, want 1: %+v", len(holds), holds)
				}
				run := y.run(id)
				if run.Outcome != c.want || !strings.Contains(run.Reason, c.why) {
					t.Errorf("ended %q: %s", run.Outcome, run.Reason)
				}
				if wrote := len(p.Writes) > 0; wrote != (c.want == work.Completed) {
					t.Errorf("the platform saw %q", p.Writes)
				}
			})
		})
	}
}

// A rollback passes every hold and says which, and another rollback under way
// alone refuses it.
func TestRollbackPassesHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, storagetest.NewMemory(), deploytest.New("1"))
		defer y.open()()
		y.run(y.begin())
		y.freeze()
		y.add(event.EnvironmentLocked{Environment: "production", Claim: "k", By: "U0TL", Reason: "database work"},
			event.TriggerTripped{Incident: "i1", Environment: "production", Trigger: "slow", Title: "Slow", Problem: alert.OverLimit},
			event.TriggerTripped{Incident: "i2", Environment: "production", Trigger: "errors", Title: "Errors", Problem: alert.OverLimit},
			event.RunStarted{Run: "x", What: work.Deployment, Title: "2 to production", Change: &work.Change{Environment: "production"}}, event.RunEnded{Run: "x", Outcome: work.Interrupted},
			event.PlatformObserved{Environment: "production", App: y.p.App().String(), Build: build.Build{Version: "2"}, Pinned: true})
		id, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", Incident: "i1", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		run := y.run(id)
		var passed []string
		for _, p := range run.Change.Passes {
			passed = append(passed, p.Hold)
		}
		if got, want := strings.Join(passed, " "), "interrupted@production pin@production alert:i2 freeze@production"; got != want || run.Change.Overrode == nil || run.Change.Overrode.By != "U0TL" {
			t.Errorf("it went past %q and %+v, want %q and the lock", got, run.Change.Overrode, want)
		}
		var running runs.AlreadyRunning
		if _, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "again", Environment: "production", By: "U0TL"}); !errors.As(err, &running) {
			t.Errorf("a second rollback: %v", err)
		}
	})
}

// A process that dies at any append while a person returns to the version that
// a rollback left ends in the next one as it would have: returned once, and
// held by nothing.
func TestDeathWhileReturning(t *testing.T) {
	for n := 1; ; n++ {
		over := false
		synctest.Test(t, func(t *testing.T) { over = returnAndDieAt(t, n) })
		if over {
			if n < 5 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			return
		}
	}
}

// returnAndDieAt reports whether all was over before the process could die.
func returnAndDieAt(t *testing.T, n int) bool {
	p, log := deploytest.New("1"), &dying{storagetest.NewMemory(), 1 << 20}
	y := newYard(t, log, p)
	stop := y.open()
	y.run(y.begin())
	id, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", By: "U0ONCALL"})
	if err != nil {
		t.Fatal(err)
	}
	y.run(id)
	log.left = n - 1
	if y.runs.Return(t.Context(), "return", id, "U0ONCALL", "the database was full") == nil {
		y.run(id)
	}
	stop()
	alive := log.left > 0

	y = newYard(t, log.Reopen(), p)
	defer y.open()()
	if err := y.runs.Return(t.Context(), "return", id, "U0ONCALL", "the database was full"); err != nil {
		t.Fatalf("after dying at append %d: %v", n, err)
	}
	run := y.run(id)
	view := readiness.View{Checklist: y.checklist(), State: y.ledger.State(), Now: time.Now()}
	if run.Outcome != work.Completed || p.Live != "2" || len(view.Holds("production")) > 0 || len(y.ledger.State().Lifts) != 1 {
		t.Errorf("after dying at append %d: ended %q, %s live, held by %+v after %d lifts", n, run.Outcome, p.Live, view.Holds("production"), len(y.ledger.State().Lifts))
	}
	if got := strings.Join(p.Writes, " "); got != "update rollback return" {
		t.Errorf("after dying at append %d the platform saw %q, want each once", n, got)
	}
	return alive
}
