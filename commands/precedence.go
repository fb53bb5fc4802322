package commands

import (
	"slices"
	"strings"

	"gonogo/commands/grammar"
	"gonogo/commands/verb"
)

// Precedence decides from memory how soon a request has its turn. A person who, as far
// as is known, holds no role that permits it has no precedence.
func (b *Bot) Precedence(r Request) Precedence {
	v, ok := b.verbOf(r)
	if !ok || v.Precedence == InTurn {
		return InTurn
	}
	roles := v.RolesOf(b.desk.Checklist)
	if held, _ := b.desk.Roster().Held(r.User, roles); len(held) > 0 {
		return v.Precedence
	}
	if _, held := b.desk.HeldLately(r.User, roles); held && v.Precedence == AtOnce {
		return AtOnce
	}
	return InTurn
}

// verbOf is the verb of a request; its arguments are not read.
func (b *Bot) verbOf(r Request) (verb.Verb, bool) {
	if r.Pressed != "" {
		act, err := b.desk.Grammar.DecodeAct(r.Pressed)
		if err != nil {
			return verb.Verb{}, false
		}
		return verbNamed(act.Verb)
	}
	s := grammar.Scan(strings.TrimPrefix(strings.TrimSpace(r.Text), "/"))
	cutRelease(b.desk.Ledger.State(), &s)
	v, _, ok := b.desk.Grammar.Match(s.Words)
	if !ok {
		return verb.Verb{}, false
	}
	return verbNamed(v.Name())
}

// Stops reports which of the requests that were made before a Stop, and still wait for
// their turn, it stops: the Stop overtakes them and finds nothing under way, and they
// must not begin after it. It returns nil for a request that isn't a Stop, and for one
// that names a run. It does no I/O.
func (b *Bot) Stops(r Request) func(waiting Request) bool {
	if v, ok := b.verbOf(r); !ok || len(v.Stops) == 0 {
		return nil
	}
	c, _, ok := b.parse(r)
	if !ok || c.Act.Run != "" {
		return nil
	}
	return func(waiting Request) bool {
		v, ok := b.verbOf(waiting)
		if !ok || !slices.Contains(c.Verb.Stops, v.Name()) {
			return false
		}
		w, _, ok := b.parse(waiting)
		return ok && b.stopsCall(c, w)
	}
}

// stopsCall reports whether a Stop stops what a waiting call would start. A deployment
// is stopped by anybody who may start it; a rollback, which on-call relies on, and a
// gate run, of which there may be several, only by the person who asked for it.
func (b *Bot) stopsCall(stop, waiting verb.Call) bool {
	if stop.User != waiting.User && waiting.Verb.Name() != "deploy start" {
		return false
	}
	if stop.Takes("ENV") {
		known := verb.EnvironmentNames(stop.View.Checklist)
		one, refused := stop.Environment(known)
		other, refusedToo := waiting.Environment(known)
		if refused != nil || refusedToo != nil || one != other {
			return false
		}
	}
	_, _, ok := stop.Admit(waiting.Verb.Permission)
	return ok
}
