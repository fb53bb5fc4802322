package commands

import (
	"fmt"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness/answer"
	"gonogo/readiness/work"
)

// RunStanding is the progress of a deployment or a rollback, for a terminal that
// follows it.
type RunStanding struct {
	Line    string      // its progress in one line; empty: it is between two steps
	Steps   []Step      // the steps that it has begun, in order
	Open    bool        // it has not ended
	Choices []string    // what a person is asked to choose now: work.ChooseKeep, …
	Good    bool        // nothing has gone wrong so far, or it ended well
	Reply   reply.Reply // its card
}

// Step is a step of a run that has begun or ended, in lines for a terminal.
type Step struct {
	Line   string // which step it is: "step 4 of 8: Wait for the build"
	Doing  string // what it is doing now; empty: nothing is known, or it has ended
	Failed string // why it failed; empty: it hasn't
}

// RunStanding is the progress of a deployment or rollback. ok is false if no such run
// exists.
func (b *Bot) RunStanding(id string) (s RunStanding, ok bool) {
	v := b.desk.Latest()
	run := v.State.Runs[id]
	if run == nil || run.Change == nil {
		return RunStanding{}, false
	}
	s = RunStanding{Line: runLine(run), Steps: begunSteps(run), Open: run.Open(), Reply: b.desk.Cards().Change(v, run), Good: !run.Failed()}
	if last := v.State.Rehearsed[run.Change.Environment]; last.Run == id && last.Failed != "" {
		s.Good = false // it is out again all the same
	}
	if run.Asked != nil {
		s.Choices = run.Asked.Choices
	}
	return s, true
}

// runLine is the progress of a run: its current step.
func runLine(run *work.Run) string {
	step := run.Current()
	if !run.Open() || run.Asked != nil || step == nil || !step.Begun() { // it may still be skipped
		return wording.ChangeTitle(run)
	}
	line := wording.Progress(run) + ": " + wording.StepTitle(*step)
	if step.Doing != "" {
		line += ": " + reply.Shorten(step.Doing, 200)
	}
	return line
}

// begunSteps lists the steps of a run that it has begun. Steps that weren't needed are
// left out.
func begunSteps(run *work.Run) (steps []Step) {
	path := run.Path()
	for i, step := range path {
		if !step.Begun() || step.Evidence.Verdict == answer.NotApplicable {
			continue
		}
		s := Step{Line: fmt.Sprintf("step %d of %d: %s", i+1, len(path), wording.StepTitle(step)), Doing: reply.Shorten(step.Doing, 200)}
		if step.Evidence.Verdict == answer.Failed || step.Evidence.Verdict == answer.Errored {
			s.Failed = reply.Shorten(step.Evidence.Summary, 300)
		}
		steps = append(steps, s)
	}
	return steps
}
