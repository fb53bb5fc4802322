package reply

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Screen is an output whose width is known. A file or a pipe has no width, and its
// lines are never wrapped.
type Screen interface {
	io.Writer
	Columns() int // characters in a line; 0: no limit
}

// columnsOf is the width of where something is printed, 0 without a limit.
func columnsOf(out io.Writer) int {
	if screen, ok := out.(Screen); ok {
		return screen.Columns()
	}
	return 0
}

const (
	columnGap    = 2
	leastColumns = 12 // a narrower column would break words into syllables
)

// PrintColumns prints rows of cells in columns. Where they don't fit on a screen, the
// widest columns are wrapped between words.
func PrintColumns(out io.Writer, rows [][]string) error {
	widths := columnWidths(rows, columnsOf(out))
	if widths == nil {
		w := tabwriter.NewWriter(out, 0, 0, columnGap, ' ', 0)
		for _, row := range rows {
			fmt.Fprintln(w, strings.Join(row, "\t"))
		}
		return w.Flush()
	}
	for _, row := range rows {
		cells, height := make([][]string, len(row)), 0
		for i, cell := range row {
			cells[i] = wrapLines(cell, widths[i])
			height = max(height, len(cells[i]))
		}
		for n := range height {
			if _, err := fmt.Fprintln(out, lineOf(cells, widths, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// lineOf is one line of a row.
func lineOf(cells [][]string, widths []int, n int) string {
	var b strings.Builder
	for i, cell := range cells {
		text := ""
		if n < len(cell) {
			text = cell[n]
		}
		b.WriteString(text + strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(text))+columnGap))
	}
	return strings.TrimRight(b.String(), " ")
}

// columnWidths are the widths that make rows fit, or nil if they fit as they are.
func columnWidths(rows [][]string, limit int) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			for line := range strings.SplitSeq(cell, "\n") {
				widths[i] = max(widths[i], utf8.RuneCountInString(line))
			}
		}
	}
	total := columnGap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	if limit <= 0 || total <= limit {
		return nil
	}
	for ; total > limit; total-- {
		widest := slices.Max(widths)
		if widest <= leastColumns {
			break
		}
		widths[slices.Index(widths, widest)]--
	}
	return widths
}

// wrapLines wraps a text between words, and breaks a word that is longer than a line.
func wrapLines(text string, width int) (lines []string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapParagraph(paragraph, width)...)
	}
	return lines
}

func wrapParagraph(text string, width int) (lines []string) {
	rest := []rune(text)
	for width > 0 && len(rest) > width {
		at := width
		for at > 0 && rest[at] != ' ' {
			at--
		}
		if strings.TrimSpace(string(rest[:at])) == "" { // one long word
			at = width
		}
		lines = append(lines, strings.TrimRight(string(rest[:at]), " "))
		rest = []rune(strings.TrimLeft(string(rest[at:]), " "))
	}
	return append(lines, string(rest))
}
