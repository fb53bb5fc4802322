// Package phrase fits text from outside into sentences: errors, and titles that
// may be long. It does not remove secrets and does not escape; callers do that
// for where the text is shown.
package phrase

import "strings"

// Cause is an error as the end of a sentence: without the full stop that is
// added where it is shown.
func Cause(err error) string { return strings.TrimRight(err.Error(), ". ") }

// Shorten cuts a text to at most so many letters, between words where it can,
// and ends what it has cut with an ellipsis.
func Shorten(text string, most int) string {
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
