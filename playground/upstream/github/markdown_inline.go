package github

import (
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strings"
)

// mark is something within a line of text: what it looks like, and how it is
// shown, with the parts that the pattern found.
type mark struct {
	pattern *regexp.Regexp // anchored where it is looked for
	show    func(parts []string) string
}

// marks are tried in this order wherever a character may begin one. Code comes
// before what could stand in it. It is filled when the program starts, since
// marks may hold others.
var marks []mark

func init() {
	marks = []mark{
		{regexp.MustCompile("^(?s:```(.+?)```|``(.+?)``|`([^`]+)`)"), showCode},
		{regexp.MustCompile("^\\\\([!-/:-@\\[-`{-~])"), func(p []string) string { return html.EscapeString(p[1]) }},
		{regexp.MustCompile(`^(?s:<!--.*?(?:-->|$))`), func([]string) string { return "" }},
		{regexp.MustCompile(`^<(https?://[^\s<>]+)>`), func(p []string) string { return anchor(p[1], html.EscapeString(p[1])) }},
		{regexp.MustCompile(`^!?\[((?:[^\[\]\\]|\\.)*)\]\(\s*<?([^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+"[^"]*")?\s*\)`), func(p []string) string { return anchor(p[2], linkText(p[1])) }},
		{regexp.MustCompile(`^https?://[^\s<>"'` + "`" + `|]*[^\s<>"'` + "`" + `|.,:;!?)\]*_~]`), func(p []string) string { return anchor(p[0], html.EscapeString(p[0])) }},
		{regexp.MustCompile(`^(?s:\*\*(\S|\S.*?\S)\*\*)`), within("strong")},
		{regexp.MustCompile(`^(?s:__(\S|\S.*?\S)__\b)`), within("strong")},
		{regexp.MustCompile(`^(?s:~~(\S|\S.*?\S)~~)`), within("del")},
		{regexp.MustCompile(`^(?s:\*([^\s*]|[^\s*][^*]*[^\s*])\*)`), within("em")},
		{regexp.MustCompile(`^(?s:_([^\s_]|[^\s_].*?[^\s_])_\b)`), within("em")},
		{regexp.MustCompile(`^ *\n`), func([]string) string { return "<br>\n" }},
	}
}

// plainText is what can't begin a mark: whole words, so that the underscores of
// a name and the address within a word stay what they are.
var plainText = regexp.MustCompile(`^(?:[\pL\pN]+_*)+`)

// inline shows the marks of one block's text.
func inline(text string) template.HTML {
	var out strings.Builder
	for len(text) > 0 {
		n, shown := next(text)
		out.WriteString(shown)
		text = text[n:]
	}
	return template.HTML(out.String())
}

// starters are what marks begin with; h is that of a bare address.
const starters = "`\\<![h*_~ \n"

// next is how much of the text to take, and how that is shown.
func next(text string) (int, string) {
	for _, one := range marks {
		if !strings.Contains(starters, text[:1]) {
			break
		}
		if parts := one.pattern.FindStringSubmatch(text); parts != nil {
			return len(parts[0]), one.show(parts)
		}
	}
	if word := plainText.FindString(text); word != "" {
		return len(word), html.EscapeString(word)
	}
	return 1, escapeByte(text[0])
}

// escapeByte leaves the bytes of longer characters alone.
func escapeByte(c byte) string { return html.EscapeString(string([]byte{c})) }

func within(tag string) func([]string) string {
	return func(parts []string) string { return "<" + tag + ">" + string(inline(parts[1])) + "</" + tag + ">" }
}

func showCode(parts []string) string {
	text := strings.Join(parts[1:], "") // one of them is not empty
	return "<code>" + html.EscapeString(strings.TrimSpace(text)) + "</code>"
}

// linkText keeps an address that is a link's text from becoming a link in the
// link.
func linkText(text string) string {
	if strings.Contains(text, "://") {
		return html.EscapeString(text)
	}
	return string(inline(text))
}

// anchor leads to web addresses only; whatever else is called a link is shown
// as what it says.
func anchor(address, shown string) string {
	to, err := url.Parse(html.UnescapeString(address))
	if err != nil || to.Scheme != "http" && to.Scheme != "https" && to.Scheme != "mailto" && !strings.HasPrefix(address, "#") {
		return shown
	}
	return `<a href="` + html.EscapeString(to.String()) + `" rel="nofollow noopener noreferrer">` + shown + `</a>`
}
