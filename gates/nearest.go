package gates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// instead says which kind was meant by a name that is none, or which there are.
func instead(name string) string {
	var all []string
	for _, k := range Kinds() {
		all = append(all, k.Name)
	}
	if near := nearest(name, all); near != "" {
		return "did you mean " + near + "?"
	}
	return "the kinds are " + strings.Join(all, ", ")
}

// nearest finds the name that is a slip or two of the keys away, or "".
func nearest(name string, all []string) string {
	near, least := "", 3
	for _, other := range all {
		if d := distance(name, other); d < min(least, max(len(name), 2)) {
			near, least = other, d
		}
	}
	return near
}

// insteadOfConnection says which connection was meant by a name that is none, or
// which there are.
func (s Surroundings) insteadOfConnection(name string) string {
	there := slices.Sorted(maps.Keys(s.Connections))
	if near := nearest(name, append(slices.Clone(there), slices.Sorted(maps.Keys(s.Absent))...)); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(there) == 0 {
		return "add it under connections"
	}
	return "add it under connections, or name one of " + strings.Join(there, ", ")
}

// distance counts the letters to add, drop or change to get from a to b
// (Levenshtein's distance).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
