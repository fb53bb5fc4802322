package commands

import (
	"slices"
	"strings"

	"gonogo/commands/grammar"
	"gonogo/commands/verb"
)

// Precedence judges from memory how soon a request has its turn. People who don't
// hold a role that may do it, as far as that is known, go in turn.
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

// verbOf is the verb of a request, without a look at what follows it.
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

// Stops tells which requests a Stop stops that were made before it and wait for
// their turn: it overtakes them, finds nothing under way, and they must not begin
// after it. It is nil for what is no Stop, and for one of a run that is named. There
// is no I/O.
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

// stopsCall reports whether a Stop is of what a call would begin. A deployment is
// stopped by anybody who may start it; a rollback, which on-call relies on, and a
// gate run, of which there may be several, only by whoever asked for it.
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
