package scaffold

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"gonogo/phrase"
)

const (
	maxPart  = 80  // letters of the line above in the title of a box within it
	maxParts = 400 // letters of all lines above it
)

// boxed is a text that begins with a box, also in a cell of a table.
var boxed = regexp.MustCompile(`^(?:[-*+] )?(\[[ xX]\]|[☐☑☒])\s*(.*)$`)

// box takes a text apart: what the box at its beginning is the box of.
func box(text string) (rest string, ticked, ok bool) {
	m := boxed.FindStringSubmatch(text)
	if m == nil {
		return text, false, false
	}
	return m[2], m[1] != "[ ]" && m[1] != "☐", true
}

// item adds a list item that begins with a box.
func (r *reader) item(item *ast.ListItem) error {
	block := firstBlock(item)
	if block == nil {
		return nil
	}
	if mark, ok := block.FirstChild().(*extast.TaskCheckBox); ok {
		return r.add(block, r.text(block), mark.IsChecked)
	}
	if _, plain := block.FirstChild().(*ast.Text); !plain {
		return nil
	}
	if text, ticked, ok := box(r.text(block)); ok {
		return r.add(block, text, ticked)
	}
	return nil
}

// firstBlock is the text that a list item begins with; nil: it has none.
func firstBlock(item *ast.ListItem) ast.Node {
	switch block := item.FirstChild().(type) {
	case *ast.TextBlock, *ast.Paragraph:
		if block.Lines().Len() > 0 {
			return block
		}
	}
	return nil
}

// partOf is what the items of a list around a block say, as the beginning of a title:
// "Credentials: ".
func (r *reader) partOf(block ast.Node) (part string) {
	for n := block.Parent(); n != nil && utf8.RuneCountInString(part) < maxParts; n = n.Parent() {
		item, ok := n.(*ast.ListItem)
		if !ok {
			continue
		}
		first := firstBlock(item)
		if first == nil || first == block {
			continue
		}
		text, _, _ := box(r.text(first))
		if text = phrase.ShortenAtWord(strings.TrimRight(text, " :.;"), maxPart); text != "" {
			part = text + ": " + part
		}
	}
	return part
}

// cell is one with a box in a row of a table.
type cell struct {
	node   ast.Node
	text   string // beside the box, or else the head of its column
	ticked bool
}

// row adds the boxes in a row of a table. One box is the row's; of several, each is what
// the row says under the head of its column.
func (r *reader) row(row *extast.TableRow) error {
	var cells []cell
	var texts, words []string // of the cells without boxes, and of all
	head := row.Parent().FirstChild().FirstChild()
	for n := row.FirstChild(); n != nil; n = n.NextSibling() {
		text, ticked, ok := box(r.text(n))
		if _, plain := n.FirstChild().(*ast.Text); !plain {
			ok = false
		}
		if text != "" {
			words = append(words, text)
		}
		switch {
		case !ok && text != "":
			texts = append(texts, text)
		case ok && text == "" && head != nil:
			text = r.text(head)
		}
		if ok {
			cells = append(cells, cell{n, text, ticked})
		}
		if head != nil {
			head = head.NextSibling()
		}
	}
	return r.addCells(cells, strings.Join(texts, ", "), strings.Join(words, ", "))
}

func (r *reader) addCells(cells []cell, texts, words string) error {
	for _, c := range cells {
		switch {
		case len(cells) == 1 && words != "":
			c.text = words
		case texts != "":
			c.text = strings.TrimSuffix(texts+": "+c.text, ": ")
		}
		if err := r.add(c.node, c.text, c.ticked); err != nil {
			return err
		}
	}
	return nil
}

// boxLike is what somebody may have meant as a box: at the beginning of a list item, of a
// line or of a cell.
var boxLike = regexp.MustCompile(strings.Join([]string{
	`^[\s>]*(?:[-*+]|\d+[.)])\s+\[[^\]]?\](?:\s|$)`,
	`^[\s>]*\[[ xX]\](?:\s|$)`,
	`^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?[☐☑☒⬜🔲□]`,
	`\|\s*(?:[-*+]\s+)?(?:\[[ xX]?\]|[☐☑☒⬜🔲□])`,
}, "|"))

// missed are the lines with what looks like a box and wasn't read as one, and how many
// boxes they seem to have.
func (r *reader) missed() (lines []int, boxes int) {
	read := map[int]bool{}
	for _, s := range r.list.Sections {
		for _, task := range s.Tasks {
			read[task.Line] = true
		}
	}
	for i, line := range strings.Split(string(r.source), "\n") {
		if n := len(boxLike.FindAllString(line, -1)); n > 0 && !read[i+1] {
			lines, boxes = append(lines, i+1), boxes+n
		}
	}
	return lines, boxes
}
