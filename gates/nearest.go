package gates

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonogo/spelling"
)

// Nearest finds the name that differs by little more than a typing error, or "".
func Nearest(name string, all []string) string {
	return spelling.Nearest(name, all, min(2, max(len(name), 2)-1))
}

// insteadOfConnection says which connection an unknown name probably means, or which
// there are.
func (s Deps) insteadOfConnection(name string) string {
	there := slices.Sorted(maps.Keys(s.Connections))
	if near := Nearest(name, append(slices.Clone(there), slices.Sorted(maps.Keys(s.Absent))...)); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(there) == 0 {
		return "add it under connections"
	}
	return "add it under connections, or name one of " + strings.Join(there, ", ")
}
