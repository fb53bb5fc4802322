package render

import (
	"cmp"
	"fmt"
	"net/url"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/redact/visible"
)

// Renderer turns replies into what Slack shows.
type Renderer struct {
	Location *time.Location // for times where Slack cannot use the reader's own zone
	Instance func() string  // which gonogo writes; nil, or empty: buttons and forms don't say
}

func (r Renderer) instance() string {
	if r.Instance == nil {
		return ""
	}
	return r.Instance()
}

// length counts as Slack's limits are counted: never less than characters.
func length(s string) int {
	n := 0
	for _, c := range s {
		n += max(utf16.RuneLen(c), 1)
	}
	return n
}

// cut shortens s to at most most characters, the last of which then is "…".
func cut(s string, most int) string {
	if len(s) <= most || length(s) <= most {
		return s
	}
	n := 0
	for i, c := range s {
		if n += max(utf16.RuneLen(c), 1); n > most-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// clean drops what no text should contain: invalid bytes, and control characters other
// than line ends and tabs. Invisible characters are made visible.
func clean(s string) string {
	odd := func(c rune) bool { return c == utf8.RuneError || unicode.IsControl(c) && c != '\n' && c != '\t' }
	if strings.IndexFunc(s, odd) < 0 {
		return visible.Text(s)
	}
	return visible.Text(strings.Map(func(c rune) rune {
		if odd(c) {
			return -1
		}
		return c
	}, s))
}

// oneLine is s without line ends.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// escaper escapes what Slack's markup gives a meaning to, see
// https://docs.slack.dev/messaging/formatting-message-text.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// lookalikes replace characters that would begin or end formatting, for which Slack's
// markup has no escape.
var lookalikes = map[rune]rune{'*': '∗', '_': 'ˍ', '~': '∼', '`': 'ˋ', ':': '∶', '>': '›'}

// escape makes plain text safe in Slack's markup: nothing in it can become a
// mention, a link, formatting, an emoji or a quotation.
func escape(s string) string {
	return escaper.Replace(unformatted(clean(s)))
}

// unformatted replaces the characters that would start formatting, and leaves them
// alone within words, as in ir_module.
func unformatted(s string) string {
	if !strings.ContainsAny(s, "*_~`:>") {
		return s
	}
	runes := []rune(s)
	for i, c := range runes {
		inWord := wordAt(runes, i-1) && wordAt(runes, i+1)
		switch c {
		case '*', '_', '~', '`':
			if !inWord && (!spaceAt(runes, i-1) || !spaceAt(runes, i+1)) {
				runes[i] = lookalikes[c]
			}
		case ':':
			if beginsEmoji(runes[i+1:]) {
				runes[i] = lookalikes[c]
			}
		case '>':
			if i == 0 || runes[i-1] == '\n' {
				runes[i] = lookalikes[c]
			}
		}
	}
	return string(runes)
}

func wordAt(runes []rune, i int) bool {
	return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
}

// spaceAt reports whether there is white space at i, or the text's end.
func spaceAt(runes []rune, i int) bool {
	return i < 0 || i >= len(runes) || unicode.IsSpace(runes[i])
}

// beginsEmoji reports whether what follows a colon could be an emoji's name with its
// closing colon. Digits alone, as in 12:30:45, are not a name.
func beginsEmoji(runes []rune) bool {
	named := false
	for i, c := range runes {
		switch {
		case c == ':':
			return i > 0 && named
		case c >= 'a' && c <= 'z', c == '+':
			named = true
		case c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return false
}

// markup writes a text in Slack's markup, at most most characters long. Spans that
// don't fit are cut where possible and left out otherwise, so that no mention, link or
// escape is cut in two.
func (r Renderer) markup(text reply.Text, most int) string {
	var b strings.Builder
	room := most
	for i, s := range text {
		written := r.span(s, adjoins(text, i))
		if length(written) > room {
			b.WriteString(r.cutSpan(s, room))
			break
		}
		b.WriteString(written)
		room -= length(written)
	}
	return b.String()
}

// adjoins reports whether a span touches a word on either side: there Slack would show
// the markers of bold and code instead of interpreting them.
func adjoins(text reply.Text, i int) bool {
	if i > 0 {
		last, _ := utf8.DecodeLastRuneInString(text[i-1].Text)
		if wordAt([]rune{last}, 0) {
			return true
		}
	}
	if i+1 < len(text) {
		first, _ := utf8.DecodeRuneInString(text[i+1].Text)
		return wordAt([]rune{first}, 0)
	}
	return false
}

// cutSpan writes as much of a span's words as there is room for.
func (r Renderer) cutSpan(s reply.Span, room int) string {
	if room < 1 {
		return ""
	}
	words := []rune(clean(s.Text))
	fitting := sort.Search(min(len(words), room), func(n int) bool {
		return length(escape(string(words[:n+1])))+1 > room
	})
	return escape(string(words[:fitting])) + "…"
}

func (r Renderer) markups(texts []reply.Text) []string {
	lines := make([]string, len(texts))
	for i, t := range texts {
		lines[i] = r.markup(t, maxSection)
	}
	return lines
}

// span writes one span in Slack's markup.
func (r Renderer) span(s reply.Span, adjoining bool) string {
	switch s.Kind {
	case reply.Strong:
		return marked("*", oneLine(s.Text), adjoining)
	case reply.Code:
		return marked("`", oneLine(s.Text), adjoining)
	case reply.Person:
		return reference("@", s)
	case reply.Group:
		return reference("!subteam^", s)
	case reply.Channel:
		return reference("#", s)
	case reply.Link:
		return link(s)
	case reply.Moment:
		return r.moment(s.At)
	default:
		return escape(s.Text)
	}
}

// marked puts words between two markers. Within code only the marker itself and Slack's
// three special characters have a meaning.
func marked(mark, words string, adjoining bool) string {
	if words == "" {
		return ""
	}
	if adjoining {
		return escape(words)
	}
	if mark == "`" {
		return mark + escaper.Replace(strings.ReplaceAll(clean(words), "`", string(lookalikes['`']))) + mark
	}
	return mark + strings.ReplaceAll(escape(words), "*", string(lookalikes['*'])) + mark
}

// reference names a person, group or channel by its ID; what is not an ID is
// shown as text.
func reference(sigil string, s reply.Span) string {
	for _, c := range s.Ref {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return escape(s.Text)
		}
	}
	if s.Ref == "" {
		return escape(s.Text)
	}
	return "<" + sigil + s.Ref + ">"
}

// link writes a link; what is not a web address is shown as text.
func link(s reply.Span) string {
	address, ok := webAddress(s.Ref)
	if !ok {
		return escape(cmp.Or(s.Text, s.Ref))
	}
	label := strings.ReplaceAll(escape(oneLine(s.Text)), "|", "∣")
	if label == "" {
		return "<" + address + ">"
	}
	return "<" + address + "|" + label + ">"
}

// webAddress makes an address safe within a link.
func webAddress(ref string) (string, bool) {
	u, err := url.Parse(ref)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", false
	}
	return strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "&", "&amp;", " ", "%20").Replace(u.String()), true
}

// moment lets Slack show a time in the reader's zone; older clients and
// screen readers get it in the configured one.
func (r Renderer) moment(at time.Time) string {
	return fmt.Sprintf("<!date^%d^%s|%s>", at.Unix(), dateFormat, r.when(at))
}

// dateFormat is how Slack shows a time: "today 14:05", "28 Nov 2026 14:05".
const dateFormat = "{date_short_pretty} {time}"

func (r Renderer) when(at time.Time) string {
	at = at.In(r.Location)
	return at.Format("2 Jan 2006 15:04 ") + phrase.Zone(at)
}

// words is a text without any markup, for places where Slack interprets none.
func (r Renderer) words(text reply.Text) string {
	var b strings.Builder
	for _, s := range text {
		switch {
		case s.Kind == reply.Moment:
			b.WriteString(r.when(s.At))
		case s.Kind == reply.Link && s.Text != s.Ref:
			b.WriteString(s.Text + " (" + s.Ref + ")")
		default:
			b.WriteString(s.Text)
		}
	}
	return clean(b.String())
}
