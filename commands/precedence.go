package commands

import (
	"errors"
	"slices"
	"strings"
	"time"

	"gonogo/commands/grammar"
	"gonogo/commands/roster"
	"gonogo/readiness"
)

// Precedence is how soon a request has its turn among those that wait.
type Precedence int

const (
	// InTurn is in its person's order, as everybody's.
	InTurn Precedence = iota
	// Ahead is in its person's order, before what other people wait for: approvals,
	// and what answers alerts, rollbacks and runs that ask.
	Ahead
	// AtOnce is before all else, also before what the same person asked earlier:
	// Acknowledge, Stop and rollback.
	AtOnce
)

// Precedence judges from memory how soon a request has its turn. People who don't
// hold a role that may do it, as far as that is known, go in turn.
func (b *Bot) Precedence(r Request) Precedence {
	v, ok := b.verbOf(r)
	if !ok || v.precedence == InTurn {
		return InTurn
	}
	roles := v.rolesOf(b.Checklist)
	if held, _ := b.roster().Held(r.User, roles); len(held) > 0 {
		return v.precedence
	}
	if _, held := b.heldLately(r.User, roles); held && v.precedence == AtOnce {
		return AtOnce
	}
	return InTurn
}

// verbOf is the verb of a request, without a look at what follows it.
func (b *Bot) verbOf(r Request) (verb, bool) {
	if r.Pressed != "" {
		act, err := b.grammar.DecodeAct(r.Pressed)
		if err != nil {
			return verb{}, false
		}
		return verbNamed(act.Verb)
	}
	s := grammar.Scan(strings.TrimPrefix(strings.TrimSpace(r.Text), "/"))
	cutRelease(b.Ledger.State(), &s)
	v, _, ok := b.grammar.Match(s.Words)
	if !ok {
		return verb{}, false
	}
	return verbNamed(v.Name())
}

// Stops tells which requests a Stop stops that were made before it and wait for
// their turn: it overtakes them, finds nothing under way, and they must not begin
// after it. It is nil for what is no Stop, and for one of a run that is named. There
// is no I/O.
func (b *Bot) Stops(r Request) func(waiting Request) bool {
	if v, ok := b.verbOf(r); !ok || len(v.stops) == 0 {
		return nil
	}
	c, _, ok := b.parse(r)
	if !ok || c.act.Run != "" {
		return nil
	}
	return func(waiting Request) bool {
		v, ok := b.verbOf(waiting)
		if !ok || !slices.Contains(c.verb.stops, v.name()) {
			return false
		}
		w, _, ok := b.parse(waiting)
		return ok && b.stopsCall(c, w)
	}
}

// stopsCall reports whether a Stop is of what a call would begin. A deployment is
// stopped by anybody who may start it; a rollback, which on-call relies on, and a
// gate run, of which there may be several, only by whoever asked for it.
func (b *Bot) stopsCall(stop, waiting call) bool {
	if stop.User != waiting.User && waiting.verb.name() != "deploy start" {
		return false
	}
	if stop.takes("ENV") {
		known := environmentNames(stop.view.Checklist)
		one, refused := stop.environment(known)
		other, refusedToo := waiting.environment(known)
		if refused != nil || refusedToo != nil || one != other {
			return false
		}
	}
	_, _, ok := stop.admit(waiting.verb.permission)
	return ok
}

// rolesOf are the roles that may do what a verb does somewhere.
func (v verb) rolesOf(c *readiness.Checklist) []string {
	if v.roles != nil {
		return v.roles(c)
	}
	return c.Permissions[v.permission]
}

// approvers are the roles that may sign off.
func approvers(c *readiness.Checklist) []string {
	var roles []string
	for _, rule := range c.SignOffs {
		roles = append(roles, rule.Roles...)
	}
	for _, kind := range c.Kinds {
		for _, rule := range kind.SignOffs {
			roles = append(roles, rule.Roles...)
		}
	}
	return roles
}

// changers are the roles that may answer a deployment or a rollback, and stop it.
func changers(c *readiness.Checklist) []string {
	return slices.Concat(c.Permissions["deploy"], c.Permissions["rollback"])
}

// stoppers are the roles that may stop a gate run or a runbook.
func stoppers(c *readiness.Checklist) []string {
	return slices.Concat(c.Permissions["run"], c.Permissions["fix"])
}

// LastingMembership is how old a picture of a user group may be for what is AtOnce,
// where Slack can't be asked.
const LastingMembership = 24 * time.Hour

// heldLately tells whether a person held one of the roles when Slack last told, if
// that is not long ago, and when that was. It is for roles that are not known now.
func (d *desk) heldLately(user string, roles []string) (asOf time.Time, held bool) {
	for _, id := range roles {
		_, err := d.roster().Holders(id)
		last, ok := lastKnown(err)
		if ok && user != "" && slices.Contains(last.Last, user) && d.Now().Sub(last.AsOf) <= LastingMembership && last.AsOf.After(asOf) {
			asOf = last.AsOf
		}
	}
	return asOf, !asOf.IsZero()
}

// lastKnown is what an error of Members tells of earlier times.
func lastKnown(err error) (last *roster.Unknown, ok bool) {
	ok = errors.As(err, &last) && !last.AsOf.IsZero()
	return last, ok
}
