package grammar

import (
	"cmp"
	"slices"
	"strings"

	"gonogo/spelling"
)

// Nearest finds the name that differs from the typed words by little more than a typing
// error. Only as many words as a name has are compared, since arguments may follow.
func Nearest(said string, names []string) (string, bool) {
	best, distance := "", 3
	for _, name := range names {
		head := Split(said)
		if n := len(Split(name)); len(head) > n {
			head = head[:n]
		}
		if d := spelling.Distance(strings.ToLower(Join(head)), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best, best != ""
}

// mostNearby is how many names are suggested for an unknown one.
const mostNearby = 3

// Nearby lists the names closest to what was typed, the closest first: those that
// differ in at most half of the letters, and those that contain it.
func Nearby(said string, names []string) []string {
	said = strings.ToLower(said)
	distance := func(name string) int {
		name = strings.ToLower(name)
		if len(said) > 2 && strings.Contains(name, said) {
			return 1
		}
		return spelling.Distance(said, name)
	}
	near := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return distance(name) > max(2, len(said)/2) })
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return near[:min(len(near), mostNearby)]
}
