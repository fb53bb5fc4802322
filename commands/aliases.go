package commands

import "gonogo/commands/verb"

// What those who hand requests to a bot need of package verb, so that they know this
// package alone.
type (
	// Request is one thing that a person said, pressed or filled in.
	Request = verb.Request
	// Options is what the commands work on.
	Options = verb.Options
	// Ledger remembers.
	Ledger = verb.Ledger
	// Past reads what happened.
	Past = verb.Past
	// Precedence is how soon a request has its turn among those that wait.
	Precedence = verb.Precedence
)

// The precedences, the later one first.
const (
	InTurn = verb.InTurn
	Ahead  = verb.Ahead
	AtOnce = verb.AtOnce
)

// LastingMembership is how old a picture of a user group may be for what is AtOnce,
// where Slack can't be asked.
const LastingMembership = verb.LastingMembership
