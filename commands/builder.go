package commands

import (
	"time"

	"gonogo/readiness"
)

// Builder writes cards. It holds what a card shows that no View has. Its zero
// value writes cards that point nowhere and name nobody.
type Builder struct {
	People
	Releases string  // Slack channel in which runs and sign-offs are shown
	OnCall   string  // Slack channel in which alerts and rollbacks are shown; empty: Releases
	Mention  Mention // whom the card of an alert mentions

	Links     func(channel, ts string) string // finds the address of a message, "" while it is not known; nil: never
	CanDeploy bool                            // false: in a terminal, where nothing can be rolled back
	Deploys   []string                        // environments that gonogo deploys to
	Obstacles map[string]string               // why an environment cannot be deployed to, where the configuration describes it
	Runbooks  []Runbook
	NotYet    []string // what the configuration names and does not work yet

	Output   func(step readiness.Step) Output // where what a runbook's step printed is kept
	Printing func(run string) []string        // the end of what the program of a run prints, while it runs

	Began  time.Time // when gonogo began
	Before time.Time // when the newest run or incident of earlier ones had ended
}

// Runbook is a runbook to offer.
type Runbook struct{ ID, Title string }

// Output is what a runbook's step printed.
type Output struct {
	Path string // of the file that has it; empty: there is none
	Lost string // what is missing of it, in words; empty: nothing
}
