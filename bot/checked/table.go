package checked

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// table prints the report for people. Titles come first, and the names to type last.
func (r *Report) table(out io.Writer) error {
	rows := [][]string{{"RESULT", "TITLE", "FOUND", "TIME", "ITEM"}}
	for _, item := range r.Items {
		took := ""
		if item.Verdict != Waiting {
			took = readiness.Span(time.Duration(item.Seconds * float64(time.Second)))
		}
		rows = append(rows, []string{word(item.Verdict), line(item.Title), line(item.Summary), took, reply.Printable(item.Name())})
		for _, detail := range item.details() {
			rows = append(rows, []string{"", "", "  " + line(detail), "", ""})
		}
	}
	if err := reply.PrintColumns(out, rows); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, b := range r.Blockers {
		fmt.Fprintf(out, "blocks: %s\n", line(b.Line()))
	}
	for _, o := range r.Overridden {
		fmt.Fprintf(out, "overridden: %s\n", line(o.Line()))
	}
	_, err := fmt.Fprintln(out, r.Closing())
	return err
}

// line is a text of others as one line.
func line(text string) string { return strings.ReplaceAll(reply.Printable(text), "\n", " ") }

// Coloured is a screen on which the words that matter have a colour. They are the same
// words without it.
type Coloured struct {
	To   io.Writer
	line []byte // begun, and not ended yet
}

// Columns implements [reply.Screen].
func (c *Coloured) Columns() int {
	if screen, ok := c.To.(reply.Screen); ok {
		return screen.Columns()
	}
	return 0
}

// Write implements [io.Writer]. A line is printed once it has ended, since its colours depend
// on how it begins.
func (c *Coloured) Write(p []byte) (int, error) {
	for text := range bytes.Lines(p) {
		c.line = append(c.line, text...)
		if text[len(text)-1] != '\n' {
			break
		}
		painted := paint(c.line)
		c.line = c.line[:0]
		if _, err := c.To.Write(painted); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// The colours of a terminal (ECMA-48, "select graphic rendition").
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	faint  = "\x1b[2m"
	plain  = "\x1b[0m"
)

var colours = map[string]string{
	word(answer.Passed): green, word(answer.Warned): yellow, word(answer.Failed): red, word(answer.Errored): red,
	word(answer.NotConfigured): red, word(answer.NotApplicable): faint, string(Waiting): faint, "RESULT": faint, "blocks:": yellow,
}

// paint colours the verdict that a line begins with, and the decision in the last one.
func paint(text []byte) []byte {
	for word, colour := range colours {
		if rest, ok := bytes.CutPrefix(text, []byte(word)); ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\n') {
			return []byte(colour + word + plain + string(rest))
		}
	}
	for word, colour := range map[string]string{" · GO:": green, " · NO-GO:": red} {
		if before, rest, ok := bytes.Cut(text, []byte(word)); ok {
			return []byte(string(before) + " · " + colour + strings.Trim(word, " ·") + plain + string(rest))
		}
	}
	return text
}
