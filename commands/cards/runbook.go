package cards

import (
	"fmt"
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// bookCards are the messages of a runbook: its anchor and, in the thread, each step
// with the end of its output, and the whole output as a file.
func (b Builder) bookCards(v readiness.View, run *work.Run) []Card {
	subject, final := "run/"+run.ID, !run.Open()
	after := measuredAfter(v.State, run)
	cards := []Card{{Subject: subject, Channel: b.Releases, Reply: b.bookAnchor(v, run), Final: final && (after == nil || !after.Open())}}
	for i, step := range run.Steps {
		if step.Started.IsZero() {
			continue
		}
		cards = append(cards, Card{Subject: subject + "/" + step.Name, Parent: subject, Channel: b.Releases,
			Reply: b.bookStep(run, i), Final: final || !step.Ended.IsZero()})
		if out := b.Output(step); out.Path != "" {
			cards = append(cards, Card{Subject: subject + "/" + step.Name + "/output", Parent: subject, Channel: b.Releases, Final: true,
				File: &File{Path: out.Path, Name: fmt.Sprintf("%s-%s.txt", run.Runbook, step.Name), Title: fmt.Sprintf("Output of step %d of %s", i+1, run.Title)},
				Reply: reply.Reply{Title: fmt.Sprintf("The output of step %d is on gonogo's machine", i+1), Public: true,
					Parts: []reply.Part{reply.Lines{reply.Say("Slack rejected the file. It is in ", reply.Typed(out.Path), ".")}}}})
		}
	}
	return cards
}

// RunbookTitle is a runbook's title with its state.
func RunbookTitle(run *work.Run) string {
	switch {
	case run.Asked != nil:
		return run.Title + ": interrupted"
	case run.Open() && run.CancelAsked:
		return run.Title + ": being cancelled"
	case run.Open():
		return fmt.Sprintf("%s: step %d of %d", run.Title, min(run.Done()+1, len(run.Steps)), len(run.Steps))
	}
	switch run.Outcome {
	case work.Completed:
		return run.Title + ": done"
	case work.Unsuccessful:
		return run.Title + ": failed"
	}
	return run.Title + ": " + string(run.Outcome)
}

// bookAnchor is the one message that says how a runbook goes.
func (b Builder) bookAnchor(v readiness.View, run *work.Run) reply.Reply {
	lines := reply.Lines{reply.Say("Runbook ", reply.Typed(run.Runbook), wording.ForEnvironment(run.Environment), ", started ", reply.Time(run.Started), reply.By(run.By), ".")}
	var actions reply.Actions
	switch {
	case run.Asked != nil:
		lines = append(lines, b.escalatedLines(v, "run/"+run.ID)...)
		if line := b.AcknowledgedText(run); line != nil {
			lines = append(lines, line)
		}
		return reply.Reply{Title: RunbookTitle(run), Summary: RunbookTitle(run) + ".", Public: true, Parts: b.withTake(v, run, append([]reply.Part{lines}, BookQuestion(run)...))}
	case run.Open():
		if step := run.Current(); step != nil {
			lines = append(lines, reply.Say("At ", reply.Typed(reply.Shorten(wording.StepTitle(*step), 200))))
		}
		if !run.CancelAsked {
			actions = reply.Actions{StopRunbook(run)}
		}
	default:
		lines = append(lines, b.bookResult(v, run)...)
		actions = reply.Actions{{Label: "Run it again", Act: reply.Act{Verb: "ready fix", Runbook: run.Runbook, Environment: run.Environment}}, {Label: "Status", Act: reply.Do("ready status")}}
	}
	title := RunbookTitle(run)
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: reply.NonEmpty([]reply.Part{lines, actions})}
}

// BookQuestion asks a person about a step that was cut off.
func BookQuestion(run *work.Run) []reply.Part {
	return []reply.Part{reply.Lines{reply.Say(reply.Bold(run.Asked.Why + ".")), reply.Say("Run the step again starts it from the beginning. Before that, check that it is safe to repeat.")},
		reply.Actions{{Label: "Run the step again", Act: reply.Act{Verb: "ready continue", Run: run.ID}, Style: reply.Primary},
			{Label: "Abandon", Act: reply.Act{Verb: "ready abandon", Run: run.ID}, Confirm: "End this run and leave things as they are?", Yes: "End the run", No: "Leave it open"}}}
}

// bookResult is the result of a runbook that ended.
func (b Builder) bookResult(v readiness.View, run *work.Run) reply.Lines {
	lines := reply.Lines{reply.Say("Took ", readiness.Span(run.Ended.Sub(run.Started)), ".")}
	if run.CancelAsked {
		lines[0] = reply.Say("Cancelled", reply.By(run.CancelledBy), roster.AsOf(run.CancelledAsOf), ". The running program was stopped, with every process that it started.")
	}
	if run.Reason != "" {
		lines = append(lines, reply.Say("✗ ", reply.Sentence(reply.Shorten(run.Reason, 400))))
	}
	after := measuredAfter(v.State, run)
	if after == nil {
		return lines
	}
	where := b.Thread(v, "run/"+after.ID, b.Releases)
	if after.Open() {
		return append(lines, reply.Say("The re-check is running, in ", where, "."))
	}
	failed, broken := tallySteps(after)
	sign := "✓"
	if failed+broken > 0 {
		sign = "✗"
	}
	return append(lines, reply.Say(sign, " Re-check: ", outcomeWords(after, failed, broken), ", in ", where, "."))
}

// measuredAfter is the gate run that re-checked what a runbook fixes, or nil.
func measuredAfter(s *history.State, book *work.Run) *work.Run {
	for _, run := range s.Runs {
		if run.After == book.ID {
			return run
		}
	}
	return nil
}

// bookStep shows one step: what ran, the end of its output, and how it ended.
func (b Builder) bookStep(run *work.Run, i int) reply.Reply {
	step := run.Steps[i]
	title := fmt.Sprintf("Step %d of %d", i+1, len(run.Steps))
	parts := []reply.Part{reply.Lines{reply.Say(reply.Typed(reply.Shorten(wording.StepTitle(step), 500)))}}
	printed := reply.Output(step.Evidence.Details)
	if step.Ended.IsZero() {
		printed = b.Printing(run.ID)
	}
	if len(printed) > 0 {
		parts = append(parts, printed)
	}
	switch verdict := step.Evidence.Verdict; {
	case step.Ended.IsZero() && !run.Open():
		title += ": cut off"
	case step.Ended.IsZero() && run.Asked != nil:
		title += ": interrupted"
	case step.Ended.IsZero():
		title += ": running"
	case verdict == answer.Passed:
		title += ": " + step.Evidence.Summary + " after " + readiness.Span(step.Evidence.Took)
	default:
		title += " " + step.Evidence.Summary
	}
	if out := b.Output(step); !step.Ended.IsZero() && out.Lost != "" {
		parts = append(parts, reply.Note(reply.Say("Of what it printed, ", strings.TrimSpace(out.Lost), ".")))
	}
	return reply.Reply{Title: reply.Shorten(title, 150), Summary: title + ".", Public: true, Parts: parts}
}

// StopRunbook stops a runbook that is under way, after a question.
func StopRunbook(run *work.Run) reply.Button {
	return reply.Button{Label: "Stop runbook", Act: reply.Act{Verb: "ready cancel", Run: run.ID}, Style: reply.Danger, Confirm: "Stop it, with every process that it started?", No: "Keep going"}
}
