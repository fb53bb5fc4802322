package gates

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Cleaned is a writer that makes what a program prints fit to be kept and shown
// before it passes it on: valid, on plain lines, without the sequences that
// colour a terminal or move its cursor, and without secrets, also where one
// comes in two pieces. What could still become a secret is held back until
// Close.
type Cleaned struct {
	out   io.Writer
	clean cleaner
	hold  int // bytes that may be the beginning of a secret

	raw     []byte // the beginning of a letter
	lines   lines
	waiting string // clean but for a secret at its end
}

// Clean prepares a writer that passes on to another what is without secrets.
func Clean(out io.Writer, secrets []string) *Cleaned {
	c := &Cleaned{out: out, clean: newCleaner(secrets)}
	if len(c.clean.forms) > 0 {
		c.hold = len(c.clean.forms[0]) - 1
	}
	return c
}

// Write implements io.Writer.
func (c *Cleaned) Write(p []byte) (int, error) {
	c.raw = append(c.raw, p...)
	end := len(c.raw)
	if cut := lastLetter(c.raw); !utf8.FullRune(c.raw[cut:]) {
		end = cut
	}
	text := strings.ToValidUTF8(string(c.raw[:end]), "?")
	c.raw = append(c.raw[:0], c.raw[end:]...)
	c.waiting = c.clean.blank.Replace(c.waiting + strings.Map(c.lines.plain, text))
	keep := max(0, len(c.waiting)-c.hold)
	for keep > 0 && !utf8.RuneStart(c.waiting[keep:][0]) {
		keep--
	}
	return len(p), c.pass(keep)
}

// Close passes on what was held back. It does not close the other writer.
func (c *Cleaned) Close() error {
	c.waiting += strings.Map(c.lines.plain, strings.ToValidUTF8(string(c.raw), "?"))
	c.waiting, c.raw = c.clean.blank.Replace(c.waiting), nil
	return c.pass(len(c.waiting))
}

func (c *Cleaned) pass(n int) error {
	ready := c.waiting[:n]
	c.waiting = c.waiting[n:]
	if ready == "" {
		return nil
	}
	_, err := io.WriteString(c.out, ready)
	return err
}

// lastLetter is where the last letter begins, or seems to.
func lastLetter(p []byte) int {
	i := len(p) - 1
	for i > 0 && i > len(p)-utf8.UTFMax && !utf8.RuneStart(p[i]) {
		i--
	}
	return max(i, 0)
}

// escape follows the control sequences of a terminal, ECMA-48 section 5.4:
//
//	ESC [ parameters and intermediates (0x20–0x3F), a final letter (0x40–0x7E)
//	ESC ] … BEL, or ESC \        (also ESC P, X, ^ and _)
//	ESC intermediates (0x20–0x2F), any other letter
type escape int

const (
	outside   escape = iota
	begun            // after ESC
	sequence         // after ESC [
	command          // after ESC ]
	selecting        // after ESC and an intermediate
)

// lines makes plain lines of what is meant for a terminal. A carriage return
// ends a line, as a line feed does, and both together do so once.
type lines struct {
	escape   escape
	returned bool // the last letter was a carriage return
}

// plain drops a letter that belongs to a sequence or moves the cursor.
func (l *lines) plain(r rune) rune {
	returned := l.returned
	l.returned = r == '\r'
	switch {
	case r == '\x1b':
		l.escape = begun
		return -1
	case l.escape != outside:
		l.escape = l.escape.after(r)
		return -1
	case r == '\n' && returned:
		return -1
	case r == '\r' || r == '\n':
		return '\n'
	case r == '\t' || !unicode.IsControl(r):
		return r
	}
	return -1
}

// after is where a letter within a sequence leads.
func (e escape) after(r rune) escape {
	switch {
	case e == begun && r == '[':
		return sequence
	case e == begun && strings.ContainsRune("]PX^_", r):
		return command
	case (e == begun || e == selecting) && r >= 0x20 && r <= 0x2f:
		return selecting
	case e == sequence && r >= 0x20 && r <= 0x3f, e == command && r != '\a':
		return e
	}
	return outside
}
