// Package files reads the files that other tools wrote, for gates: reports, exports and
// logs. It opens them, checks that they are recent and not too large, and says in a few
// words why one can't be read.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Shown is a file's name as settings write it: relative to dir if the file is below it.
func Shown(dir, file string) string {
	if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return file
}

// Absolute is the absolute name of a folder, or the name as it is if the working
// directory is unknown.
func Absolute(dir string) string {
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir
}

// Read opens a file and has it read, until ctx ends. An error from the file itself is a
// [Cause].
func Read(ctx context.Context, file string, read func(io.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return Cause(err)
	}
	defer f.Close()
	return read(Reader(ctx, f))
}

// Same reports whether two names are of one file.
func Same(one, other string) bool {
	a, errA := os.Stat(one)
	b, errB := os.Stat(other)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// clockTick is how much a file's time may lag behind the clock.
const clockTick = 10 * time.Millisecond

// clockSkew is how much the clock of another machine that writes a file may be ahead.
const clockSkew = 5 * time.Minute

// Fresh rejects a file that has more than most bytes, or that was written before the
// release was opened: it can't be about the release. Of a file whose time is still to
// come, nobody knows when it was written.
func Fresh(file string, opened time.Time, most int64) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return Cause(err)
	case info.IsDir():
		return errFolder
	case info.Size() > most:
		return fmt.Errorf("it is larger than %d MiB, and no more is read; have the tool write less, or several files", most>>20)
	case info.ModTime().Add(clockTick).Before(opened):
		return errOlder
	case !opened.IsZero() && time.Until(info.ModTime()) > clockSkew:
		return errAhead
	}
	return nil
}

var errFolder = errors.New("it is a folder; name a file in it")

var errOlder = errors.New("it is older than the release's opening; run what writes it again for this release")

var errAhead = errors.New("its time is in the future, so it may be older than the release's opening; set the clock of what writes it, and write it again")

// Cause is why a file can't be read, in a few words. Unlike the error of the system, it
// names no path.
func Cause(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return errors.New("this user may not read it")
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("it is not there")
	case errors.Is(err, syscall.EISDIR):
		return errFolder
	}
	return errors.New("the disk gave an error")
}

// Reader reads from a file until ctx ends. Any error but ctx's and [io.EOF] is a
// [Cause].
func Reader(ctx context.Context, file io.Reader) io.Reader { return reader{ctx, file} }

type reader struct {
	ctx  context.Context
	file io.Reader
}

// Read implements [io.Reader].
func (r reader) Read(into []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.file.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		err = Cause(err)
	}
	return n, err
}
