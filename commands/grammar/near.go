package grammar

import (
	"cmp"
	"slices"
	"strings"

	"gonogo/spelling"
)

// Nearest finds the name that what was said is a slip of the keys away from.
// Only as many words as a name has are compared, since arguments may follow.
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

// mostNearby is how many names are offered for one that nothing has.
const mostNearby = 3

// Nearby lists the names that come nearest to what was said, the nearest first:
// those with at most half of its letters changed, and those that it is a piece of.
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
