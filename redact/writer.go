package redact

import (
	"io"
	"strings"

	"gonogo/redact/terminal"
)

// Writer turns what a program prints into text that can be kept and shown, and passes
// it on: plain lines, as on a terminal that is watched, without secrets, even if one
// comes in two pieces. It holds back a line until it ends, and what may be the
// beginning of a secret until what follows is known, or until Close.
type Writer struct {
	out      io.Writer
	redactor Redactor
	terminal terminal.Decoder
	waiting  string // plain lines that were not passed on yet
}

// NewWriter prepares a writer that passes text on to out.
func NewWriter(out io.Writer, secrets []string) *Writer {
	return &Writer{out: out, redactor: New(secrets)}
}

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.waiting += w.terminal.Decode(p)
	return len(p), w.pass(w.redactor.sure(w.waiting))
}

// sure is how much of a text can be judged without what comes after it: not an end that
// may be the beginning of a secret, and not half of a secret.
func (r Redactor) sure(text string) int {
	end := len(text)
	for _, form := range r.forms {
		for n := min(len(form)-1, len(text)); n > len(text)-end; n-- {
			if strings.HasSuffix(text, form[:n]) {
				end = len(text) - n
				break
			}
		}
	}
	for {
		whole := r.unsplit(text, end)
		if whole == end {
			return end
		}
		end = whole
	}
}

// unsplit moves the end of a text to before a secret that it would split.
func (r Redactor) unsplit(text string, end int) int {
	for _, form := range r.forms {
		for start := max(0, end-len(form)+1); start < end; start++ {
			if strings.HasPrefix(text[start:], form) {
				return start
			}
		}
	}
	return end
}

// Close passes on what was held back. It doesn't close the other writer.
func (w *Writer) Close() error {
	w.waiting += w.terminal.Flush()
	return w.pass(len(w.waiting))
}

// pass passes on what was judged, without its secrets.
func (w *Writer) pass(n int) error {
	ready := w.redactor.Text(w.waiting[:n])
	w.waiting = w.waiting[n:]
	if ready == "" {
		return nil
	}
	_, err := io.WriteString(w.out, ready)
	return err
}
