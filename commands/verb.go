package commands

import (
	"context"
	"time"

	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/readiness"
)

// verb is one thing that can be said.
type verb struct {
	words      []string               // "ready", "run"
	usage      string                 // what follows the words, "[ITEM|SECTION|all]"; see params
	options    string                 // what buttons add to it, "[--digest=DIGEST]"
	about      string                 // one line of help, without a full stop
	permission string                 // what the configuration grants; empty: everybody, or judged by the verb itself
	pending    func(c call) time.Time // since when what it answers has waited, so that deputies count; nil: they never do
	look       bool                   // only reads, so it also works in a terminal
	release    bool                   // is about one release
	byButton   bool                   // is what a button does; people rarely type it
	host       bool                   // works on the bot's host too, for whoever can open the local socket
	precedence Precedence
	stops      []string                            // verbs whose requests it stops while they wait for their turn
	roles      func(*readiness.Checklist) []string // that may do it somewhere, where no permission says so; for precedence
	amiss      func(c call) *reply.Reply           // of what is about one release: what is wrong whichever it is; nil: nothing
	do         func(ctx context.Context, c call) reply.Reply
	validate   func(c call) map[string]string // faults of a submitted form by input; no I/O
}

// command is what is said of a verb to read and write it.
func (v verb) command() grammar.Command {
	return grammar.Command{Words: v.words, Usage: v.usage, Options: v.options, Release: v.release, ByButton: v.byButton}
}

func (v verb) name() string { return grammar.Join(v.words) }

// rolesOf are the roles that may do what a verb does somewhere.
func (v verb) rolesOf(c *readiness.Checklist) []string {
	if v.roles != nil {
		return v.roles(c)
	}
	return c.Permissions[v.permission]
}

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
