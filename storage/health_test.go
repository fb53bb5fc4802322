package storage_test

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// brittle is a log that fails or hangs until the test lets it work.
type brittle struct {
	*storagetest.Memory
	hang chan struct{} // if set, writes wait until it is closed

	hangFind chan struct{} // the same for lookups

	mu    sync.Mutex
	fault error
}

func (b *brittle) fails(fault error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = fault
}

func (b *brittle) failing() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}

func (b *brittle) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if b.hang != nil {
		<-b.hang
	}
	if fault := b.failing(); fault != nil {
		return 0, fault
	}
	return b.Memory.Append(ctx, fence, records...)
}

func (b *brittle) Find(ctx context.Context, keys ...string) ([]uint64, error) {
	if b.hangFind != nil {
		<-b.hangFind
	}
	return b.Memory.Find(ctx, keys...)
}

func TestHealthFollowsTheWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &brittle{Memory: storagetest.NewMemory()}
		var seen []storage.Written
		ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Observe: func(w storage.Written) { seen = append(seen, w) }})
		if err != nil {
			t.Fatal(err)
		}
		stop := running(t, ledger)
		first := time.Now()
		mustUpdate(t, ledger, happens(opened("19.0.1")))
		if h := ledger.Health(); h != (storage.Health{Seq: 1, Written: first}) {
			t.Errorf("after a write: %+v", h)
		}

		time.Sleep(time.Minute)
		log.fails(errors.New("the disk is full"))
		if _, err := ledger.Update(t.Context(), happens(opened("19.0.2"))); err == nil {
			t.Fatal("a write that failed passed for one that did not")
		}
		if h := ledger.Health(); !errors.Is(h.Failing, log.failing()) || h.Seq != 1 || !h.Written.Equal(first) || !h.Failed.Equal(time.Now()) {
			t.Errorf("after a failed write: %+v", h)
		}
		if err := ledger.Answers(t.Context()); err != nil {
			t.Errorf("nothing needs to be written for an answer: %v", err)
		}
		failed := time.Now()
		log.fails(nil)
		mustUpdate(t, ledger, happens(opened("19.0.2"), adopted("staging", "19.0.2")))
		if h := ledger.Health(); h != (storage.Health{Seq: 3, Written: time.Now(), Failed: failed}) {
			t.Errorf("after another write: %+v", h)
		}
		stop()
		if len(seen) != 3 || len(seen[2].Events) != 2 || seen[1].Err == nil || seen[1].State != nil || seen[2].State.Open != "19.0.2" {
			t.Errorf("observed %+v", seen)
		}
	})
}

// A ledger that nobody writes to finds out by itself, within a minute, that it can't be
// written any more, and that it can again.
func TestHealthOfAnIdleLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &brittle{Memory: storagetest.NewMemory()}
		ledger := open(t, log)
		running(t, ledger)
		synctest.Wait()
		for range 3 { // reads don't put it off
			time.Sleep(20 * time.Second)
			if err := ledger.Answers(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if h := ledger.Health(); h.Failing != nil || !h.Failed.IsZero() || len(log.Records()) != 0 {
			t.Errorf("while it can be written: %+v, %d records", h, len(log.Records()))
		}
		log.fails(&fs.PathError{Op: "write", Path: "gonogo.db", Err: syscall.EROFS})
		for range 3 {
			time.Sleep(20 * time.Second)
			_ = ledger.Answers(t.Context())
		}
		synctest.Wait()
		if h := ledger.Health(); !errors.Is(h.Failing, syscall.EROFS) {
			t.Errorf("a minute after the file system turned read-only: %+v", h)
		}
		log.fails(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if h := ledger.Health(); h.Failing != nil || len(log.Records()) != 0 {
			t.Errorf("a minute after it was mended: %+v, %d records", h, len(log.Records()))
		}
	})
}

// Health shows a write that doesn't end, and Answers that nobody is answered.
func TestHealthOfALedgerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &brittle{Memory: storagetest.NewMemory(), hang: make(chan struct{})}
		ledger := open(t, log)
		running(t, ledger)
		began := time.Now()
		done := make(chan error, 1)
		go func() {
			_, err := ledger.Update(context.Background(), happens(opened("19.0.1")))
			done <- err
		}()
		time.Sleep(time.Minute)
		if h := ledger.Health(); !h.Writing.Equal(began) {
			t.Errorf("while it hangs: %+v", h)
		}
		soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := ledger.Answers(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an answer of a ledger that hangs: %v", err)
		}
		close(log.hang)
		if err := <-done; err != nil || !ledger.Health().Writing.IsZero() {
			t.Errorf("after it went on: %+v, %v", ledger.Health(), err)
		}
	})
}

// Health shows a lookup that doesn't end, too: it holds up everybody as a write does.
func TestHealthOfALookupThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &brittle{Memory: storagetest.NewMemory(), hangFind: make(chan struct{})}
		ledger := open(t, log)
		running(t, ledger)
		began := time.Now()
		done := make(chan error, 1)
		go func() {
			_, err := ledger.Once(context.Background(), "a press", happens(opened("19.0.1")))
			done <- err
		}()
		time.Sleep(time.Minute)
		if h := ledger.Health(); !h.Writing.Equal(began) {
			t.Errorf("while it hangs: %+v", h)
		}
		close(log.hangFind)
		if err := <-done; err != nil || !ledger.Health().Writing.IsZero() {
			t.Errorf("after it went on: %+v, %v", ledger.Health(), err)
		}
	})
}

// A failed log is tried again without anybody's decision, so that monitoring sees it
// recover, however often it asks.
func TestHealthOfALedgerThatRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &brittle{Memory: storagetest.NewMemory()}
		ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		running(t, ledger)
		log.fails(errors.New("the disk is full"))
		if _, err := ledger.Update(t.Context(), happens(opened("19.0.1"))); err == nil {
			t.Fatal("a write that failed passed for one that did not")
		}
		wait := func(d time.Duration) {
			for range d / time.Second {
				time.Sleep(time.Second) // in the bubble's time
				if err := ledger.Answers(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
		wait(time.Minute)
		if h := ledger.Health(); !errors.Is(h.Failing, log.failing()) || time.Since(h.Failed) > 10*time.Second {
			t.Errorf("while the disk is full: %+v; want that it is found out again and again", h)
		}
		failed := ledger.Health().Failed
		log.fails(nil)
		wait(11 * time.Second)
		if h := ledger.Health(); h.Failing != nil || h.Seq != 0 || !h.Failed.Equal(failed) || len(log.Records()) != 0 {
			t.Errorf("with room again: %+v and %d records; want that it is well, with nothing written", h, len(log.Records()))
		}
		mustUpdate(t, ledger, happens(opened("19.0.1")))
	})
}

// If only a restart helps, the failure stays.
func TestHealthOfALedgerThatNeedsARestart(t *testing.T) {
	for name, other := range map[string]func(context.Context, *storagetest.Memory) error{
		"another has the ledger": func(ctx context.Context, m *storagetest.Memory) error {
			_, err := m.Claim(ctx, "another", time.Now())
			return err
		},
		"another has written to it": func(ctx context.Context, m *storagetest.Memory) error {
			_, err := m.Append(ctx, storage.Fence{Term: 1, After: 1}, storage.Record{Kind: "k", Data: []byte("{}")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory := storagetest.NewMemory()
				ledger, _ := run(t, memory)
				if _, err := ledger.Update(t.Context(), happens(opened("19.0.0"))); err != nil {
					t.Fatal(err)
				}
				if err := other(t.Context(), memory); err != nil {
					t.Fatal(err)
				}
				if _, err := ledger.Update(t.Context(), happens(opened("19.0.1"))); !errors.Is(err, storage.ErrRestart) {
					t.Fatalf("update: %v, want ErrRestart", err)
				}
				if h := ledger.Health(); !errors.Is(h.Failing, storage.ErrRestart) {
					t.Errorf("at once: %+v; want ErrRestart", h)
				}
				time.Sleep(time.Minute)
				if h := ledger.Health(); !errors.Is(h.Failing, storage.ErrRestart) {
					t.Errorf("a minute later: %+v; want ErrRestart", h)
				}
			})
		})
	}
}

// leased counts the trials of a log that has to be kept.
type leased struct {
	*storagetest.Memory
	trials atomic.Int64
}

func (l *leased) IdleFor() time.Duration { return 5 * time.Second }

func (l *leased) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if len(records) == 0 {
		l.trials.Add(1)
	}
	return l.Memory.Append(ctx, fence, records...)
}

// A leased log is kept, whoever writes.
func TestLeaseIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &leased{Memory: storagetest.NewMemory()}
		ledger, _ := run(t, log)
		time.Sleep(time.Minute + time.Second) // in the bubble's time
		if n := log.trials.Load(); n != 12 {
			t.Errorf("tried %d times in a minute, want 12", n)
		}
		mustUpdate(t, ledger, happens(opened("19.0.1")))
		time.Sleep(4 * time.Second)
		if n := log.trials.Load(); n != 12 {
			t.Errorf("tried although it has just been written to: %d times", n)
		}
	})
}
