package gates

import "strings"

// instead says which kind was meant by a name that is none, or which there are.
func instead(name string) string {
	var all []string
	nearest, least := "", 3
	for _, k := range Kinds() {
		all = append(all, k.Name)
		if d := distance(name, k.Name); d < least {
			nearest, least = k.Name, d
		}
	}
	if nearest != "" {
		return "did you mean " + nearest + "?"
	}
	return "the kinds are " + strings.Join(all, ", ")
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
