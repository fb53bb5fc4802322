package reply

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"gonogo/phrase"
	"gonogo/redact/visible"
)

// Print writes a reply as plain text, as a terminal shows it, with times in a zone. On a [Screen]
// lines break between words. Buttons are left out, since they work only in Slack.
func (r Reply) Print(out io.Writer, zone *time.Location) {
	p := printer{out, zone}
	p.heading(r.Title)
	for i, part := range r.Parts {
		if lines, ok := part.(Lines); ok && !goesOn(r.Parts[:i], lines) && len(lines) > 0 {
			fmt.Fprintln(out)
		}
		p.part(part)
	}
}

// heading underlines a title, as far as it goes.
func (p printer) heading(title string) {
	lines, longest := p.wrapped(Printable(title)), 0
	for _, line := range lines {
		longest = max(longest, utf8.RuneCountInString(line))
	}
	p.lines(append(lines, strings.Repeat("=", longest)))
}

func (p printer) lines(lines []string) {
	for _, line := range lines {
		fmt.Fprintln(p.out, line)
	}
}

// wrapped are the lines that a text takes on the screen.
func (p printer) wrapped(text string) []string { return wrapLines(text, columnsOf(p.out)) }

type printer struct {
	out  io.Writer
	zone *time.Location
}

// goesOn reports whether lines continue those before them: there are only buttons
// between, which a terminal leaves out, and they have no heading of their own.
func goesOn(before []Part, lines Lines) bool {
	n := len(before)
	if n < 2 || len(lines) == 0 || len(lines[0]) > 0 && lines[0][0].Kind == Strong {
		return false
	}
	_, buttons := before[n-1].(Actions)
	_, earlier := before[n-2].(Lines)
	return buttons && earlier
}

func (p printer) part(part Part) {
	switch part := part.(type) {
	case Lines:
		for _, line := range part {
			p.lines(p.wrapped(p.text(line)))
		}
	case Fields:
		fmt.Fprintln(p.out)
		p.fields(part)
	case Table:
		fmt.Fprintln(p.out)
		p.table(part)
	case Progress:
		fmt.Fprintln(p.out)
		for _, step := range part.Steps {
			p.lines(p.wrapped(fmt.Sprintf("%-8s %s  %s", step.Status, Printable(step.Title), p.text(step.Detail))))
		}
	case Output:
		fmt.Fprintln(p.out)
		for _, line := range part {
			fmt.Fprintf(p.out, "    %s\n", Printable(line))
		}
	case Note:
		fmt.Fprintln(p.out)
		p.lines(p.wrapped(p.text(Text(part))))
	case Divider:
		fmt.Fprintln(p.out)
	}
}

func (p printer) fields(fields Fields) {
	rows := make([][]string, len(fields))
	for i, f := range fields {
		rows[i] = []string{Printable(f.Name), p.text(f.Value)}
	}
	_ = PrintColumns(p.out, rows) // the program's output keeps its first error
}

func (p printer) table(t Table) {
	rows := [][]string{make([]string, len(t.Header))}
	for i, name := range t.Header {
		rows[0][i] = Printable(strings.ToUpper(name))
	}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = p.text(cell)
		}
		rows = append(rows, cells)
	}
	_ = PrintColumns(p.out, rows)
}

func (p printer) text(t Text) string {
	var b strings.Builder
	for _, span := range t {
		switch span.Kind {
		case Moment:
			b.WriteString(phrase.Moment(span.At, p.zone))
		case Link:
			b.WriteString(Printable(span.Ref))
		default:
			b.WriteString(Printable(span.Text))
		}
	}
	return b.String()
}

// Printable makes text from others safe for a terminal and for tables, and makes
// invisible characters visible.
func Printable(s string) string {
	return visible.Text(strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0):
			return -1
		}
		return r
	}, s))
}
