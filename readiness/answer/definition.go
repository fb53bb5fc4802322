package answer

import (
	"strings"
)

// Definition identifies the question that an item asks, to decide whether an answer
// belongs to it: the rules (who answers, with which evidence, or the gate and its
// limits) and, for a question that people read, its wording.
type Definition string

// Reworded reports whether only the wording of a question has changed.
func (d Definition) Reworded(now Definition) bool {
	rules, wording, worded := strings.Cut(string(d), ".")
	newRules, newWording, _ := strings.Cut(string(now), ".")
	return worded && rules == newRules && wording != newWording
}

// Changed says why an answer to one question doesn't count for another; "" if it does.
// An answer without a definition is from before there were any.
func (d Definition) Changed(now Definition) string {
	switch {
	case d == "" || d == now:
		return ""
	case d.Reworded(now):
		return "the question has been reworded since"
	}
	return "the question has changed since"
}
