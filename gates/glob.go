package gates

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonogo/gates/report"
)

const (
	maxMatches  = 1000
	maxSubtrees = 32 // folders below each other that ** goes into
)

// patterns name files: one pattern or a list of them, as of path.Match, in
// which ** stands for any folders, none included.
//
// A link that a pattern names is followed, and ** follows none, so that a cycle
// ends; what cannot be looked through is an error; braces are characters. No library
// was found that does all of this. Of github.com/bmatcuk/doublestar/v4 (4.10.4),
// ** goes round a cycle until the system stops it, or with WithNoFollow no wildcard
// follows a link and a link to a folder counts as a file; an unreadable name
// counts as absent, {a,b} is two patterns, and src/** matches src itself.
type patterns []string

// Decode reads the two forms.
func (p *patterns) Decode(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*p = patterns{one}
		return nil
	}
	return decode((*[]string)(p))
}

// faults says which patterns are none.
func (p patterns) faults(field string) Faults {
	var faults Faults
	for i, pattern := range p {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			at := field
			if len(p) > 1 {
				at = fmt.Sprintf("%s.[%d]", field, i)
			}
			faults = append(faults, Fault{at, fmt.Sprintf("%q is no pattern of file names; write it as in reports/*.xml or reports/**/*.xml", pattern)})
		}
	}
	return faults
}

// String is the patterns as people wrote them.
func (p patterns) String() string { return strings.Join(p, ", ") }

// errTooMany says that patterns match more than anyone means.
var errTooMany = errors.New("more files match than are read")

// find lists the files that match, sorted, each once. Relative patterns are
// below dir. What is no plain file is left aside.
func (p patterns) find(dir string) ([]string, error) {
	var found []string
	for _, pattern := range p {
		pattern = filepath.ToSlash(pattern)
		root := dir
		if path.IsAbs(pattern) {
			root, pattern = "/", strings.TrimPrefix(pattern, "/")
		}
		matched, err := expandPattern(root, strings.Split(path.Clean(pattern), "/"), 0)
		if err != nil {
			return nil, err
		}
		found = append(found, matched...)
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) > maxMatches {
		return nil, errTooMany
	}
	return found, nil
}

// expandPattern lists the files below dir that match a pattern's segments.
func expandPattern(dir string, segments []string, below int) ([]string, error) {
	segment, rest := segments[0], segments[1:]
	switch {
	case segment == "**" && len(rest) == 0:
		return anywhere(dir, []string{"*"}, below)
	case segment == "**":
		return anywhere(dir, rest, below)
	case !strings.ContainsAny(segment, `*?[\`):
		return step(filepath.Join(dir, segment), rest, below)
	}
	return each(dir, func(entry fs.DirEntry) ([]string, error) {
		if ok, _ := path.Match(segment, entry.Name()); !ok {
			return nil, nil
		}
		return step(filepath.Join(dir, entry.Name()), rest, below)
	})
}

// anywhere lists the files that match in dir or in any folder below it.
func anywhere(dir string, segments []string, below int) ([]string, error) {
	here, err := expandPattern(dir, segments, below)
	if err != nil || below >= maxSubtrees {
		return here, err
	}
	further, err := each(dir, func(entry fs.DirEntry) ([]string, error) {
		if !entry.IsDir() {
			return nil, nil
		}
		return anywhere(filepath.Join(dir, entry.Name()), segments, below+1)
	})
	return append(here, further...), err
}

// each gathers what f gives for what is in a folder, if that is there.
func each(dir string, f func(fs.DirEntry) ([]string, error)) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "."))
	if err != nil {
		return nil, ignoreAbsence(err)
	}
	var found []string
	for _, entry := range entries {
		more, err := f(entry)
		if err != nil {
			return nil, err
		}
		if found = append(found, more...); len(found) > maxMatches {
			return nil, errTooMany
		}
	}
	return found, nil
}

// step goes on below a path, or ends at it.
func step(at string, rest []string, below int) ([]string, error) {
	info, err := os.Stat(at)
	switch {
	case err != nil:
		return nil, ignoreAbsence(err)
	case len(rest) > 0 && info.IsDir():
		return expandPattern(at, rest, below)
	case len(rest) == 0 && info.Mode().IsRegular():
		return []string{at}, nil
	}
	return nil, nil
}

func ignoreAbsence(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// match compares names with patterns, folder by folder; ** stands for any
// number of them.
func match(names, segments []string) bool {
	switch {
	case len(segments) == 0:
		return len(names) == 0
	case segments[0] == "" && len(segments) > 1: // before a leading slash
		return match(names, segments[1:])
	case segments[0] == "**" && len(segments) == 1:
		return len(names) > 0
	case segments[0] == "**":
		for skip := range len(names) + 1 {
			if match(names[skip:], segments[1:]) {
				return true
			}
		}
		return false
	case len(names) == 0:
		return false
	}
	ok, _ := path.Match(segments[0], names[0])
	return ok && match(names[1:], segments[1:])
}

// shown is a file's name as the settings would write it.
func shown(dir, file string) string {
	if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return file
}

// absolute is a folder's whole name.
func absolute(dir string) string {
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir
}

// clockTick is by how much a file's time may lag behind the clock.
const clockTick = 10 * time.Millisecond

// fresh refuses a report that is too large, or that was written before the
// release was opened: then it is about something else.
func fresh(file string, opened time.Time) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return errors.New(plainCause(err))
	case info.Size() > report.MaxSize:
		return fmt.Errorf("it is larger than %d MiB", report.MaxSize>>20)
	case info.ModTime().Add(clockTick).Before(opened):
		return errors.New("it is older than the release's opening; run the tests for this release")
	}
	return nil
}

// plainCause says why a file cannot be read, without its whole path.
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
// cannot be read on.
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
