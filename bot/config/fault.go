package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonogo/spelling"
)

// Fault is one thing that is wrong with a configuration, and what to do.
type Fault struct {
	File         string
	Line, Column int // from 1; 0 when the fault is with the file as a whole
	Problem      string
}

// String writes a fault as compilers do: file:line:column: sentence.
func (f Fault) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Problem
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Problem)
}

// Faults is everything that is wrong with a configuration, in the order of the
// file. It is the error of Load and Parse.
type Faults []Fault

// Error lists the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// pos is a place in the file.
type pos struct{ line, column int }

// setPos lets a struct that embeds a pos be told where it stands.
func (p *pos) setPos(at pos) { *p = at }

func (p pos) String() string { return fmt.Sprintf("line %d", p.line) }

func comparePos(x, y pos) int {
	return cmp.Or(cmp.Compare(x.line, y.line), cmp.Compare(x.column, y.column))
}

// diagnostics collects faults. What stands behind an anchor is read once for each
// alias; its faults are noted once.
type diagnostics struct {
	file   string
	faults Faults
	known  map[Fault]bool
	count  int // faults met, those noted before among them
}

func (d *diagnostics) add(at pos, format string, args ...any) {
	d.count++
	f := Fault{d.file, at.line, at.column, fmt.Sprintf(format, args...)}
	if d.known[f] {
		return
	}
	if d.known == nil {
		d.known = map[Fault]bool{}
	}
	d.known[f] = true
	d.faults = append(d.faults, f)
}

// err is the faults in the order of the file, or nil.
func (d *diagnostics) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(d.faults, func(x, y Fault) int {
		return comparePos(pos{x.Line, x.Column}, pos{y.Line, y.Column})
	})
	return d.faults
}

// instead says what could have been meant by a word that is none of those
// known: the nearest, or all of them when none is near.
func instead(word string, known []string) string {
	if best := nearest(word, known); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(known) == 0 {
		return "none is defined"
	}
	return "there is " + enumerate(known)
}

// nearest finds the known word that is at most a third of its letters away.
func nearest(word string, known []string) string {
	return spelling.Nearest(word, known, len(word)/3+1)
}

// enumerate writes a list as people do, and not all of a long one.
func enumerate(words []string) string {
	const most = 16
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
