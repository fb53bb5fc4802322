package runs_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

// mood is a gate that answers as it is told, and counts how often it is asked.
type mood struct {
	verdict atomic.Value
	asked   atomic.Int32
	during  func() // what happens while it is asked; nil: nothing
}

func (m *mood) Check(context.Context, gates.Scope) answer.Evidence {
	m.asked.Add(1)
	if m.during != nil {
		m.during()
	}
	v := m.verdict.Load().(answer.Verdict)
	return answer.Evidence{Verdict: v, Summary: "it is " + string(v)}
}

// rota is a ledger with one item that is checked every 15 minutes.
type rota struct {
	t      *testing.T
	mood   *mood
	item   *checklist.Item
	log    *storagetest.Memory
	ledger *storage.Ledger
	ahead  atomic.Int64 // by how much the machine's clock is ahead
	stop   func()
}

func (r *rota) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

func inRota(t *testing.T, test func(*rota)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rota{t: t, mood: &mood{}, log: storagetest.NewMemory(),
			item: &checklist.Item{ID: "login", Title: "The login page loads", Every: 15 * time.Minute, Gate: &checklist.Gate{Kind: "http", Settings: "s"}}}
		r.mood.verdict.Store(answer.Passed)
		r.start()
		defer func() { r.stop() }()
		test(r)
	})
}

func (r *rota) start() {
	r.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	var err error
	if r.ledger, err = storage.OpenLedger(r.t.Context(), r.log, storage.Options{Log: logger, Now: r.now}); err != nil {
		r.t.Fatal(err)
	}
	checklist := (&checklist.Checklist{Sections: []checklist.Section{{ID: "site", Items: []*checklist.Item{r.item}}}}).Index()
	schedule := runs.NewSchedule(runs.ScheduleOptions{Ledger: r.ledger, Checklist: checklist, Now: r.now, Log: logger,
		Gates: map[answer.Key]gates.Built{{Item: "login"}: {Gate: r.mood, Settings: r.item.Gate.Settings}}})
	ledger, work := runstest.Background(r.t, r.ledger.Run), runstest.Background(r.t, schedule.Run)
	r.stop = func() { work(); ledger() }
}

func (r *rota) write(events ...event.Event) {
	r.t.Helper()
	if _, err := r.ledger.Update(r.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		r.t.Fatal(err)
	}
}

// after lets the bubble's time go on.
func (r *rota) after(d time.Duration) *history.Release {
	time.Sleep(d)
	synctest.Wait()
	return r.ledger.State().OpenRelease()
}

// count counts the events of a kind.
func (r *rota) count(kind string) (n int) {
	for _, record := range r.log.Records() {
		if record.Kind == kind {
			n++
		}
	}
	return n
}

var login = answer.Key{Item: "login"}

// A check is made soon after a release is opened and then at its pace; what it
// finds again and again is not written again and again.
func TestScheduleKeepsItsPace(t *testing.T) {
	inRota(t, func(r *rota) {
		r.after(2 * time.Hour)
		if asked := r.mood.asked.Load(); asked != 0 {
			t.Errorf("asked %d times without a release", asked)
		}
		r.write(event.ReleaseOpened{Version: "1"})
		if release := r.after(3 * time.Minute); release.Evidence[login].Verdict != answer.Passed || release.Evidence[login].By != "" {
			t.Fatalf("the evidence is %+v", release.Evidence[login])
		}
		r.after(6 * time.Hour)
		if asked := r.mood.asked.Load(); asked < 20 || asked > 27 {
			t.Errorf("asked %d times in six hours, want about 24", asked)
		}
		if written := r.count("evidence.recorded"); written < 5 || written > 8 {
			t.Errorf("written %d times in six hours, want about once an hour", written)
		}
	})
}

// A flip is said once, what goes to and fro within an hour is not, and the last
// state arrives all the same.
func TestScheduleTellsOfFlips(t *testing.T) {
	inRota(t, func(r *rota) {
		r.write(event.ReleaseOpened{Version: "1"})
		r.after(5 * time.Minute)
		r.mood.verdict.Store(answer.Failed)
		if said := r.after(20 * time.Minute).Notices[login]; said.Through || said.Verdict != answer.Failed || said.Summary != "it is failed" {
			t.Errorf("said %+v, want that it fails", said)
		}
		r.mood.verdict.Store(answer.Passed)
		if release := r.after(20 * time.Minute); release.Notices[login].Through || release.Evidence[login].Verdict != answer.Passed {
			t.Errorf("said %+v so soon after, of evidence %s", release.Notices[login], release.Evidence[login].Verdict)
		}
		if said := r.after(time.Hour).Notices[login]; !said.Through {
			t.Errorf("said %+v in the end, want that it is met again", said)
		}
		if flips := r.count("item.flipped"); flips != 2 {
			t.Errorf("%d flips were said, want 2", flips)
		}
	})
}

// What could not be measured once or twice is told nobody, and tried ever less
// often.
func TestScheduleOfErrors(t *testing.T) {
	inRota(t, func(r *rota) {
		r.write(event.ReleaseOpened{Version: "1"})
		r.after(5 * time.Minute)
		r.mood.verdict.Store(answer.Errored)
		if release := r.after(20 * time.Minute); r.count("item.flipped") > 0 || release.Streak(login) != 1 {
			t.Errorf("said %+v after %d errors", release.Notices, release.Streak(login))
		}
		if said := r.after(3 * time.Hour).Notices[login]; said.Verdict != answer.Errored {
			t.Errorf("said %+v after many errors", said)
		}
		before := r.mood.asked.Load()
		r.after(8 * time.Hour)
		if asked := r.mood.asked.Load() - before; asked > 6 {
			t.Errorf("asked %d times in eight hours of errors, want about every two hours", asked)
		}
	})
}

// A restart makes a check when it is due by the ledger, and at once where the
// settings have changed.
func TestScheduleAfterARestart(t *testing.T) {
	inRota(t, func(r *rota) {
		r.write(event.ReleaseOpened{Version: "1"})
		r.after(5 * time.Minute)
		asked := r.mood.asked.Load()
		r.stop()
		r.log = r.log.Reopen()
		r.start()
		r.after(5 * time.Minute)
		if now := r.mood.asked.Load(); now != asked {
			t.Errorf("asked %d times more right after a restart", now-asked)
		}
		r.stop()
		r.log, r.item.Gate.Settings = r.log.Reopen(), "other"
		r.start()
		if got := r.after(3 * time.Minute).Evidence[login].Settings; got != "other" {
			t.Errorf("the evidence is of settings %q after they changed", got)
		}
	})
}

// What a run has found while a check was under way is newer than what that finds.
func TestScheduleThatIsOvertaken(t *testing.T) {
	inRota(t, func(r *rota) {
		r.mood.verdict.Store(answer.Failed)
		r.mood.during = func() {
			r.write(event.EvidenceRecorded{Release: "1", Item: "login", Evidence: answer.Evidence{Verdict: answer.Passed, Settings: "s", By: "U0TL"}})
		}
		r.write(event.ReleaseOpened{Version: "1"})
		if got := r.after(5 * time.Minute).Evidence[login]; r.mood.asked.Load() == 0 || got.By != "U0TL" {
			t.Errorf("asked %d times, and the evidence is %+v", r.mood.asked.Load(), got)
		}
	})
}

// A clock that was ahead for a while and is set right keeps no check from being
// made and noted, however far it had been ahead.
func TestScheduleAfterAWrongClock(t *testing.T) {
	inRota(t, func(r *rota) {
		r.write(event.ReleaseOpened{Version: "1"})
		r.after(5 * time.Minute)
		r.ahead.Store(int64(72 * time.Hour))
		r.after(time.Hour)
		r.ahead.Store(0)
		r.mood.verdict.Store(answer.Failed)
		if release := r.after(time.Hour); release.Evidence[login].Verdict != answer.Failed || release.Notices[login].Through {
			t.Errorf("an hour after it fails the evidence is %s, and said is %+v", release.Evidence[login].Verdict, release.Notices[login])
		}
		asked := r.mood.asked.Load()
		r.after(6 * time.Hour)
		if asked := r.mood.asked.Load() - asked; asked < 20 || asked > 27 {
			t.Errorf("asked %d times in six hours, want about 24", asked)
		}
		if written := r.count("evidence.recorded"); written > 12 {
			t.Errorf("written %d times in some eight hours, want about once an hour at most", written)
		}
	})
}

// An answer that a run is measuring, or that a person declared not applicable,
// is left alone.
func TestScheduleLeavesAlone(t *testing.T) {
	for name, happened := range map[string]event.Event{
		"a run":    event.RunStarted{Run: "r", What: work.Gates, Release: "1", Steps: []string{"login"}},
		"a person": event.EvidenceRecorded{Release: "1", Item: "login", Evidence: answer.Evidence{Verdict: answer.NotApplicable, By: "U0TL"}},
	} {
		t.Run(name, func(t *testing.T) {
			inRota(t, func(r *rota) {
				r.write(event.ReleaseOpened{Version: "1"}, happened)
				r.after(2 * time.Hour)
				if asked := r.mood.asked.Load(); asked != 0 {
					t.Errorf("asked %d times", asked)
				}
			})
		})
	}
}
