package issues

import (
	"regexp"
	"strings"
)

// zeroWidthSpace within a mention or a reference makes it plain text. Entities and
// backslashes don't, because GitHub looks for mentions in the rendered text.
const zeroWidthSpace = "\u200b"

// autolinks matches what GitHub turns into a mention of a person or a team, a
// reference to an issue, or a hidden comment ("Autolinked references and URLs",
// "Basic writing and formatting syntax", docs.github.com).
var autolinks = regexp.MustCompile(`@[\pL\pN]|#\d|\b[Gg][Hh]-\d|<!-|-->`)

// disableAutolinks makes sure that a text notifies nobody, refers to no issue and
// contains no marker, without changing how it looks.
func disableAutolinks(text string) string {
	return autolinks.ReplaceAllStringFunc(text, func(match string) string {
		head := 1
		if match[0] == 'g' || match[0] == 'G' {
			head = len("GH")
		}
		return match[:head] + zeroWidthSpace + match[head:]
	})
}

// markdown escapes what has a meaning within a line of GitHub's Markdown, by a
// backslash before punctuation (CommonMark, section 2.4). The dot is escaped in "www.",
// and the colon in "https:", because GitHub makes links of them.
var markdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`, "[", `\[`, "]", `\]`, "!", `\!`, "#", `\#`,
	"|", `\|`, "$", `\$`, ":", `\:`, "www.", `www\.`, "WWW.", `WWW\.`, "&", "&amp;", "<", "&lt;", ">", "&gt;",
)

// escapeMarkdown escapes text for use within a sentence or a table. It isn't enough at
// the beginning of a line, where a dash still makes a list.
func escapeMarkdown(text string) string { return markdown.Replace(disableAutolinks(text)) }

// fenceFor is a run of at least so many backticks that doesn't occur in text.
func fenceFor(text string, least int) string {
	fence := strings.Repeat("`", least)
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}
