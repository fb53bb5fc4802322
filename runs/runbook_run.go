package runs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"gonogo/gates"
	"gonogo/gates/program"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/redact"
	"gonogo/runs/transcript"
	"gonogo/storage"
)

// runbookRun is one runbook being carried out.
//
//	step ──▶ StepStarted ──▶ the program runs ──▶ StepEnded ──▶ next step
//	              │                                  │
//	              └─ gonogo is stopped: RunAsked     └─ fails: RunEnded (failed)
//
// What a program has done when it is cut off cannot be looked up, so that a
// person says whether to run it again; what it has left running is ended first,
// whatever becomes of the run. When the run ends, what the runbook is to mend
// is measured.
type runbookRun struct {
	*Runs
	id   string
	book Runbook
	left int // processes of a step that was cut off, which were ended
}

// carryOutRunbook sees a runbook through to its end.
func (r *Runs) carryOutRunbook(ctx context.Context, run *readiness.Run) error {
	b := &runbookRun{Runs: r, id: run.ID}
	b.endLeft(run)
	written, there := r.Runbook(run.Runbook)
	book, ok := written.For(run.Environment)
	if !there || !ok || !slices.EqualFunc(run.Steps, r.plannedRunbook(book), func(s readiness.Step, p readiness.Planned) bool { return s.Title == p.Title }) {
		return b.leave(readiness.Interrupted, "its runbook was changed or removed since it began")
	}
	b.book = book
	for i, step := range run.Steps {
		if err := b.take(ctx, step, book.Steps[i]); err != nil {
			return b.stopped(ctx, err)
		}
	}
	return b.end(ctx, readiness.Completed, "")
}

// take does one step, unless it was done before.
func (b *runbookRun) take(ctx context.Context, step readiness.Step, how RunbookStep) error {
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
	if err := b.journal(readiness.StepStarted{Run: b.id, Step: step.Name}); err != nil {
		return err
	}
	ev, facts := b.perform(ctx, step, how)
	if ev.Verdict == readiness.Errored && !b.cancelled() {
		return errStopping // what it has done by now is not known
	}
	if err := b.journal(readiness.StepEnded{Run: b.id, Step: step.Name, Evidence: ev, Facts: facts}); err != nil {
		return err
	}
	if b.cancelled() {
		return errStopping
	}
	return outcomeOf(step.Title, ev)
}

// outcomeOf is why a runbook ends at a step that ended, or nil.
func outcomeOf(title string, ev readiness.Evidence) error {
	if ev.Verdict.LetsThrough() {
		return nil
	}
	return fmt.Errorf("“%s” %s", brief(title), ev.Summary)
}

// mostBrief bounds a step's title within a sentence, in letters.
const mostBrief = 100

// brief is a step's title where more has to be said: a whole script in it would
// leave no room for that.
func brief(title string) string {
	return phrase.Shorten(strings.Join(strings.Fields(title), " "), mostBrief)
}

// endLeft ends what an earlier process has left running of a step that was
// under way when it ended.
func (b *runbookRun) endLeft(run *readiness.Run) {
	for _, step := range run.Steps {
		if cutOff(step) {
			b.left += program.EndMarked(b.mark(step.Name))
		}
	}
}

// cutOff reports whether a step was begun and has no end.
func cutOff(step readiness.Step) bool { return !step.Started.IsZero() && step.Ended.IsZero() }

// askAbout asks a person whether to run a step again that was under way when
// gonogo was stopped. A run that was abandoned then stays so.
func (b *runbookRun) askAbout(ctx context.Context, step readiness.Step) error {
	asked := b.run().Asked
	if answer, _ := b.run().AnswerTo(step.Name); asked == nil && answer.Choice == readiness.ChooseAbandon {
		return errAbandoned
	}
	if asked == nil || asked.Step != step.Name {
		why := fmt.Sprintf("gonogo was stopped while “%s” was running; it isn't known how far it got", brief(step.Title))
		if b.left > 0 {
			why += "; what was left of it was ended"
		}
		if err := b.journal(readiness.RunAsked{Run: b.id, Step: step.Name, Why: why, Interrupted: true,
			Choices: []string{readiness.ChooseContinue, readiness.ChooseAbandon}}); err != nil {
			return err
		}
	}
	err := b.until(ctx, func(s *readiness.State) bool {
		run := s.Runs[b.id]
		return run == nil || run.Asked == nil || run.CancelledBy != ""
	})
	switch answer, _ := b.run().AnswerTo(step.Name); {
	case err != nil || b.cancelled():
		return errStopping
	case answer.Choice == readiness.ChooseAbandon:
		return errAbandoned
	}
	return nil
}

// perform runs a step's program.
func (b *runbookRun) perform(ctx context.Context, step readiness.Step, how RunbookStep) (readiness.Evidence, map[string]string) {
	kept := b.transcribe(step.Name)
	out := redact.NewWriter(kept, b.secretsOf(how))
	p := program.New(program.Command{Args: how.Run, Dir: how.Dir, Env: program.Environ(how.Env, how.Lookup(b.opts.Environ)), Mark: b.mark(step.Name)}, out)
	within, cancel := context.WithTimeout(ctx, how.Timeout)
	stopTelling := b.tellProgress(ctx, step.Name, kept)
	began := b.opts.Now()
	err := p.Run(within)
	stopTelling()
	ev := readiness.Evidence{Took: b.opts.Now().Sub(began)}
	switch {
	case p.Stopped() && ctx.Err() != nil:
		ev.Verdict, ev.Summary = readiness.Errored, "was stopped, with all it had started"
	case p.Stopped():
		ev.Verdict, ev.Summary = readiness.Failed, "did not end within "+readiness.Span(how.Timeout)+" and was stopped, with all it had started"
	case err != nil:
		ev.Verdict, ev.Summary = readiness.Failed, "did not start: "+program.Unstartable(err, how.Run[0], how.Dir)
	default:
		ev = exited(ev, p.State())
	}
	cancel()
	_ = out.Close() // the transcript tells what it could not keep
	kept.Close()
	ev.Details = kept.Lines(transcript.Tail)
	return gates.Presentable(ev, b.secretsOf(how)), kept.Facts()
}

// exited is what a program's end says: success is exit code 0, as everywhere.
func exited(ev readiness.Evidence, state *os.ProcessState) readiness.Evidence {
	code := program.Ending(state)
	ev.Verdict, ev.Summary = readiness.Passed, "succeeded"
	if code != "0" {
		ev.Verdict, ev.Summary = readiness.Failed, "ended with exit code "+code
		if state.ExitCode() < 0 {
			ev.Summary = "was ended by " + code
		}
	}
	ev.Measures = []readiness.Measure{{Name: "exit code", Value: code, Limit: "0", OK: code == "0"}}
	return ev
}

// mark is carried by all that a step's program starts.
func (b *runbookRun) mark(step string) string { return "runbook/" + b.id + "/" + step }

// stopped ends a run that did not come to a good end.
func (b *runbookRun) stopped(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errAbandoned):
		return b.leave(readiness.Interrupted, "a person left it as it is")
	case b.cancelled():
		return b.leave(readiness.Cancelled, "")
	case errors.Is(err, errStopping), ctx.Err() != nil:
		return nil // the run stays open, and is gone on with
	case errors.Is(err, storage.ErrUnwritten):
		return err
	}
	return b.end(ctx, readiness.Unsuccessful, redact.Line(phrase.Cause(err), b.opts.Secrets))
}

// leave closes a run that is not gone on with. A step that was cut off ends
// with it, so that people see what it had printed.
func (b *runbookRun) leave(outcome readiness.Outcome, reason string) error {
	var events []readiness.Event
	for _, step := range b.run().Steps {
		if cutOff(step) {
			ev := lost("was cut off when gonogo was stopped")
			kept := b.transcribe(step.Name)
			kept.Recall()
			kept.Close()
			ev.Details = kept.Lines(transcript.Tail)
			events = append(events, readiness.StepEnded{Run: b.id, Step: step.Name, Evidence: ev, Facts: kept.Facts()})
		}
	}
	return b.close(append(events, readiness.RunEnded{Run: b.id, Outcome: outcome, Reason: reason})...)
}

// end has measured what the runbook mends, and closes the run.
func (b *runbookRun) end(ctx context.Context, outcome readiness.Outcome, reason string) error {
	switch err := b.measureMended(ctx); {
	case err != nil && ctx.Err() != nil:
		return nil // gone on with at the next start
	case errors.Is(err, storage.ErrUnwritten):
		return err // it is attempted again
	case err != nil:
		b.opts.Log.Error("what a runbook mends could not be measured", "run", b.id, "error", err)
	}
	return b.close(readiness.RunEnded{Run: b.id, Outcome: outcome, Reason: reason})
}

func (b *runbookRun) run() *readiness.Run { return b.opts.Ledger.State().Runs[b.id] }

func (b *runbookRun) cancelled() bool { return b.cancelAsked(b.id) }
