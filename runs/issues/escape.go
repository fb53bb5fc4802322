package issues

import (
	"regexp"
	"strings"
)

// gap is a space of no width. Between the letters of a mention or a reference
// it makes them mere text: entities and backslashes do not, since GitHub looks
// for them in the text that is left once Markdown is done.
const gap = "\u200b"

// alive matches what GitHub makes into a mention of a person or a team, a
// reference to an issue, or a comment that is not shown ("Autolinked
// references and URLs", "Basic writing and formatting syntax", docs.github.com).
var alive = regexp.MustCompile(`@[\pL\pN]|#\d|\b[Gg][Hh]-\d|<!-|-->`)

// defuse leaves a text as it looks and takes its power away: nobody is
// notified, no issue is referred to, and no marker can be read from it.
func defuse(text string) string {
	return alive.ReplaceAllStringFunc(text, func(match string) string {
		head := 1
		if match[0] == 'g' || match[0] == 'G' {
			head = len("GH")
		}
		return match[:head] + gap + match[head:]
	})
}

// markdown matches what begins something in GitHub's Markdown within a line.
// A backslash before punctuation makes it a mere character (CommonMark,
// section 2.4); the dot ends "www." and the colon "https:", which are links.
var markdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`, "[", `\[`, "]", `\]`, "!", `\!`, "#", `\#`,
	"|", `\|`, "$", `\$`, ":", `\:`, "www.", `www\.`, "WWW.", `WWW\.`, "&", "&amp;", "<", "&lt;", ">", "&gt;",
)

// escapeMarkdown makes a line show as it is, inside a sentence or a table. It
// is no more than that: at the beginning of a line, a dash still makes a list.
func escapeMarkdown(text string) string { return markdown.Replace(defuse(text)) }

// fenceFor is a run of backticks, at least so many, that does not occur in text.
func fenceFor(text string, least int) string {
	fence := strings.Repeat("`", least)
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}
