package runs

import (
	"context"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
	"gonogo/redact"
	"gonogo/runs/transcript"
	"slices"
	"sync"
	"time"
)

// outputs is the folder for what runbooks print.
func (r *Runs) outputs() transcript.Folder {
	return transcript.Folder{Path: r.opts.Outputs, Log: r.opts.Log}
}

// transcribe opens the transcript of a step, and shows it to people while the program
// runs.
func (b *runbookRun) transcribe(step string) *transcript.Transcript {
	known := b.opts.Ledger.State().Runs
	t := b.outputs().Open(b.id, step, func(run string) bool { return known[run] != nil })
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tails[b.id] = t
	return t
}

// OutputOf finds the output of a runbook's step.
func (r *Runs) OutputOf(step work.Step) transcript.Output { return r.outputs().Find(step.Facts) }

// Printing is the end of a run's output, while it runs.
func (r *Runs) Printing(run string) []string {
	r.mu.Lock()
	t := r.tails[run]
	r.mu.Unlock()
	if t == nil {
		return nil
	}
	return t.Lines(transcript.Tail)
}

// The growing time between two reports on the progress of a program.
const (
	firstWord = time.Second
	lastWord  = 15 * time.Second
)

// tellProgress journals the last line that a program has printed, from time to time,
// until the returned function is called. The ledger could not hold everything it
// prints.
func (b *runbookRun) tellProgress(ctx context.Context, step string, t *transcript.Transcript) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var busy sync.WaitGroup
	busy.Go(func() {
		said := []string(nil)
		for wait := firstWord; pause(ctx, wait) == nil; wait = min(3*wait/2, lastWord) {
			last := t.Lines(1)
			if len(last) == 0 || slices.Equal(last, said) { // blank lines aren't reported
				continue
			}
			said = last
			if err := b.journal(event.StepProgressed{Run: b.id, Step: step, Doing: redact.Line(last[0], b.opts.Secrets)}); err != nil {
				b.opts.Log.Error("progress could not be recorded", "run", b.id, "step", step, "error", err)
			}
		}
	})
	return func() {
		cancel()
		busy.Wait()
	}
}
