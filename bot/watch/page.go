package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"gonogo/clients/webhook"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/retry"
)

// unrecorded is a trouble that the ledger could not take.
type unrecorded struct {
	why   string
	since time.Time
	paged bool // the webhook was notified, or won't take it
	over  bool // it has ended meanwhile
}

// remember keeps a trouble that could not be recorded, and since when it was seen.
func (w *Watch) remember(kind Kind, why string, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.unrecorded[kind.Trouble]
	if known.since.IsZero() {
		known.since = since
	}
	known.why, known.over = why, false
	w.unrecorded[kind.Trouble] = known
}

func (w *Watch) forget(kind event.TroubleKind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.unrecorded, kind)
}

// missed is a trouble that the ledger could not take and that is over now, if there is one.
func (w *Watch) missed(kind event.TroubleKind) (known unrecorded, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known, ok = w.unrecorded[kind]; ok {
		known.over = true
		w.unrecorded[kind] = known
	}
	return known, ok
}

// wasPaged reports whether the webhook was notified before the ledger took a trouble.
func (w *Watch) wasPaged(kind event.TroubleKind) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unrecorded[kind].paged
}

// notice is what the webhook is sent. Its shape is that of what nobody takes, and
// documented in docs/alerts.md.
type notice struct {
	Key     string            `json:"idempotency_key"`
	Project string            `json:"project"`
	Kind    string            `json:"kind"`
	Trouble event.TroubleKind `json:"trouble"`
	Title   string            `json:"title"`
	Since   time.Time         `json:"since"`
}

// pages is what the goroutine in page knows of what it sends, by key.
type pages struct {
	waits map[string]retry.Backoff
	done  map[string]event.TroublePaged // delivered, or refused for good
}

const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
)

// page notifies the webhook of what it is still to be notified of.
func (w *Watch) page(ctx context.Context) {
	state := w.opts.Ledger.State()
	for _, kind := range Kinds {
		if known := state.Troubles[kind.Trouble]; known.Lasts() && known.Page.Pending() {
			if outcome, sent := w.send(ctx, kind.Trouble, known.Why, known.Since); sent {
				w.note(ctx, known, outcome)
			}
		}
	}
	for kind, known := range w.unpaged() {
		outcome, sent := w.send(ctx, kind, known.why, known.since)
		if !sent || outcome.Outcome == alert.PageDelayed {
			continue
		}
		w.mu.Lock()
		if now, still := w.unrecorded[kind]; still {
			now.paged = true
			w.unrecorded[kind] = now
		}
		w.mu.Unlock()
	}
}

// unpaged are the troubles that the ledger does not know and the webhook should.
func (w *Watch) unpaged() map[event.TroubleKind]unrecorded {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[event.TroubleKind]unrecorded{}
	for kind, known := range w.unrecorded {
		if KindOf(kind).Page && !known.paged && !known.over {
			all[kind] = known
		}
	}
	return all
}

// send notifies the webhook, unless it was or is to be left alone for a while; sent is
// false then.
func (w *Watch) send(ctx context.Context, kind event.TroubleKind, why string, since time.Time) (outcome event.TroublePaged, sent bool) {
	sum := sha256.Sum256([]byte(w.opts.Project + "\x00trouble\x00" + string(kind) + "\x00" + since.UTC().Format(time.RFC3339Nano)))
	n := notice{Key: hex.EncodeToString(sum[:12]), Project: w.opts.Project, Kind: "gonogo", Trouble: kind, Title: "gonogo has a problem: " + why, Since: since}
	if outcome, done := w.pages.done[n.Key]; done {
		return outcome, true
	}
	wait := w.pages.waits[n.Key]
	if ctx.Err() != nil || wait.Until.After(w.opts.Now()) {
		return outcome, false
	}
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	outcome = outcomeOf(w.opts.Pager.Send(bounded, n.Key, n))
	switch {
	case ctx.Err() != nil:
		return outcome, false
	case outcome.Outcome == alert.PageDelayed:
		wait.Grow(w.opts.Now(), firstRetry, lastRetry)
		w.pages.waits[n.Key] = wait
	default:
		w.pages.done[n.Key] = outcome
	}
	return outcome, true
}

// outcomeOf is what an answer of the webhook means.
func outcomeOf(err error) event.TroublePaged {
	var refused *webhook.Refused
	var unavailable *webhook.Unavailable
	switch {
	case err == nil:
		return event.TroublePaged{Outcome: alert.PageDelivered}
	case errors.As(err, &refused):
		return event.TroublePaged{Outcome: alert.PageRefused, Status: refused.Status, Why: refused.Error()}
	case errors.As(err, &unavailable):
		return event.TroublePaged{Outcome: alert.PageDelayed, Status: unavailable.Status, Why: unavailable.Error()}
	}
	return event.TroublePaged{Outcome: alert.PageDelayed, Why: "the message could not be sent"}
}

// note records how notifying the webhook went, where that is news.
func (w *Watch) note(ctx context.Context, of history.Trouble, outcome event.TroublePaged) {
	if ctx.Err() != nil || outcome.Outcome == of.Page.Outcome && outcome.Why == of.Page.Why {
		return // it is pending in the ledger
	}
	outcome.Trouble = of.Kind
	err := w.answers.update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{outcome}, nil
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, errHangs) { // the watch logs that trouble itself
		w.opts.Log.Error("could not record what the escalation webhook answered", "kind", of.Kind, "error", err)
	}
}
