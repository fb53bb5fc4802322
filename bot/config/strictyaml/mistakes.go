package strictyaml

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// What newcomers write that YAML reads as something else, in lines whose quoted text is
// blanked out. The first group is where the mistake is.
var (
	quotedText     = regexp.MustCompile(`"(?:\\.|[^"\\])*"|'[^']*'`)
	hiddenValue    = regexp.MustCompile(`:\s+(#\S)`)
	bareBraces     = regexp.MustCompile(`(?:[:,\[]|^\s*-)\s+(\$?\{[A-Za-z_][A-Za-z0-9_.]*\})`)
	joinedDash     = regexp.MustCompile(`^\s*(-)[A-Za-z_]`)
	joinedColon    = regexp.MustCompile(`^\s*(?:- )?(([A-Za-z_][A-Za-z0-9_]*):[^\s/:]\S*)`)
	bareBlock      = regexp.MustCompile(`:\s+([>|][^\s\d+-])`)
	bareOperator   = regexp.MustCompile(`:\s+([>|]\s+\S)`)
	bareStar       = regexp.MustCompile(`(?:[:,\[]|^\s*-)\s+(\*[A-Za-z0-9_-]*[^A-Za-z0-9_\-\s,\]}]\S*)`)
	placeholderKey = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)
)

const (
	quoteBraces = "quote values that contain {, }, [ or ]"
	spaceDash   = "put a space after -"
	quoteStar   = "quote it, because * begins an alias in YAML"
)

// mistakes are what the shapes mean, in the order in which they are looked for. A shape
// counts if the YAML library's complaint begins with only.
var mistakes = []struct {
	shape *regexp.Regexp
	only  string
	says  func(found string, advice Advice) string
}{
	{joinedDash, "", func(string, Advice) string { return spaceDash }},
	{bareStar, "", func(string, Advice) string { return quoteStar }},
	{bareBraces, "", func(string, Advice) string { return quoteBraces }},
	{joinedColon, "", func(found string, _ Advice) string { return spaceColon(found) }},
	{hiddenValue, "could not find flow", func(_ string, advice Advice) string {
		return "# after a space begins a comment, which hides the rest of this line; quote the value" + advice.Comment
	}},
	{bareBlock, "invalid header option", quoteBlock},
	{bareOperator, "invalid header option", quoteBlock},
}

// mistake finds, in the line of a syntax error, what is often written in such a place,
// where the YAML library says only what it stumbled over.
func mistake(lines []string, at Pos, message string, advice Advice) (Pos, string, bool) {
	if at.Line > len(lines) {
		return at, "", false
	}
	line := quotedText.ReplaceAllStringFunc(lines[at.Line-1], func(quoted string) string {
		return strings.Repeat("_", utf8.RuneCountInString(quoted))
	})
	for _, m := range mistakes {
		if column, found, ok := columnOf(m.shape, line); ok && strings.HasPrefix(message, m.only) {
			return Pos{at.Line, column}, m.says(found, advice), true
		}
	}
	if strings.HasPrefix(message, "value is not allowed") && amongEntries(lines, at.Line) {
		return at, "this line is aligned with the entries of a list; begin it with -, or indent it further if it belongs to the entry above", true
	}
	return at, "", false
}

func quoteBlock(found string, _ Advice) string {
	return "quote it, because " + found[:1] + " at the beginning of a value has a meaning of its own in YAML"
}

// columnOf finds the first group of a pattern in a line.
func columnOf(shape *regexp.Regexp, line string) (column int, found string, ok bool) {
	m := shape.FindStringSubmatchIndex(line)
	if m == nil {
		return 0, "", false
	}
	return utf8.RuneCountInString(line[:m[2]]) + 1, line[m[2]:m[3]], true
}

// spaceColon is how to mend a key that is joined with its value.
func spaceColon(joined string) string {
	key, value, _ := strings.Cut(joined, ":")
	return "put a space after the colon, as in " + key + ": " + strings.TrimRight(value, ",]}")
}

// amongEntries reports whether a line is a key that is indented like the entries of the
// list before it.
func amongEntries(lines []string, line int) bool {
	indent := indentOf(lines[line-1])
	for i := line - 2; i >= 0; i-- {
		content := strings.TrimSpace(lines[i])
		if content == "" || strings.HasPrefix(content, "#") || indentOf(lines[i]) > indent {
			continue
		}
		return indentOf(lines[i]) == indent && strings.HasPrefix(content, "- ")
	}
	return false
}

// isPlaceholder reports whether a mapping is a placeholder such as {target.url} that was
// written without quotes.
func (n *Node) isPlaceholder() bool {
	return n.Shape == Mapping && len(n.Entries) == 1 && n.Entries[0].Value.Shape == Nothing && placeholderKey.MatchString(n.Entries[0].Key)
}
