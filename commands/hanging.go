package commands

import (
	"gonogo/commands/deploying"
	"gonogo/commands/reply"
)

// Hanging is what to tell a person whose request waits because a write to the ledger
// hangs: that it waits, and for a rollback how to go back without gonogo. ok is false if
// no write hangs, or the request needs none. It does no I/O.
func (b *Bot) Hanging(r Request) (told reply.Reply, ok bool) {
	hangs := b.desk.Ledger.Hangs()
	if hangs == 0 {
		return told, false
	}
	c, _, ok := b.parse(r)
	if !ok || c.Verb.Look {
		return told, false
	}
	if c, _, ok = c.Admit(c.Verb.Permission); !ok {
		return told, false
	}
	if byHand, ok := deploying.WhileHanging(c, hangs); ok {
		return byHand, true
	}
	return reply.Refuse("The ledger doesn't respond",
		reply.Say("What you asked for waits: a write to the ledger has been under way for ", hangs.String(), ". It isn't known yet whether it is recorded."),
		reply.Say("You get another answer once it responds. Have somebody look at the disk of gonogo's host, or at the ledger's database.")), true
}
