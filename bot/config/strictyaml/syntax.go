package strictyaml

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// syntax reports what the YAML library could not read, and how to fix it.
func (d *diagnostics) syntax(text string, err error, advice Advice) {
	at, message := Pos{1, 1}, "this isn't valid YAML"
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		message = strings.TrimSpace(syntax.Message)
		if t := syntax.Token; t != nil && t.Position != nil && t.Position.Line > 0 {
			at = Pos{t.Position.Line, max(1, t.Position.Column)}
		}
	}
	lines := strings.Split(text, "\n")
	if quote, ok := strayQuote(lines, at.Line); ok {
		d.add(quote, "the quoted text that begins here isn't closed on this line; close the quote, and double a ' within single quotes")
		return
	}
	if where, says, ok := mistake(lines, at, message, advice); ok {
		d.add(where, "%s", says)
		return
	}
	if strings.HasPrefix(message, "mapping value") && !strings.Contains(rest(lines, at), ": ") {
		if deeper, ok := nextLine(lines, at.Line); ok {
			d.add(deeper, "this line is indented further than the one before, which already has a value; align it with the lines that it belongs to")
			return
		}
	}
	d.add(at, "this isn't valid YAML: %s; %s", message, hint(message))
}

// hint is how the library's complaint is usually fixed.
func hint(message string) string {
	switch {
	case strings.HasSuffix(message, "corresponding to ']'"), strings.HasSuffix(message, "corresponding to '}'"):
		return "remove this unmatched bracket, or quote the text"
	case strings.Contains(message, "could not find"):
		return "close the bracket or brace that is open here"
	case strings.Contains(message, "must be specified"):
		return "close the bracket or brace that is open here, or put a comma between two values"
	case strings.Contains(message, "map key-value is pre-defined"):
		return "the value has already ended; put all of it in one pair of quotes"
	case strings.HasPrefix(message, "value is not allowed"):
		return "align the line with the lines that it belongs to"
	case strings.HasPrefix(message, "unexpected key name"):
		return "write the line as \"key: value\", with a colon and a space"
	}
	return "quote a text that begins with one of > | & * ! % @ ` { [ # or contains \": \""
}

// rest is what a line holds from a place on.
func rest(lines []string, at Pos) string {
	if at.Line > len(lines) {
		return ""
	}
	letters := []rune(lines[at.Line-1])
	return string(letters[min(at.Column-1, len(letters)):])
}

// nextLine is where the first line after one begins that holds anything, if it is
// indented further.
func nextLine(lines []string, line int) (Pos, bool) {
	before := indentOf(lines[line-1])
	for i := line; i < len(lines); i++ {
		if content := strings.TrimSpace(lines[i]); content != "" && !strings.HasPrefix(content, "#") {
			indent := indentOf(lines[i])
			return Pos{i + 1, indent + 1}, indent > before
		}
	}
	return Pos{}, false
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// strayQuote finds, up to a line, a text in quotes that is never closed, or whose
// end on a later line is followed by what cannot follow a text: then the quote
// that ended it was to begin another.
func strayQuote(lines []string, last int) (Pos, bool) {
	for i := 0; i < len(lines) && i < last; i++ {
		line := lines[i]
		for at := 0; at < len(line); at++ {
			switch {
			case line[at] == '#' && (at == 0 || line[at-1] == ' '):
				at = len(line)
			case (line[at] == '"' || line[at] == '\'') && opensText(line[:at]):
				row, end, closed := closingQuote(lines, i, at)
				if !closed || row > i && !endsText(lines[row][end+1:]) {
					return Pos{i + 1, utf8.RuneCountInString(line[:at]) + 1}, true
				}
				i, line, at = row, lines[row], end
			}
		}
	}
	return Pos{}, false
}

// opensText reports whether a text may begin after what stands before it in a line.
func opensText(before string) bool {
	before = strings.TrimRight(before, " ")
	return before == "" || strings.ContainsAny(before[len(before)-1:], ":-,[{")
}

// endsText reports whether what follows a text in quotes may.
func endsText(after string) bool {
	after = strings.TrimLeft(after, " ")
	return after == "" || strings.ContainsAny(after[:1], "#,]}:")
}

// closingQuote finds where a text in quotes ends: \" and ” do not end it.
func closingQuote(lines []string, row, at int) (endRow, end int, ok bool) {
	quote := lines[row][at]
	for at++; row < len(lines); row, at = row+1, 0 {
		line := lines[row]
		for ; at < len(line); at++ {
			switch {
			case quote == '"' && line[at] == '\\':
				at++
			case line[at] == quote && quote == '\'' && at+1 < len(line) && line[at+1] == quote:
				at++
			case line[at] == quote:
				return row, at, true
			}
		}
	}
	return 0, 0, false
}
