package readiness

import "slices"

// This file is what people have to do with a run: what they answered, whether it
// needs them, and who may.

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
	return asks || slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Evidence.Verdict == Failed })
}

// Permission is what it takes to stop a run, or to answer what it asks: what it
// took to start it. That of nil, a run that nobody knows, is a gate run's.
func (r *Run) Permission() string {
	switch {
	case r == nil:
		return "run"
	case r.What == RunRollback:
		return "rollback"
	case r.Change != nil:
		return "deploy"
	case r.What == RunRunbook:
		return "fix"
	}
	return "run"
}
