package storage

import (
	"context"
	"errors"
	"fmt"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"sync/atomic"
	"time"
)

// Written is one attempt to make decisions durable.
type Written struct {
	Events []event.Event  // that were decided
	State  *history.State // the state after them; nil: they couldn't be written
	Took   time.Duration
	Err    error // why they couldn't be written
}

// Health is the ledger's condition, as its writes show it.
type Health struct {
	Seq     uint64    // number of the last durable event
	Written time.Time // when the last write succeeded; zero: none since the start
	Failing error     // why the last write failed; nil: it didn't
	Failed  time.Time // when a write last failed; zero: never since the start
	Writing time.Time // when the current write, or the lookup before it, began; zero: there is none

	Room Room // on its disk

	// Ahead is how far the last record is ahead of the clock, if more than a minute:
	// the clock was ahead when it was recorded, or is behind now.
	Ahead time.Duration
}

// pulse is what Health is made from. Only the goroutine in Run writes it.
type pulse struct {
	writing         atomic.Pointer[time.Time]
	written, failed atomic.Pointer[time.Time]
	failing         atomic.Pointer[error]
	room            atomic.Pointer[Room]
}

// Health returns the ledger's condition.
func (l *Ledger) Health() Health {
	h := Health{Seq: l.Seq(), Written: read(&l.pulse.written), Failed: read(&l.pulse.failed), Writing: read(&l.pulse.writing), Room: read(&l.pulse.room)}
	if failing := l.pulse.failing.Load(); failing != nil {
		h.Failing = *failing
	}
	h.Ahead = Ahead(l.current.Load().at, l.now())
	return h
}

// stuck is after how long a write is taken to hang: a disk that is merely slow is faster.
const stuck = 5 * time.Second

// Hangs is for how long the current write has been under way, in seconds, if it hangs;
// otherwise 0.
func (h Health) Hangs(now time.Time) time.Duration {
	if h.Writing.IsZero() || now.Sub(h.Writing) <= stuck {
		return 0
	}
	return now.Sub(h.Writing).Round(time.Second)
}

// Hangs is for how long the current write has been under way, if it hangs; otherwise 0.
func (l *Ledger) Hangs() time.Duration { return l.Health().Hangs(time.Now()) }

// Ahead is how far a ledger's last record is ahead of the clock; 0 if that is a minute
// or less, which is nothing to worry about.
func Ahead(last, now time.Time) time.Duration {
	if ahead := last.Sub(now); ahead > clockSlack {
		return ahead
	}
	return 0
}

func read[T any](p *atomic.Pointer[T]) (value T) {
	if at := p.Load(); at != nil {
		value = *at
	}
	return value
}

// Answers waits until the goroutine that owns the state responds. It writes nothing.
func (l *Ledger) Answers(ctx context.Context) error {
	_, err := l.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) { return nil, nil })
	return err
}

const (
	trialAfter = 10 * time.Second // how long after a failure the log is tried again
	idleFor    = 45 * time.Second // how long nothing is written before it is tried whether it could be
)

// trial fires when a log should be tried: one that failed, to find out whether it works
// again, and one that nobody writes to, to find out whether it still does. A file system
// may turn read-only while gonogo is idle, and a [Leased] log has to be kept.
func (l *Ledger) trial() <-chan time.Time {
	after := idleFor
	if leased, ok := l.log.(Leased); ok {
		after = leased.IdleFor()
	}
	if l.pulse.failing.Load() != nil {
		after = min(after, trialAfter)
	}
	return time.After(time.Until(l.attempted.Add(after)))
}

// try finds out whether the log can be written. It records nothing; the result shows in
// [Ledger.Health].
func (l *Ledger) try(ctx context.Context) {
	failed := l.pulse.failing.Load() != nil
	err := l.timed(func() error {
		_, err := l.log.Append(ctx, Fence{Term: l.term, After: l.Seq()})
		return err
	})
	switch {
	case err != nil && !failed:
		l.logger.Error("the ledger can't be written", "error", err)
	case err == nil && failed:
		l.works()
	}
}

// works notes that a log that failed can be written again.
func (l *Ledger) works() {
	l.lost = nil // the log ends where the state does
	l.logger.Info("the ledger can be written again")
	l.tick() // for callers that wait to write
}

// noticed does something that may hang with the disk, so that Health shows since when.
func (l *Ledger) noticed(access func() error) error {
	began := time.Now()
	l.pulse.writing.Store(&began)
	defer l.pulse.writing.Store(nil)
	return access()
}

// timed makes or tries a write and notes the result.
func (l *Ledger) timed(write func() error) error {
	err := l.noticed(write)
	ended := time.Now()
	l.attempted = ended
	if err != nil {
		failing := lasting(err)
		l.pulse.failed.Store(&ended)
		l.pulse.failing.Store(&failing)
		if outOfRoom(err) {
			l.lookAtRoom()
		}
		return err
	}
	l.pulse.failing.Store(nil)
	return nil
}

// lasting says of a failure that only a restart helps, if so: the log has another writer,
// or records that this ledger hasn't folded.
func lasting(err error) error {
	var superseded *Superseded
	if errors.Is(err, ErrConflict) || errors.As(err, &superseded) {
		return fmt.Errorf("%w: %w", ErrRestart, err)
	}
	return err
}

// observe makes a write and passes the result to Options.Observe. It measures the
// duration with the machine's clock, not with the one that stamps events.
func (l *Ledger) observe(b *batch, write func() error) error {
	began := time.Now()
	err := l.timed(write)
	ended := time.Now()
	w := Written{Took: ended.Sub(began), Err: err}
	for _, req := range b.requests {
		if !req.receipt.Repeat {
			w.Events = append(w.Events, req.receipt.Events...)
		}
	}
	if err == nil {
		l.pulse.written.Store(&ended)
		w.State = b.state
	}
	if l.observer != nil {
		l.observer(w)
	}
	return err
}
