package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"runtime"
	"runtime/debug"
	"time"
)

// batchLimit is the most decisions in one write, so that the first of them doesn't wait
// ever longer.
const batchLimit = 512

// request is a decision with a caller waiting. The goroutine in Run fills it in, then
// closes done.
type request struct {
	ctx    context.Context
	key    string
	decide Decide
	done   chan struct{}

	receipt Receipt
	err     error
	stands  uint64 // the record in which the ledger already has the key; the receipt is read from there
}

// batch is decisions on their way into the log, on a state that nothing else reads yet.
// It belongs to the goroutine in Run.
type batch struct {
	state    *history.State
	seq      uint64
	at       time.Time
	requests []*request
	records  []Record
	made     map[string]*request // once-only keys, with the decision of this batch that made each
	broken   error               // set if the state can no longer be trusted
}

// Run takes decisions until ctx ends, and returns nil once the current batch is
// durable. Requests that it hasn't taken by then get ErrStopped. It can be called once.
func (l *Ledger) Run(ctx context.Context) error {
	if l.started.Swap(true) {
		return errors.New("run ledger: it was run before")
	}
	defer l.keepSnapshots()()
	defer close(l.stopped)
	if l.reserve != nil {
		l.keepRoom(l.now())
		l.lookAtRoom()
	}
	lasting := context.WithoutCancel(ctx)
	l.attempted = time.Now()
	looks := time.NewTicker(clockLook)
	defer looks.Stop()
	rooms := time.NewTicker(roomLook)
	defer rooms.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case first := <-l.requests:
			l.settle(lasting, l.gather(lasting, first))
		case <-l.trial():
			l.try(lasting)
		case <-looks.C:
			l.checkClock(lasting)
		case <-rooms.C:
			l.lookAtRoom()
		}
	}
}

// gather evaluates the first request and all others that are waiting. It yields once
// before the batch is written: callers that were just answered often ask again at once,
// and would otherwise miss this write.
func (l *Ledger) gather(ctx context.Context, first *request) *batch {
	now := l.current.Load()
	b := l.newBatch()
	waiting := []*request{first}
	for yielded := false; ; {
		l.evaluate(ctx, b, now.seq, waiting)
		waiting = l.waiting(batchLimit - len(b.requests))
		switch {
		case len(waiting) > 0:
			yielded = false
		case yielded || len(b.requests) == batchLimit:
			return b
		default:
			runtime.Gosched()
			yielded = true
		}
	}
}

// newBatch begins a batch on the current state.
func (l *Ledger) newBatch() *batch {
	now := l.current.Load()
	return &batch{state: now.state.Next(), seq: now.seq, at: l.at, made: map[string]*request{}}
}

// waiting takes up to most of the requests that are waiting.
func (l *Ledger) waiting(most int) (all []*request) {
	for len(all) < most {
		select {
		case req := <-l.requests:
			all = append(all, req)
		default:
			return all
		}
	}
	return all
}

// evaluate adds requests to the batch, and decides those whose keys the ledger doesn't
// have yet. It looks up all keys at once, since a lookup may be slow for some logs.
func (l *Ledger) evaluate(ctx context.Context, b *batch, last uint64, requests []*request) {
	err := l.lookUp(ctx, last, requests)
	for _, req := range requests {
		b.requests = append(b.requests, req)
		switch {
		case req.ctx.Err() != nil:
			req.err = fmt.Errorf("wait for the ledger: %w: %w", ErrNothingDone, context.Cause(req.ctx))
		case req.key != "" && err != nil:
			req.err = unwritten{fmt.Errorf("%w: %w", ErrNothingDone, err)}
		case req.stands > 0:
		case b.made[req.key] != nil:
			req.receipt = b.made[req.key].receipt
			req.receipt.Repeat = true
		default:
			l.advance(b)
			l.decide(b, req)
		}
	}
}

// lookUp finds the requests whose keys are in the ledger. Records after the last one of
// the state may not be durable, so they don't count.
func (l *Ledger) lookUp(ctx context.Context, last uint64, requests []*request) error {
	var keyed []*request
	var keys []string
	for _, req := range requests {
		if req.key != "" {
			keyed, keys = append(keyed, req), append(keys, req.key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var found []uint64
	err := l.noticed(func() (err error) {
		found, err = l.log.Find(ctx, keys...)
		return err
	})
	if err != nil {
		l.logger.Error("once-only keys could not be looked up", "keys", len(keys), "error", err)
		return unusable(l.log, err)
	}
	for i, req := range keyed {
		if found[i] <= last {
			req.stands = found[i]
		}
	}
	return nil
}

// decide asks for the request's events and applies them to the batch. A panic before
// anything was applied is an error of that request alone. A later one fails the whole
// batch, since the state may be half changed.
func (l *Ledger) decide(b *batch, req *request) {
	touched := false
	defer func() {
		if p := recover(); p != nil {
			l.logger.Error("a decision panicked", "key", req.key, "panic", p, "stack", string(debug.Stack()))
			req.err = fmt.Errorf("the decision failed inside, and %w: panic: %v", ErrNothingDone, p)
			if touched {
				b.broken = req.err
			}
		}
	}()
	decided, err := req.decide(b.state, b.at)
	if err != nil {
		req.err = err
		return
	}
	records, events, err := l.encode(req.key, b.at, decided)
	if err != nil {
		req.err = fmt.Errorf("%w: %w", ErrNothingDone, err)
		return
	}
	touched = true
	b.add(req, records, events)
}

// encode writes events as records and reads them back, so the state gets each event
// exactly as a later fold will, and shares no memory with the caller. Everything that
// is recorded passes here, so secrets are redacted here.
func (l *Ledger) encode(key string, at time.Time, decided []event.Event) ([]Record, []event.Event, error) {
	records := make([]Record, len(decided))
	events := make([]event.Event, len(decided))
	for i, happened := range decided {
		if l.clean != nil {
			happened = event.Clean(happened, l.clean)
		}
		data, err := event.Encode(happened)
		if err != nil {
			return nil, nil, err
		}
		r := Record{At: at, Kind: happened.Kind(), Key: key, Data: data}
		if _, raw := happened.(event.Unknown); raw { // encoding/json has already normalized the others
			err = r.normalize()
		}
		if err == nil {
			events[i], err = event.Decode(r.Kind, r.Data)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("encode event: %w", err)
		}
		records[i] = r
	}
	return records, events, nil
}

// add applies a request's events to the provisional state.
func (b *batch) add(req *request, records []Record, events []event.Event) {
	b.apply(records, events)
	req.receipt = Receipt{Seq: b.seq, At: b.at, Events: events}
	if req.key != "" && len(events) > 0 {
		b.made[req.key] = req
	}
}

// apply adds records to the batch, and their events to its state.
func (b *batch) apply(records []Record, events []event.Event) {
	for _, event := range events {
		b.state.Apply(b.at, event)
	}
	b.records = append(b.records, records...)
	b.seq += uint64(len(records))
}

// settle makes a batch durable and publishes it, or undoes it, and answers the callers.
func (l *Ledger) settle(ctx context.Context, b *batch) {
	if err := l.append(ctx, b); err != nil {
		l.logger.Error("decisions could not be recorded", "decisions", len(b.requests), "error", err)
		b.undo(err)
	} else if len(b.records) > 0 {
		l.publish(b)
		defer l.keepRoom(b.at)
	}
	for _, req := range b.requests {
		close(req.done)
	}
}

// unwritten is why something couldn't be written to the log or looked up in it. It
// wraps [ErrUnwritten] without repeating its text.
type unwritten struct{ error }

// Unwrap gives the cause.
func (u unwritten) Unwrap() []error { return []error{u.error, ErrUnwritten} }

// append writes the batch to the log.
func (l *Ledger) append(ctx context.Context, b *batch) error {
	if b.broken != nil || len(b.records) == 0 {
		return b.broken
	}
	if err := l.write(ctx, b); err != nil {
		return unwritten{err}
	}
	return nil
}

// write appends the batch's records to the log, and frees space from the reserve if a
// rollback needs it.
func (l *Ledger) write(ctx context.Context, b *batch) error {
	fence := Fence{Term: l.term, After: b.seq - uint64(len(b.records))}
	err := l.observe(b, func() error {
		_, err := l.log.Append(ctx, fence, b.records...)
		for outOfRoom(err) && l.makeRoom(b) {
			_, again := l.log.Append(ctx, fence, b.records...)
			if errors.Is(again, ErrConflict) {
				break // the write that failed is in the log after all
			}
			err = again
		}
		return err
	})
	var superseded *Superseded
	switch {
	case errors.As(err, &superseded):
		return fmt.Errorf("%w: %s belongs to another gonogo now; stop one of the two, then %w: %w", ErrNothingDone, name(l.log), ErrRestart, superseded)
	case errors.Is(err, ErrConflict) && l.lost != nil:
		return fmt.Errorf("%w: %s holds an earlier write that seemed to have failed; %w, so that it reads what is there: %w (the write: %v)", ErrNothingDone, name(l.log), ErrRestart, err, l.lost)
	case errors.Is(err, ErrConflict):
		return fmt.Errorf("%w: another process has written to %s; stop every gonogo but one, then %w: %w", ErrNothingDone, name(l.log), ErrRestart, err)
	case errors.Is(err, ErrNothingDone):
		return fmt.Errorf("%s could not be written, and %w: %w", name(l.log), ErrNothingDone, err)
	case err != nil:
		l.lost = err
		return l.lookAgain(ctx, fence.After, b.records, err)
	}
	l.lost = nil
	return nil
}

// lookAgain finds out whether a failed write is in the log after all. What the log has
// but couldn't make durable doesn't count until a restart reads it again. If the log
// can't be read, the next write finds out: it is refused if this one is there.
func (l *Ledger) lookAgain(ctx context.Context, after uint64, records []Record, cause error) error {
	held, err := holds(ctx, l.log, after, records)
	switch {
	case err != nil && err.Error() == cause.Error():
		return fmt.Errorf("%s could not be written, nor read to find out whether it was: %w", name(l.log), cause)
	case err != nil:
		return fmt.Errorf("%s could not be written, nor read to find out whether it was: %w (reading: %v)", name(l.log), cause, err)
	case held:
		return fmt.Errorf("%s reported an error: %w; check its disk, then %w, so that it reads what is there: %w", name(l.log), ErrNotDurable, ErrRestart, cause)
	}
	return fmt.Errorf("%s could not be written, and %w: %w", name(l.log), ErrNothingDone, cause)
}

// holds reports whether the log has these records, all of them, right after the given
// number. It has none if it ends there or continues with others.
func holds(ctx context.Context, log Log, after uint64, records []Record) (bool, error) {
	n := 0
	for r, err := range log.Read(ctx, after) {
		switch {
		case err != nil:
			return false, err
		case n < len(records) && records[n].same(r):
			n++
			continue
		case n == 0:
			return false, nil
		}
		break
	}
	if n > 0 && n < len(records) {
		return false, fmt.Errorf("it holds %d of %d records", n, len(records))
	}
	return n > 0, nil
}

// same reports whether two records say the same, sealed or not.
func (r Record) same(other Record) bool {
	return r.Kind == other.Kind && r.Key == other.Key && r.At.Equal(other.At) && bytes.Equal(r.Data, other.Data)
}

// undo gives the error to every caller whose answer depends on the batch. Its state and
// keys are simply dropped.
func (b *batch) undo(err error) {
	for _, req := range b.requests {
		if req.stands == 0 {
			req.receipt, req.err = Receipt{}, err
		}
	}
}

// publish makes the batch the current state.
func (l *Ledger) publish(b *batch) {
	l.at = b.at
	l.current.Store(&moment{b.state, b.seq, b.at})
	l.tick()
}
