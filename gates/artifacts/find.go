package artifacts

import (
	"errors"
	"fmt"

	"gonogo/gates"
	"gonogo/gates/files"
	"gonogo/gates/glob"
	"gonogo/readiness/answer"
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

// find lists the reports that patterns match below dir. If it can't, or there are none,
// it gives evidence of that; toDo is what makes a tool write one.
func find(patterns glob.Patterns, dir, toDo string) ([]string, *answer.Evidence) {
	reports, err := patterns.Find(dir)
	var ev answer.Evidence
	switch {
	case errors.Is(err, glob.ErrTooMany):
		ev = gates.Errored("more than %d reports match %s; use a narrower pattern", glob.MostFiles, patterns)
	case err != nil:
		ev = gates.Errored("%s can't be searched: %s", patterns, files.Cause(err))
	case len(reports) == 0:
		ev = answer.Evidence{Verdict: answer.NotConfigured, Summary: fmt.Sprintf("no report matches %s; %s", patterns, toDo)}
	default:
		return reports, nil
	}
	return nil, &ev
}
