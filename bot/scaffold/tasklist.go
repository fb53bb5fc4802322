package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"gonogo/redact/visible"
)

const (
	maxTasks    = 2000
	maxTitle    = 1000 // runes
	maxBrackets = 50   // in a title: a configuration may not have many in a line
	maxName     = 40   // bytes of a name that is made from a title
)

// List is a checklist in a Markdown file.
type List struct {
	Title    string // its first heading of the first level; empty: it has none
	Sections []Section
	Missed   []int // lines with what looks like a box and isn't, such as those in a block of code or a comment
	Lost     int   // how many boxes those lines seem to have
}

// Section is a heading with task boxes of its own.
type Section struct {
	Name, Title string
	Tasks       []Task
}

// Task is a task box. Those within others follow them.
type Task struct {
	Name, Title string
	Ticked      bool
	Line        int // from 1
}

// Count is how many task boxes there are, and how many of them are ticked.
func (l List) Count() (tasks, ticked int) {
	for _, s := range l.Sections {
		for _, task := range s.Tasks {
			tasks++
			if task.Ticked {
				ticked++
			}
		}
	}
	return tasks, ticked
}

// Read finds the boxes of a Markdown file: list items that begin with [ ] or [x], as on
// GitHub, or with ☐, ☑ or ☒, and the same in the cells of a table. What looks like one in
// a block of code is none. Sections and tasks get names of their own that aren't reserved.
func Read(markdown []byte, reserved func(name string) bool) (List, error) {
	if !utf8.Valid(markdown) {
		return List{}, errors.New("the file isn't UTF-8 text; save it as that, and import it again")
	}
	markdown = bytes.ReplaceAll(bytes.ReplaceAll(markdown, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	r := reader{source: markdown, names: names{reserved: reserved, taken: map[string]bool{}}}
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(markdown))
	if err := ast.Walk(document, r.visit); err != nil {
		return List{}, err
	}
	r.list.Missed, r.list.Lost = r.missed()
	switch {
	case len(r.list.Sections) > 0:
		return r.list, nil
	case len(r.list.Missed) > 0:
		return List{}, fmt.Errorf("the file has no task boxes that Markdown would show; line %d looks like one: write it as - [ ] What must be true, outside of code and comments", r.list.Missed[0])
	}
	return List{}, errors.New("the file has no task boxes; write each line of the checklist as - [ ] What must be true")
}

// reader goes through a file.
type reader struct {
	source   []byte
	list     List
	headings []heading // the one above, and those above it
	open     bool      // the last section is that of the heading above
	count    int
	names    names
}

type heading struct {
	level int
	title string
}

func (r *reader) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	switch n := n.(type) {
	case *ast.Heading:
		r.below(heading{n.Level, r.title(n)})
	case *ast.ListItem:
		return ast.WalkContinue, r.item(n)
	case *extast.TableRow:
		return ast.WalkContinue, r.row(n)
	}
	return ast.WalkContinue, nil
}

// below notes the heading that what follows is below.
func (r *reader) below(h heading) {
	if h.level == 1 && r.list.Title == "" {
		r.list.Title = h.title
	}
	for len(r.headings) > 0 && r.headings[len(r.headings)-1].level >= h.level {
		r.headings = r.headings[:len(r.headings)-1]
	}
	r.headings, r.open = append(r.headings, h), false
}

// add notes a box: where it stands, what it says, and what that is part of.
func (r *reader) add(at ast.Node, text string, ticked bool) error {
	if r.count++; r.count > maxTasks {
		return fmt.Errorf("the file has more than %d task boxes; split it, and import each part", maxTasks)
	}
	if !r.open {
		title := r.sectionTitle()
		r.list.Sections, r.open = append(r.list.Sections, Section{Name: r.names.take(title, "section"), Title: title}), true
	}
	section := &r.list.Sections[len(r.list.Sections)-1]
	title := titled(text)
	task := Task{Name: r.names.take(title, "task"), Title: title, Ticked: ticked, Line: r.line(at)}
	if part := r.partOf(at); part != "" {
		task.Title = titled(part + title)
	}
	section.Tasks = append(section.Tasks, task)
	return nil
}

// sectionTitle is the heading above. Below the second level it begins with the heading
// that it is part of, since "Checklist" says little by itself.
func (r *reader) sectionTitle() string {
	switch n := len(r.headings); {
	case n == 0:
		return "Checklist"
	case n > 1 && r.headings[n-2].level > 1:
		return shortened(r.headings[n-2].title + ": " + r.headings[n-1].title)
	default:
		return r.headings[n-1].title
	}
}

// line is where a block begins.
func (r *reader) line(block ast.Node) int {
	start := block.Lines().At(0).Start
	return 1 + bytes.Count(r.source[:start], []byte("\n"))
}

// title is the text of a block as a title.
func (r *reader) title(block ast.Node) string { return titled(r.text(block)) }

// text is what people read in a block: without marks, on one line.
func (r *reader) text(block ast.Node) string {
	var b strings.Builder
	r.write(&b, block)
	return strings.Join(strings.Fields(visible.Text(strings.Map(printable, b.String()))), " ")
}

// titled is a text as a title that a configuration may have.
func titled(text string) string {
	if text == "" {
		return "Untitled"
	}
	if strings.Count(text, "[")+strings.Count(text, "{") > maxBrackets {
		text = strings.NewReplacer("[", "(", "]", ")", "{", "(", "}", ")").Replace(text)
	}
	return shortened(text)
}

// write adds the text of the nodes within a node.
func (r *reader) write(b *strings.Builder, within ast.Node) {
	for n := within.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			b.Write(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(n.Value(r.source)))))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(r.source))
		case *ast.RawHTML:
			b.WriteString(shown(string(n.Segments.Value(r.source))))
		case *ast.CodeSpan:
			r.writeCode(b, n)
		default:
			r.write(b, n)
		}
	}
}

// shown is what stays of a piece of HTML: nothing of a comment, and all of what may be
// a < that somebody meant.
func shown(html string) string {
	switch {
	case strings.HasPrefix(html, "<!--"):
		return " "
	case lineBreak.MatchString(html):
		return " "
	}
	return html
}

var lineBreak = regexp.MustCompile(`(?i)^<br\s*/?>$`)

// printable is a letter, or a space in the place of what can't be printed.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// writeCode adds the text of a code span, in which nothing is escaped.
func (r *reader) writeCode(b *strings.Builder, span *ast.CodeSpan) {
	for n := span.FirstChild(); n != nil; n = n.NextSibling() {
		if part, ok := n.(*ast.Text); ok {
			b.Write(part.Value(r.source))
		}
	}
}

func shortened(title string) string {
	runes := []rune(title)
	if len(runes) <= maxTitle {
		return title
	}
	return strings.TrimSpace(string(runes[:maxTitle-1])) + "…"
}

// names makes names that are each used once, from titles.
type names struct {
	reserved func(name string) bool
	taken    map[string]bool
}

var between = regexp.MustCompile(`[^a-z0-9]+`)

// take is the name for a title: its words that fit. A name that is reserved gets the kind
// of thing that it names, and one that is taken a number.
func (n names) take(title, kind string) string {
	plain := strings.ToLower(unidecode.Unidecode(title)) // in any script, written with the letters of English
	words := strings.Split(strings.Trim(between.ReplaceAllString(plain, "-"), "-"), "-")
	name := words[0]
	for _, word := range words[1:] {
		if len(name)+1+len(word) > maxName {
			break
		}
		name += "-" + word
	}
	switch name = name[:min(len(name), maxName)]; {
	case name == "":
		name = kind
	case n.reserved(name) || name == "null": // which YAML reads as nothing
		name += "-" + kind
	}
	free := name
	for i := 2; n.taken[free]; i++ {
		free = fmt.Sprintf("%s-%d", name, i)
	}
	n.taken[free] = true
	return free
}
