// Package verb is what a verb is, and what all of them work with.
//
// A [Verb] is one thing that people can say: its words and usage, who may say it, and
// the function that does it. A [Request] is what a person typed, pressed or filled in.
// A [Call] is what the verb's function gets: the request, the [reply.Act] it was
// turned into, the state at that moment, and the [Desk], with the ledger, the runs, the
// checklist and the roles. The function returns a [reply.Reply].
//
// What several verbs need is a method of the call. [Call.Once] decides on the ledger
// under the request's key. [Call.PermitRoles] and [Call.PermitAsk] judge who may, and
// the latter lets deputies in. [Call.Answer] and [Call.Environment] find what a word
// names, or ask. [Call.Effect] says where the release stands afterwards. A decision
// that refuses returns a [Refusal], and [Desk.Failed] turns any error into a reply:
// what the person can't fix is logged, and reported without gonogo's internals.
//
// The verbs themselves are in packages preparing, deploying and looking, and package
// commands lists them. Nothing is stored here except the overview, for a second.
package verb

import (
	"context"
	"time"

	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
)

// Verb is one command.
type Verb struct {
	Words      []string               // "ready", "run"
	Usage      string                 // what follows the words, "[ITEM|SECTION|all]"; see package grammar
	Options    string                 // what buttons add to it, "[--digest=DIGEST]"
	About      string                 // one line of help, without a full stop
	Permission string                 // the permission that it needs; empty: none, or the verb itself decides
	Pending    func(c Call) time.Time // since when what it answers has waited, for deputies; nil: none
	Look       bool                   // only reads, so it also works in a terminal
	Release    bool                   // is about one release
	ByButton   bool                   // is what a button does; people rarely type it
	Host       bool                   // works on the bot's host too, for whoever can open the local socket
	Precedence Precedence
	Stops      []string                            // verbs whose waiting requests it stops
	Roles      func(*checklist.Checklist) []string // who may use it, if no permission says so; for precedence
	Amiss      func(c Call) *reply.Reply           // what is wrong with it for every open release; nil: nothing
	Do         func(ctx context.Context, c Call) reply.Reply
	Validate   func(c Call) map[string]string // faults of a submitted form by input; no I/O
}

// Command is the verb as the grammar knows it.
func (v Verb) Command() grammar.Command {
	return grammar.Command{Words: v.Words, Usage: v.Usage, Options: v.Options, Release: v.Release, ByButton: v.ByButton}
}

// Name is the words of a verb, "ready run".
func (v Verb) Name() string { return grammar.Join(v.Words) }

// RolesOf are the roles that may use a verb somewhere.
func (v Verb) RolesOf(c *checklist.Checklist) []string {
	if v.Roles != nil {
		return v.Roles(c)
	}
	return c.Permissions[v.Permission]
}

// Precedence is how soon a request has its turn among those that wait.
type Precedence int

const (
	// InTurn is in the person's order, like everybody's.
	InTurn Precedence = iota
	// Ahead is in the person's order, but before other people's requests: approvals, and
	// answers to alerts, rollbacks and runs that ask.
	Ahead
	// AtOnce is before everything else, including the same person's earlier requests:
	// Acknowledge, Stop and rollback.
	AtOnce
)
