package strictyaml

import (
	"fmt"
	"strings"

	"gonogo/spelling"
)

// Suggest is the next step for an unknown word: the nearest known one or, if none
// is near, all of them.
func Suggest(word string, known []string) string {
	if best := Nearest(word, known); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(known) == 0 {
		return "none is defined"
	}
	if len(known) == 1 {
		return "use " + known[0]
	}
	return "use one of " + Enumerate(known)
}

// Nearest finds the known word that differs in at most a third of its letters.
func Nearest(word string, known []string) string {
	return spelling.Nearest(word, known, len(word)/3+1)
}

// Enumerate writes a list for people, and cuts a long one short.
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
