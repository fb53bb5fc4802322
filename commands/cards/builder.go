// Package cards writes what gonogo shows of the state: the messages that are kept
// up to date, and the parts that answers and pages share with them.
//
// Everything here is a pure function. A [readiness.View] goes in, and a [Card], a
// [reply.Reply] or a part of one comes out; nothing is decided, looked up or
// remembered, and the same View gives the same card. A [Builder] has what a View
// doesn't, such as the channels and who holds which role. [Builder.All] lists the
// messages that should exist now, and bot/chat posts and updates them. Package pages
// has the full answers that people ask for.
//
// There is one file for each thing that is shown: a gate run, a deployment or
// rollback (change.go), a runbook, an incident, a storm of them, a sign-off, a waiver, what nobody
// responds to (escalation.go), what Slack refuses in its own channel (elsewhere.go), items
// whose result changed (flips.go), what is due after a deployment. holds.go and
// blockers.go show what blocks a release, wherever it is shown. Package wording says what things are called.
//
// Buttons name verbs by their words. Package commands gives them their meaning, and
// adds to a card's buttons the release that they are about.
package cards

import (
	"time"

	"gonogo/commands/roster"
	"gonogo/readiness/work"
)

// Builder writes cards. It has what a card shows and no View has. Its zero value writes
// cards without links and names.
type Builder struct {
	roster.Roster
	Releases string  // Slack channel in which runs and sign-offs are shown
	OnCall   string  // Slack channel in which alerts and rollbacks are shown; empty: Releases
	Mention  Mention // whom the card of an alert mentions

	EnvironmentLabels []string // labels that may name an alert's environment, in order of precedence

	CanSilence bool // an Alertmanager can be told to silence alerts
	Welcome    bool // newcomers are told what gonogo is for

	Links     func(channel, ts string) string // finds the address of a message, "" while it is not known; nil: never
	CanDeploy bool                            // false: in a terminal, where nothing can be rolled back
	Deploys   []string                        // environments that gonogo deploys to
	Obstacles map[string]string               // why an environment can't be deployed to, if the configuration describes it
	Runbooks  []Runbook
	NotYet    []string // features that the configuration uses and that do nothing yet

	Output   func(step work.Step) Output // where the output of a runbook's step is kept
	Printing func(run string) []string   // the end of a run's output, while it runs

	Began  time.Time // when gonogo began
	Before time.Time // when the newest run or incident of earlier ones had ended
}

// Runbook is a runbook to offer.
type Runbook struct{ ID, Title string }

// Output is the output of a runbook's step.
type Output struct {
	Path string // of the file; empty: there is none
	Lost string // what is missing, in words; empty: nothing
}
