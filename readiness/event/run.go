package event

import (
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// The events of runs and their steps.

// RunStarted opens a run with all the steps it means to do.
type RunStarted struct {
	Run     string   `json:"run"`
	What    string   `json:"what"`  // one of the run kinds: gates, …
	Title   string   `json:"title"` // for people: "all gates", "section tests"
	Release string   `json:"release"`
	By      string   `json:"by,omitempty"`
	Channel string   `json:"channel,omitempty"` // where it was asked for
	Steps   []string `json:"steps,omitempty"`   // of a gate run: Key.String(), unique in the run
	Runbook string   `json:"runbook,omitempty"` // of a runbook's run: which
	// Environment is the one that a runbook is run for; empty: it is run for none
	// in particular.
	Environment string `json:"environment,omitempty"`
	After       string `json:"after,omitempty"` // of a gate run: the run whose effect it measures

	Plan   []work.Planned `json:"plan,omitempty"`   // of any other run: its steps in order
	Change *work.Change   `json:"change,omitempty"` // of a deployment or rollback: what it changes
}

// StepStarted is the intent to do a step, written before its effect.
type StepStarted struct {
	Run   string            `json:"run"`
	Step  string            `json:"step"`
	Title string            `json:"title,omitempty"` // of a step that was not planned
	Facts map[string]string `json:"facts,omitempty"` // what a restart needs to look the effect up
}

// StepProgressed says how far a step is that takes its time.
type StepProgressed struct {
	Run   string          `json:"run"`
	Step  string          `json:"step"`
	Doing string          `json:"doing,omitempty"` // in a few words
	Parts []work.StepPart `json:"parts,omitempty"`
}

// StepEnded is the outcome of a step. For a gate it is evidence for its item.
type StepEnded struct {
	Run         string          `json:"run"`
	Step        string          `json:"step"`
	Item        string          `json:"item,omitempty"`
	Environment string          `json:"environment,omitempty"`
	Evidence    answer.Evidence `json:"evidence"`

	Facts map[string]string `json:"facts,omitempty"` // what it found and did, for the steps after it
}

// RunAsked puts a question before people, and the run waits for the answer.
type RunAsked struct {
	Run         string   `json:"run"`
	Step        string   `json:"step"`
	Why         string   `json:"why"`
	Choices     []string `json:"choices"`
	Interrupted bool     `json:"interrupted,omitempty"` // whether an outward act took effect is not known
}

// RunAnswered is a person's answer to a run's question.
type RunAnswered struct {
	Run    string `json:"run"`
	Step   string `json:"step"`
	Choice string `json:"choice"`
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
	Deputy string `json:"deputy,omitempty"` // role for which By acted as a deputy
}

// RunCancelAsked is a person's request to stop a run.
type RunCancelAsked struct {
	Run string `json:"run"`
	By  string `json:"by"`

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // how old the picture was by which By was let; zero: it was current
}

// RunTaken says who looks after a run that waits for a person, or that failed.
type RunTaken struct {
	Run    string `json:"run"`
	By     string `json:"by"`
	Deputy string `json:"deputy,omitempty"` // role for which By acted as a deputy
}

// RunEnded closes a run.
type RunEnded struct {
	Run     string        `json:"run"`
	Outcome work.Outcome  `json:"outcome"`
	Reason  string        `json:"reason,omitempty"` // one sentence, if the outcome needs one
	Kept    []build.Build `json:"kept,omitempty"`   // of a rollback that failed: the builds that the platform can still go back to
}

// ChangeCompared says which commits a deployment or a rollback brought, or why
// that is not known.
type ChangeCompared struct {
	Run      string        `json:"run"`
	Compared work.Compared `json:"compared"`
}

// PlanWithdrawn takes a plan back before it was started: its Start does nothing.
type PlanWithdrawn struct {
	Environment string `json:"environment"`
	By          string `json:"by"`
}
