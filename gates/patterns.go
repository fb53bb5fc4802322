package gates

import (
	"fmt"

	"gonogo/gates/glob"
)

// patternFaults says which patterns are invalid.
func patternFaults(p glob.Patterns, field string) Faults {
	var faults Faults
	for i, pattern := range p {
		if glob.Valid(pattern) {
			continue
		}
		at := field
		if len(p) > 1 {
			at = fmt.Sprintf("%s.[%d]", field, i)
		}
		faults = append(faults, Fault{at, fmt.Sprintf("%q isn't a file name pattern; write it like reports/*.xml or reports/**/*.xml", pattern)})
	}
	return faults
}
