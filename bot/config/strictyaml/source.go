package strictyaml

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of a file. The largest checklist we know of fills a tenth of them;
// beyond them the YAML library takes minutes, or all the stack there is.
const (
	mostBytes = 1 << 20
	mostLines = 20_000
	mostDepth = 100
)

// readable checks a file's bytes before the YAML library sees them, and returns its
// text with plain line ends.
func (d *diagnostics) readable(data []byte, advice Advice) (string, bool) {
	top := Pos{1, 1}
	switch {
	case len(data) > mostBytes:
		d.add(top, "the file is larger than 1 MiB; %s", advice.TooLarge)
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")), bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		d.add(top, "the file begins with a byte order mark; save it as UTF-8 without one")
	case !utf8.Valid(data):
		d.add(posAt(data, firstInvalid(data)), "this isn't UTF-8; save the file as UTF-8")
	}
	if len(d.faults) > 0 {
		return "", false
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	d.checkLines(text, advice)
	if len(d.faults) > 0 {
		return "", false
	}
	if strings.TrimSpace(text) == "" {
		d.add(top, "the file is empty; %s", advice.Empty)
	}
	return text, len(d.faults) == 0
}

// checkLines looks for what goes wrong line by line.
func (d *diagnostics) checkLines(text string, advice Advice) {
	if strings.Count(text, "\n") > mostLines {
		d.add(Pos{mostLines + 1, 1}, "the file has more than 20,000 lines; %s", advice.TooManyLines)
		return
	}
	open := 0
	for i, line := range strings.Split(text, "\n") {
		content := strings.TrimLeft(line, " ")
		indent := len(line) - len(content)
		if strings.HasPrefix(content, "\t") && strings.TrimSpace(content) != "" {
			d.add(Pos{i + 1, indent + 1}, "there is a tab in the indentation; indent with spaces")
		}
		if at := strings.IndexFunc(line, control); at >= 0 {
			d.add(Pos{i + 1, utf8.RuneCountInString(line[:at]) + 1}, "there is a control character here; remove it")
		}
		peak := 0
		open, peak = brackets(line, open)
		if peak > mostDepth || markers(content) > mostDepth {
			d.add(Pos{i + 1, indent + 1}, "this is nested more than 100 levels deep; remove levels")
			return
		}
	}
}

func control(r rune) bool {
	return r < ' ' && r != '\t' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029
}

// brackets follows how many flow collections are open through a line, and how
// many were at most. Those inside quotes count too, which is good enough for a
// bound.
func brackets(line string, before int) (after, peak int) {
	if comment := strings.Index(line, " #"); comment >= 0 {
		line = line[:comment]
	}
	after, peak = before, before
	for _, c := range line {
		switch c {
		case '[', '{':
			after++
			peak = max(peak, after)
		case ']', '}':
			after = max(0, after-1)
		}
	}
	return after, peak
}

// markers counts the words at a line's beginning that each open a level or
// hang a property on one.
func markers(content string) int {
	n := 0
	for {
		word, rest, more := strings.Cut(content, " ")
		if !more || word != "" && !strings.ContainsAny(word[:1], "-?:&!") {
			return n
		}
		content = rest
		n++
	}
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

func posAt(data []byte, offset int) Pos {
	before := data[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return Pos{bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1}
}

// parse reads the text as one YAML document.
func (d *diagnostics) parse(text string, advice Advice) (body ast.Node, ok bool) {
	defer func() {
		if r := recover(); r != nil { // the library panics on some malformed documents
			d.add(Pos{1, 1}, "the file isn't valid YAML; check its indentation and quotes")
			body, ok = nil, false
		}
	}()
	file, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(text, err, advice)
		return nil, false
	}
	return d.singleDocument(file.Docs, advice)
}

// singleDocument finds the only document among those of a file.
func (d *diagnostics) singleDocument(docs []*ast.DocumentNode, advice Advice) (ast.Node, bool) {
	var body ast.Node
	for _, doc := range docs {
		switch {
		case doc.Body == nil:
		case doc.Body.Type() == ast.DirectiveType:
			d.add(posOf(doc.Body), "YAML directives aren't allowed; remove the line")
			return nil, false
		case body != nil:
			d.add(posOf(doc.Body), "a second YAML document begins here; keep everything in one document, without --- lines")
			return nil, false
		default:
			body = doc.Body
		}
	}
	if body == nil {
		d.add(Pos{1, 1}, "the file is empty; %s", advice.Empty)
	}
	return body, body != nil
}
