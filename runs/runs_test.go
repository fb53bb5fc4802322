package runs_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

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

func TestMain(m *testing.M) {
	// Programs of runbooks are waited for.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// gate is what a gate does in a test.
type gate func(ctx context.Context) answer.Evidence

// Check implements [gates.Gate].
func (g gate) Check(ctx context.Context, _ gates.Scope) answer.Evidence { return g(ctx) }

func answers(v answer.Verdict) gate {
	return func(context.Context) answer.Evidence { return answer.Evidence{Verdict: v, Summary: string(v)} }
}

// never answers only once its time is over.
func never(ctx context.Context) answer.Evidence {
	<-ctx.Done()
	return answer.Evidence{Verdict: answer.Errored, Summary: "cut off"}
}

// deaf ignores that its time is over, until released.
func deaf(released <-chan struct{}) gate {
	return func(context.Context) answer.Evidence {
		<-released
		return answer.Evidence{Verdict: answer.Passed}
	}
}

// bench is a ledger in memory with runs on it.
type bench struct {
	t         *testing.T
	log       storage.Log
	ledger    *storage.Ledger
	opts      runs.Options
	runs      *runs.Runs
	checklist *checklist.Checklist
	keys      []answer.Key
}

// newBench has an item for each gate, which may be asked for the release or for
// staging; their kind decides whether a gate may be
// run again after an interruption.
func newBench(t *testing.T, log storage.Log, kind string, measures map[string]gate) *bench {
	t.Helper()
	b := &bench{t: t, log: log, checklist: &checklist.Checklist{Sections: []checklist.Section{{ID: "all", Title: "All", Weight: 1}}}}
	built := map[answer.Key]gates.Built{}
	for id, g := range measures {
		it := &checklist.Item{ID: id, Title: id, Gate: &checklist.Gate{Kind: kind, Settings: "s"}}
		b.checklist.Sections[0].Items = append(b.checklist.Sections[0].Items, it)
		for _, environment := range []string{"", "staging"} {
			built[answer.Key{Item: id, Environment: environment}] = gates.Built{Gate: g, Settings: "s", Acts: kind == "command"}
		}
		b.keys = append(b.keys, answer.Key{Item: id})
	}
	b.checklist.Index()
	logger := slog.New(slog.DiscardHandler)
	var err error
	if b.ledger, err = storage.OpenLedger(t.Context(), log, storage.Options{Log: logger}); err != nil {
		t.Fatal(err)
	}
	b.opts = runs.Options{Ledger: b.ledger, Checklist: b.checklist, Gates: built, Parallel: 16, Deadline: 10 * time.Second, Now: time.Now, Log: logger}
	b.runs = runs.New(b.opts)
	return b
}

// open starts the ledger and the runs; the returned function stops them, runs
// first.
func (b *bench) open() (stop func()) {
	ledger, work := runstest.Background(b.t, b.ledger.Run), runstest.Background(b.t, b.runs.Run)
	b.write(func(s *history.State) []event.Event {
		if s.Open != "" {
			return nil
		}
		return []event.Event{event.ReleaseOpened{Version: "1"}}
	})
	synctest.Wait()
	return func() { work(); ledger() }
}

func (b *bench) write(events func(*history.State) []event.Event) {
	b.t.Helper()
	if _, err := b.ledger.Update(context.Background(), func(s *history.State, _ time.Time) ([]event.Event, error) {
		return events(s), nil
	}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) start(key string) string {
	b.t.Helper()
	id, err := b.runs.StartGates(context.Background(), runs.GateRunRequest{Key: key, Title: "all gates", By: "U1", Answers: b.keys})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// verdicts are the open release's answers by item.
func (b *bench) verdicts() map[string]answer.Verdict {
	got := map[string]answer.Verdict{}
	for key, ev := range b.ledger.State().OpenRelease().Evidence {
		got[key.Item] = ev.Verdict
	}
	return got
}

// TestHungAndFailed runs 200 gates of which one hangs for good and one fails:
// the run ends at the hung one's deadline, and says so of that one alone.
func TestHungAndFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := make(chan struct{})
		measures := map[string]gate{"hangs": deaf(released), "fails": answers(answer.Failed), "panics": func(context.Context) answer.Evidence { panic("oh") }}
		for i := range 197 {
			measures[fmt.Sprintf("good-%03d", i)] = answers(answer.Passed)
		}
		b := newBench(t, storagetest.NewMemory(), "http", measures)
		stop := b.open()
		began := time.Now()
		id := b.start("k")
		time.Sleep(11 * time.Second) // of the test's own clock: past the deadline of 10 s and its grace
		synctest.Wait()
		run := b.ledger.State().Runs[id]
		if run.Outcome != work.Completed || run.Ended.Sub(began) > 10*time.Second+200*time.Millisecond {
			t.Errorf("the run is %q after %v, want completed within its slowest gate and 200 ms", run.Outcome, run.Ended.Sub(began))
		}
		got := map[answer.Verdict]int{}
		for _, v := range b.verdicts() {
			got[v]++
		}
		if diff := cmp.Diff(map[answer.Verdict]int{answer.Passed: 197, answer.Failed: 1, answer.Errored: 2}, got); diff != "" {
			t.Errorf("verdicts (-want +got):\n%s", diff)
		}
		close(released)
		stop()
	})
}

// TestCancelKeepsAnswers cancels a run: what it cut off keeps its earlier
// answer.
func TestCancelKeepsAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, storagetest.NewMemory(), "http", map[string]gate{"a": never})
		stop := b.open()
		defer stop()
		b.write(func(*history.State) []event.Event {
			return []event.Event{event.EvidenceRecorded{Release: "1", Item: "a", Evidence: answer.Evidence{Verdict: answer.Passed, Settings: "s"}}}
		})
		id := b.start("k")
		synctest.Wait()
		if err := b.runs.Cancel(context.Background(), "c", id, "U2"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		run := b.ledger.State().Runs[id]
		if run.Outcome != work.Cancelled || run.CancelledBy != "U2" {
			t.Errorf("got %q by %q, want cancelled by U2", run.Outcome, run.CancelledBy)
		}
		if got := b.verdicts()["a"]; got != answer.Passed {
			t.Errorf("the item's answer is %q, want the earlier passed", got)
		}
		if err := b.runs.Cancel(context.Background(), "c2", id, "U2"); !errors.Is(err, runs.ErrNotRunning) {
			t.Errorf("cancelling again gives %v", err)
		}
	})
}

// TestSameAskOnce asks twice under one key, and once more under another while
// the run is under way.
func TestSameAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, storagetest.NewMemory(), "http", map[string]gate{"a": never})
		stop := b.open()
		first, again := b.start("k"), b.start("k")
		if first != again || len(b.ledger.State().Runs) != 1 {
			t.Errorf("one key gave runs %s and %s", first, again)
		}
		_, err := b.runs.StartGates(context.Background(), runs.GateRunRequest{Key: "other", Title: "all gates", Answers: b.keys})
		var running runs.AlreadyRunning
		if !errors.As(err, &running) || running.Run.ID != first {
			t.Errorf("got %v, want that %s is running already", err, first)
		}
		stop()
	})
}

// TestRestart stops gonogo in the middle of a run and starts it again, with
// gates that may be run again and with gates that may not.
func TestRestart(t *testing.T) {
	tests := []struct {
		name, kind string
		between    []event.Event
		outcome    work.Outcome
		verdict    answer.Verdict
	}{
		{"a gate that only looks is run again", "http", nil, work.Completed, answer.Passed},
		{"a command is not", "command", nil, work.Completed, answer.Errored},
		{"another release was opened", "http", []event.Event{event.ReleaseOpened{Version: "2"}}, work.Interrupted, ""},
		{"it was cancelled at the last moment", "http", []event.Event{event.RunCancelAsked{By: "U2"}}, work.Cancelled, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := storagetest.NewMemory()
				b := newBench(t, log, test.kind, map[string]gate{"a": never})
				stop := b.open()
				id := b.start("k")
				synctest.Wait()
				stop()
				if run := b.ledger.State().Runs[id]; !run.Open() || len(b.verdicts()) != 0 {
					t.Fatalf("stopping left the run %q with %v", run.Outcome, b.verdicts())
				}

				again := newBench(t, log.Reopen(), test.kind, map[string]gate{"a": answers(answer.Passed)})
				stopLedger := runstest.Background(t, again.ledger.Run)
				again.write(func(*history.State) []event.Event {
					for i, e := range test.between {
						if c, ok := e.(event.RunCancelAsked); ok {
							c.Run = id
							test.between[i] = c
						}
					}
					return test.between
				})
				stopRuns := runstest.Background(t, again.runs.Run)
				synctest.Wait()
				if run := again.ledger.State().Runs[id]; run.Outcome != test.outcome {
					t.Errorf("the run ended as %q (%s), want %q", run.Outcome, run.Reason, test.outcome)
				}
				if got := again.verdicts()["a"]; got != test.verdict {
					t.Errorf("the item's answer is %q, want %q", got, test.verdict)
				}
				stopRuns()
				stopLedger()
			})
		})
	}
}

// TestSkipStands declares an item not applicable while its gate runs.
func TestSkipStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := make(chan struct{})
		b := newBench(t, storagetest.NewMemory(), "http", map[string]gate{"a": deaf(released)})
		stop := b.open()
		b.start("k")
		time.Sleep(time.Second) // of the test's own clock
		b.write(func(*history.State) []event.Event {
			return []event.Event{event.EvidenceRecorded{Release: "1", Item: "a", Evidence: answer.Evidence{Verdict: answer.NotApplicable, By: "U2"}}}
		})
		close(released)
		synctest.Wait()
		if got := b.verdicts()["a"]; got != answer.NotApplicable {
			t.Errorf("the item's answer is %q, want the skip to stand", got)
		}
		stop()
	})
}
