// Package visible shows characters that cannot be seen. Some of them change how
// the text around them looks: U+202E turns it round, so that gpj.exe reads as
// exe.jpg, and those of no width tell apart two names that look the same. In a
// title, a reason or a commit message they are shown as what they are:
//
//	"19.0.2\u202e"  ──▶  19.0.2<U+202E>
//
// Who calls it: redact for evidence, bot/chat/render for Slack, commands/reply
// for terminals and Markdown. Control characters (Unicode's Cc) are for
// them to drop, since a line's end means something in one place only. Nothing
// is stored here, and nothing fails. Text that was made visible stays as it is.
package visible

import (
	"fmt"
	"strings"
	"unicode"
)

// The characters whose place decides whether they are shown.
const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
	textStyle = '\ufe0e' // after a symbol: as text
	emoji     = '\ufe0f' // after a symbol: as an emoji
)

// Text is s with each invisible character as <U+XXXX>. Letters of every script are
// kept, and so are emoji, with the characters that they consist of.
func Text(s string) string {
	if strings.IndexFunc(s, unseen) < 0 {
		return s
	}
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		if unseen(r) && !belongs(runes, i) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unseen reports whether a character has no glyph of its own. Marks such as
// U+0601, the Arabic sign for a number, are format characters that do have one.
func unseen(r rune) bool {
	if r < 0xa0 {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// belongs reports whether an invisible character has its proper use here: it joins two
// symbols to one emoji, or two letters of a script that needs it, such as Persian, or
// says how the symbol before it is shown.
func belongs(runes []rune, i int) bool {
	before, after := at(runes, i-1), at(runes, i+1)
	if before == emoji || before == textStyle {
		before = at(runes, i-2)
	}
	switch runes[i] {
	case joiner:
		return symbol(before) && symbol(after) || shaped(before) && shaped(after)
	case nonJoiner:
		return shaped(before) && shaped(after)
	case emoji, textStyle:
		return before == at(runes, i-1) && (symbol(before) || keycap(before))
	}
	return false
}

// at is the character at a position, or 0 outside the text.
func at(runes []rune, i int) rune {
	if i < 0 || i >= len(runes) {
		return 0
	}
	return runes[i]
}

// symbol reports whether a character is a symbol of an emoji, or can end one.
func symbol(r rune) bool {
	return r >= 0xa0 && unicode.In(r, unicode.So, unicode.Sm, unicode.Sk, unicode.Po)
}

// keycap reports whether a character can become a keycap emoji.
func keycap(r rune) bool { return r >= '0' && r <= '9' || r == '#' || r == '*' }

// shaped reports whether a character is a letter, or its mark, of a script whose
// letters change shape with their neighbors.
func shaped(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han, unicode.Inherited, unicode.Common) && !unseen(r)
}
