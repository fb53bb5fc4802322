package runs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"gonogo/gates/program"
	"gonogo/readiness"
	"gonogo/redact"
)

// Bounds of what is kept of a program's output.
const (
	tailLines = 15       // in the ledger and the thread
	tailBytes = 16 << 10 // that these lines are looked for in
	mostKept  = 10 << 20 // bytes of one step, in its file
)

// The facts by which a step's transcript is known.
const (
	factOutput = "output" // name of its file in Options.Outputs
	factBytes  = "bytes"  // that the program printed
	factLost   = "lost"   // why not all of it is in the file
)

// transcript keeps what a program prints: the end of it in memory, all of it,
// within bounds, in a file. A file that cannot be written does not hold the
// program up.
type transcript struct {
	tail *program.Tail
	name string

	mu    sync.Mutex
	file  *os.File // nil: it cannot be written
	bytes int64
	lost  string
}

// openTranscript opens the file of a step. What an earlier attempt at the step
// printed stays in it.
func (b *runbookRun) openTranscript(step string) *transcript {
	t := &transcript{tail: program.NewTail(tailBytes), name: b.id + "-" + step + ".txt"}
	b.mu.Lock()
	b.tails[b.id] = t
	b.mu.Unlock()
	err := errors.New("no folder is configured for output")
	if b.opts.Outputs != "" {
		b.sweepTranscripts()
		if err = os.MkdirAll(b.opts.Outputs, 0o700); err == nil {
			err = t.open(filepath.Join(b.opts.Outputs, t.name))
		}
	}
	if err != nil {
		t.lost = "its file could not be opened"
		b.opts.Log.Error("output of a runbook is not kept", "run", b.id, "step", step, "error", err)
	}
	return t
}

// open opens the file, and counts what it holds already.
func (t *transcript) open(path string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	t.file, t.bytes = file, info.Size()
	return nil
}

// recall makes the end of what the file holds already the tail.
func (t *transcript) recall() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return
	}
	held := io.NewSectionReader(t.file, max(0, t.bytes-tailBytes), tailBytes)
	if _, err := io.Copy(t.tail, held); err != nil {
		t.lost = "the disk did not give all of it back"
	}
}

// transcriptName is the name of a transcript's file; the run comes first.
var transcriptName = regexp.MustCompile(`^([0-9a-f]{8})-step-[0-9]+\.txt$`)

// sweepTranscripts deletes the transcripts of runs that are forgotten.
func (r *Runs) sweepTranscripts() {
	entries, err := os.ReadDir(r.opts.Outputs)
	if err != nil {
		return // it is made when it is needed
	}
	known := r.opts.Ledger.State().Runs
	for _, entry := range entries {
		if m := transcriptName.FindStringSubmatch(entry.Name()); m != nil && known[m[1]] == nil {
			if err := os.Remove(filepath.Join(r.opts.Outputs, entry.Name())); err != nil {
				r.opts.Log.Error("an old transcript could not be deleted", "file", entry.Name(), "error", err)
			}
		}
	}
}

// Write implements io.Writer. It never fails, so that the program goes on.
func (t *transcript) Write(p []byte) (int, error) {
	_, _ = t.tail.Write(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	room := max(0, mostKept-t.bytes)
	t.bytes += int64(len(p))
	if t.file == nil || t.lost != "" {
		return len(p), nil
	}
	if _, err := t.file.Write(p[:min(int64(len(p)), room)]); err != nil {
		t.lost = "the disk did not take all of it"
	} else if t.bytes > mostKept {
		t.lost = fmt.Sprintf("only its first %d MiB were kept", mostKept>>20)
	}
	return len(p), nil
}

// lines are the last lines.
func (t *transcript) lines(n int) []string { return t.tail.Lines(n) }

// close makes the file lasting.
func (t *transcript) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return
	}
	if err := errors.Join(t.file.Sync(), t.file.Close()); err != nil && t.lost == "" {
		t.lost = "the disk did not take all of it"
	}
}

// facts tell of the transcript in the ledger.
func (t *transcript) facts() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	facts := map[string]string{factBytes: strconv.FormatInt(t.bytes, 10)}
	if t.file != nil && t.bytes > 0 {
		facts[factOutput] = t.name
	}
	if t.lost != "" && t.bytes > 0 {
		facts[factLost] = t.lost
	}
	return facts
}

// Output is the whole output of a step that has ended, as it was kept.
type Output struct {
	Path  string // of the file; empty: there is none
	Bytes int64  // that were printed
	Lost  string // why the file does not hold them all; empty: it does
}

// OutputOf finds the output of a runbook's step.
func (r *Runs) OutputOf(step readiness.Step) Output {
	out := Output{Lost: step.Facts[factLost]}
	out.Bytes, _ = strconv.ParseInt(step.Facts[factBytes], 10, 64) // not said: nothing was printed
	if name := step.Facts[factOutput]; transcriptName.MatchString(name) && r.opts.Outputs != "" {
		out.Path = filepath.Join(r.opts.Outputs, name)
	}
	return out
}

// Printing is the end of what the program of a run prints, while it runs.
func (r *Runs) Printing(run string) []string {
	r.mu.Lock()
	t := r.tails[run]
	r.mu.Unlock()
	if t == nil {
		return nil
	}
	return t.lines(tailLines)
}

// The time between two words on how far a program is, which grows.
const (
	firstWord = time.Second
	lastWord  = 15 * time.Second
)

// tellProgress journals the last line that a program has printed, now and then,
// until the returned function is called. All that it prints would be too much
// for the ledger.
func (b *runbookRun) tellProgress(ctx context.Context, step string, t *transcript) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var busy sync.WaitGroup
	busy.Go(func() {
		said := []string(nil)
		for wait := firstWord; pause(ctx, wait) == nil; wait = min(3*wait/2, lastWord) {
			last := t.lines(1)
			if len(last) == 0 || slices.Equal(last, said) { // blank lines alone are no word
				continue
			}
			said = last
			if err := b.journal(readiness.StepProgressed{Run: b.id, Step: step, Doing: redact.Line(last[0], b.opts.Secrets)}); err != nil {
				b.opts.Log.Error("progress could not be recorded", "run", b.id, "step", step, "error", err)
			}
		}
	})
	return func() {
		cancel()
		busy.Wait()
	}
}
