// Package glob finds files by patterns: those of [path.Match], plus ** for any number
// of folders, including none.
//
// A link that a pattern names is followed, but ** follows none, so that a cycle ends;
// a folder that can't be read is an error; braces are ordinary characters; and the
// number of files is limited. We found no library that does all of this. In
// github.com/bmatcuk/doublestar/v4 (4.10.4), ** follows a cycle until the system stops
// it, or, with WithNoFollow, no wildcard follows a link and a link to a folder counts
// as a file; an unreadable name counts as absent, {a,b} is two patterns, and src/**
// matches src itself.
package glob

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// MostFiles is how many files [Patterns.Find] finds; more are [ErrTooMany].
const MostFiles = 1000

const mostSubtrees = 32 // folders below each other that ** goes into

// Patterns name files: one pattern or a list of them. In settings either is written.
type Patterns []string

// Decode reads the two forms.
func (p *Patterns) Decode(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*p = Patterns{one}
		return nil
	}
	return decode((*[]string)(p))
}

// Valid reports whether a text is a pattern.
func Valid(pattern string) bool {
	_, err := path.Match(pattern, "")
	return err == nil && pattern != ""
}

// String is the patterns as people wrote them.
func (p Patterns) String() string { return strings.Join(p, ", ") }

// ErrTooMany says that patterns match more than anyone means.
var ErrTooMany = errors.New("more files match than are read")

// Find lists the files that match, sorted, each once. Relative patterns are relative to
// dir. Anything but a regular file is ignored.
func (p Patterns) Find(dir string) ([]string, error) {
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
	if found = slices.Compact(found); len(found) > MostFiles {
		return nil, ErrTooMany
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
	if err != nil || below >= mostSubtrees {
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

// each collects f's results for a folder's entries; none if the folder doesn't exist.
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
		if found = append(found, more...); len(found) > MostFiles {
			return nil, ErrTooMany
		}
	}
	return found, nil
}

// step continues below a path, or ends at it.
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

// Match reports whether a name is one that a pattern names. Both are compared
// folder by folder as they are written, so the pattern should be clean, as of
// [path.Clean]; a slash that they begin with is passed over.
func Match(pattern, name string) bool {
	return match(strings.Split(strings.TrimPrefix(name, "/"), "/"), strings.Split(pattern, "/"))
}

// match compares names with the segments of a pattern; ** matches any number of
// folders.
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
