package storage_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open folds a log into a ledger that isn't running yet. Its clock is time.Now, which
// in a synctest bubble moves only when every goroutine waits.
func open(t *testing.T, log storage.Log) *storage.Ledger {
	t.Helper()
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{})
	if err != nil {
		t.Fatalf("open ledger: %v", err)
	}
	return ledger
}

// run opens a ledger and runs it until stop, which waits for its end.
func run(t *testing.T, log storage.Log) (ledger *storage.Ledger, stop func()) {
	t.Helper()
	ledger = open(t, log)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ledger.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return ledger, stop
}

// happens decides on the given events, whatever the state.
func happens(events ...event.Event) storage.Decide {
	return func(*history.State, time.Time) ([]event.Event, error) { return events, nil }
}

func opened(version string) event.Event { return event.ReleaseOpened{Version: version} }

func adopted(environment, version string) event.Event {
	return event.EnvironmentAdopted{Environment: environment, Version: version, By: "U1"}
}

func mustUpdate(t *testing.T, ledger *storage.Ledger, decide storage.Decide) storage.Receipt {
	t.Helper()
	receipt, err := ledger.Update(t.Context(), decide)
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	return receipt
}

// sameState compares what two states say.
func sameState(want, got *history.State) string {
	return cmp.Diff(want, got, cmpopts.IgnoreUnexported(history.State{}), cmpopts.EquateEmpty())
}

func TestUpdateTellsWhatItDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := storagetest.NewMemory()
		ledger, stop := run(t, memory)
		now := time.Now().UTC()
		mustUpdate(t, ledger, happens(opened("19.0.1")))
		got := mustUpdate(t, ledger, happens(opened("19.0.2"), adopted("staging", "19.0.2")))
		want := storage.Receipt{Seq: 3, At: now, Events: []event.Event{opened("19.0.2"), adopted("staging", "19.0.2")}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("receipt (-want +got):\n%s", diff)
		}
		nothing := mustUpdate(t, ledger, happens())
		if diff := cmp.Diff(storage.Receipt{Seq: 3, At: now}, nothing, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("receipt of a decision without events (-want +got):\n%s", diff)
		}
		if ledger.Seq() != 3 || ledger.State().Open != "19.0.2" || len(memory.Records()) != 3 {
			t.Errorf("seq %d, open %q, %d records; want 3, 19.0.2, 3", ledger.Seq(), ledger.State().Open, len(memory.Records()))
		}
		stop()
		again := open(t, memory.Reopen())
		if diff := sameState(ledger.State(), again.State()); diff != "" {
			t.Errorf("state after reopening (-before +after):\n%s", diff)
		}
	})
}

func TestStateThatWasHandedOutStays(t *testing.T) {
	ledger, _ := run(t, storagetest.NewMemory())
	mustUpdate(t, ledger, happens(opened("1"), adopted("staging", "1")))
	before := ledger.State()
	mustUpdate(t, ledger, happens(opened("2"), adopted("staging", "2")))
	if before.Open != "1" || before.Live["staging"].Version != "1" || len(before.Releases) != 1 {
		t.Errorf("the state from before changed: %+v", before)
	}
}

func TestStateHoldsWhatTheLogHolds(t *testing.T) {
	memory := storagetest.NewMemory()
	ledger, _ := run(t, memory)
	steps := []string{"a", "b \xff"} // invalid UTF-8, which JSON can't keep
	mustUpdate(t, ledger, happens(event.RunStarted{Run: "r", What: work.Gates, Steps: steps}))
	steps[0] = "changed by the caller"
	again := open(t, memory.Reopen())
	if diff := sameState(again.State(), ledger.State()); diff != "" {
		t.Errorf("live state differs from the fold (-fold +live):\n%s", diff)
	}
}

func TestTimeNeverGoesBackwards(t *testing.T) {
	memory := storagetest.NewMemory()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	clock := []time.Time{noon, noon, noon.Add(-time.Hour), noon.Add(time.Minute + 999)}
	now := func() time.Time { next := clock[0]; clock = clock[1:]; return next }
	ledger, err := storage.OpenLedger(t.Context(), memory, storage.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- ledger.Run(running) }()
	want := []time.Time{noon.UTC(), noon.UTC(), noon.UTC().Add(time.Minute)}
	for i := range want {
		if got := mustUpdate(t, ledger, happens(opened("1"))).At; !got.Equal(want[i]) || got.Location() != time.UTC {
			t.Errorf("decision %d is at %v, want %v", i, got, want[i])
		}
	}
	stop()
	<-ended
	clock = []time.Time{noon.Add(-time.Hour), noon.Add(-time.Hour)}
	ledger, err = storage.OpenLedger(context.Background(), memory.Reopen(), storage.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	running, stop = context.WithCancel(context.Background())
	go func() { ended <- ledger.Run(running) }()
	if got := mustUpdate(t, ledger, happens(opened("1"))).At; !got.Equal(want[2]) {
		t.Errorf("after reopening, at %v, want %v", got, want[2])
	}
	stop()
	<-ended
}

func TestDecisionThatFailsLeavesNoTrace(t *testing.T) {
	refusal := errors.New("no")
	for name, test := range map[string]struct {
		decide storage.Decide
		want   string
	}{
		"refused": {func(*history.State, time.Time) ([]event.Event, error) {
			return []event.Event{opened("2")}, refusal
		}, "no"},
		"panicked": {func(s *history.State, _ time.Time) ([]event.Event, error) {
			panic("oh")
		}, "panic: oh"},
		"nil event":              {happens(opened("2"), nil), "panic: "},
		"data that is no JSON":   {happens(opened("2"), event.Unknown{Type: "newer", Data: []byte("{")}), "not JSON"},
		"event without a kind":   {happens(opened("2"), event.Unknown{Data: []byte("{}")}), "needs a kind"},
		"unreadable known event": {happens(opened("2"), event.Unknown{Type: "release.opened", Data: []byte("7")}), "release.opened"},
	} {
		t.Run(name, func(t *testing.T) {
			memory := storagetest.NewMemory()
			ledger, _ := run(t, memory)
			before := mustUpdate(t, ledger, happens(opened("1")))
			receipt, err := ledger.Once(t.Context(), "key", test.decide)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if diff := cmp.Diff(storage.Receipt{}, receipt); diff != "" {
				t.Errorf("receipt (-want +got):\n%s", diff)
			}
			if ledger.State().Open != "1" || ledger.Seq() != before.Seq {
				t.Errorf("open %q at %d, want 1 at %d", ledger.State().Open, ledger.Seq(), before.Seq)
			}
			if receipt, err = ledger.Once(t.Context(), "key", happens(opened("3"))); err != nil || receipt.Repeat || receipt.Seq != 2 {
				t.Errorf("the key was taken: %+v, %v", receipt, err)
			}
		})
	}
}

func TestOnceDoesItOnce(t *testing.T) {
	memory := storagetest.NewMemory()
	ledger, stop := run(t, memory)
	first, err := ledger.Once(t.Context(), "press/1", happens(opened("1"), adopted("staging", "1"), adopted("live", "1")))
	if err != nil || first.Repeat {
		t.Fatalf("first: %+v, %v", first, err)
	}
	mustUpdate(t, ledger, happens(opened("2")))
	if _, err := ledger.Once(t.Context(), "press/2", happens(opened("3"))); err != nil {
		t.Fatal(err)
	}
	want := first
	want.Repeat = true
	repeat := func(ledger *storage.Ledger) {
		got, err := ledger.Once(t.Context(), "press/1", func(*history.State, time.Time) ([]event.Event, error) {
			t.Error("decided again")
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("repeat (-want +got):\n%s", diff)
		}
	}
	repeat(ledger)
	stop()
	ledger, _ = run(t, memory.Reopen())
	repeat(ledger)
	if ledger.Seq() != 5 {
		t.Errorf("the ledger ends at %d, want 5", ledger.Seq())
	}
}

func TestOnceNeedsAKey(t *testing.T) {
	ledger, _ := run(t, storagetest.NewMemory())
	for _, key := range []string{"", "\xff"} {
		if _, err := ledger.Once(t.Context(), key, happens(opened("1"))); err == nil || ledger.Seq() != 0 {
			t.Errorf("done under the key %q", key)
		}
	}
}

func TestOnceWithoutEventsLeavesNoKey(t *testing.T) {
	ledger, _ := run(t, storagetest.NewMemory())
	for range 2 {
		if receipt, err := ledger.Once(t.Context(), "key", happens()); err != nil || receipt.Repeat {
			t.Errorf("%+v, %v; want that it is decided each time", receipt, err)
		}
	}
}

func TestEventsOfANewerGonogoAreKept(t *testing.T) {
	newer := event.Unknown{Type: "moon.phase", Data: []byte(`{"z":1,"a":"<é>"}`)}
	memory := storagetest.NewMemory()
	ledger, stop := run(t, memory)
	mustUpdate(t, ledger, happens(opened("1")))
	first, err := ledger.Once(t.Context(), "key", happens(newer, opened("2")))
	if err != nil {
		t.Fatal(err)
	}
	stop()
	ledger, _ = run(t, memory.Reopen())
	got, err := ledger.Once(t.Context(), "key", happens())
	if err != nil {
		t.Fatal(err)
	}
	first.Repeat = true
	if diff := cmp.Diff(first, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if ledger.State().Open != "2" {
		t.Errorf("open is %q, want 2", ledger.State().Open)
	}
}

func TestWatchTicksAfterEachBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, _ := run(t, storagetest.NewMemory())
		changes, stop := ledger.Watch()
		silent := func(when string) {
			synctest.Wait()
			select {
			case <-changes:
				t.Errorf("a tick %s", when)
			default:
			}
		}
		silent("before anything happened")
		mustUpdate(t, ledger, happens(opened("1")))
		<-changes
		silent("without a change")
		mustUpdate(t, ledger, happens())
		silent("for a decision without events")
		for i := range 3 {
			mustUpdate(t, ledger, happens(opened(fmt.Sprint(i))))
		}
		<-changes
		silent("too many: they fall together")
		stop()
		mustUpdate(t, ledger, happens(opened("1")))
		silent("after stop")
	})
}

func TestLedgerThatDoesNotRunAnswersNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := open(t, storagetest.NewMemory())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := ledger.Update(ctx, happens(opened("1"))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("update: %v, want the deadline", err)
		}
	})
}

func TestContextThatEndedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, _ := run(t, storagetest.NewMemory())
		ended, end := context.WithCancel(t.Context())
		end()
		for range 200 {
			synctest.Wait() // the ledger can take it, and by chance does
			if _, err := ledger.Update(ended, happens(opened("1"))); !errors.Is(err, context.Canceled) {
				t.Fatalf("update: %v, want context.Canceled", err)
			}
		}
		if ledger.Seq() != 0 {
			t.Errorf("%d events happened, want none", ledger.Seq())
		}
	})
}

func TestLedgerThatWasStopped(t *testing.T) {
	ledger, stop := run(t, storagetest.NewMemory())
	mustUpdate(t, ledger, happens(opened("1")))
	stop()
	if _, err := ledger.Update(context.Background(), happens(opened("2"))); !errors.Is(err, storage.ErrStopped) {
		t.Errorf("update: %v, want ErrStopped", err)
	}
	if err := ledger.Run(context.Background()); err == nil {
		t.Error("it ran a second time")
	}
	if ledger.State().Open != "1" {
		t.Error("the state cannot be read any more")
	}
}

// If a test calls t.Fatal in a decision, that ends the goroutine in Run, and callers
// must not wait forever.
func TestDecisionThatEndsTheGoroutine(t *testing.T) {
	ledger := open(t, storagetest.NewMemory())
	go func() { _ = ledger.Run(context.Background()) }()
	_, err := ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
		runtime.Goexit()
		return nil, nil
	})
	if !errors.Is(err, storage.ErrStopped) {
		t.Errorf("update: %v, want ErrStopped", err)
	}
}

func TestOpenLedgerRefusesDamage(t *testing.T) {
	memory := storagetest.NewMemory()
	if _, err := memory.Append(t.Context(), storage.Fence{}, storagetest.Records(1, 2000)...); err != nil {
		t.Fatal(err)
	}
	records := memory.Records()
	records[1499].Data = []byte(`{"n":1}`)
	_, err := storage.OpenLedger(t.Context(), storagetest.NewMemory(records...), storage.Options{})
	var unusable *storage.Unusable
	var damage *storage.Damage
	if !errors.As(err, &unusable) || !errors.As(err, &damage) || damage.Seq != 1500 {
		t.Fatalf("open: %v, want *Unusable that wraps *Damage at 1500", err)
	}
	want := "the ledger is damaged: record 1500 was altered: its content does not match its hash; restore a backup"
	if got := unusable.Error(); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

func TestOpenLedgerRefusesWhatItCannotRead(t *testing.T) {
	memory := storagetest.NewMemory()
	bad := storage.Record{Kind: "release.opened", Data: []byte(`"no release"`)}
	records := append(storagetest.Records(1, 3), bad)
	records = append(records, storagetest.Records(5, 20_000)...) // so that it stops in the middle of reading
	if _, err := memory.Append(t.Context(), storage.Fence{}, records...); err != nil {
		t.Fatal(err)
	}
	_, err := storage.OpenLedger(t.Context(), memory, storage.Options{})
	var unusable *storage.Unusable
	want := "the ledger is damaged: record 4 cannot be read: it does not hold what release.opened holds; restore a backup"
	if !errors.As(err, &unusable) || unusable.Error() != want {
		t.Fatalf("open: %v, want %s", err, want)
	}
}

func TestOpenLedgerStopsWithItsContext(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := storage.OpenLedger(ended, storagetest.NewMemory(), storage.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v, want context.Canceled", err)
	}
}
