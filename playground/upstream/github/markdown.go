package github

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strings"
)

// deepest is how far lists and quotations may stand within each other; what is
// deeper is shown as a paragraph.
const deepest = 8

// markdown shows what people write in issues: headings, paragraphs, lists,
// tables, quotations, code and links, as https://docs.github.com/get-started/writing-on-github
// describes them. Everything else is text, HTML too, but for comments, which
// stay hidden.
func markdown(text string) template.HTML {
	var out strings.Builder
	b := blocks{out: &out, lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
	b.all()
	return template.HTML(out.String())
}

// blocks reads lines from the first to the last and writes what they mean.
type blocks struct {
	out   *strings.Builder
	lines []string
	depth int
}

var (
	headingLine = regexp.MustCompile(`^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$`)
	ruleLine    = regexp.MustCompile(`^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$`)
	fenceLine   = regexp.MustCompile("^ {0,3}(```+|~~~+)[ \t]*([^`]*)$")
	quoteLine   = regexp.MustCompile(`^ {0,3}>[ ]?`)
	itemLine    = regexp.MustCompile(`^( {0,3})([-*+]|(\d{1,9})[.)])( +|$)`)
	tableRule   = regexp.MustCompile(`^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)
)

func (b *blocks) all() {
	for len(b.lines) > 0 {
		b.block()
	}
}

// block takes the lines of one block.
func (b *blocks) block() {
	line := b.lines[0]
	switch {
	case strings.TrimSpace(line) == "":
		b.lines = b.lines[1:]
	case strings.HasPrefix(strings.TrimSpace(line), "<!--"):
		b.hidden()
	case fenceLine.MatchString(line):
		b.fenced()
	case headingLine.MatchString(line):
		m := headingLine.FindStringSubmatch(line)
		fmt.Fprintf(b.out, "<h%d>%s</h%[1]d>\n", len(m[1]), inline(m[2]))
		b.lines = b.lines[1:]
	case ruleLine.MatchString(line):
		b.out.WriteString("<hr>\n")
		b.lines = b.lines[1:]
	case b.depth < deepest && quoteLine.MatchString(line):
		b.quotation()
	case b.depth < deepest && itemLine.MatchString(line):
		b.list()
	case b.startsTable():
		b.table()
	default:
		b.paragraph()
	}
}

// within shows lines that stand inside something.
func (b *blocks) within(lines []string) {
	inner := blocks{out: b.out, lines: lines, depth: b.depth + 1}
	inner.all()
}

// hidden leaves a comment out; what follows it on its last line stays.
func (b *blocks) hidden() {
	text := strings.Join(b.lines, "\n")
	_, after, _ := strings.Cut(text, "-->")
	b.lines = strings.Split(after, "\n")
}

func (b *blocks) fenced() {
	m := fenceLine.FindStringSubmatch(b.lines[0])
	b.lines = b.lines[1:]
	b.out.WriteString("<pre><code>")
	for len(b.lines) > 0 {
		line := b.lines[0]
		b.lines = b.lines[1:]
		if end := strings.TrimSpace(line); len(end) >= len(m[1]) && strings.Trim(end, m[1][:1]) == "" {
			break
		}
		b.out.WriteString(html.EscapeString(line) + "\n")
	}
	b.out.WriteString("</code></pre>\n")
}

func (b *blocks) quotation() {
	var lines []string
	for len(b.lines) > 0 && quoteLine.MatchString(b.lines[0]) {
		lines = append(lines, quoteLine.ReplaceAllString(b.lines[0], ""))
		b.lines = b.lines[1:]
	}
	b.out.WriteString("<blockquote>\n")
	b.within(lines)
	b.out.WriteString("</blockquote>\n")
}

// paragraph ends at a blank line, or where another block begins.
func (b *blocks) paragraph() {
	lines := b.lines[:1]
	for b.lines = b.lines[1:]; len(b.lines) > 0 && !b.interrupted(); b.lines = b.lines[1:] {
		lines = append(lines, b.lines[0])
	}
	fmt.Fprintf(b.out, "<p>%s</p>\n", inline(strings.Join(lines, "\n")))
}

func (b *blocks) interrupted() bool {
	line := b.lines[0]
	return strings.TrimSpace(line) == "" || fenceLine.MatchString(line) || headingLine.MatchString(line) ||
		ruleLine.MatchString(line) || quoteLine.MatchString(line) || itemLine.MatchString(line) || b.startsTable()
}
