package gates

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gonogo/gates/glob"
)

// patternFaults says which patterns are invalid.
func patternFaults(p glob.Patterns, field string) Faults {
	var faults Faults
	for i, pattern := range p {
		if glob.Valid(pattern) {
			continue
		}
		at := field
		if len(p) > 1 {
			at = fmt.Sprintf("%s.[%d]", field, i)
		}
		faults = append(faults, Fault{at, fmt.Sprintf("%q isn't a file name pattern; write it like reports/*.xml or reports/**/*.xml", pattern)})
	}
	return faults
}

// shown is a file's name as the settings would write it.
func shown(dir, file string) string {
	if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return file
}

// absolute is the absolute name of a folder.
func absolute(dir string) string {
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir
}

// readFile has a file read, until ctx ends.
func readFile(ctx context.Context, file string, read func(io.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return errors.New(plainCause(err))
	}
	defer f.Close()
	return read(cutOff{ctx, f})
}

// sameFile reports whether two names are of one file.
func sameFile(one, other string) bool {
	a, errA := os.Stat(one)
	b, errB := os.Stat(other)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// clockTick is how much a file's time may lag behind the clock.
const clockTick = 10 * time.Millisecond

// fresh rejects a report that is larger than so many bytes, or that was written before
// the release was opened, since then it is about something else.
func fresh(file string, opened time.Time, most int64) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return errors.New(plainCause(err))
	case info.Size() > most:
		return fmt.Errorf("it is larger than %d MiB", most>>20)
	case info.ModTime().Add(clockTick).Before(opened):
		return errOlder
	}
	return nil
}

var errOlder = errors.New("it is older than the release's opening; run what writes it again for this release")

// plainCause says why a file can't be read, without its whole path.
func plainCause(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "this user may not read it"
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	}
	return "the disk gave an error"
}

// cutOff is a reader that ends with its context, and says in a few words why a file
// can't be read any further.
type cutOff struct {
	ctx context.Context
	io.Reader
}

// Read implements [io.Reader].
func (c cutOff) Read(into []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.Reader.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errors.New(plainCause(err))
	}
	return n, err
}
