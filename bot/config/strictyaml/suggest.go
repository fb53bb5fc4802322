package strictyaml

import (
	"fmt"
	"strings"

	"gonogo/spelling"
)

// Suggest says what could have been meant by a word that is none of those
// known: the nearest, or all of them when none is near.
func Suggest(word string, known []string) string {
	if best := Nearest(word, known); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(known) == 0 {
		return "none is defined"
	}
	return "there is " + Enumerate(known)
}

// Nearest finds the known word that is at most a third of its letters away.
func Nearest(word string, known []string) string {
	return spelling.Nearest(word, known, len(word)/3+1)
}

// Enumerate writes a list as people do, and not all of a long one.
func Enumerate(words []string) string {
	const most = 16
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
