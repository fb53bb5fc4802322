package watch

import (
	"cmp"
	"context"
	"maps"
	"time"

	"gonogo/readiness/event"
	"gonogo/runs/retry"
)

// Teller tells people of what the ledger can't record.
type Teller interface {
	// Tell posts that there is a trouble, or changes the message that says so, and returns
	// which one it is. It may
	// have posted it also if it returns an error.
	Tell(ctx context.Context, kind event.TroubleKind, why string, since time.Time) (message string, err error)
	// Retract deletes the message, if there is one. An empty message is one that isn't known.
	Retract(ctx context.Context, kind event.TroubleKind, message string) error
}

// said is what the goroutine in say knows of its messages, by kind.
type said struct {
	messages map[event.TroubleKind]string // empty: Tell has only failed so far
	whys     map[event.TroubleKind]string // what the messages say
	waits    map[event.TroubleKind]retry.Backoff
}

// say tells people of troubles that the ledger can't record, with one message for each,
// which changes with what is known of it. It
// deletes the message once the ledger has the trouble, whose card is shown then, or once
// nobody needs to know any more.
func (w *Watch) say(ctx context.Context) {
	all := w.untold()
	for kind, known := range all {
		if w.said.messages[kind] == "" || w.said.whys[kind] != known.why {
			w.try(ctx, kind, func(ctx context.Context) error {
				message, err := w.opts.Teller.Tell(ctx, kind, known.why, known.since)
				w.said.messages[kind] = cmp.Or(message, w.said.messages[kind])
				if err == nil {
					w.said.whys[kind] = known.why
				}
				return err
			})
		}
	}
	for kind, message := range maps.Clone(w.said.messages) {
		if _, still := all[kind]; !still {
			w.try(ctx, kind, func(ctx context.Context) error {
				err := w.opts.Teller.Retract(ctx, kind, message)
				if err == nil {
					delete(w.said.messages, kind)
					delete(w.said.whys, kind)
				}
				return err
			})
		}
	}
}

// try makes a call about a trouble, unless the last one failed a short time ago.
func (w *Watch) try(ctx context.Context, kind event.TroubleKind, call func(context.Context) error) {
	wait := w.said.waits[kind]
	if ctx.Err() != nil || wait.Until.After(w.opts.Now()) {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := call(bounded); err != nil {
		if ctx.Err() == nil {
			w.opts.Log.Warn("couldn't tell in Slack of a problem that the ledger can't record; retrying", "kind", kind, "error", err)
		}
		wait.Grow(w.opts.Now(), firstRetry, lastRetry)
		w.said.waits[kind] = wait
		return
	}
	delete(w.said.waits, kind)
}

// untold are the troubles that the ledger does not know and people should.
func (w *Watch) untold() map[event.TroubleKind]unrecorded {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[event.TroubleKind]unrecorded{}
	for kind, known := range w.unrecorded {
		if KindOf(kind).Told && !known.over {
			all[kind] = known
		}
	}
	return all
}
