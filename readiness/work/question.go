package work

import (
	"cmp"
	"slices"
	"time"

	"gonogo/readiness/answer"
)

// What people have to do with a run: what they are asked and answered, whether
// it needs them, and who may.

// Question is what a run asks a person.
type Question struct {
	Step        string
	Why         string
	Choices     []string
	Interrupted bool // whether an outward act took effect is not known
	At          time.Time
}

// Taken is who looks after a run that waits for a person, or that failed.
type Taken struct {
	By     string
	Deputy string // role for which By acted as a deputy; empty: as a holder
	At     time.Time
}

// Answer is what a person said to a question.
type Answer struct {
	Step, Choice, By string
	Reason           string // why, where it was given
	Deputy           string // role for which By acted as a deputy; empty: as a holder
	At               time.Time
}

// The choices that a run offers.
const (
	ChooseKeep     = "keep"     // stay with the version that a rollback brought back
	ChooseReturn   = "return"   // go on to the version that a rollback left
	ChooseContinue = "continue" // look again, and do it if it was not done
	ChooseAbandon  = "abandon"  // leave the world as it is, and end the run
)

// AnswerTo is what was last answered for a step.
func (r *Run) AnswerTo(step string) (Answer, bool) {
	for _, a := range slices.Backward(r.Answers) {
		if a.Step == step {
			return a, true
		}
	}
	return Answer{}, false
}

// Decision is what a person answered when asked whether to keep or to return;
// without a choice: nothing yet.
func (r *Run) Decision() Answer {
	step, asks := r.StepOf(RoleDecide)
	if !asks {
		return Answer{}
	}
	answer, _ := r.AnswerTo(step.Name)
	return answer
}

// Failed reports whether a run did not do what it was to do: it ended
// otherwise, it is interrupted, or one of its steps has failed.
func (r *Run) Failed() bool {
	if !r.Open() {
		return r.Outcome != Completed
	}
	asks := r.Asked != nil && !slices.Contains(r.Asked.Choices, ChooseKeep)
	return asks || slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Evidence.Verdict == answer.Failed })
}

// Permission is what it takes to stop a run, or to answer what it asks: what it
// took to start it. That of nil, a run that nobody knows, is a gate run's.
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

// AfterAll says of a run whose build went live only after it had ended what
// that is: "whose deployment was cancelled and went live after all".
func (r *Run) AfterAll() string {
	what := map[string]string{Deployment: "deployment", Rollback: "rollback"}[r.What]
	how := map[Outcome]string{Cancelled: "was cancelled", Unsuccessful: "had failed", Interrupted: "was abandoned"}[r.Outcome]
	return "whose " + cmp.Or(what, "run") + " " + cmp.Or(how, "had ended") + " and went live after all"
}

// EndedBy is who ended a run that did not come through, or empty: nobody did.
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
