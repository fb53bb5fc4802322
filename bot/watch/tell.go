package watch

import (
	"context"
	"errors"
	"strings"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// recordChanges records what has lasted for a while, and what has ended. bot/chat shows it from
// the ledger.
func (w *Watch) recordChanges(ctx context.Context) {
	now := w.opts.Now()
	sure := w.sureKinds(now) // first: a look that answers in between must not end what it found
	whys := w.whys()
	for _, kind := range Kinds {
		why, troubled := whys[kind.Trouble]
		if !troubled {
			delete(w.since, kind.Trouble)
			if !sure[kind.Trouble] {
				w.forget(kind.Trouble)
			} else {
				w.logEnd(kind)
				w.recordEnd(ctx, kind)
			}
			continue
		}
		if _, known := w.since[kind.Trouble]; !known {
			w.since[kind.Trouble] = now
		}
		w.logStart(kind, why, now)
		if kind.Told && now.Sub(w.since[kind.Trouble]) >= w.lasting(kind) {
			w.troubled(ctx, kind, why)
		}
	}
}

// lasting is how long a trouble of a kind lasts before people are told.
func (w *Watch) lasting(kind Kind) time.Duration {
	if kind.Soon {
		return w.opts.Lasting / 4
	}
	return w.opts.Lasting
}

// logAfter is how long a trouble lasts before it is logged: Slack, for one, is never
// connected at the start.
const logAfter = 3 * time.Second

// logStart logs a trouble, once.
func (w *Watch) logStart(kind Kind, why string, now time.Time) {
	if !w.logged[kind.Trouble] && now.Sub(w.since[kind.Trouble]) >= min(logAfter, w.opts.Lasting) {
		w.logged[kind.Trouble] = true
		w.opts.Log.Warn("gonogo has a problem", "kind", kind.Trouble, "why", why)
	}
}

// logEnd logs that a trouble is over, if its start was logged.
func (w *Watch) logEnd(kind Kind) {
	if w.logged[kind.Trouble] {
		delete(w.logged, kind.Trouble)
		w.opts.Log.Info("a problem of gonogo is over", "kind", kind.Trouble)
	}
}

// whys are the troubles that there are, by kind.
func (w *Watch) whys() map[event.TroubleKind]string {
	all := map[event.TroubleKind][]string{}
	for _, t := range w.Standing().Troubles {
		all[t.Kind] = append(all[t.Kind], t.Why)
	}
	whys := make(map[event.TroubleKind]string, len(all))
	for kind, each := range all {
		whys[kind] = strings.Join(each, ". Also: ")
	}
	return whys
}

// troubled records a trouble, or that its cause is another one now.
func (w *Watch) troubled(ctx context.Context, kind Kind, why string) {
	told := func(s *history.State) bool {
		known := s.Troubles[kind.Trouble]
		return known.Lasts() && known.Why == why
	}
	if told(w.opts.Ledger.State()) {
		w.forget(kind.Trouble) // a write that hung has happened after all
		return
	}
	since := w.since[kind.Trouble].UTC()
	page := kind.Page && w.opts.Pager != nil && !w.wasPaged(kind.Trouble)
	err := w.changes.update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		if told(s) {
			return nil, nil
		}
		return []event.Event{event.Troubled{Trouble: kind.Trouble, Why: why, Page: page, Since: since}}, nil
	})
	if err == nil {
		w.forget(kind.Trouble)
		return
	}
	if ctx.Err() == nil {
		w.remember(kind, why, since)
	}
}

// recordEnd records that a trouble has ended, and before that one that the ledger couldn't
// take while it lasted.
func (w *Watch) recordEnd(ctx context.Context, kind Kind) {
	missed, unrecorded := w.missed(kind.Trouble)
	if !unrecorded && !w.opts.Ledger.State().Troubles[kind.Trouble].Lasts() {
		return
	}
	err := w.changes.update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		ended := event.TroubleEnded{Trouble: kind.Trouble}
		switch {
		case s.Troubles[kind.Trouble].Lasts():
			return []event.Event{ended}, nil
		case unrecorded:
			return []event.Event{event.Troubled{Trouble: kind.Trouble, Why: missed.why, Since: missed.since}, ended}, nil
		}
		return nil, nil
	})
	if err == nil {
		w.forget(kind.Trouble)
	} else if ctx.Err() == nil && !errors.Is(err, errHangs) && !errors.Is(err, storage.ErrUnwritten) { // the watch logs that trouble itself
		w.opts.Log.Error("could not record that a problem is over", "kind", kind.Trouble, "error", err)
	}
}
