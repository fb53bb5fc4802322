package work

import (
	"cmp"
	"slices"
	"time"

	"gonogo/readiness/answer"
)

// What a run asks people and what they answer, whether it needs them, and who may
// answer.

// Question is what a run asks a person.
type Question struct {
	Step        string
	Why         string
	Choices     []string
	Interrupted bool // it is not known whether a write took effect
	At          time.Time
}

// Taken is who takes care of a run that waits for a person, or that failed.
type Taken struct {
	By     string
	Deputy string // role for which By acted as a deputy; empty: as a holder
	At     time.Time
}

// Answer is a person's answer to a question.
type Answer struct {
	Step, Choice, By string
	Reason           string // why, if it was given
	Deputy           string // role for which By acted as a deputy; empty: as a holder
	At               time.Time
}

// The choices that a run offers.
const (
	ChooseKeep     = "keep"     // keep the version that a rollback brought back
	ChooseReturn   = "return"   // return to the version that a rollback left
	ChooseContinue = "continue" // look again, and do it if it was not done
	ChooseAbandon  = "abandon"  // leave everything as it is, and end the run
)

// AnswerTo is the last answer about a step.
func (r *Run) AnswerTo(step string) (Answer, bool) {
	for _, a := range slices.Backward(r.Answers) {
		if a.Step == step {
			return a, true
		}
	}
	return Answer{}, false
}

// Decision is a person's answer to Keep or Return; without a choice: none yet.
func (r *Run) Decision() Answer {
	step, asks := r.StepOf(RoleDecide)
	if !asks {
		return Answer{}
	}
	answer, _ := r.AnswerTo(step.Name)
	return answer
}

// Failed reports whether a run did not do what it should: it ended otherwise, was
// interrupted, or one of its steps failed.
func (r *Run) Failed() bool {
	if !r.Open() {
		return r.Outcome != Completed
	}
	asks := r.Asked != nil && !slices.Contains(r.Asked.Choices, ChooseKeep)
	return asks || slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Evidence.Verdict == answer.Failed })
}

// Permission is the permission to stop a run, or to answer its question: the same as
// for starting it. For nil, an unknown run, it is that of a gate run.
func (r *Run) Permission() string {
	switch {
	case r == nil:
		return "run"
	case r.What == Rollback:
		return "rollback"
	case r.Change != nil:
		return "deploy"
	case r.What == Runbook:
		return "fix"
	}
	return "run"
}

// AfterAll describes a run whose build went live only after it had ended: "whose
// deployment was cancelled and went live after all".
func (r *Run) AfterAll() string {
	what := map[string]string{Deployment: "deployment", Rollback: "rollback"}[r.What]
	how := map[Outcome]string{Cancelled: "was cancelled", Unsuccessful: "had failed", Interrupted: "was abandoned"}[r.Outcome]
	return "whose " + cmp.Or(what, "run") + " " + cmp.Or(how, "had ended") + " and went live after all"
}

// EndedBy is who ended a run that did not succeed; empty: nobody.
func (r *Run) EndedBy() string {
	if r.CancelledBy != "" {
		return r.CancelledBy
	}
	for i := len(r.Answers) - 1; i >= 0; i-- {
		if r.Answers[i].Choice == ChooseAbandon {
			return r.Answers[i].By
		}
	}
	return ""
}
