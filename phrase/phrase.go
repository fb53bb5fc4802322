// Package phrase fits counts, lists and text from outside into sentences: "1 gate",
// errors, titles that may be long, and excerpts of what others wrote. It neither
// redacts secrets nor escapes; callers do that for the place where the text is shown.
package phrase

import (
	"fmt"
	"strings"
)

// Count writes a number with its noun: "1 gate", "12 gates". plural is the noun for
// every number but one, where an added s does not make it: "2 branches".
func Count[N int | uint64](n N, noun string, plural ...string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case len(plural) > 0:
		return fmt.Sprintf("%d %s", n, plural[0])
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Of writes how many of so many there are: "1 of 1 test", "1 of 3 tests". plural is as in
// [Count].
func Of[N int | uint64](n, all N, noun string, plural ...string) string {
	return fmt.Sprintf("%d of %s", n, Count(all, noun, plural...))
}

// All writes that it is each of some things: "the module", "both modules", "all 3 modules".
func All(n int, noun string) string {
	switch n {
	case 1:
		return "the " + noun
	case 2:
		return "both " + noun + "s"
	}
	return fmt.Sprintf("all %d %ss", n, noun)
}

// Is is the verb for so many things: "is" for one, and "are" for every other number.
func Is(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// Cause is an error as the end of a sentence: without the full stop that is
// added where it is shown.
func Cause(err error) string { return strings.TrimRight(err.Error(), ". ") }

// longestExcerpt is how many characters of a text are quoted.
const longestExcerpt = 80

// Excerpt is a text fit to be quoted: its beginning, as one line of at most 80
// characters.
func Excerpt(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > longestExcerpt {
		return string(runes[:longestExcerpt-1]) + "…"
	}
	return text
}

// UpTo lists the first of some names or words, and says how many more there are.
func UpTo(most int, names []string) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// ShortenAtWord cuts a text to at most so many letters, between words where it can,
// and ends what it has cut with an ellipsis. Replies use reply.Shorten, which keeps as
// much of a title as fits.
func ShortenAtWord(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	kept := string(runes[:most-1])
	if n := strings.LastIndexByte(kept, ' '); n > len(kept)/2 {
		kept = kept[:n]
	}
	return strings.TrimRight(kept, " ,;:.") + "…"
}
