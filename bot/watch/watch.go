package watch

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Ledger remembers what was told.
type Ledger interface {
	State() *history.State
	Update(ctx context.Context, decide storage.Decide) (storage.Receipt, error)
}

var _ Ledger = (*storage.Ledger)(nil)

// Pager is an outside address that is notified. key is the same for every repeat.
type Pager interface {
	Send(ctx context.Context, key string, message any) error
}

// Options are what a watch works with. Ledger, Now and Log must be set.
type Options struct {
	Looks   []Look
	Own     func() []Trouble // what is known from memory, without waiting; nil: nothing
	Ledger  Ledger
	Pager   Pager  // nil: nobody outside is notified
	Teller  Teller // tells people of what the ledger can't record; nil: nobody does
	Project string // in what the pager is sent
	Secrets []string
	Now     func() time.Time
	Log     *slog.Logger

	Every   time.Duration // between two looks at one thing; 0: 30 s
	Lasting time.Duration // how long a trouble lasts before people are told; 0: a minute
}

// Watch keeps the newest verdict of each look. Its methods may be called from any
// goroutine.
type Watch struct {
	opts  Options
	began time.Time

	mu       sync.Mutex
	verdicts []verdict
	// since is when each trouble was first seen. It belongs to the goroutine in tells.
	since map[event.TroubleKind]time.Time
	// logged are the troubles whose start was logged. It belongs to the same goroutine.
	logged map[event.TroubleKind]bool
	// unrecorded are troubles that the ledger could not take. Guarded by mu.
	unrecorded map[event.TroubleKind]unrecorded
	pages      pages // belongs to the goroutine in page
	said       said  // belongs to the goroutine in say

	changes, answers writer // of the goroutines in recordChanges and page
}

// New prepares a watch and starts nothing.
func New(opts Options) *Watch {
	opts.Every, opts.Lasting = cmp.Or(opts.Every, 30*time.Second), cmp.Or(opts.Lasting, time.Minute)
	return &Watch{opts: opts, began: opts.Now(), verdicts: make([]verdict, len(opts.Looks)),
		since: map[event.TroubleKind]time.Time{}, logged: map[event.TroubleKind]bool{}, unrecorded: map[event.TroubleKind]unrecorded{},
		pages:   pages{map[string]retry.Backoff{}, map[string]event.TroublePaged{}},
		said:    said{map[event.TroubleKind]string{}, map[event.TroubleKind]string{}, map[event.TroubleKind]retry.Backoff{}},
		changes: writer{ledger: opts.Ledger}, answers: writer{ledger: opts.Ledger}}
}

// Standing is how gonogo stands.
type Standing struct {
	Troubles  []Trouble
	Pending   []string // what must be known first, and is not yet
	Unchecked []string // what can't be found out, and why
}

// Standing tells how gonogo stands, from memory alone.
func (w *Watch) Standing() Standing {
	var s Standing
	if w.opts.Own != nil {
		s.Troubles = w.opts.Own()
	}
	now := w.opts.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, v := range w.verdicts {
		v.standing(w.opts.Looks[i], now, &s)
	}
	return s
}

// Run looks, and tells, until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	for i := range w.opts.Looks {
		all.Go(func() error { w.keep(ctx, i); return nil })
	}
	all.Go(func() error { w.repeat(ctx, w.recordChanges); return nil })
	if w.opts.Pager != nil {
		all.Go(func() error { w.repeat(ctx, w.page); return nil })
	}
	if w.opts.Teller != nil {
		all.Go(func() error { w.repeat(ctx, w.say); return nil })
	}
	err := all.Wait()
	w.changes.all.Wait()
	w.answers.all.Wait()
	return err
}

// repeat does a round several times within the time that a trouble must last.
func (w *Watch) repeat(ctx context.Context, round func(context.Context)) {
	for ctx.Err() == nil {
		round(ctx)
		select {
		case <-time.After(w.opts.Lasting / 12):
		case <-ctx.Done():
		}
	}
}

// sureKinds are the kinds of which a trouble that isn't there is over.
func (w *Watch) sureKinds(now time.Time) map[event.TroubleKind]bool {
	sure := make(map[event.TroubleKind]bool, len(Kinds))
	for _, kind := range Kinds {
		sure[kind.Trouble] = w.sure(kind.Trouble, now)
	}
	return sure
}

// sure reports whether a trouble that isn't there is over: what finds it has answered
// lately, and knows enough since the start.
func (w *Watch) sure(kind event.TroubleKind, now time.Time) bool {
	if now.Sub(w.began) < KindOf(kind).Unsure {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, of := range w.opts.Looks {
		if slices.Contains(of.Finds, kind) && (w.verdicts[i].answered.IsZero() || w.verdicts[i].unknown != "") {
			return false
		}
	}
	return true
}
