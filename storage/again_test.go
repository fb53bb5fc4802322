package storage_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// shaky is a log whose next append fails, before or after it has written.
type shaky struct {
	*storagetest.Memory
	before, after, read error
	other               bool // another process writes first
}

func (s *shaky) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if s.other {
		if _, err := s.Memory.Append(ctx, fence, storagetest.Records(1, 1)...); err != nil {
			return 0, err
		}
	}
	if s.before != nil {
		return 0, s.before
	}
	last, err := s.Memory.Append(ctx, fence, records...)
	return last, errors.Join(err, s.after)
}

func (s *shaky) Read(ctx context.Context, after uint64) iter.Seq2[storage.Record, error] {
	if s.read == nil {
		return s.Memory.Read(ctx, after)
	}
	return func(yield func(storage.Record, error) bool) { yield(storage.Record{}, s.read) }
}

// After a failed write the log is read again, and the error says what is in it.
func TestFailedWriteIsLookedUp(t *testing.T) {
	disk := errors.New("input/output error")
	for _, tt := range []struct {
		name               string
		log                shaky
		nothing, uncertain bool // what the error should say
	}{
		{"nothing was written", shaky{before: disk}, true, false},
		{"all of it was written", shaky{after: disk}, false, true},
		{"the log cannot be read", shaky{before: disk, read: disk}, false, false},
		{"written, and it cannot be read", shaky{after: disk, read: disk}, false, false},
		{"another process wrote instead", shaky{before: disk, other: true}, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &shaky{Memory: storagetest.NewMemory()}
				ledger, _ := run(t, log)
				memory := log.Memory
				*log = tt.log
				log.Memory = memory
				_, err := ledger.Once(t.Context(), "press/1", happens(opened("1"), opened("2")))
				if !errors.Is(err, disk) || errors.Is(err, storage.ErrNothingDone) != tt.nothing || errors.Is(err, storage.ErrNotDurable) != tt.uncertain {
					t.Errorf("the error says %v; want that nothing was done: %t, that it is not durable: %t", err, tt.nothing, tt.uncertain)
				}
				if ledger.State().Open != "" || ledger.Seq() != 0 {
					t.Errorf("the ledger goes on with %q at %d, want it to wait for a restart", ledger.State().Open, ledger.Seq())
				}
			})
		})
	}
}

// A log that couldn't be reached needs no look: nothing was done for certain, and the next
// write is as good as any.
func TestUnreachableLogHasNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := fmt.Errorf("the server is away: %w", storage.ErrNothingDone) // package postgres doesn't repeat the words
		log := &shaky{Memory: storagetest.NewMemory()}
		ledger, _ := run(t, log)
		log.before, log.read = away, away
		if _, err := ledger.Update(t.Context(), happens(opened("1"))); err == nil || err.Error() != "the ledger could not be written, and nothing was done: the server is away: nothing was done" {
			t.Errorf("away: %v", err)
		}
		log.before, log.read = nil, nil
		if _, err := ledger.Update(t.Context(), happens(opened("1"))); err != nil || ledger.Seq() != 1 {
			t.Errorf("back: %v at %d", err, ledger.Seq())
		}
	})
}

// A restart reads what the log has, so a press that was recorded after all isn't
// repeated.
func TestRestartReadsWhatWasWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &shaky{Memory: storagetest.NewMemory(), after: errors.New("input/output error")}
		press := func(ledger *storage.Ledger) (storage.Receipt, error) {
			return ledger.Once(t.Context(), "press/1", happens(opened("1")))
		}
		ledger, stop := run(t, log)
		if _, err := press(ledger); !errors.Is(err, storage.ErrNotDurable) {
			t.Fatalf("the first press: %v, want ErrNotDurable", err)
		}
		if _, err := press(ledger); !errors.Is(err, storage.ErrNothingDone) || !errors.Is(err, storage.ErrConflict) {
			t.Errorf("the second press: %v, want that nothing more is done", err)
		}
		stop()
		ledger, _ = run(t, log.Reopen())
		if receipt, err := press(ledger); err != nil || !receipt.Repeat || ledger.Seq() != 1 {
			t.Errorf("after a restart: %+v, %v at %d; want the repeat of what was written", receipt, err, ledger.Seq())
		}
	})
}
