// Package spelling finds the word that was probably meant by an unknown one: a gate
// kind, a setting, a command. Callers that refuse a word suggest what it finds.
package spelling

import "strings"

// maxLetters bounds the work: longer words are not compared.
const maxLetters = 256

// Nearest returns the known word with the smallest distance, the first of several,
// or "" if none is at most that far away. Case is ignored.
func Nearest(word string, known []string, most int) string {
	nearest, least := "", most+1
	for _, k := range known {
		if d := Distance(strings.ToLower(word), strings.ToLower(k)); d < least {
			nearest, least = k, d
		}
	}
	return nearest
}

// Distance counts the letters to insert, drop, change, or swap with their
// neighbour to get from a to b (optimal string alignment).
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if a != b && max(len(x), len(y)) > maxLetters {
		return max(len(x), len(y))
	}
	before, row, next := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next[0] = i
		for j := 1; j <= len(y); j++ {
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+differ(x[i-1], y[j-1]))
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(y)]
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
