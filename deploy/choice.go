package deploy

import (
	"gonogo/readiness/work"
)

// This file decides whether a step of an order is done at all.

// decideStep asks a person whether to keep what a rollback brought or to return to what
// it left. A rehearsal returns by itself.
func decideStep(o Order, why func(Work) string) Step {
	title := "A person decides: keep " + o.To.Version + " or return to " + o.From.Version
	if o.Rehearsal {
		title = "End of the rehearsal: return to " + o.From.Version
	}
	return Step{Name: "decide", Role: work.RoleDecide, Title: title,
		Ask: &Ask{Choices: []string{work.ChooseKeep, work.ChooseReturn}, Why: why}}
}

// chosen says why a step that belongs to one choice is skipped.
func chosen(choice string) func(Work) string {
	return func(w Work) string {
		if w.Decision() == choice {
			return ""
		}
		return "not what was decided"
	}
}

// onlyIf adds a reason to skip a step.
func onlyIf(s Step, unless func(Work) string) Step {
	before := s.Unless
	s.Unless = func(w Work) string {
		if why := unless(w); why != "" || before == nil {
			return why
		}
		return before(w)
	}
	return s
}

// onlyFor makes a step belong to one choice.
func onlyFor(s Step, choice string) Step {
	s = onlyIf(s, chosen(choice))
	s.Choice = choice
	return s
}

// soft makes a step's failure not end the order: a person decides about what was rolled
// back, whatever is found afterwards.
func soft(s Step) Step {
	s.Soft = true
	return s
}
