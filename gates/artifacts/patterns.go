package artifacts

import (
	"fmt"

	"gonogo/gates"
	"gonogo/gates/glob"
)

// patternFaults says which patterns are invalid.
func patternFaults(p glob.Patterns, field string) gates.Faults {
	var faults gates.Faults
	for i, pattern := range p {
		if glob.Valid(pattern) {
			continue
		}
		at := field
		if len(p) > 1 {
			at = fmt.Sprintf("%s.[%d]", field, i)
		}
		faults = append(faults, gates.Fault{Field: at, Problem: fmt.Sprintf("%q isn't a file name pattern; write it like reports/*.xml or reports/**/*.xml", pattern)})
	}
	return faults
}
