package github

import (
	"fmt"
	"html/template"
	"strings"
)

// list takes the items of one list. A list whose items are apart by blank lines
// has paragraphs in them.
func (b *blocks) list() {
	first := itemLine.FindStringSubmatch(b.lines[0])
	tag, start := "ul", ""
	if first[3] != "" {
		tag = "ol"
		start = fmt.Sprintf(` start="%s"`, first[3])
	}
	fmt.Fprintf(b.out, "<%s%s>\n", tag, start)
	for b.nextItem(first) {
		b.item()
	}
	fmt.Fprintf(b.out, "</%s>\n", tag)
}

// nextItem reports whether an item of the same list comes next, perhaps after
// blank lines.
func (b *blocks) nextItem(first []string) bool {
	rest := b.lines
	for len(rest) > 0 && strings.TrimSpace(rest[0]) == "" {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return false
	}
	m := itemLine.FindStringSubmatch(rest[0])
	same := m != nil && (m[3] != "") == (first[3] != "") && (m[3] != "" || m[2] == first[2])
	if same {
		b.lines = rest
	}
	return same
}

// item takes one item: its first line, and what is indented as far as its text.
func (b *blocks) item() {
	m := itemLine.FindStringSubmatch(b.lines[0])
	width := len(m[0])
	lines := []string{b.lines[0][width:]}
	for b.lines = b.lines[1:]; len(b.lines) > 0; b.lines = b.lines[1:] {
		line := b.lines[0]
		blank := strings.TrimSpace(line) == ""
		indented := len(line) >= width && strings.TrimSpace(line[:width]) == ""
		lazy := !indented && !b.interrupted() && strings.TrimSpace(lines[len(lines)-1]) != ""
		if !blank && !indented && !lazy || blank && !b.goesOn(width) {
			break
		}
		if indented {
			line = line[width:]
		}
		lines = append(lines, line)
	}
	b.out.WriteString("<li>")
	b.out.WriteString(string(task(&lines[0])))
	b.itemText(lines)
	b.out.WriteString("</li>\n")
}

// goesOn reports whether the item has more text after blank lines.
func (b *blocks) goesOn(width int) bool {
	for _, line := range b.lines {
		if strings.TrimSpace(line) != "" {
			return len(line) >= width && strings.TrimSpace(line[:width]) == ""
		}
	}
	return false
}

// itemText shows an item's first lines without a paragraph of their own.
func (b *blocks) itemText(lines []string) {
	inner := blocks{out: b.out, lines: lines, depth: b.depth + 1}
	var text []string
	for len(inner.lines) > 0 && !inner.interrupted() {
		text = append(text, inner.lines[0])
		inner.lines = inner.lines[1:]
	}
	b.out.WriteString(string(inline(strings.Join(text, "\n"))))
	inner.all()
}

// task takes the box of a task off an item's text.
func task(line *string) template.HTML {
	for box, state := range map[string]string{"[ ] ": "", "[x] ": " checked", "[X] ": " checked"} {
		if text, ok := strings.CutPrefix(*line, box); ok {
			*line = text
			return template.HTML(`<input type="checkbox" disabled` + state + `> `)
		}
	}
	return ""
}

// startsTable reports whether a table's head and the rule below it come next.
func (b *blocks) startsTable() bool {
	return len(b.lines) > 1 && strings.Contains(b.lines[0], "|") && tableRule.MatchString(b.lines[1]) &&
		len(cells(b.lines[0])) == len(cells(b.lines[1]))
}

func (b *blocks) table() {
	var align []string
	for _, cell := range cells(b.lines[1]) {
		align = append(align, alignment(cell))
	}
	b.out.WriteString("<div class=\"table\"><table><thead>\n")
	b.row("th", b.lines[0], align)
	b.out.WriteString("</thead><tbody>\n")
	for b.lines = b.lines[2:]; len(b.lines) > 0 && strings.Contains(b.lines[0], "|"); b.lines = b.lines[1:] {
		b.row("td", b.lines[0], align)
	}
	b.out.WriteString("</tbody></table></div>\n")
}

// row shows as many cells as the table's head has.
func (b *blocks) row(tag, line string, align []string) {
	texts := cells(line)
	b.out.WriteString("<tr>")
	for i, side := range align {
		text := ""
		if i < len(texts) {
			text = texts[i]
		}
		fmt.Fprintf(b.out, "<%s%s>%s</%[1]s>", tag, side, inline(text))
	}
	b.out.WriteString("</tr>\n")
}

func alignment(rule string) string {
	left, right := strings.HasPrefix(rule, ":"), strings.HasSuffix(rule, ":")
	switch {
	case left && right:
		return ` class="center"`
	case right:
		return ` class="right"`
	}
	return ""
}

// cells are a row's texts. A bar after a backslash belongs to the text.
func cells(line string) []string {
	const bar = "\x00" // stands for an escaped bar while the row is cut
	line = strings.TrimSpace(strings.ReplaceAll(line, `\|`, bar))
	line = strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|")
	texts := strings.Split(line, "|")
	for i, text := range texts {
		texts[i] = strings.TrimSpace(strings.ReplaceAll(text, bar, "|"))
	}
	return texts
}
