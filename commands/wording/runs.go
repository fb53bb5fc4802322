// Package wording says in a few words where things stand: a decision, an answer, a
// run, what is live, a hold. Cards, pages and answers all take their words from here,
// so that a thing is called the same wherever it is shown.
//
// Every function is pure. Most return a string or a [reply.Text] that fits into a
// line; package cards makes whole messages and their buttons.
package wording

import (
	"cmp"
	"fmt"
	"slices"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/work"
)

// Progress says how far a run is: "step 4 of 8".
func Progress(run *work.Run) string {
	all := len(run.Path())
	return fmt.Sprintf("step %d of %d", min(run.Done()+1, all), all)
}

// StepTitle is what a step is called.
func StepTitle(step work.Step) string { return cmp.Or(step.Title, step.Name) }

// ChangeTitle says what is being done and how far it is.
func ChangeTitle(run *work.Run) string {
	what := "Deploying " + run.Title
	switch {
	case run.Change.Settles != "":
		what = reply.Capital(run.Title)
	case run.What == work.Rollback:
		what = "Rolling " + run.Title
	}
	switch {
	case run.Asked != nil && run.Asked.Interrupted:
		return what + ": interrupted"
	case run.Asked != nil && slices.Contains(run.Asked.Choices, work.ChooseKeep) && slices.Contains(run.Asked.Choices, work.ChooseReturn):
		return what + ": " + whatFailed(run) + "waiting for Keep or Return"
	case run.Asked != nil:
		return what + ": waiting for a person"
	case isBaking(run):
		return what + ": live, baking"
	case run.Open():
		return what + ": " + Progress(run)
	}
	return ended(run)
}

// ended says how a change ended. A rollback that was returned from says first what is live.
func ended(run *work.Run) string {
	switch {
	case Returned(run):
		return reply.Capital(run.Change.Environment) + " " + Outcome(run) + " after a rollback to " + run.Change.To.Version
	case run.What == work.Rollback:
		return reply.Capital(run.Title) + ": " + Outcome(run)
	}
	return run.Title + ": " + Outcome(run)
}

// Returned reports whether a rollback has ended with a return to the version before it.
func Returned(run *work.Run) bool {
	return run.What == work.Rollback && run.Outcome == work.Completed && run.Change.Settles == "" && chosen(run) == work.ChooseReturn
}

func isBaking(run *work.Run) bool {
	_, baking := run.Baking()
	return baking
}

// whatFailed counts what went wrong so far, to be shown before what the run waits for,
// so that nobody keeps an unhealthy version because they stopped reading.
func whatFailed(run *work.Run) string {
	n := 0
	for _, step := range run.Steps {
		if step.Evidence.Verdict == answer.Failed {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return phrase.Count(n, "step") + " failed, "
}

// Outcome says how a run ended.
func Outcome(run *work.Run) string {
	switch {
	case run.Outcome == work.Completed && run.Change.Settles != "":
		return "done"
	case Returned(run):
		return "returned to " + run.Change.From.Version
	case run.Outcome == work.Completed && run.What == work.Rollback:
		return "done, " + run.Change.To.Version + " is kept"
	case run.Baked():
		return "live, verified and baked"
	case run.Outcome == work.Completed:
		return "live and verified"
	case run.Outcome == work.Cancelled && !run.BakeBegan().IsZero():
		return "live and verified, its bake was ended early"
	}
	return string(run.Outcome)
}

func chosen(run *work.Run) string {
	return run.Decision().Choice
}

// ForEnvironment says which environment a runbook is run for; "" is none in particular.
func ForEnvironment(environment string) string {
	if environment == "" {
		return ""
	}
	return " for " + environment
}
