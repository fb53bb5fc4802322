package commands

import (
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness/work"
)

// RunStanding is where a deployment or a rollback stands, for a terminal that
// follows it.
type RunStanding struct {
	Line    string      // where it stands, in one line; empty: between two steps
	Open    bool        // it has not ended
	Choices []string    // what a person is asked to choose now: work.ChooseKeep, …
	Good    bool        // nothing has gone wrong so far, or it came to its good end
	Reply   reply.Reply // its card
}

// RunStanding tells where a deployment or rollback stands. ok is false where there
// is none of that ID.
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

// runLine is where a run stands: the step that it is at.
func runLine(run *work.Run) string {
	step := run.Current()
	if !run.Open() || run.Asked != nil || step == nil || step.Started.IsZero() { // one that has not begun may be left out
		return wording.ChangeTitle(run)
	}
	line := wording.Progress(run) + ": " + wording.StepTitle(*step)
	if step.Doing != "" {
		line += ": " + reply.Shorten(step.Doing, 200)
	}
	return line
}
