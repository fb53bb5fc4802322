package commands

import (
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness/work"
)

// RunStanding is the progress of a deployment or a rollback, for a terminal that
// follows it.
type RunStanding struct {
	Line    string      // its progress in one line; empty: it is between two steps
	Open    bool        // it has not ended
	Choices []string    // what a person is asked to choose now: work.ChooseKeep, …
	Good    bool        // nothing has gone wrong so far, or it ended well
	Reply   reply.Reply // its card
}

// RunStanding is the progress of a deployment or rollback. ok is false if no such run
// exists.
func (b *Bot) RunStanding(id string) (s RunStanding, ok bool) {
	v := b.desk.Latest()
	run := v.State.Runs[id]
	if run == nil || run.Change == nil {
		return RunStanding{}, false
	}
	s = RunStanding{Line: runLine(run), Open: run.Open(), Reply: b.desk.Cards().Change(v, run), Good: !run.Failed()}
	if run.Asked != nil {
		s.Choices = run.Asked.Choices
	}
	return s, true
}

// runLine is the progress of a run: its current step.
func runLine(run *work.Run) string {
	step := run.Current()
	if !run.Open() || run.Asked != nil || step == nil || step.Started.IsZero() { // it may still be skipped
		return wording.ChangeTitle(run)
	}
	line := wording.Progress(run) + ": " + wording.StepTitle(*step)
	if step.Doing != "" {
		line += ": " + reply.Shorten(step.Doing, 200)
	}
	return line
}
