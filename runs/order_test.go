package runs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// yard is a ledger with runs that deploy to a platform.
type yard struct {
	t      *testing.T
	p      *deploytest.Platform
	ledger *storage.Ledger
	runs   *runs.Runs
}

func newYard(t *testing.T, log storage.Log, p *deploytest.Platform) *yard {
	t.Helper()
	y := newYardOn(t, log, p)
	y.p = p
	return y
}

// newYardOn is a yard with another strategy than the platform's own.
func newYardOn(t *testing.T, log storage.Log, p deploy.Strategy, smoke ...deploy.Smoke) *yard {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	checklist := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: p.App().String()}}}).Index()
	environments := map[string]deploy.Environment{"production": {Name: "production", Strategy: p, Rehearse: true,
		Health: deploy.Health{Consecutive: 3, Every: 10 * time.Second}, Smoke: smoke}}
	return &yard{t, nil, ledger, runs.New(runs.Options{Ledger: ledger, Checklist: checklist, Environments: environments, Now: time.Now, Log: logger})}
}

func (y *yard) open() (stop func()) {
	ledger, work := runstest.Background(y.t, y.ledger.Run), runstest.Background(y.t, y.runs.Run)
	synctest.Wait()
	return func() { work(); ledger() }
}

// release opens version 2 with version 1 adopted.
func (y *yard) release() error {
	_, err := y.ledger.Update(y.t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.EnvironmentAdopted{Environment: "production", Version: "1", Deployment: "d1", By: "U0TL"},
			event.ReleaseOpened{Version: "2"}}, nil
	})
	return err
}

func (y *yard) deploy() (string, error) {
	return y.runs.Deploy(y.t.Context(), runs.DeployRequest{Key: "plan/1", Environment: "production", Version: "2", By: "U0DEV"})
}

// begin has version 2 opened and deployed, and gives the run.
func (y *yard) begin() (id string) {
	y.t.Helper()
	if err := y.release(); err != nil {
		y.t.Fatal(err)
	}
	id, err := y.deploy()
	if err != nil {
		y.t.Fatal(err)
	}
	return id
}

// run waits until nothing moves any more and gives the run.
func (y *yard) run(id string) *work.Run {
	time.Sleep(10 * time.Minute) // of the bubble's time
	synctest.Wait()
	return y.ledger.State().Runs[id]
}

func TestDeployment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, storagetest.NewMemory(), deploytest.New("1"))
		defer y.open()()
		id := y.begin()
		if again, err := y.deploy(); again != id || err != nil {
			t.Errorf("started again as %q, %v; want the same run", again, err)
		}
		if lock := y.ledger.State().Locks["production"]; lock.Run != id {
			t.Errorf("lock %+v, want the run's", lock)
		}
		var busy runs.NotGo
		if _, err := y.runs.Deploy(t.Context(), runs.DeployRequest{Key: "plan/2", Environment: "production", Version: "2", By: "U0TL"}); !errors.As(err, &busy) {
			t.Errorf("a second deployment started: %v", err)
		}
		if run := y.run(id); run.Outcome != work.Completed {
			t.Fatalf("ended %q: %s", run.Outcome, run.Reason)
		}
		state := y.ledger.State()
		if live := state.Live["production"]; live.Version != "2" || !live.Verified || live.Run != id {
			t.Errorf("live %+v", live)
		}
		if _, locked := state.Locks["production"]; locked {
			t.Error("still locked")
		}
		if got := strings.Join(y.p.Writes, " "); got != "update" {
			t.Errorf("wrote %q, want one update", got)
		}
	})
}

// dying is a log whose process dies at one of its appends: nothing gets in
// from there on.
type dying struct {
	*storagetest.Memory
	left int
}

var errDead = errors.New("dead")

func (d *dying) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if d.left == 0 {
		return 0, errDead
	}
	if len(records) > 0 { // without any, the ledger tries whether it can be written
		d.left--
	}
	return d.Memory.Append(ctx, fence, records...)
}

// A process that dies at any append goes on in the next one as if nothing had
// happened: each write happens once, and the run ends as it would have.
func TestDeathAtEveryAppend(t *testing.T) {
	for n := 1; ; n++ {
		ended := false
		synctest.Test(t, func(t *testing.T) { ended = dieAt(t, n) })
		if ended {
			if n < 12 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			return
		}
	}
}

// dieAt reports whether all was over before the process could die.
func dieAt(t *testing.T, n int) bool {
	p, log := deploytest.New("1"), &dying{storagetest.NewMemory(), n}
	y := newYard(t, log, p)
	stop := y.open()
	if y.release() == nil {
		if id, err := y.deploy(); err == nil {
			y.run(id)
			y.rollBackAndKeep()
		}
	}
	stop()
	alive := log.left > 0

	y = newYard(t, log.Reopen(), p)
	stop = y.open()
	defer stop()
	if y.ledger.State().Open == "" {
		if err := y.release(); err != nil {
			t.Fatal(err)
		}
	}
	id, err := y.deploy()
	if err != nil {
		t.Fatalf("after dying at append %d: %v", n, err)
	}
	y.run(id)
	y.rollBackAndKeep()
	for _, run := range y.ledger.State().Runs {
		if run.Outcome != work.Completed {
			t.Errorf("after dying at append %d %s is %q at %+v: %s", n, run.What, run.Outcome, run.Current(), run.Reason)
		}
	}
	if got := strings.Join(p.Writes, " "); got != "update rollback keep" {
		t.Errorf("after dying at append %d the platform saw %q, want each once", n, got)
	}
	if live := y.ledger.State().Live["production"]; live.Version != "1" || p.Pinned || len(y.ledger.State().Locks) > 0 {
		t.Errorf("after dying at append %d: live %+v, pinned %t, locks %v", n, live, p.Pinned, y.ledger.State().Locks)
	}
	return alive
}

// rollBackAndKeep does what a person would: goes back, and keeps it.
func (y *yard) rollBackAndKeep() {
	id, err := y.runs.RollBack(y.t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", From: "2", To: "1", By: "U0ONCALL"})
	if err != nil {
		return
	}
	if run := y.run(id); run != nil && run.Asked != nil {
		if y.runs.Answer(y.t.Context(), "keep", id, work.ChooseKeep, "U0ONCALL") == nil {
			y.run(id)
		}
	}
}

// A write whose answer was lost is looked up, and not made again: where nothing
// of it shows, a person says whether it is.
func TestLostAnswers(t *testing.T) {
	unknown := &deploy.Unknown{Cause: errors.New("502 Bad Gateway")}
	const asks = "" // a person, and has not ended
	for name, c := range map[string]struct {
		err    error
		effect bool
		writes string
		want   work.Outcome
	}{
		"took effect": {unknown, true, "update", work.Completed},
		"took none":   {unknown, false, "", asks},
		"limited":     {&deploy.Passing{After: time.Second, Cause: errors.New("429")}, false, "update", work.Completed},
		"refused":     {errors.New("400 the spec is wrong"), false, "", work.Unsuccessful},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := deploytest.New("1")
				y := newYard(t, storagetest.NewMemory(), p)
				defer y.open()()
				p.ActErr, p.Effect = c.err, c.effect
				id := y.begin()
				run := y.run(id)
				if run.Outcome != c.want || (c.want == asks) != (run.Asked != nil) {
					t.Errorf("ended %q, asking %+v: %s", run.Outcome, run.Asked, run.Reason)
				}
				if got := strings.Join(p.Writes, " "); got != c.writes {
					t.Errorf("wrote %q, want %q", got, c.writes)
				}
				if name == "refused" && (!strings.Contains(run.Reason, "the spec is wrong") || !strings.Contains(run.Reason, "1 is live on production")) {
					t.Errorf("reason %q says not what failed and what is live", run.Reason)
				}
			})
		})
	}
}

// A gateway answers 502, and what is behind it takes the write 22 seconds
// later: it is found, and not made again.
func TestLateEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := deploytest.New("1")
		y := newYard(t, storagetest.NewMemory(), p)
		defer y.open()()
		p.ActErr = &deploy.Unknown{Cause: errors.New("502 Bad Gateway")}
		id := y.begin()
		time.Sleep(22 * time.Second)
		p.Land("update", id)
		if run := y.run(id); run.Outcome != work.Completed || len(p.Writes) != 1 {
			t.Errorf("ended %q after %v, asking %+v", run.Outcome, p.Writes, run.Asked)
		}
	})
}

// Where it cannot be told whether a write happened, a person is asked; told to
// go on, it looks again and does not write twice.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := deploytest.New("1")
		y := newYard(t, storagetest.NewMemory(), p)
		defer y.open()()
		p.Hold, p.Entered = make(chan struct{}), make(chan struct{})
		p.ActErr, p.Effect = &deploy.Unknown{Cause: errors.New("the connection broke")}, true
		id := y.begin()
		<-p.Entered
		p.Set(func() { p.Away = true })
		close(p.Hold)
		run := y.run(id)
		if run.Asked == nil || !run.Asked.Interrupted || !slices.Equal(run.Asked.Choices, []string{"continue", "abandon"}) {
			t.Fatalf("asks %+v, want to be told whether to go on", run.Asked)
		}
		if err := y.runs.Answer(t.Context(), "k", id, "keep", "U0DEV"); !errors.Is(err, runs.ErrNotAsked) {
			t.Errorf("an answer that was not asked for: %v", err)
		}
		p.Set(func() { p.Away = false })
		if err := y.runs.Answer(t.Context(), "k2", id, work.ChooseContinue, "U0DEV"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(id); run.Outcome != work.Completed || len(p.Writes) != 1 {
			t.Errorf("ended %q after %v: %s", run.Outcome, p.Writes, run.Reason)
		}
	})
}

// A cancel holds at every step, stops what was begun at the platform, and the
// run says what is live.
func TestCancelAtEveryStep(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 15 * time.Second} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := deploytest.New("1")
				y := newYard(t, storagetest.NewMemory(), p)
				defer y.open()()
				id := y.begin()
				time.Sleep(after) // of the bubble's time
				if err := y.runs.Cancel(t.Context(), "cancel", id, "U0TL"); err != nil {
					t.Fatal(err)
				}
				run := y.run(id)
				if run.Outcome != work.Cancelled || !strings.Contains(run.Reason, "is live on production") {
					t.Errorf("ended %q: %s", run.Outcome, run.Reason)
				}
				if _, locked := y.ledger.State().Locks["production"]; locked {
					t.Error("still locked")
				}
				if slices.Contains(p.Writes, "update") && !slices.Contains(p.Writes, "abort") {
					t.Errorf("the platform saw %v: what was begun was not stopped", p.Writes)
				}
				if live := y.ledger.State().Live["production"]; live.Version == "2" && live.Verified {
					t.Errorf("live %+v counts as verified", live)
				}
			})
		})
	}
}

// A rollback takes the environment over from a deployment under way, goes past
// a person's lock, and gives that back.
func TestRollbackPreempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := deploytest.New("1")
		y := newYard(t, storagetest.NewMemory(), p)
		defer y.open()()
		if err := y.release(); err != nil {
			t.Fatal(err)
		}
		deployment, err := y.deploy()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		rollback, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		if lock := y.ledger.State().Locks["production"]; lock.Run != rollback {
			t.Errorf("lock %+v, want the rollback's", lock)
		}
		var running runs.AlreadyRunning
		if _, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "again", Environment: "production", By: "U0TL"}); !errors.As(err, &running) {
			t.Errorf("a second rollback: %v", err)
		}
		if run := y.run(deployment); run.Outcome != work.Cancelled || !strings.Contains(run.Reason, "a rollback took over") {
			t.Errorf("the deployment ended %q: %s", run.Outcome, run.Reason)
		}
		run := y.run(rollback)
		if run.Change.From.Version != "2" || run.Change.To.Version != "1" || run.Change.Stops != deployment || run.Asked == nil {
			t.Errorf("the rollback is %+v, asks %+v", run.Change, run.Asked)
		}
		if err := y.runs.Answer(t.Context(), "k", rollback, work.ChooseReturn, "U0ONCALL"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(rollback); run.Outcome != work.Completed || y.ledger.State().Live["production"].Version != "2" {
			t.Errorf("ended %q with %+v live", run.Outcome, y.ledger.State().Live["production"])
		}
	})
}

func TestRollbackGoesPastALock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, storagetest.NewMemory(), deploytest.New("1"))
		defer y.open()()
		id := y.begin()
		y.run(id)
		if _, err := y.ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
			return []event.Event{event.EnvironmentLocked{Environment: "production", Claim: "k", By: "U0TL", Reason: "database work"}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		y.rollBackAndKeep()
		lock := y.ledger.State().Locks["production"]
		if lock.By != "U0TL" || lock.Reason != "database work" || lock.Run != "" {
			t.Errorf("the lock is %+v afterwards, want the person's again", lock)
		}
		for _, run := range y.ledger.State().Runs {
			if run.What == work.Rollback && (run.Change.Overrode == nil || run.Change.Overrode.By != "U0TL") {
				t.Errorf("the rollback went past %+v, want the person's lock", run.Change.Overrode)
			}
		}
		if err := y.release(); err != nil {
			t.Fatal(err)
		}
		var not runs.NotGo
		if _, err := y.runs.Deploy(t.Context(), runs.DeployRequest{Key: "plan/9", Environment: "production", Version: "2", By: "U0DEV"}); !errors.As(err, &not) ||
			not.Decision.Blockers[0].Kind != readiness.BlockedByHold {
			t.Errorf("a deployment during the lock: %v", err)
		}
	})
}
