package incidents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"gonogo/clients/webhook"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/redact"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Pager is an outside address that is told of what nobody takes.
type Pager interface {
	Send(ctx context.Context, key string, message any) error
}

var _ Pager = (*webhook.Client)(nil)

// EscalationOptions is what escalation works with.
type EscalationOptions struct {
	Ledger    *storage.Ledger
	Checklist *checklist.Checklist        // its Escalation says when, and to whom
	Pager     Pager                       // nil: nobody outside is told
	Link      func(subject string) string // address of a card, "" while it is not known; nil: never
	Secrets   []string                    // values that must stand in no message
	Now       func() time.Time
	Log       *slog.Logger
}

// Escalation sends what nobody takes to the next role, and to an outside webhook.
//
//	waits ── after ──▶ Escalated: first role ── after ──▶ Escalated: next role …
//	                   PageIntended ──▶ POST ──▶ PageAnswered: delivered or refused
//	                                     ▲           │ delayed: again, with back-off
//	                                     └───────────┘
//
// What waits, and since when, follows from the ledger, and each step is an event
// under a once-only key: a restart goes on with the countdown and repeats no
// step. bot/chat shows the steps from the state.
//
// The webhook is told at least once. A POST whose answer was lost is sent again,
// under the same key, until it is answered or somebody takes what waits.
type Escalation struct {
	opts EscalationOptions

	waits map[string]retry.Backoff // by escalation, of the pages; owned by the goroutine in pages
}

// NewEscalation prepares escalation and starts nothing.
func NewEscalation(opts EscalationOptions) *Escalation {
	return &Escalation{opts: opts, waits: map[string]retry.Backoff{}}
}

const pageTime = 10 * time.Second // for one POST

// The pauses after a step or a page could not be sent.
const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
)

// Run escalates until ctx ends. The webhook has a goroutine of its own, so that
// one that hangs holds up no role.
func (e *Escalation) Run(ctx context.Context) error {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return e.keep(ctx, e.steps) })
	if e.opts.Pager != nil {
		both.Go(func() error { return e.keep(ctx, e.pages) })
	}
	return both.Wait()
}

// keep does a round whenever the ledger changes, and when the last one said.
func (e *Escalation) keep(ctx context.Context, round func(context.Context) (next time.Time)) error {
	changes, stop := e.opts.Ledger.Watch()
	defer stop()
	for {
		next := round(ctx)
		nap := time.Minute
		if !next.IsZero() {
			nap = max(min(nap, next.Sub(e.opts.Now())), time.Second)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
		case <-time.After(nap):
		}
	}
}

func (e *Escalation) view() readiness.View {
	return readiness.View{Checklist: e.opts.Checklist, State: e.opts.Ledger.State(), Now: e.opts.Now()}
}

// steps takes the steps that are due, and says when the next one is; zero: none
// is foreseen.
func (e *Escalation) steps(ctx context.Context) (next time.Time) {
	v := e.view()
	for _, u := range v.OnCall().Unanswered() {
		_, at, ok := v.OnCall().NextStep(u)
		switch {
		case !ok:
			continue
		case !at.After(v.Now):
			if err := e.escalate(ctx, u, len(v.State.Escalations[u.ID].Steps)); err != nil && ctx.Err() == nil {
				e.opts.Log.Error("what nobody takes could not be escalated", "subject", u.Subject, "error", err)
				at = v.Now.Add(firstRetry)
				break
			}
			continue // the ledger has changed, which is reason enough to look again
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// escalate takes one step, unless somebody has taken what waits meanwhile. The
// first one has the webhook told, too.
func (e *Escalation) escalate(ctx context.Context, u history.Unanswered, step int) error {
	key := fmt.Sprintf("%s/%d", u.ID, step+1)
	_, err := e.opts.Ledger.Once(ctx, key, func(s *history.State, now time.Time) ([]event.Event, error) {
		v := readiness.View{Checklist: e.opts.Checklist, State: s, Now: now}
		still, waits := v.OnCall().Waits(u.Subject)
		role, at, ok := v.OnCall().NextStep(u)
		if !waits || still.ID != u.ID || !ok || at.After(now) || len(s.Escalations[u.ID].Steps) != step {
			return nil, nil
		}
		events := []event.Event{event.Escalated{ID: u.ID, About: u.Kind, Subject: u.Subject, Title: u.Title, Environment: u.Environment,
			Incident: u.Incident, Run: u.Run, Since: u.Since, Role: role}}
		if step == 0 && e.opts.Pager != nil {
			events = append(events, event.PageIntended{Escalation: u.ID})
		}
		return events, nil
	})
	return err
}

// pages tells the webhook what is still to be told, and says when to look again.
func (e *Escalation) pages(ctx context.Context) (next time.Time) {
	v := e.view()
	for _, u := range v.OnCall().Unanswered() {
		known, ok := v.State.Escalations[u.ID]
		if !ok || !known.Page.Pending() {
			delete(e.waits, u.ID)
			continue
		}
		if e.waits[u.ID].Until.After(e.opts.Now()) {
			next = sooner(next, e.waits[u.ID].Until)
			continue
		}
		if again := e.page(ctx, known); !again.IsZero() {
			next = sooner(next, again)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return next
}

// sooner is the earlier of two moments, the first of which may be none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// page is what the webhook is sent. Its shape is documented in docs/alerts.md.
type page struct {
	Key         string               `json:"idempotency_key"`
	Project     string               `json:"project"`
	Kind        event.UnansweredKind `json:"kind"`
	Title       string               `json:"title"`
	Environment string               `json:"environment,omitempty"`
	Since       time.Time            `json:"since"`
	Link        string               `json:"link,omitempty"`
	Incident    string               `json:"incident,omitempty"`
	Run         string               `json:"run,omitempty"`
}

// pageKey is the same for one escalation of one project only, whenever it is sent.
func pageKey(project, escalation string) string {
	sum := sha256.Sum256([]byte(project + "\x00" + escalation))
	return hex.EncodeToString(sum[:12])
}

// page tells the webhook once. again is when to try it again; zero: not.
func (e *Escalation) page(ctx context.Context, of history.Escalation) (again time.Time) {
	message := page{Key: pageKey(e.opts.Checklist.Project, of.ID), Project: e.opts.Checklist.Project, Kind: of.Kind, Environment: of.Environment,
		Title: phrase.ShortenAtWord(redact.Line(of.Title, e.opts.Secrets), mostTitle), Since: of.Since, Incident: of.Incident, Run: of.Run}
	if e.opts.Link != nil {
		message.Link = e.opts.Link(of.Subject)
	}
	bounded, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	err := e.opts.Pager.Send(bounded, message.Key, message)
	if ctx.Err() != nil {
		return time.Time{} // it is pending in the ledger, and sent again after a restart
	}
	answer := pageOutcome(err)
	answer.Escalation = of.ID
	if answer.Outcome == alert.PageDelayed {
		wait := e.waits[of.ID]
		wait.Grow(e.opts.Now(), firstRetry, lastRetry)
		e.waits[of.ID], again = wait, wait.Until
	}
	if answer.Outcome != of.Page.Outcome || answer.Why != of.Page.Why {
		e.note(ctx, answer)
	}
	return again
}

// pageOutcome is what an answer of the webhook means.
func pageOutcome(err error) event.PageAnswered {
	var refused *webhook.Refused
	var unavailable *webhook.Unavailable
	switch {
	case err == nil:
		return event.PageAnswered{Outcome: alert.PageDelivered}
	case errors.As(err, &refused):
		return event.PageAnswered{Outcome: alert.PageRefused, Status: refused.Status, Why: refused.Error()}
	case errors.As(err, &unavailable):
		return event.PageAnswered{Outcome: alert.PageDelayed, Status: unavailable.Status, Why: unavailable.Error()}
	}
	return event.PageAnswered{Outcome: alert.PageDelayed, Why: "the message could not be written"}
}

// note records how telling the webhook went.
func (e *Escalation) note(ctx context.Context, answer event.PageAnswered) {
	if answer.Outcome != alert.PageDelivered {
		e.opts.Log.Warn("the escalation webhook was not told", "escalation", answer.Escalation, "outcome", answer.Outcome, "why", answer.Why)
	}
	_, err := e.opts.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{answer}, nil
	})
	if err != nil && ctx.Err() == nil {
		e.opts.Log.Error("what the escalation webhook answered could not be recorded", "escalation", answer.Escalation, "error", err)
	}
}
