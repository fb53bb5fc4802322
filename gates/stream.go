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
// comes in two pieces. What may be the beginning of a secret is held back until
// what comes after it, or Close.
type Cleaned struct {
	out   io.Writer
	clean cleaner

	raw     []byte // the beginning of a letter
	lines   lines
	waiting string // on plain lines; what was not passed on yet
}

// Clean prepares a writer that passes on to another what is without secrets.
func Clean(out io.Writer, secrets []string) *Cleaned {
	return &Cleaned{out: out, clean: newCleaner(secrets)}
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
	c.waiting += strings.Map(c.lines.plain, text)
	return len(p), c.pass(c.clean.sure(c.waiting))
}

// sure is how much of a text can be judged without what comes after it: not its
// end where that may be the beginning of a secret, and not half of a secret.
func (c cleaner) sure(text string) int {
	end := len(text)
	for _, form := range c.forms {
		for n := min(len(form)-1, len(text)); n > len(text)-end; n-- {
			if strings.HasSuffix(text, form[:n]) {
				end = len(text) - n
				break
			}
		}
	}
	for {
		whole := c.unsplit(text, end)
		if whole == end {
			return end
		}
		end = whole
	}
}

// unsplit moves the end of a text to before a secret that it would divide.
func (c cleaner) unsplit(text string, end int) int {
	for _, form := range c.forms {
		for start := max(0, end-len(form)+1); start < end; start++ {
			if strings.HasPrefix(text[start:], form) {
				return start
			}
		}
	}
	return end
}

// Close passes on what was held back. It does not close the other writer.
func (c *Cleaned) Close() error {
	c.waiting += strings.Map(c.lines.plain, strings.ToValidUTF8(string(c.raw), "?"))
	c.raw = nil
	return c.pass(len(c.waiting))
}

// pass passes on what is judged, without its secrets.
func (c *Cleaned) pass(n int) error {
	ready := c.clean.blank.Replace(c.waiting[:n])
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
