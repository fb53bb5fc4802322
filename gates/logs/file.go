package logs

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	mostWithin   = 64 << 20 // bytes of plain files that are read for a span
	mostUnpacked = 1 << 30  // bytes of one packed file
	firstLook    = 256 << 10
	slack        = time.Minute // by which lines may be out of order
	mostTries    = 3           // where the file is rotated meanwhile
)

// problem is a sentence that continues a log's name.
type problem string

// Error implements error.
func (p problem) Error() string { return string(p) }

// ReadFile reads a log from a file, as far as its span needs it, and the files that it
// was rotated into: those in its folder that have its name with a number or a date, as
// in app.log.1, app.log-20261128.gz and app-2026-11-28.log. through wraps what is read.
// complete reports whether the log goes back to the beginning of the span: it has an
// older line, or an older file that ended before. A file that isn't there is
// [fs.ErrNotExist].
func (t *Tally) ReadFile(path string, through func(io.Reader) io.Reader) (complete bool, err error) {
	for range mostTries {
		try := &Tally{Rules: t.Rules, From: t.From, To: t.To}
		var rotated bool
		if complete, rotated, err = try.readFiles(path, through); err != nil {
			return false, err
		}
		if !rotated {
			*t = *try
			return complete, nil
		}
	}
	return false, problem("it was rotated each time while it was read; run the gate again")
}

// readFiles reads the file and its predecessors once, the newest first. rotated reports
// whether the file was replaced or truncated meanwhile.
func (t *Tally) readFiles(path string, through func(io.Reader) io.Reader) (complete, rotated bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return false, false, err
	}
	defer file.Close()
	before, err := file.Stat()
	switch {
	case err != nil:
		return false, false, err
	case !before.Mode().IsRegular():
		return false, false, problem("it isn't a file")
	}
	if complete, err = t.readPlain(file, before.Size(), through); err != nil {
		return false, false, err
	}
	if !complete {
		if complete, err = t.readOlder(path, through); err != nil {
			return false, false, err
		}
	}
	after, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, true, nil
	}
	return complete, err == nil && (!os.SameFile(before, after) || after.Size() < before.Size()), err
}

// readOlder reads what the file was rotated into, until the span is covered.
func (t *Tally) readOlder(path string, through func(io.Reader) io.Reader) (complete bool, err error) {
	older, err := predecessors(path)
	if err != nil {
		return false, err
	}
	for _, one := range older {
		if one.info.ModTime().Before(t.From.Add(-slack)) {
			return true, nil // whatever it holds was written before
		}
		if complete, err = t.readOne(one, through); err != nil || complete {
			return complete, err
		}
	}
	return false, nil
}

// predecessor is a file that a log was rotated into.
type predecessor struct {
	path string
	info fs.FileInfo
}

// predecessors are a log's, the newest first.
func predecessors(path string) (all []predecessor, err error) {
	dir, name := filepath.Split(path)
	ending := filepath.Ext(name)
	shape := regexp.MustCompile(`^` + regexp.QuoteMeta(strings.TrimSuffix(name, ending)) + `(?:` + regexp.QuoteMeta(ending) + `)?[._-]?\d[\dT._-]*(?:` + regexp.QuoteMeta(ending) + `)?(?:\.(?:gz|xz|zst|bz2))?$`)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() == name || !shape.MatchString(e.Name()) {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, predecessor{filepath.Join(dir, e.Name()), info})
	}
	slices.SortFunc(all, func(a, b predecessor) int { return b.info.ModTime().Compare(a.info.ModTime()) })
	return all, nil
}

// readOne reads one predecessor.
func (t *Tally) readOne(one predecessor, through func(io.Reader) io.Reader) (complete bool, err error) {
	file, err := os.Open(one.path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	packing := filepath.Ext(one.path)
	switch packing {
	case ".gz":
	case ".xz", ".zst", ".bz2":
		return false, problem(fmt.Sprintf("its older file %s, which is needed, is packed with %s; only gzip is read", filepath.Base(one.path), packing[1:]))
	default:
		return t.readPlain(file, one.info.Size(), through)
	}
	plain, err := gzip.NewReader(through(file))
	if err != nil {
		return false, problem(fmt.Sprintf("its older file %s is damaged", filepath.Base(one.path)))
	}
	rest := &io.LimitedReader{R: plain, N: mostUnpacked}
	if err := t.Read(rest); err != nil {
		return false, problem(fmt.Sprintf("its older file %s is damaged", filepath.Base(one.path)))
	}
	if rest.N == 0 {
		return false, problem(fmt.Sprintf("its older file %s is too large, more than %d MiB unpacked", filepath.Base(one.path), mostUnpacked>>20))
	}
	return t.Covers(), nil
}

// Covers reports whether a line was seen that is older than the span.
func (t *Tally) Covers() bool { return !t.Oldest.IsZero() && !t.Oldest.After(t.From) }

// readPlain reads the end of a file, from a line that is older than the span, or all of
// it.
func (t *Tally) readPlain(file *os.File, size int64, through func(io.Reader) io.Reader) (complete bool, err error) {
	back := int64(firstLook)
	for ; back < size && !t.olderAt(file, size-back); back *= 2 {
		if back >= mostWithin {
			return false, problem(fmt.Sprintf("it has more than %d MiB within this time; set fewer minutes", mostWithin>>20))
		}
	}
	from := max(0, size-back)
	text := io.Reader(io.NewSectionReader(file, from, size-from))
	if from > 0 {
		text = &fromNextLine{from: text}
	}
	if err := t.Read(through(text)); err != nil {
		return false, err
	}
	return t.Covers(), nil
}

// olderAt reports whether the first line with a time stamp after a place in a file is
// older than the span.
func (t *Tally) olderAt(file *os.File, place int64) bool {
	look := &Tally{Rules: t.Rules, To: t.To}
	_ = look.Read(&fromNextLine{from: io.NewSectionReader(file, place, firstLook/4)}) // what fails here fails again when it is read
	return !look.Oldest.IsZero() && look.Oldest.Before(t.From.Add(-slack))
}

// fromNextLine leaves out what comes before the first end of a line.
type fromNextLine struct {
	from  io.Reader
	begun bool
}

// Read implements [io.Reader].
func (f *fromNextLine) Read(into []byte) (int, error) {
	n, err := f.from.Read(into)
	for !f.begun && n > 0 {
		end := bytes.IndexByte(into[:n], 0x0a)
		if end >= 0 {
			f.begun = true
			return copy(into, into[end+1:n]), err
		}
		if err != nil {
			return 0, err
		}
		n, err = f.from.Read(into)
	}
	return n, err
}
