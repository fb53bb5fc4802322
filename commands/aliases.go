package commands

import "gonogo/commands/verb"

// The types of package verb that callers of a bot need, so that they need only import
// this package.
type (
	// Request is one thing that a person said, pressed or filled in.
	Request = verb.Request
	// Options is what the commands work on.
	Options = verb.Options
	// Ledger is where the state is recorded.
	Ledger = verb.Ledger
	// Past reads recorded events.
	Past = verb.Past
	// Precedence is how soon a request has its turn among those that wait.
	Precedence = verb.Precedence
)

// The precedences, the most urgent last.
const (
	InTurn = verb.InTurn
	Ahead  = verb.Ahead
	AtOnce = verb.AtOnce
)

// LastingMembership is how long the last known members of a user group count for what
// is AtOnce while Slack can't be asked.
const LastingMembership = verb.LastingMembership
