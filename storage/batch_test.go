package storage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// brake is a log whose appends wait until the test ends each with an outcome. It is
// used in a synctest bubble, so the test knows when everything waits.
type brake struct {
	*storagetest.Memory
	outcomes chan error
	sizes    []int // records in each append
}

func newBrake() *brake { return &brake{Memory: storagetest.NewMemory(), outcomes: make(chan error)} }

func (b *brake) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	b.sizes = append(b.sizes, len(records))
	if err := <-b.outcomes; err != nil {
		return 0, err
	}
	return b.Memory.Append(ctx, fence, records...)
}

// let ends the current append and waits until everything waits again.
func (b *brake) let(outcome error) {
	b.outcomes <- outcome
	synctest.Wait()
}

// soon ends the next append when it comes.
func (b *brake) soon(outcome error) {
	go func() { b.outcomes <- outcome }()
}

// outcome is what a caller was told.
type outcome struct {
	receipt storage.Receipt
	err     error
}

// batch puts the asks into one batch, in order, and leaves it waiting in the log: they
// gather while the log is busy with another decision.
func batch(t *testing.T, log *brake, ledger *storage.Ledger, asks ...func() (storage.Receipt, error)) (answers func() []outcome) {
	t.Helper()
	var done sync.WaitGroup
	done.Go(func() { mustUpdate(t, ledger, happens(opened("before"))) })
	synctest.Wait()
	got := make([]outcome, len(asks))
	for i, ask := range asks {
		done.Go(func() { got[i].receipt, got[i].err = ask() })
		synctest.Wait()
	}
	log.let(nil)
	return func() []outcome {
		done.Wait()
		return got
	}
}

func TestDecisionsOfABatchSeeEachOtherAndShareAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger, _ := run(t, log)
		saw := make([]string, 10)
		asks := make([]func() (storage.Receipt, error), len(saw))
		for i := range asks {
			asks[i] = func() (storage.Receipt, error) {
				return ledger.Update(t.Context(), func(s *history.State, _ time.Time) ([]event.Event, error) {
					saw[i] = s.Open
					return []event.Event{opened(fmt.Sprint(i))}, nil
				})
			}
		}
		answers := batch(t, log, ledger, asks...)
		if ledger.State().Open != "before" || ledger.Seq() != 1 {
			t.Errorf("open is %q at %d before the batch is durable", ledger.State().Open, ledger.Seq())
		}
		log.let(nil)
		for i, a := range answers() {
			if a.err != nil || a.receipt.Seq != uint64(i)+2 {
				t.Errorf("decision %d: %+v, %v", i, a.receipt, a.err)
			}
		}
		if want := []string{"before", "0", "1", "2", "3", "4", "5", "6", "7", "8"}; !slices.Equal(saw, want) {
			t.Errorf("they saw %q, want %q", saw, want)
		}
		if want := []int{1, 10}; !slices.Equal(log.sizes, want) {
			t.Errorf("appends of %v records, want %v", log.sizes, want)
		}
	})
}

func TestOneBadDecisionHarmsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger, _ := run(t, log)
		refusal := errors.New("no")
		answers := batch(t, log, ledger,
			func() (storage.Receipt, error) { return ledger.Update(t.Context(), happens(adopted("a", "1"))) },
			func() (storage.Receipt, error) {
				return ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) { panic("oh") })
			},
			func() (storage.Receipt, error) {
				return ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return nil, refusal })
			},
			func() (storage.Receipt, error) { return ledger.Update(t.Context(), happens(adopted("b", "1"))) },
		)
		log.let(nil)
		got := answers()
		if got[0].err != nil || got[1].err == nil || got[2].err != refusal || got[3].err != nil {
			t.Errorf("answers %+v; want done, panic, the refusal itself, done", got)
		}
		if len(ledger.State().Live) != 2 || ledger.Seq() != 3 {
			t.Errorf("%d environments at %d, want 2 at 3", len(ledger.State().Live), ledger.Seq())
		}
	})
}

func TestSameKeyTwiceInABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger, _ := run(t, log)
		press := func() (storage.Receipt, error) {
			return ledger.Once(t.Context(), "press/1", happens(opened("1"), adopted("a", "1")))
		}
		answers := batch(t, log, ledger, press, press)
		log.let(nil)
		got := answers()
		want := got[0].receipt
		if want.Repeat || want.Seq != 3 || got[0].err != nil || got[1].err != nil {
			t.Errorf("answers %+v", got)
		}
		want.Repeat = true
		if diff := cmp.Diff(want, got[1].receipt); diff != "" {
			t.Errorf("second press (-want +got):\n%s", diff)
		}
		if again, err := press(); err != nil || !cmp.Equal(want, again) {
			t.Errorf("third press: %+v, %v; want %+v", again, err, want)
		}
	})
}

func TestKeyWithoutEventsInABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger, _ := run(t, log)
		decided := 0
		look := func() (storage.Receipt, error) {
			return ledger.Once(t.Context(), "look", func(*history.State, time.Time) ([]event.Event, error) {
				decided++
				return nil, nil
			})
		}
		for i, a := range batch(t, log, ledger, look, look)() {
			if a.err != nil || a.receipt.Repeat || a.receipt.Seq != 1 {
				t.Errorf("look %d: %+v, %v", i, a.receipt, a.err)
			}
		}
		if decided != 2 {
			t.Errorf("decided %d times, want 2", decided)
		}
	})
}

func TestFailedAppendUndoesTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger, _ := run(t, log)
		once := func() (storage.Receipt, error) { return ledger.Once(t.Context(), "key", happens(opened("undone"))) }
		refused := func() (storage.Receipt, error) {
			return ledger.Update(t.Context(), func(s *history.State, _ time.Time) ([]event.Event, error) {
				return nil, errors.New(s.Open + " is open already")
			})
		}
		full := errors.New("disk full")
		changes, _ := ledger.Watch()
		answers := batch(t, log, ledger, once, once, refused)
		<-changes
		log.let(full)
		for i, a := range answers() {
			if !errors.Is(a.err, full) || !cmp.Equal(a.receipt, storage.Receipt{}) {
				t.Errorf("answer %d: %+v, %v; want only that the disk is full", i, a.receipt, a.err)
			}
		}
		if ledger.State().Open != "before" || ledger.Seq() != 1 || len(changes) > 0 {
			t.Errorf("open %q at %d, %d ticks; want what stood before, and none", ledger.State().Open, ledger.Seq(), len(changes))
		}
		log.soon(nil)
		if receipt, err := once(); err != nil || receipt.Repeat || receipt.Seq != 2 {
			t.Errorf("after the disk was mended: %+v, %v; want that it is done now", receipt, err)
		}
	})
}

func TestRepeatIsAnsweredThoughTheBatchFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger, _ := run(t, log)
		press := func() (storage.Receipt, error) { return ledger.Once(t.Context(), "press/1", happens(opened("1"))) }
		log.soon(nil)
		if _, err := press(); err != nil {
			t.Fatal(err)
		}
		answers := batch(t, log, ledger, press, func() (storage.Receipt, error) { return ledger.Update(t.Context(), happens(opened("2"))) })
		log.let(errors.New("disk full"))
		if got := answers(); got[0].err != nil || !got[0].receipt.Repeat || got[1].err == nil {
			t.Errorf("answers %+v; want the repeat, and an error", got)
		}
	})
}

// The error of a refused write says why, that nothing was done, and that only a restart
// helps. The log keeps what others wrote.
func TestRefusedWriteSaysWhy(t *testing.T) {
	intrude := func(term uint64) func(*testing.T, *brake) {
		return func(t *testing.T, log *brake) {
			if _, err := log.Memory.Append(t.Context(), storage.Fence{Term: term}, storagetest.Records(1, 1)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	supersede := func(t *testing.T, log *brake) {
		if _, err := log.Claim(t.Context(), "gonogo on host-2", time.Now()); err != nil {
			t.Fatal(err)
		}
		intrude(2)(t, log)
	}
	for name, test := range map[string]struct {
		failsBefore error
		other       func(*testing.T, *brake)
		conflict    bool
		want        string
	}{
		"another process":       {nil, intrude(1), true, "another process has written to the ledger; stop every gonogo but one, then restart gonogo"},
		"a write believed lost": {errors.New("fsync: input/output error"), intrude(1), true, "an earlier write that seemed to have failed; restart gonogo"},
		"superseded": {nil, supersede, false, "the ledger belongs to another gonogo now; stop one of the two, then restart gonogo: " +
			"term 1 has ended; the log is in term 2 of gonogo on host-2, since 2000-01-01T00:00:00Z"},
		"superseded after a write believed lost": {errors.New("fsync: input/output error"), supersede, false, "in term 2 of gonogo on host-2"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := newBrake()
				ledger, _ := run(t, log)
				if test.failsBefore != nil {
					log.soon(test.failsBefore)
					if _, err := ledger.Update(t.Context(), happens(opened("1"))); !errors.Is(err, test.failsBefore) {
						t.Fatalf("update: %v, want %v", err, test.failsBefore)
					}
				}
				test.other(t, log)
				for range 2 {
					log.soon(nil)
					_, err := ledger.Update(t.Context(), happens(opened("2")))
					if errors.Is(err, storage.ErrConflict) != test.conflict || !strings.Contains(err.Error(), test.want) {
						t.Errorf("update: %v, want %q", err, test.want)
					}
					if !errors.Is(err, storage.ErrNothingDone) || !errors.Is(err, storage.ErrUnwritten) || !errors.Is(err, storage.ErrRestart) {
						t.Errorf("update: %v; want that nothing was done, and that only a restart helps", err)
					}
				}
				if ledger.State().Open != "" || len(log.Records()) != 1 {
					t.Errorf("open %q with %d records, want what the other wrote alone", ledger.State().Open, len(log.Records()))
				}
			})
		})
	}
}

// A later attempt may succeed if the log failed, also if it can't be read to find out
// what it has. If it has what the state doesn't, none does.
func TestWhatToDoAboutAFailedWrite(t *testing.T) {
	disk := errors.New("input/output error")
	for _, tt := range []struct {
		name    string
		log     shaky
		restart bool
	}{
		{"nothing was written", shaky{before: disk}, false},
		{"the log cannot be read", shaky{before: disk, read: disk}, false},
		{"all of it was written", shaky{after: disk}, true},
		{"another process wrote first", shaky{other: true}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &shaky{Memory: storagetest.NewMemory()}
				ledger, _ := run(t, log)
				memory := log.Memory
				*log = tt.log
				log.Memory = memory
				_, err := ledger.Update(t.Context(), happens(opened("1")))
				if !errors.Is(err, storage.ErrUnwritten) || errors.Is(err, storage.ErrRestart) != tt.restart {
					t.Errorf("update: %v; want the ledger's error, and that only a restart helps: %t", err, tt.restart)
				}
				*log = shaky{Memory: memory}
				_, err = ledger.Update(t.Context(), happens(opened("1")))
				if (err != nil) != tt.restart || errors.Is(err, storage.ErrRestart) != tt.restart {
					t.Errorf("once the log is well again: %v; want that only a restart helps: %t", err, tt.restart)
				}
			})
		})
	}
}

// If keys can't be looked up, nothing is decided under them.
func TestKeysThatCannotBeLookedUp(t *testing.T) {
	log := &blind{Memory: storagetest.NewMemory(), fault: errors.New("input/output error")}
	ledger, _ := run(t, log)
	_, err := ledger.Once(t.Context(), "press/1", func(*history.State, time.Time) ([]event.Event, error) {
		t.Error("decided")
		return nil, nil
	})
	if !errors.Is(err, log.fault) || !errors.Is(err, storage.ErrNothingDone) || !errors.Is(err, storage.ErrUnwritten) || errors.Is(err, storage.ErrRestart) {
		t.Errorf("once: %v; want that nothing was done, and a later attempt may succeed", err)
	}
	mustUpdate(t, ledger, happens(opened("1")))
}

// blind is a log that cannot find keys.
type blind struct {
	*storagetest.Memory
	fault error
}

func (b *blind) Find(context.Context, ...string) ([]uint64, error) { return nil, b.fault }

func TestContextOfACallerWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger, _ := run(t, log)
		early, endEarly := context.WithCancel(t.Context())
		late, endLate := context.WithCancel(t.Context())
		answers := batch(t, log, ledger,
			func() (storage.Receipt, error) { return ledger.Update(late, happens(opened("late"))) },
		)
		var waiting outcome
		done := make(chan struct{})
		go func() {
			waiting.receipt, waiting.err = ledger.Update(early, happens(opened("early")))
			close(done)
		}()
		synctest.Wait()
		endEarly()
		<-done
		endLate()
		log.let(nil)
		if got := answers()[0]; got.err != nil || got.receipt.Seq != 2 {
			t.Errorf("ended after it was decided: %+v, %v; want what became of it", got.receipt, got.err)
		}
		if !errors.Is(waiting.err, context.Canceled) || ledger.Seq() != 2 {
			t.Errorf("ended before it was decided: %v, ledger at %d; want Canceled, and 2", waiting.err, ledger.Seq())
		}
	})
}

func TestStopFinishesTheBatchInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger := open(t, log)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- ledger.Run(ctx) }()
		answers := batch(t, log, ledger, func() (storage.Receipt, error) { return ledger.Update(t.Context(), happens(opened("last"))) })
		stop()
		synctest.Wait()
		if len(ended) > 0 {
			t.Fatal("run ended with a batch in hand")
		}
		log.let(nil)
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if got := answers()[0]; got.err != nil || ledger.State().Open != "last" {
			t.Errorf("the batch in hand: %v, open %q", got.err, ledger.State().Open)
		}
	})
}

func TestBatchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, most = 1200, 512
		log := newBrake()
		ledger, _ := run(t, log)
		var done sync.WaitGroup
		for range callers {
			done.Go(func() { mustUpdate(t, ledger, happens(opened("1"))) })
		}
		synctest.Wait()
		for sum := 0; sum < callers; {
			sum += log.sizes[len(log.sizes)-1]
			log.let(nil)
		}
		done.Wait()
		if got := slices.Max(log.sizes); got != most {
			t.Errorf("the largest append has %d records, want %d", got, most)
		}
	})
}

// A decision that breaks the rules and corrupts the provisional state fails its batch,
// and nothing else.
func TestSpoiledStateUndoesTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBrake()
		ledger, _ := run(t, log)
		answers := batch(t, log, ledger,
			func() (storage.Receipt, error) { return ledger.Update(t.Context(), happens(adopted("a", "1"))) },
			func() (storage.Receipt, error) {
				return ledger.Update(t.Context(), func(s *history.State, _ time.Time) ([]event.Event, error) {
					*s = history.State{}
					return []event.Event{opened("1")}, nil
				})
			},
		)
		for i, a := range answers() {
			if a.err == nil {
				t.Errorf("decision %d was done", i)
			}
		}
		log.soon(nil)
		mustUpdate(t, ledger, happens(adopted("b", "1")))
		if s := ledger.State(); s.Open != "before" || len(s.Live) != 1 || ledger.Seq() != 2 {
			t.Errorf("open %q, live %v at %d; want before, b alone, 2", s.Open, s.Live, ledger.Seq())
		}
	})
}
