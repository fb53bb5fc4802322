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

// Pager notifies an external system of what nobody has responded to.
type Pager interface {
	Send(ctx context.Context, key string, message any) error
}

var _ Pager = (*webhook.Client)(nil)

// EscalationOptions configures Escalation.
type EscalationOptions struct {
	Ledger    *storage.Ledger
	Checklist *checklist.Checklist        // its Escalation says when, and to whom
	Pager     Pager                       // nil: no external system
	Link      func(subject string) string // URL of a card, "" while unknown; nil: there is none
	Secrets   []string                    // values that must not appear in a message
	Now       func() time.Time
	Log       *slog.Logger
}

// Escalation notifies the next role, and an external webhook, of what nobody has
// responded to.
//
//	waits ── after ──▶ Escalated: first role ── after ──▶ Escalated: next role …
//	                   PageIntended ──▶ POST ──▶ PageAnswered: delivered or refused
//	                                     ▲           │ delayed: again, with back-off
//	                                     └───────────┘
//
// The webhook alone is the first step, at once, while Slack refuses to show what waits.
//
// What waits, and since when, follows from the ledger, and each step is an event with a
// once-only key: after a restart the countdown continues, and no step is repeated.
// bot/chat shows the steps from the state.
//
// The webhook is notified at least once. A POST whose response was lost is sent again
// with the same key, until there is a response or somebody responds.
type Escalation struct {
	opts EscalationOptions

	waits map[string]retry.Backoff // by escalation, of the pages; owned by the goroutine in pages
}

// NewEscalation returns an Escalation; it starts nothing.
func NewEscalation(opts EscalationOptions) *Escalation {
	return &Escalation{opts: opts, waits: map[string]retry.Backoff{}}
}

const pageTimeout = 10 * time.Second // for one POST

// The pauses before a failed step or page is retried.
const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
)

// Run escalates until ctx ends. The webhook has its own goroutine, so that a slow one
// delays no role.
func (e *Escalation) Run(ctx context.Context) error {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return e.loop(ctx, e.steps) })
	if e.opts.Pager != nil {
		both.Go(func() error { return e.loop(ctx, e.pages) })
	}
	return both.Wait()
}

// loop calls round whenever the ledger changes, and at the time that the last call
// returned.
func (e *Escalation) loop(ctx context.Context, round func(context.Context) (next time.Time)) error {
	changes, stop := e.opts.Ledger.Watch()
	defer stop()
	for {
		next := round(ctx)
		idleTime := time.Minute
		if !next.IsZero() {
			idleTime = max(min(idleTime, next.Sub(e.opts.Now())), time.Second)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
		case <-time.After(idleTime):
		}
	}
}

func (e *Escalation) view() readiness.View {
	return readiness.View{Checklist: e.opts.Checklist, State: e.opts.Ledger.State(), Now: e.opts.Now()}
}

// steps takes the steps that are due, and returns when the next one is due; zero: none
// is scheduled.
func (e *Escalation) steps(ctx context.Context) (next time.Time) {
	v := e.view()
	for _, u := range v.OnCall().Unanswered() {
		_, at, ok := v.OnCall().NextStep(u)
		switch {
		case !ok:
			continue
		case !at.After(v.Now):
			if err := e.escalate(ctx, u, len(v.State.Escalations[u.ID].Steps)); err != nil && ctx.Err() == nil {
				e.opts.Log.Error("couldn't escalate", "subject", u.Subject, "error", err)
				at = v.Now.Add(firstRetry)
				break
			}
			continue // the ledger has changed, so another round follows
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// escalate takes one step, unless somebody has responded in the meantime. The first
// step also notifies the webhook.
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

// pages sends the webhook what is pending, and returns when to look again.
func (e *Escalation) pages(ctx context.Context) (next time.Time) {
	for _, u := range e.view().OnCall().Unanswered() {
		known, pending := e.pending(u) // as it is by now: the pages before this one may have taken long
		if !pending {
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

// pending returns an escalation whose page is still to be sent, since nobody has
// responded.
func (e *Escalation) pending(u history.Unanswered) (of history.Escalation, ok bool) {
	v := e.view()
	still, waits := v.OnCall().Waits(u.Subject)
	of = v.State.Escalations[u.ID]
	return of, waits && still.ID == u.ID && of.Page.Pending()
}

// sooner is the earlier of two times; a zero a doesn't count.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// page is the body of a request to the webhook; docs/alerts.md documents it.
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

// pageKey is the idempotency key of an escalation's page; it is the same for each
// attempt.
func pageKey(project, escalation string) string {
	sum := sha256.Sum256([]byte(project + "\x00" + escalation))
	return hex.EncodeToString(sum[:12])
}

// page makes one request to the webhook. again is when to retry; zero: never.
func (e *Escalation) page(ctx context.Context, of history.Escalation) (again time.Time) {
	message := page{Key: pageKey(e.opts.Checklist.Project, of.ID), Project: e.opts.Checklist.Project, Kind: of.Kind, Environment: of.Environment,
		Title: phrase.ShortenAtWord(redact.Line(of.Title, e.opts.Secrets), mostTitle), Since: of.Since, Incident: of.Incident, Run: of.Run}
	if e.opts.Link != nil {
		message.Link = e.opts.Link(of.Subject)
	}
	bounded, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	err := e.opts.Pager.Send(bounded, message.Key, message)
	if ctx.Err() != nil {
		return time.Time{} // the page stays pending in the ledger, and is sent again after a restart
	}
	answer := pageOutcome(err)
	answer.Escalation = of.ID
	if answer.Outcome == alert.PageDelayed {
		wait := e.waits[of.ID]
		wait.Grow(e.opts.Now(), firstRetry, lastRetry)
		e.waits[of.ID], again = wait, wait.Until
	}
	if answer.Outcome != of.Page.Outcome || answer.Why != of.Page.Why {
		e.recordAnswer(ctx, answer)
	}
	return again
}

// pageOutcome is the event for a response of the webhook.
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
	return event.PageAnswered{Outcome: alert.PageDelayed, Why: "the message couldn't be encoded"}
}

// recordAnswer records the outcome of a page.
func (e *Escalation) recordAnswer(ctx context.Context, answer event.PageAnswered) {
	if answer.Outcome != alert.PageDelivered {
		e.opts.Log.Warn("the escalation webhook wasn't notified", "escalation", answer.Escalation, "outcome", answer.Outcome, "why", answer.Why)
	}
	_, err := e.opts.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{answer}, nil
	})
	if err != nil && ctx.Err() == nil {
		e.opts.Log.Error("couldn't record the response of the escalation webhook", "escalation", answer.Escalation, "error", err)
	}
}
