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
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// nightYard is a yard whose production is blocked by a gate that counts for half an hour
// and takes ten seconds, and by a check.
type nightYard struct {
	*yard
	log  *storagetest.Memory
	stop func()

	verdict  atomic.Value // what the gate finds
	takes    atomic.Int64 // how long it takes
	deployer atomic.Value // who may deploy; "?": not known
}

func atNight(t *testing.T, test func(*nightYard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newNightYard(t, storagetest.NewMemory(), deploytest.New("1"))
		defer func() { n.stop() }()
		if err := n.release(); err != nil {
			t.Fatal(err)
		}
		n.check()
		test(n)
	})
}

func newNightYard(t *testing.T, log *storagetest.Memory, p *deploytest.Platform) *nightYard {
	t.Helper()
	n := &nightYard{yard: &yard{t: t, p: p}, log: log}
	n.verdict.Store(answer.Passed)
	n.takes.Store(int64(10 * time.Second))
	n.deployer.Store("U0DEV")
	n.start(log)
	return n
}

// Check implements [gates.Gate].
func (n *nightYard) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	select {
	case <-time.After(time.Duration(n.takes.Load())):
	case <-ctx.Done():
	}
	return answer.Evidence{Verdict: n.verdict.Load().(answer.Verdict), Summary: "measured"}
}

// permits says who may deploy.
func (n *nightYard) permits(user, permission string) (bool, error) {
	if n.deployer.Load() == "?" {
		return false, errors.New("Slack did not answer")
	}
	return user == n.deployer.Load() && permission == "deploy", nil
}

func (n *nightYard) start(log storage.Log) {
	n.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(n.t.Context(), log, storage.Options{Log: logger})
	if err != nil {
		n.t.Fatal(err)
	}
	speed := &checklist.Item{ID: "speed", Title: "Speed", Gate: &checklist.Gate{Kind: "http", Settings: "s"}, Blocks: []string{"production"}, MaxAge: 30 * time.Minute}
	backups := &checklist.Item{ID: "backups", Title: "Backups", Manual: &checklist.Manual{}, Blocks: []string{"production"}, MaxAge: 24 * time.Hour}
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production", App: n.p.App().String()}},
		Sections: []checklist.Section{{ID: "all", Title: "All", Weight: 1, Items: []*checklist.Item{speed, backups}}}}).Index()
	built := map[answer.Key]gates.Built{{Item: "speed"}: {Gate: n, Settings: "s"}}
	environments := map[string]deploy.Environment{"production": {Name: "production", Strategy: n.p, Health: deploy.Health{Consecutive: 3, Every: 10 * time.Second}}}
	n.ledger, n.runs = ledger, runs.New(runs.Options{Ledger: ledger, Checklist: list, Gates: built, Environments: environments, Deadline: time.Hour, Now: time.Now, Log: logger})
	stopRuns := n.open()
	starter := runstest.Background(n.t, runs.Starter{Ledger: ledger, Checklist: list, Gates: built, Runs: n.runs, Permits: n.permits, Now: time.Now, Log: logger}.Run)
	n.stop = func() { starter(); stopRuns() }
	synctest.Wait()
}

func (n *nightYard) restart() {
	n.t.Helper()
	n.log = n.log.Reopen()
	n.start(n.log)
}

// check answers the item that people check.
func (n *nightYard) check() {
	n.t.Helper()
	n.add(event.EvidenceRecorded{Release: "2", Item: "backups", Evidence: answer.Evidence{Verdict: answer.Passed, By: "U0TL"}})
	synctest.Wait()
}

func (n *nightYard) schedule(in time.Duration) history.Scheduled {
	n.t.Helper()
	d, err := n.runs.Schedule(n.t.Context(), runs.ScheduleRequest{Key: "plan/production/1", Environment: "production", Version: "2", Due: time.Now().Add(in), By: "U0DEV"})
	if err != nil {
		n.t.Fatal(err)
	}
	synctest.Wait()
	return d
}

func (n *nightYard) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// told is what was journaled of scheduled deployments and their runs.
func (n *nightYard) told() (told []string) {
	for _, r := range n.log.Records() {
		e, err := event.Decode(r.Kind, r.Data)
		if err != nil {
			n.t.Fatal(err)
		}
		switch e := e.(type) {
		case event.DeploymentScheduled:
			told = append(told, "scheduled")
		case event.DeploymentReminded:
			told = append(told, "reminded: "+strings.Join(e.Blockers, "; "))
		case event.DeploymentUnscheduled:
			how := "ended: "
			if e.Missed {
				how = "missed: "
			}
			told = append(told, how+strings.Join(append([]string{e.By + e.Why}, e.Blockers...), "; "))
		case event.RunStarted:
			told = append(told, e.What+" by "+e.By)
		}
	}
	return told
}

func (n *nightYard) wantTold(want ...string) {
	n.t.Helper()
	if diff := cmp.Diff(want, n.told()); diff != "" {
		n.t.Errorf("journaled (-want +got):\n%s", diff)
	}
}

// writes are the writes that the platform saw.
func (n *nightYard) writes() (all string) {
	n.p.Set(func() { all = strings.Join(n.p.Writes, " ") })
	return all
}

// A scheduled deployment has its gates measured ten minutes before, starts at its time, and
// starts once.
func TestScheduledDeployment(t *testing.T) {
	atNight(t, func(n *nightYard) {
		d := n.schedule(11 * time.Hour)
		n.pass(11*time.Hour - runs.MeasureBefore - time.Second)
		n.wantTold("scheduled")
		n.pass(2 * time.Second)
		n.wantTold("scheduled", "gates by U0DEV")
		n.pass(time.Until(d.Due) - time.Second)
		if got := n.writes(); got != "" {
			t.Fatalf("before its time the platform saw %q", got)
		}
		n.pass(10 * time.Minute)
		n.wantTold("scheduled", "gates by U0DEV", "deployment by U0DEV")
		s := n.ledger.State()
		run := s.Runs[s.Scheduled[d.ID].Run]
		if run == nil || !run.Started.Equal(d.Due) || run.Outcome != work.Completed || run.Change.Scheduled != d.ID || s.Live["production"].Version != "2" {
			t.Fatalf("due %v, run %+v", d.Due, run)
		}
		n.stop()
		n.restart()
		n.pass(24 * time.Hour)
		if got := n.writes(); got != "update" {
			t.Errorf("the platform saw %q", got)
		}
	})
}

// What ends a scheduled deployment at its time, and what it says then.
func TestScheduledDeploymentEnds(t *testing.T) {
	const first, measured = "scheduled", "gates by U0DEV"
	for name, tt := range map[string]struct {
		before func(*nightYard)
		want   []string
	}{
		"no-go": {func(n *nightYard) { n.verdict.Store(answer.Failed) }, []string{measured, "reminded: Speed: measured", "ended: it is NO-GO; Speed: measured"}},
		"a hold": {func(n *nightYard) {
			n.add(event.EnvironmentLocked{Environment: "production", Claim: "c", By: "U0DBA", Reason: "the database work"})
		}, []string{"reminded: production is locked: the database work, until somebody unlocks it", measured, "ended: it is NO-GO; production is locked: the database work, until somebody unlocks it"}},
		"may no longer deploy": {func(n *nightYard) { n.deployer.Store("U0TL") }, []string{measured, "ended: whoever scheduled it may no longer deploy"}},
		"nobody knows":         {func(n *nightYard) { n.deployer.Store("?") }, []string{measured, "missed: Slack didn't say who may deploy"}},
		"silent platform":      {func(n *nightYard) { n.p.Set(func() { n.p.Away = true }) }, []string{measured, "missed: the platform didn't say what is live"}},
		"closed":               {func(n *nightYard) { n.add(event.ReleaseClosed{Release: "2"}) }, []string{"ended: 2 is no longer open, or has another commit"}},
		"cancelled": {func(n *nightYard) {
			if _, err := n.runs.Unschedule(n.t.Context(), "k", "production", "", "U0TL"); err != nil {
				n.t.Error(err)
			}
		}, []string{"ended: U0TL"}},
	} {
		t.Run(name, func(t *testing.T) {
			atNight(t, func(n *nightYard) {
				n.add(event.EvidenceRecorded{Release: "2", Item: "speed", Evidence: answer.Evidence{Verdict: answer.Passed, Settings: "s"}})
				n.schedule(20 * time.Minute)
				tt.before(n)
				n.pass(24 * time.Hour)
				n.wantTold(append([]string{first}, tt.want...)...)
				if got := n.writes(); got != "" {
					t.Errorf("the platform saw %q", got)
				}
			})
		})
	}
}

// What isn't known at its time is waited for: a gate that still measures, a platform that
// doesn't answer.
func TestScheduledDeploymentWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		before, after func(*nightYard)
		late          time.Duration // at most
	}{
		"a gate":     {func(n *nightYard) { n.takes.Store(int64(12 * time.Minute)) }, func(*nightYard) {}, 3 * time.Minute},
		"a platform": {func(n *nightYard) { n.p.Set(func() { n.p.Away = true }) }, func(n *nightYard) { n.p.Set(func() { n.p.Away = false }) }, 5 * time.Minute},
		"Slack":      {func(n *nightYard) { n.deployer.Store("?") }, func(n *nightYard) { n.deployer.Store("U0DEV") }, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			atNight(t, func(n *nightYard) {
				tt.before(n)
				d := n.schedule(20 * time.Minute)
				n.pass(22 * time.Minute)
				tt.after(n)
				n.pass(10 * time.Minute)
				s := n.ledger.State()
				if run := s.Runs[s.Scheduled[d.ID].Run]; run == nil || run.Started.Sub(d.Due) > tt.late || run.Outcome != work.Completed {
					t.Errorf("the run is %+v; %q", run, n.told())
				}
			})
		})
	}
}

// A gonogo that was down at the time starts the deployment within ten minutes, and after
// that not at all.
func TestScheduledWhileDown(t *testing.T) {
	for late, want := range map[time.Duration]string{9 * time.Minute: "deployment by U0DEV", 11 * time.Minute: "missed: gonogo was not running at that time"} {
		t.Run(late.String(), func(t *testing.T) {
			atNight(t, func(n *nightYard) {
				d := n.schedule(20 * time.Minute)
				n.pass(15 * time.Minute)
				n.stop()
				n.pass(time.Until(d.Due) + late)
				n.restart()
				n.pass(10 * time.Minute)
				told := n.told()
				if got := told[len(told)-1]; got != want {
					t.Errorf("it says %q, want %q", got, want)
				}
			})
		})
	}
}

// Only one deployment waits on an environment, and a plan is used once: started, scheduled
// or withdrawn, whatever comes first.
func TestScheduleRefuses(t *testing.T) {
	atNight(t, func(n *nightYard) {
		again := runs.ScheduleRequest{Key: "plan/production/2", Environment: "production", Version: "2", Due: time.Now().Add(time.Hour), By: "U0TL"}
		try := func(change func(*runs.ScheduleRequest)) error {
			req := again
			change(&req)
			_, err := n.runs.Schedule(n.t.Context(), req)
			return err
		}
		for name, tt := range map[string]struct {
			change func(*runs.ScheduleRequest)
			want   error
		}{
			"past":           {func(r *runs.ScheduleRequest) { r.Due = time.Now() }, runs.ErrPast},
			"not open":       {func(r *runs.ScheduleRequest) { r.Version = "1" }, runs.ErrOtherRelease},
			"another commit": {func(r *runs.ScheduleRequest) { r.Commit = "beef" }, runs.ErrOtherRelease},
			"elsewhere":      {func(r *runs.ScheduleRequest) { r.Environment = "staging" }, runs.ErrNoStrategy},
		} {
			if err := try(tt.change); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}
		d := n.schedule(20 * time.Minute)
		if same := n.schedule(20 * time.Minute); same.ID != d.ID || !same.Due.Equal(d.Due) {
			t.Errorf("the same press made %+v of %+v", same, d)
		}
		var other runs.AlreadyScheduled
		if err := try(func(*runs.ScheduleRequest) {}); !errors.As(err, &other) || other.Deployment.ID != d.ID {
			t.Errorf("a second one: %v", err)
		}
		if _, err := n.runs.Withdraw(n.t.Context(), "plan/production/1", "production", "U0TL"); !errors.Is(err, runs.ErrScheduled) {
			t.Errorf("withdrawn: %v", err)
		}
		if _, err := n.runs.Deploy(n.t.Context(), runs.DeployRequest{Key: "plan/production/1", Environment: "production", Version: "2", By: "U0DEV"}); !errors.Is(err, runs.ErrScheduled) {
			t.Errorf("started: %v", err)
		}
		if _, err := n.runs.Unschedule(n.t.Context(), "k1", "production", "other", "U0TL"); !errors.Is(err, runs.ErrUnscheduled) {
			t.Errorf("another one: %v", err)
		}
	})
}

// Whoever starts the scheduled version by hand has done what was scheduled.
func TestScheduledIsStartedByHand(t *testing.T) {
	atNight(t, func(n *nightYard) {
		n.add(event.EvidenceRecorded{Release: "2", Item: "speed", Evidence: answer.Evidence{Verdict: answer.Passed, Settings: "s"}})
		n.schedule(20 * time.Minute)
		if _, err := n.runs.Deploy(n.t.Context(), runs.DeployRequest{Key: "by hand", Environment: "production", Version: "2", By: "U0TL"}); err != nil {
			t.Fatal(err)
		}
		n.pass(time.Hour)
		n.wantTold("scheduled", "deployment by U0TL")
	})
}

// gonogo dies at any append around the time of a scheduled deployment: it starts once, and
// the platform is written to once.
func TestScheduledDeathAtEveryAppend(t *testing.T) {
	for n, alive := 0, false; !alive; n++ {
		atNight(t, func(y *nightYard) {
			y.schedule(20 * time.Minute)
			y.pass(5 * time.Minute)
			y.stop()
			dies := &dying{y.log.Reopen(), n}
			y.log = dies.Memory
			y.start(dies)
			y.pass(16 * time.Minute)
			y.stop()
			alive = dies.left > 0
			y.restart()
			y.pass(20 * time.Minute)
			s := y.ledger.State()
			if live := s.Live["production"]; live.Version != "2" || !live.Verified || len(s.AllScheduled()) > 0 {
				t.Errorf("after dying at append %d %s is live; told %q", n, live.Version, y.told())
			}
			if got := y.writes(); got != "update" {
				t.Errorf("after dying at append %d the platform saw %q", n, got)
			}
			if alive && n < 10 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
		})
	}
}
