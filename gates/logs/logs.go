// Package logs counts the error lines of a log within a span of time.
//
// # Nouns
//
// A [Tally] has the span and the [Rules] that say what an error line is. It reads texts
// ([Tally.Read]) or a file with those that it was rotated into ([Tally.ReadFile]), counts
// lines and errors, and notes from when to when the log goes. Whether that is enough is
// for the caller to judge: an empty log and a log that ended yesterday hold no error
// either.
//
// # When a line was written
//
// By its own time stamp, in one of the usual forms (time.go). A line without one, such as
// those of a stack trace, belongs to the line before it, or at the beginning of a text to
// the first line that has one. In a text without any time stamp nothing is counted, and
// [Tally.Undated] says so.
//
// # What an error line is
//
// By its level, where it has one that is read (level.go), or by a pattern of the caller's.
//
// # What it promises
//
// Memory is bounded: lines are read one by one, and of each at most 64 KiB are looked at.
// Errors are sentences that continue the log's name. Nothing is stored, and no text of
// the log is kept but that of the first few error lines, which the caller shows only if
// people asked for it.
package logs

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"time"
)

// Rules say how lines are understood.
type Rules struct {
	Match    *regexp.Regexp   // an error line; nil: by its level
	Ignore   []*regexp.Regexp // lines that never are one
	Zone     *time.Location   // of time stamps without one; nil: UTC
	Prefixed bool             // each line begins with a component's name and a time stamp, as App Platform writes them
}

// Tally counts what is in a log within a span of time.
type Tally struct {
	Rules
	From, To time.Time // the span

	Lines          int       // within the span
	Errors         int       // of these
	Oldest, Newest time.Time // of all lines that were read; zero: none has a time
	First          []Entry   // the first error lines
	Undated        int       // lines of texts without any time stamp
}

// Entry is an error line.
type Entry struct {
	At        time.Time
	Component string // that wrote it, in a log that says so
	Text      string // its beginning
}

const (
	mostLine  = 64 << 10 // bytes of one line that are looked at
	mostFirst = 20       // error lines that are kept
	mostText  = 2 << 10  // bytes that are kept of one
)

// Read counts the lines of a text, which are in the order of their time, more or less.
func (t *Tally) Read(text io.Reader) error {
	lines := bufio.NewReaderSize(text, mostLine)
	var at time.Time
	var undated counted // before the first time stamp
	for {
		bytes, err := nextLine(lines)
		if len(bytes) > 0 {
			l := t.understand(string(bytes))
			if !l.at.IsZero() {
				if at.IsZero() {
					t.count(l.at, undated)
				}
				at = l.at
				t.note(at)
			}
			var one counted
			one.add(l)
			if at.IsZero() {
				undated.add(l)
			} else {
				t.count(at, one)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			if at.IsZero() {
				t.Undated += undated.lines
			}
			return nil
		case err != nil:
			return err
		}
	}
}

// counted are lines of one time.
type counted struct {
	lines, errors int
	first         []Entry
}

func (c *counted) add(l line) {
	c.lines++
	if !l.bad {
		return
	}
	if c.errors++; len(c.first) < mostFirst {
		c.first = append(c.first, Entry{Component: l.component, Text: l.text[:min(len(l.text), mostText)]})
	}
}

// nextLine is the beginning of the next line, without its end. What is left of a line
// that is too long is passed over.
func nextLine(r *bufio.Reader) ([]byte, error) {
	line, long, err := r.ReadLine()
	for rest := long; rest && err == nil; {
		line = append([]byte(nil), line...) // which the next call overwrites
		_, rest, err = r.ReadLine()
	}
	return line, err
}

// note takes in when a line was written.
func (t *Tally) note(at time.Time) {
	if t.Oldest.IsZero() || at.Before(t.Oldest) {
		t.Oldest = at
	}
	if at.After(t.Newest) {
		t.Newest = at
	}
}

// count takes lines in if they are within the span. A line that is a little ahead of our
// clock is.
func (t *Tally) count(at time.Time, c counted) {
	if at.Before(t.From) {
		return
	}
	t.Lines += c.lines
	t.Errors += c.errors
	for _, e := range c.first {
		if e.At = at; len(t.First) < mostFirst {
			t.First = append(t.First, e)
		}
	}
}
