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

// batchLimit bounds how many decisions share one write, so that the first of
// them does not wait for ever longer ones.
const batchLimit = 512

// request is a decision that somebody waits for. The goroutine in Run fills it
// in, then closes done.
type request struct {
	ctx    context.Context
	key    string
	decide Decide
	done   chan struct{}

	receipt Receipt
	err     error
	stands  uint64 // the key stands since this record; the receipt is to be read from there
}

// batch is decisions on their way into the log, on a state that nobody else
// sees yet. It belongs to the goroutine in Run.
type batch struct {
	state    *history.State
	seq      uint64
	at       time.Time
	requests []*request
	records  []Record
	made     map[string]*request // once-only keys, to the decision of this batch that made them
	broken   error               // set when the state can no longer be trusted
}

// Run takes decisions until ctx ends, and returns nil once the batch in hand
// is durable. Requests that were not taken by then get ErrStopped. It can be
// called once.
func (l *Ledger) Run(ctx context.Context) error {
	if l.started.Swap(true) {
		return errors.New("run ledger: it was run before")
	}
	defer l.keepSnapshots()()
	defer close(l.stopped)
	if l.reserve != nil {
		l.keepRoom(l.now())
	}
	lasting := context.WithoutCancel(ctx)
	looks := time.NewTicker(clockLook)
	defer looks.Stop()
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
		}
	}
}

// gather evaluates the first request and whatever else waits by now. Before it
// lets the batch go it yields once: callers that were just answered are about
// to ask again, and would else miss the write that is about to start.
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

// newBatch begins a batch on the present state.
func (l *Ledger) newBatch() *batch {
	now := l.current.Load()
	return &batch{state: now.state.Next(), seq: now.seq, at: l.at, made: map[string]*request{}}
}

// waiting takes the requests that wait, up to some number.
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

// evaluate puts requests into the batch, and has those decided whose keys do not
// stand yet. All keys are looked up at once: for some logs that is a journey.
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

// lookUp finds out which keys of requests stand. What the log holds after the
// last record of the state is not known to last, and stands for nothing here.
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
	found, err := l.log.Find(ctx, keys...)
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

// decide asks for the request's events and applies them to the batch. A panic
// before anything was applied is that request's error alone; one in the midst
// of it spoils the batch, since the state may be half changed.
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

// encode writes events as records, and reads them back: the state gets each
// event exactly as a later fold will, and shares no memory with the caller. It is the
// one place that everything passes on its way into the log, so secrets end here.
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
		if _, raw := happened.(event.Unknown); raw { // others are as encoding/json wrote them
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

// add applies what a request decided to the provisional state.
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

// settle makes a batch durable and public, or undoes it, and answers.
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

// unwritten is why something did not get into the log, or could not be looked up
// there. It wraps [ErrUnwritten] without saying so once more.
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

// write puts the batch's records into the log, with room from the reserve where
// a rollback needs it.
func (l *Ledger) write(ctx context.Context, b *batch) error {
	fence := Fence{Term: l.term, After: b.seq - uint64(len(b.records))}
	err := l.observe(b, func() error {
		_, err := l.log.Append(ctx, fence, b.records...)
		for outOfRoom(err) && l.makeRoom(b) {
			_, again := l.log.Append(ctx, fence, b.records...)
			if errors.Is(again, ErrConflict) {
				break // what seemed to have failed is there
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
	case err != nil:
		l.lost = err
		return l.lookAgain(ctx, fence.After, b.records, err)
	}
	l.lost = nil
	return nil
}

// lookAgain says what became of a write that failed: the log may hold it all
// the same. What it holds without having made it lasting counts for nothing
// here, until a restart reads what is there then. Where the log cannot be read,
// the next write finds out: it is refused if this one is there.
func (l *Ledger) lookAgain(ctx context.Context, after uint64, records []Record, cause error) error {
	held, err := holds(ctx, l.log, after, records)
	switch {
	case err != nil:
		return fmt.Errorf("%s could not be written, nor read to find out whether it was: %w (reading: %v)", name(l.log), cause, err)
	case held:
		return fmt.Errorf("%s reported an error: %w; check its disk, then %w, so that it reads what is there: %w", name(l.log), ErrNotDurable, ErrRestart, cause)
	}
	return fmt.Errorf("%s could not be written, and %w: %w", name(l.log), ErrNothingDone, cause)
}

// holds reports whether the log goes on with some records, all of them, after the
// one of a number. One that ends there, or goes on with others, holds none.
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

// same reports whether a record, sealed or not, says what another does.
func (r Record) same(other Record) bool {
	return r.Kind == other.Kind && r.Key == other.Key && r.At.Equal(other.At) && bytes.Equal(r.Data, other.Data)
}

// undo gives the error to every caller that was told nothing yet but what
// rests on the batch. Its state and its keys are simply dropped.
func (b *batch) undo(err error) {
	for _, req := range b.requests {
		if req.stands == 0 {
			req.receipt, req.err = Receipt{}, err
		}
	}
}

// publish makes the batch the present.
func (l *Ledger) publish(b *batch) {
	l.at = b.at
	l.current.Store(&moment{b.state, b.seq, b.at})
	l.tick()
}
