package reply

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"gonogo/phrase"
)

// Markdown writes a reply as a document in GitHub's Markdown, with times in a zone.
// What people and other services wrote is escaped, so that it is shown literally.
// Buttons are left out, since they work only in Slack.
func (r Reply) Markdown(out io.Writer, zone *time.Location) {
	m := markdown{zone}
	fmt.Fprintf(out, "# %s\n", m.text(Say(r.Title)))
	for _, part := range r.Parts {
		if text := m.part(part); text != "" {
			fmt.Fprintf(out, "\n%s\n", strings.TrimRight(text, "\n"))
		}
	}
}

// markdown writes texts as Markdown.
type markdown struct{ zone *time.Location }

func (m markdown) part(part Part) string {
	var b strings.Builder
	switch part := part.(type) {
	case Lines:
		for _, line := range part {
			fmt.Fprintf(&b, "- %s\n", m.text(line))
		}
	case Fields:
		for _, f := range part {
			fmt.Fprintf(&b, "- %s: %s\n", m.text(Say(Bold(f.Name))), m.text(f.Value))
		}
	case Table:
		m.table(&b, part)
	case Progress:
		for _, step := range part.Steps {
			fmt.Fprintf(&b, "- %s: %s %s\n", step.Status, m.text(Say(Bold(step.Title))), m.text(step.Detail))
		}
	case Output:
		for _, line := range part {
			fmt.Fprintf(&b, "    %s\n", Printable(line))
		}
	case Note:
		b.WriteString(m.text(Text(part)))
	case Divider:
		b.WriteString("---")
	}
	return b.String()
}

func (m markdown) table(out io.Writer, t Table) {
	if t.Title != "" {
		fmt.Fprintf(out, "## %s\n\n", m.text(Say(t.Title)))
	}
	header := make([]Text, len(t.Header))
	for i, name := range t.Header {
		header[i] = Say(name)
	}
	m.row(out, header)
	fmt.Fprintln(out, "|"+strings.Repeat(" --- |", len(header)))
	for _, row := range t.Rows {
		m.row(out, row)
	}
}

func (m markdown) row(out io.Writer, cells []Text) {
	for _, cell := range cells {
		fmt.Fprintf(out, "| %s ", m.text(cell))
	}
	fmt.Fprintln(out, "|")
}

// text writes a text on one line, so that it fits into a cell or a list.
func (m markdown) text(t Text) string {
	var b strings.Builder
	for _, span := range t {
		words := strings.Join(strings.FieldsFunc(Printable(span.Text), func(r rune) bool { return r == '\n' }), " ")
		switch span.Kind {
		case Moment:
			b.WriteString(phrase.Moment(span.At, m.zone))
		case Strong:
			b.WriteString(emphasised(words))
		case Code:
			b.WriteString(codeSpan(words))
		case Link:
			b.WriteString(markdownLink(span.Ref, words))
		default:
			b.WriteString(markdownEscape(words))
		}
	}
	return b.String()
}

func emphasised(words string) string {
	if strings.TrimSpace(words) == "" {
		return words
	}
	return "**" + markdownEscape(strings.TrimSpace(words)) + "**"
}

// codeSpan fences code with more backticks than it contains in a row. A pipe ends a
// cell even in code, unless it is escaped:
// https://github.github.com/gfm/#tables-extension-
func codeSpan(words string) string {
	fence := "`"
	for strings.Contains(words, fence) {
		fence += "`"
	}
	words = strings.ReplaceAll(words, "|", `\|`)
	switch {
	case words == "":
		return ""
	case strings.HasPrefix(words, "`"), strings.HasSuffix(words, "`"):
		words = " " + words + " "
	}
	return fence + words + fence
}

// markdownLink writes a link to the web. Any other address is left as text, since a
// reader would follow it without knowing what it does.
func markdownLink(address, label string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return markdownEscape(Printable(address))
	}
	target := strings.NewReplacer("(", "%28", ")", "%29", "|", "%7C", " ", "%20", "\n", "", "<", "%3C", ">", "%3E", `\`, "%5C").Replace(u.String())
	return "[" + markdownEscape(label) + "](" + target + ")"
}

// special are the characters with a meaning within a line of Markdown. Characters with
// a meaning at the start of a line are safe, since no line begins with what people
// wrote except a heading, whose kind is fixed. The colon and the dot end addresses that
// would become links by themselves.
var special = func() *strings.Replacer {
	pairs := []string{"://", `\://`, "www.", `www\.`, "WWW.", `WWW\.`}
	for _, sign := range "\\`*_[]<>|~&" {
		pairs = append(pairs, string(sign), `\`+string(sign))
	}
	return strings.NewReplacer(pairs...)
}()

// reference is what GitHub, where a report may be pasted, makes a mention of a person or
// a reference to an issue. A backslash doesn't keep it from that; a space of no width
// within does.
var reference = regexp.MustCompile(`(@)([\pL\pN])|(#|\b[Gg][Hh]-)(\d)`)

func markdownEscape(words string) string {
	return reference.ReplaceAllString(special.Replace(words), "$1$3\u200b$2$4")
}
