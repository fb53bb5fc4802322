package runs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/program"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/redact"
	"gonogo/runs/runbook"
	"gonogo/runs/transcript"
	"gonogo/storage"
)

// runbookRun is one runbook being carried out.
//
//	step ──▶ StepStarted ──▶ the program runs ──▶ StepEnded ──▶ next step
//	              │                                  │
//	              └─ gonogo is stopped: RunAsked     └─ fails: RunEnded (failed)
//
// How a program ended is kept until the ledger can be written. What a program has done
// when it is cut off can't be looked up, so a person says whether to run it again;
// processes that it left are ended first, whatever the answer. When the run ends, the
// items that the runbook fixes are measured.
type runbookRun struct {
	*Runs
	id   string
	book runbook.Runbook
	left int // processes of a step that was cut off, which were ended
}

// carryOutRunbook executes a runbook to its end.
func (r *Runs) carryOutRunbook(ctx context.Context, run *work.Run) error {
	b := &runbookRun{Runs: r, id: run.ID}
	b.endLeft(run)
	written, there := r.Runbook(run.Runbook)
	book, ok := written.For(run.Environment)
	if !there || !ok || !slices.EqualFunc(run.Steps, r.plannedRunbook(book), func(s work.Step, p work.Planned) bool { return s.Title == p.Title }) {
		return b.leave(work.Interrupted, "its runbook was changed or removed since it began")
	}
	b.book = book
	for i, step := range run.Steps {
		if err := b.take(ctx, step, book.Steps[i]); err != nil {
			return b.stopped(ctx, err)
		}
	}
	return b.end(ctx, work.Completed, "")
}

// take does one step, unless it was done before.
func (b *runbookRun) take(ctx context.Context, step work.Step, how runbook.Step) error {
	switch {
	case !step.Ended.IsZero():
		return outcomeOf(step.Title, step.Evidence)
	case b.cancelled():
		return errStopping
	case !step.Started.IsZero():
		if err := b.askAbout(ctx, step); err != nil {
			return err
		}
	}
	if err := b.journal(event.StepStarted{Run: b.id, Step: step.Name}); err != nil {
		return err
	}
	ev, facts := b.perform(ctx, step, how)
	if ev.Verdict == answer.Errored && !b.cancelled() {
		return errStopping // what it has done is not known
	}
	if err := b.recordEvent(event.StepEnded{Run: b.id, Step: step.Name, Evidence: ev, Facts: facts}); err != nil {
		return err
	}
	if b.cancelled() {
		return errStopping
	}
	return outcomeOf(step.Title, ev)
}

// outcomeOf is why a runbook ends at a step that ended, or nil.
func outcomeOf(title string, ev answer.Evidence) error {
	if ev.Verdict.LetsThrough() {
		return nil
	}
	return fmt.Errorf("“%s” %s", brief(title), ev.Summary)
}

// mostBrief bounds a step's title within a sentence, in letters.
const mostBrief = 100

// brief shortens a step's title for use in a sentence: a whole script would leave no
// space for the rest.
func brief(title string) string {
	return phrase.ShortenAtWord(strings.Join(strings.Fields(title), " "), mostBrief)
}

// endLeft ends the processes that an earlier process of gonogo left running in a step
// that was cut off.
func (b *runbookRun) endLeft(run *work.Run) {
	for _, step := range run.Steps {
		if cutOff(step) {
			b.left += program.EndMarked(b.mark(step.Name))
		}
	}
}

// cutOff reports whether a step was begun and has no end.
func cutOff(step work.Step) bool { return !step.Started.IsZero() && step.Ended.IsZero() }

// askAbout asks a person whether to run a step again that was under way when
// gonogo was stopped. A run that was abandoned then stays so.
func (b *runbookRun) askAbout(ctx context.Context, step work.Step) error {
	asked := b.run().Asked
	if answer, _ := b.run().AnswerTo(step.Name); asked == nil && answer.Choice == work.ChooseAbandon {
		return errAbandoned
	}
	if asked == nil || asked.Step != step.Name {
		why := fmt.Sprintf("gonogo was stopped while “%s” was running; it isn't known how far it got", brief(step.Title))
		if b.left > 0 {
			why += "; what was left of it was ended"
		}
		if err := b.recordEvent(event.RunAsked{Run: b.id, Step: step.Name, Why: why, Interrupted: true,
			Choices: []string{work.ChooseContinue, work.ChooseAbandon}}); err != nil {
			return err
		}
	}
	err := b.until(ctx, func(s *history.State) bool {
		run := s.Runs[b.id]
		return run == nil || run.Asked == nil || run.CancelAsked
	})
	switch answer, _ := b.run().AnswerTo(step.Name); {
	case err != nil || b.cancelled():
		return errStopping
	case answer.Choice == work.ChooseAbandon:
		return errAbandoned
	}
	return nil
}

// perform runs a step's program.
func (b *runbookRun) perform(ctx context.Context, step work.Step, how runbook.Step) (answer.Evidence, map[string]string) {
	kept := b.transcribe(step.Name)
	out := redact.NewWriter(kept, b.secretsOf(how))
	p := program.New(program.Command{Args: how.Run, Dir: how.Dir, Env: program.Environ(how.Env, how.Lookup(b.opts.Environ)), Mark: b.mark(step.Name), NewPrivileges: how.NewPrivileges}, out)
	within, cancel := context.WithTimeout(ctx, how.Timeout)
	stopTelling := b.tellProgress(ctx, step.Name, kept)
	began := b.opts.Now()
	err := p.Run(within)
	stopTelling()
	ev := answer.Evidence{Took: b.opts.Now().Sub(began)}
	switch {
	case p.Stopped() && ctx.Err() != nil:
		ev.Verdict, ev.Summary = answer.Errored, "was stopped, with all it had started"
	case p.Stopped():
		ev.Verdict, ev.Summary = answer.Failed, "did not end within "+readiness.Span(how.Timeout)+" and was stopped, with all it had started"
	case err != nil:
		ev.Verdict, ev.Summary = answer.Failed, "did not start: "+program.Unstartable(err, how.Run[0], how.Dir)
	default:
		ev = exited(ev, p.State())
	}
	cancel()
	_ = out.Close() // the transcript says what it couldn't keep
	kept.Close()
	ev.Details = kept.Lines(transcript.Tail)
	return gates.Presentable(ev, b.secretsOf(how)), kept.Facts()
}

// exited is the result of a program: success is exit code 0.
func exited(ev answer.Evidence, state *os.ProcessState) answer.Evidence {
	code := program.Ending(state)
	ev.Verdict, ev.Summary = answer.Passed, "succeeded"
	if code != "0" {
		ev.Verdict, ev.Summary = answer.Failed, "ended with exit code "+code
		if state.ExitCode() < 0 {
			ev.Summary = "was ended by " + code
		}
	}
	ev.Measures = []answer.Measure{{Name: "exit code", Value: code, Limit: "0", OK: code == "0"}}
	return ev
}

// mark is carried by all that a step's program starts.
func (b *runbookRun) mark(step string) string { return "runbook/" + b.id + "/" + step }

// stopped ends a run that didn't succeed.
func (b *runbookRun) stopped(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errAbandoned):
		return b.leave(work.Interrupted, "a person left it as it is")
	case b.cancelled():
		return b.leave(work.Cancelled, "")
	case errors.Is(err, errStopping), ctx.Err() != nil:
		return nil // the run stays open, and is resumed
	case errors.Is(err, storage.ErrUnwritten):
		return err
	}
	return b.end(ctx, work.Unsuccessful, redact.Line(phrase.Cause(err), b.opts.Secrets))
}

// leave closes a run that isn't continued. A step that was cut off ends with it, so
// that people see its output.
func (b *runbookRun) leave(outcome work.Outcome, reason string) error {
	var events []event.Event
	for _, step := range b.run().Steps {
		if cutOff(step) {
			ev := lost("was cut off when gonogo was stopped")
			kept := b.transcribe(step.Name)
			kept.Recall()
			kept.Close()
			ev.Details = kept.Lines(transcript.Tail)
			events = append(events, event.StepEnded{Run: b.id, Step: step.Name, Evidence: ev, Facts: kept.Facts()})
		}
	}
	return b.close(append(events, event.RunEnded{Run: b.id, Outcome: outcome, Reason: reason})...)
}

// end measures the items that the runbook fixes, and closes the run.
func (b *runbookRun) end(ctx context.Context, outcome work.Outcome, reason string) error {
	switch err := b.recheckFixed(ctx); {
	case err != nil && ctx.Err() != nil:
		return nil // resumed at the next start
	case errors.Is(err, storage.ErrUnwritten):
		return err // it is attempted again
	case err != nil:
		b.opts.Log.Error("what a runbook mends could not be measured", "run", b.id, "error", err)
	}
	return b.close(event.RunEnded{Run: b.id, Outcome: outcome, Reason: reason})
}

// recordEvent records the event, however long that takes.
func (b *runbookRun) recordEvent(happened event.Event) error {
	return b.record(b.id, func(*history.State, time.Time) ([]event.Event, error) { return []event.Event{happened}, nil })
}

func (b *runbookRun) run() *work.Run { return b.opts.Ledger.State().Runs[b.id] }

func (b *runbookRun) cancelled() bool { return b.cancelAsked(b.id) }
