// Package redact removes secrets from text before people see it or a log stores it.
//
// # Nouns
//
// A secret is a value that must not be shown: a token, a key, an address with a
// password in it. It may be written in several [Forms]: quoted, escaped, in base64,
// line by line. A [Redactor] replaces each of them with [Mark]. A [Writer] does so in a
// stream, even if a secret arrives in two writes. Package terminal turns what programs
// print for a terminal into plain lines, so that a partly coloured secret is found too.
// Package visible shows characters that can't be seen.
//
// # Who calls it
//
// gates redacts evidence, runs redacts what runbooks and services print, clients the
// errors of their libraries, and bot its log. The caller knows which values are
// secrets; nothing is stored here, and nothing fails.
//
// # What it promises
//
// No form of a secret of at least [MinLength] bytes gets through. Shorter secrets are
// left alone, since they occur within ordinary words. [Redactor.Line] and
// [Redactor.CutText] also remove what is left of a secret next to the … where a text was
// cut, and Line the user and password from any address, whether or not anybody named them
// as secrets.
package redact

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonogo/redact/terminal"
	"gonogo/redact/visible"
)

const (
	Mark      = "[redacted]" // is shown in place of a secret
	MinLength = 4            // bytes of a secret; blanking anything shorter would blank half the words
	MaxLine   = 500          // characters that [Redactor.Line] leaves of a text

	mostRead = 16 << 10 // bytes that [Redactor.Line] looks at: enough for its characters between colors and secrets
)

// Redactor removes a fixed set of secrets from texts. It may be used from any
// goroutine.
type Redactor struct {
	forms []string // the longest first
	marks *strings.Replacer
}

// New prepares a redactor.
func New(secrets []string) Redactor {
	r := Redactor{forms: Forms(secrets)}
	pairs := make([]string, 0, 2*len(r.forms))
	for _, form := range r.forms {
		pairs = append(pairs, form, Mark)
	}
	r.marks = strings.NewReplacer(pairs...)
	return r
}

// Text removes the secrets from a text and changes nothing else.
func (r Redactor) Text(text string) string { return r.marks.Replace(text) }

// CutText removes the secrets from a text of which parts may have been cut, and what is
// left of a secret next to each …. It changes nothing else.
func (r Redactor) CutText(text string) string { return r.Text(r.cut(text)) }

// userinfo is the user and password in an address.
var userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/\s@"'<>]+@`)

// StripUserinfo removes the users and passwords from the addresses in a text.
func StripUserinfo(text string) string { return userinfo.ReplaceAllString(text, "$1") }

// Line makes one line of a text from outside: valid UTF-8, without secrets, control
// sequences and control characters, and at most [MaxLine] characters long. Invisible
// characters are shown as <U+202E> and the like.
func (r Redactor) Line(text string) string {
	end := ""
	if len(text) > mostRead {
		text, end = head(text), "…"
	}
	text = r.withoutSecrets(strings.ToValidUTF8(text, "?"), end)
	text = userinfo.ReplaceAllString(text, "${1}"+Mark+"@")
	text = visible.Text(strings.TrimSpace(strings.Map(printable, text)))
	if runes := []rune(text); len(runes) > MaxLine {
		text = string(runes[:MaxLine-1]) + "…"
	}
	return text
}

// head is the beginning of a text that is read, without a partial letter.
func head(text string) string {
	n := mostRead
	for n > mostRead-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// withoutSecrets removes the secrets and control sequences from a text. end is the …
// after a text that was cut; a sequence that was cut as well doesn't swallow it.
func (r Redactor) withoutSecrets(text, end string) string {
	text, rest := strings.CutSuffix(r.CutText(text+end), end)
	if !rest { // it was after the beginning of a secret
		end = ""
	}
	if shown := terminal.Text(text); shown != text { // a part of a secret may be colored
		return r.CutText(shown + end)
	}
	return text + end
}

// Line is [Redactor.Line] for a single text.
func Line(text string, secrets []string) string { return New(secrets).Line(text) }

// cut removes the beginning of a secret before each … where something was cut, also if
// it was quoted, and the end of one after it.
func (r Redactor) cut(text string) string {
	pieces := strings.Split(text, "…")
	for i := range pieces[1:] {
		before, after := r.withoutBeginning(pieces[i]), r.withoutEnd(pieces[i+1])
		if before == pieces[i] && after == pieces[i+1] {
			before += "…"
		}
		pieces[i], pieces[i+1] = before, after
	}
	return strings.Join(pieces, "")
}

// withoutBeginning removes the longest beginning of a secret at the end of a text.
// Whole secrets are for Text.
func (r Redactor) withoutBeginning(text string) string {
	longest, whole := 0, false
	for _, form := range r.forms {
		for n := len(form); n >= MinLength && n > longest; n-- {
			if strings.HasSuffix(text, form[:n]) {
				longest, whole = n, n == len(form)
			}
		}
	}
	if longest == 0 || whole {
		return text
	}
	return text[:len(text)-longest] + Mark
}

// withoutEnd removes the end of a secret at the beginning of a text likewise.
func (r Redactor) withoutEnd(text string) string {
	longest, whole := 0, false
	for _, form := range r.forms {
		for n := len(form); n >= MinLength && n > longest; n-- {
			if strings.HasPrefix(text, form[len(form)-n:]) {
				longest, whole = n, n == len(form)
			}
		}
	}
	if longest == 0 || whole {
		return text
	}
	return Mark + text[longest:]
}

// printable replaces characters that would move the cursor with spaces.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}
