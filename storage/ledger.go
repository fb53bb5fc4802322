package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// ErrStopped says that the ledger takes no more decisions, since Run has ended.
var ErrStopped = fmt.Errorf("gonogo is stopping: %w", ErrNothingDone)

// What an error of Update and Once may wrap besides its cause. It answers two
// independent questions.
//
// What was done? ErrNothingDone and ErrNotDurable say it. If an error wraps neither,
// and isn't the decision's own, that is unknown.
//
// What to do? An error that wraps ErrUnwritten comes from the ledger, not from the
// decision. The same decision may succeed later, unless the error wraps ErrRestart too.
var (
	// ErrNothingDone says that nothing was recorded for certain.
	ErrNothingDone = errors.New("nothing was done")
	// ErrNotDurable says that the log has what was decided, but couldn't make it
	// durable: it may be lost when the machine stops.
	ErrNotDurable = errors.New("it was recorded, but may not survive the machine's end")
	// ErrUnwritten says that the log failed, not the decision; for example, the disk is
	// full. A later attempt may succeed.
	ErrUnwritten = errors.New("the log could not be written")
	// ErrRestart says that no attempt will succeed until gonogo is restarted, since the
	// log has records that this ledger hasn't folded, or another writer. An error that
	// wraps it also wraps ErrUnwritten.
	ErrRestart = errors.New("restart gonogo")
)

// Decide looks at the state and returns events. It is called on the goroutine that owns
// the state, so it must be quick, do no I/O and not call the ledger. It must not change
// the state, nor read it after returning. An error means that nothing happens, and
// reaches the caller unchanged; no events and no error means that there is nothing to
// do.
type Decide = func(s *history.State, now time.Time) ([]event.Event, error)

// Receipt says what a decision did.
type Receipt struct {
	Repeat bool          // it was done earlier, under the same key; nothing was done now
	Seq    uint64        // number of its last event; without events, of the last event that it saw
	At     time.Time     // when
	Events []event.Event // as they are in the ledger
}

// Options is what a ledger works with.
type Options struct {
	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // nil: nothing is logged

	// Name is who claims the log, shown to another gonogo that is superseded or that
	// supersedes this one; empty: gonogo.
	Name string

	Snapshots *Snapshots    // nil: every start folds all events
	Reserve   *Reserve      // space kept for a rollback; nil: none
	Observe   func(Written) // called with every write, on the goroutine that owns the state, so it must be quick; may be nil

	// Clean redacts secrets in each text that is recorded, whoever wrote it; nil: texts
	// are recorded unchanged. It must be quick as well.
	Clean func(text string) string
}

// Ledger is the state, and the only way to change it. Its methods may be called from
// any goroutine.
type Ledger struct {
	log       Log
	now       func() time.Time
	logger    *slog.Logger
	observer  func(Written)
	snapshots *Snapshots
	reserve   *Reserve
	clean     func(string) string
	resumed   uint64        // the record of the snapshot that the fold began with
	requests  chan *request // unbuffered: what was received is answered, the rest was never taken
	stopped   chan struct{} // closed when Run returns
	started   atomic.Bool
	current   atomic.Pointer[moment]
	pulse     pulse

	// Owned by the goroutine in Run, and by OpenLedger before that.
	term uint64    // under which records are appended
	at   time.Time // of the last record

	behind    time.Time // since when, by the clock, the clock has been behind the last record; zero: it isn't
	lost      error     // the last append failed, but may have written
	attempted time.Time // when a write was last made or tried

	mu       sync.Mutex
	watchers map[chan struct{}]struct{}
}

// moment is a state, with the number and the time of the last record folded into it.
type moment struct {
	state *history.State
	seq   uint64
	at    time.Time // of that record
}

// OpenLedger claims a log and folds it into its state, checking the chain and the index
// of keys. It starts nothing. The caller closes the log after Run. A log whose records
// don't fit together, or can't be read, is *Unusable.
func OpenLedger(ctx context.Context, log Log, opts Options) (*Ledger, error) {
	l := &Ledger{
		log: log, now: opts.Now, logger: opts.Log, snapshots: opts.Snapshots, reserve: opts.Reserve, observer: opts.Observe, clean: opts.Clean,
		requests: make(chan *request), stopped: make(chan struct{}),
		watchers: map[chan struct{}]struct{}{},
	}
	if l.now == nil {
		l.now = time.Now
	}
	if l.logger == nil {
		l.logger = slog.New(slog.DiscardHandler)
	}
	if err := l.claim(ctx, cmp.Or(opts.Name, "gonogo")); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	if err := l.fold(ctx); err != nil {
		return nil, fmt.Errorf("open ledger: %w", unusable(log, err))
	}
	return l, nil
}

// claim makes this ledger the log's writer before reading it, so that no other writer
// adds anything in between. On a full disk it uses the space kept for a rollback, which
// couldn't be recorded otherwise.
func (l *Ledger) claim(ctx context.Context, name string) (err error) {
	for {
		now := l.now()
		l.term, err = l.log.Claim(ctx, name, now)
		if !outOfRoom(err) || !l.useReserve(now) {
			return err
		}
	}
}

// State is the state after the last durable batch. It never changes; the next call may
// return another.
func (l *Ledger) State() *history.State { return l.current.Load().state }

// Seq is the number of the last durable event; 0 before the first.
func (l *Ledger) Seq() uint64 { return l.current.Load().seq }

// Update asks for a decision and makes it durable. It waits for Run and for the disk.
// If ctx ends before decide is called, nothing is done. After that Update waits for the
// outcome even if ctx ends, and a nil error means that it happened. After Run has ended
// the error is ErrStopped.
func (l *Ledger) Update(ctx context.Context, decide Decide) (Receipt, error) {
	req, err := l.ask(ctx, "", decide)
	return req.receipt, err
}

// Once is Update for a request that may arrive more than once, always under the same
// key. If the ledger has a decision under that key, however old, decide isn't called
// and the receipt says what it did then. A decision that failed, or that had no events,
// doesn't use up its key.
func (l *Ledger) Once(ctx context.Context, key string, decide Decide) (Receipt, error) {
	if key == "" || !utf8.ValidString(key) {
		return Receipt{}, fmt.Errorf("decide once: %q is no key: it needs to be UTF-8, and not empty", key)
	}
	req, err := l.ask(ctx, key, decide)
	if err != nil || req.stands == 0 {
		return req.receipt, err
	}
	return l.first(ctx, key, req.stands)
}

// ask passes a request to the goroutine that owns the state and waits for its answer.
func (l *Ledger) ask(ctx context.Context, key string, decide Decide) (*request, error) {
	req := &request{ctx: ctx, key: key, decide: decide, done: make(chan struct{})}
	select {
	case <-ctx.Done():
		return req, fmt.Errorf("wait for the ledger: %w: %w", ErrNothingDone, context.Cause(ctx))
	case <-l.stopped:
		return req, ErrStopped
	case l.requests <- req:
	}
	select {
	case <-req.done:
		return req, req.err
	case <-l.stopped: // after the answer, or because a decision ended the goroutine in Run
	}
	select {
	case <-req.done:
		return req, req.err
	default:
		return &request{}, ErrStopped
	}
}

// first reads back what the decision under key did. Its records begin at seq, are
// consecutive, and all have its key.
func (l *Ledger) first(ctx context.Context, key string, seq uint64) (Receipt, error) {
	receipt := Receipt{Repeat: true}
	for r, err := range l.log.Read(ctx, seq-1) {
		if err != nil {
			return Receipt{}, fmt.Errorf("read what %q did: %w", key, unusable(l.log, err))
		}
		if r.Key != key {
			break
		}
		event, err := r.Event()
		if err != nil {
			return Receipt{}, fmt.Errorf("read what %q did: %w", key, unusable(l.log, err))
		}
		receipt.Seq, receipt.At = r.Seq, r.At
		receipt.Events = append(receipt.Events, event)
	}
	return receipt, nil
}

// Watch ticks after each durable batch; ticks that nobody has taken yet merge into one.
// It also ticks when a failed log can be written again. Look at State once before
// waiting. Call stop when done; changes is never closed.
func (l *Ledger) Watch() (changes <-chan struct{}, stop func()) {
	tick := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers[tick] = struct{}{}
	return tick, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watchers, tick)
	}
}

func (l *Ledger) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for watcher := range l.watchers {
		select {
		case watcher <- struct{}{}:
		default: // a tick is waiting already
		}
	}
}
