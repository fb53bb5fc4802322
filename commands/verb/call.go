package verb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// Call is a request while its verb handles it.
type Call struct {
	*Desk
	Request
	Verb Verb
	Act  reply.Act
	View readiness.View
	AsOf time.Time // when the membership that permits it was read; zero: it is current

	Deputy string // role for which the person acts as a deputy; empty: they hold a role themselves
}

// Item is the one item, section or other name that a call is about, or "".
func (c Call) Item() string {
	if len(c.Act.Items) == 0 {
		return ""
	}
	return c.Act.Items[0]
}

// Takes reports whether the verb of a call takes a parameter.
func (c Call) Takes(name string) bool {
	v, _ := c.Grammar.Named(c.Verb.Name())
	return v.Takes(name)
}

// Again is the same act with a change, for asking again without losing what was typed.
func (c Call) Again(change func(*reply.Act)) reply.Act {
	act := c.Act
	change(&act)
	return act
}

// Once decides on the ledger under the request's key. For a repeat, it returns the
// first outcome.
func (c Call) Once(ctx context.Context, decide func(readiness.View) ([]event.Event, error)) (storage.Receipt, error) {
	return c.Ledger.Once(ctx, c.Key, func(s *history.State, now time.Time) ([]event.Event, error) {
		return decide(readiness.View{Checklist: c.Checklist, State: s, Now: now, Version: c.View.Version})
	})
}

// refusal is the error of a decision that has a reply for the person.
type refusal struct{ reply reply.Reply }

// Refusal is the error of a decision that shows a reply to the person.
func Refusal(r reply.Reply) error { return refusal{r} }

// Error implements error for the log.
func (r refusal) Error() string { return r.reply.Title }

// PlanID identifies a plan by the act that asked for it, so that its Start is done
// once, whoever presses it.
func PlanID(key string) string {
	sum := sha256.Sum256([]byte("plan " + key))
	return hex.EncodeToString(sum[:6])
}
