package storage

import (
	"context"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"sync/atomic"
	"time"
)

// Written is one attempt to make decisions durable.
type Written struct {
	Events []event.Event  // what was decided
	State  *history.State // the state after them; nil when they could not be written
	Took   time.Duration
	Err    error // why they could not be written
}

// Health is how the ledger stands, as its writes show it.
type Health struct {
	Seq     uint64    // number of the last durable event
	Written time.Time // when the last write was done; zero: none since the start
	Failing error     // why the last write failed; nil: it did not
	Failed  time.Time // when a write failed last; zero: never since the start
	Writing time.Time // since when a write is under way; zero: none is

	// Ahead is how far the last record is ahead of the clock, where that is more
	// than a minute: the clock was ahead when it was recorded, or is behind now.
	Ahead time.Duration
}

// pulse is what Health is made of. Only the goroutine in Run writes it.
type pulse struct {
	writing         atomic.Pointer[time.Time]
	written, failed atomic.Pointer[time.Time]
	failing         atomic.Pointer[error]
}

// Health tells how the ledger stands.
func (l *Ledger) Health() Health {
	h := Health{Seq: l.Seq(), Written: read(&l.pulse.written), Failed: read(&l.pulse.failed), Writing: read(&l.pulse.writing)}
	if failing := l.pulse.failing.Load(); failing != nil {
		h.Failing = *failing
	}
	if ahead := l.current.Load().at.Sub(l.now()); ahead > clockSlack {
		h.Ahead = ahead
	}
	return h
}

func read[T any](p *atomic.Pointer[T]) (value T) {
	if at := p.Load(); at != nil {
		value = *at
	}
	return value
}

// Answers asks the goroutine that owns the state for a sign of life and waits
// for it. Nothing is written.
func (l *Ledger) Answers(ctx context.Context) error {
	_, err := l.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) { return nil, nil })
	return err
}

// trialAfter is how long after it failed a log is tried again.
const trialAfter = 10 * time.Second

// trial tells when a log that failed is to be tried; never, while it is well.
func (l *Ledger) trial() <-chan time.Time {
	if l.pulse.failing.Load() == nil {
		return nil
	}
	return time.After(time.Until(read(&l.pulse.failed).Add(trialAfter)))
}

// try finds out whether a log that failed takes records again. Nothing is recorded,
// and nobody is told but who asks for [Ledger.Health].
func (l *Ledger) try(ctx context.Context) {
	err := l.timed(func() error {
		_, err := l.log.Append(ctx, Fence{Term: l.term, After: l.Seq()})
		return err
	})
	if err != nil {
		return
	}
	l.lost = nil // the log ends where the state does
	l.logger.Info("the ledger can be written again")
	l.tick() // for those that wait to write
}

// timed makes a write, or tries one, and notes how that went.
func (l *Ledger) timed(write func() error) error {
	began := time.Now()
	l.pulse.writing.Store(&began)
	err := write()
	ended := time.Now()
	l.pulse.writing.Store(nil)
	if err != nil {
		l.pulse.failed.Store(&ended)
		l.pulse.failing.Store(&err)
		return err
	}
	l.pulse.failing.Store(nil)
	return nil
}

// observe makes a write, and what became of it, known. How long it takes is the
// machine's business, not that of the clock which stamps events.
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
