// Package transcript keeps what the programs of runbooks print: the end of it in
// memory, for the ledger and the thread, and all of it, up to a limit, in a file for
// each step.
//
// A [Folder] is where the files are. Whoever runs a program opens a [Transcript],
// writes to it, and records its Facts with the step; the file is found again by these
// facts. If the file can't be written, the program still runs, and the facts say what is
// missing. Secrets are redacted before anything is written here.
package transcript

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"

	"gonogo/gates/program"
)

// Bounds of what is kept of a program's output.
const (
	Tail      = 15       // lines in the ledger and the thread
	TailBytes = 16 << 10 // that these lines are looked for in
	mostKept  = 10 << 20 // bytes of one step, in its file
)

// The facts by which a step's transcript is known.
const (
	factOutput = "output" // name of its file in the folder
	factBytes  = "bytes"  // that the program printed
	factLost   = "lost"   // why not all of it is in the file
)

// Folder is where the files of transcripts are.
type Folder struct {
	Path string // empty: only the end of an output is kept
	Log  *slog.Logger
}

// Open opens the transcript of a run's step. What an earlier attempt at the step
// printed stays in its file. Files of runs that are not known any more are deleted.
func (f Folder) Open(run, step string, known func(run string) bool) *Transcript {
	t := New(run + "-" + step + ".txt")
	err := errors.New("no folder is configured for output")
	if f.Path != "" {
		f.sweep(known)
		if err = os.MkdirAll(f.Path, 0o700); err == nil {
			err = t.open(filepath.Join(f.Path, t.name))
		}
	}
	if err != nil {
		t.lost = "its file could not be opened"
		f.Log.Error("output of a runbook is not kept", "run", run, "step", step, "error", err)
	}
	return t
}

// fileName is the name of a transcript's file; the run comes first.
var fileName = regexp.MustCompile(`^([0-9a-f]{8})-step-[0-9]+\.txt$`)

// sweep deletes the transcripts of runs that are forgotten.
func (f Folder) sweep(known func(run string) bool) {
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return // it is made when it is needed
	}
	for _, entry := range entries {
		if m := fileName.FindStringSubmatch(entry.Name()); m != nil && !known(m[1]) {
			if err := os.Remove(filepath.Join(f.Path, entry.Name())); err != nil {
				f.Log.Error("an old transcript could not be deleted", "file", entry.Name(), "error", err)
			}
		}
	}
}

// Transcript keeps what one program prints. Its methods may be called from any
// goroutine.
type Transcript struct {
	tail *program.Tail
	name string

	mu    sync.Mutex
	file  *os.File // nil: it cannot be written
	bytes int64
	lost  string
}

// New is a transcript without a file, and the name that its file would have.
func New(name string) *Transcript { return &Transcript{tail: program.NewTail(TailBytes), name: name} }

// open opens the file, and counts what it holds already.
func (t *Transcript) open(path string) error {
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

// Recall makes the end of what the file holds already the tail.
func (t *Transcript) Recall() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return
	}
	held := io.NewSectionReader(t.file, max(0, t.bytes-TailBytes), TailBytes)
	if _, err := io.Copy(t.tail, held); err != nil {
		t.lost = "the disk did not give all of it back"
	}
}

// Write implements io.Writer. It never fails, so that the program goes on.
func (t *Transcript) Write(p []byte) (int, error) {
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

// Lines are the last lines.
func (t *Transcript) Lines(n int) []string { return t.tail.Lines(n) }

// Close makes the file lasting.
func (t *Transcript) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return
	}
	if err := errors.Join(t.file.Sync(), t.file.Close()); err != nil && t.lost == "" {
		t.lost = "the disk did not take all of it"
	}
}

// Facts tell of the transcript in the ledger.
func (t *Transcript) Facts() map[string]string {
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

// Find finds the output of a step by its facts.
func (f Folder) Find(facts map[string]string) Output {
	out := Output{Lost: facts[factLost]}
	out.Bytes, _ = strconv.ParseInt(facts[factBytes], 10, 64) // not said: nothing was printed
	if name := facts[factOutput]; fileName.MatchString(name) && f.Path != "" {
		out.Path = filepath.Join(f.Path, name)
	}
	return out
}
