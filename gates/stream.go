package gates

import (
	"io"
	"strings"
)

// Cleaned is a writer that makes what a program prints fit to be kept and shown
// before it passes it on: plain lines, as of a terminal that is watched, without
// secrets, also where one comes in two pieces. A line is held back until it is
// ended, and what may be the beginning of a secret until what comes after it, or
// Close.
type Cleaned struct {
	out   io.Writer
	clean cleaner

	terminal terminal
	waiting  string // on plain lines; what was not passed on yet
}

// Clean prepares a writer that passes on to another what is without secrets.
func Clean(out io.Writer, secrets []string) *Cleaned {
	return &Cleaned{out: out, clean: newCleaner(secrets)}
}

// Write implements io.Writer.
func (c *Cleaned) Write(p []byte) (int, error) {
	c.waiting += c.terminal.take(p)
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
	c.waiting += c.terminal.rest()
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
