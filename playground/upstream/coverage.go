package upstream

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"time"
)

// coverageName is the coverage report of a run, in the folder of the JUnit files.
const coverageName = "coverage.json"

// The numbers of statements in each module's file of models and file of business logic.
// The two modules that the checklist calls core have more coverage.
const (
	modelStatements = 120
	logicStatements = 80
)

var coreModules = map[string]bool{"ipai_core": true, "ipai_approvals": true}

// untested are the modules with a large change without tests, if the switch says that
// coverage drops.
var untested = map[string]bool{"ipai_expense": true, "ipai_procure": true}

// leavesCoverage reports whether a run in this state gets as far as its
// coverage.
func leavesCoverage(state string) bool { return state != "not-run" && state != "cut-short" }

// The elements of a file as `coverage json` writes it
// (https://coverage.readthedocs.io/en/latest/commands/cmd_json.html).
type (
	coverageFile struct {
		Meta   coverageMeta              `json:"meta"`
		Files  map[string]coverageOfFile `json:"files"`
		Totals coverageSummary           `json:"totals"`
	}
	coverageMeta struct {
		Format    int    `json:"format"`
		Version   string `json:"version"`
		Timestamp string `json:"timestamp"`
		Branches  bool   `json:"branch_coverage"`
	}
	coverageOfFile struct {
		Executed []int           `json:"executed_lines"`
		Summary  coverageSummary `json:"summary"`
		Missing  []int           `json:"missing_lines"`
		Excluded []int           `json:"excluded_lines"`
	}
	coverageSummary struct {
		Covered    int     `json:"covered_lines"`
		Statements int     `json:"num_statements"`
		Percent    float64 `json:"percent_covered"`
		Missing    int     `json:"missing_lines"`
	}
)

func (s *coverageSummary) add(more coverageSummary) {
	s.Covered, s.Statements, s.Missing = s.Covered+more.Covered, s.Statements+more.Statements, s.Missing+more.Missing
	s.Percent = 100 * float64(s.Covered) / float64(s.Statements)
}

// coverageOf is the coverage of a file of which run of statements statements were
// executed. As in coverage.py's own reports, the docstring in line 1 is executed but
// doesn't count as a statement.
func coverageOf(run, statements int) coverageOfFile {
	f := coverageOfFile{Executed: []int{1}, Missing: []int{}, Excluded: []int{}}
	for n := range statements {
		line := 3 + n + n/4 // with a blank line after every fourth statement
		if n < run {
			f.Executed = append(f.Executed, line)
		} else {
			f.Missing = append(f.Missing, line)
		}
	}
	f.Summary.add(coverageSummary{Covered: run, Statements: statements, Missing: statements - run})
	return f
}

// sharesOf are the percentages of statements executed in a module's models and in its
// business logic.
func sharesOf(module string, drops bool) (models, logic int) {
	switch {
	case drops && untested[module]:
		return 40, 40
	case coreModules[module]:
		return 85, 95
	}
	return 80, 95
}

// renderCoverage is the report of a complete run.
func renderCoverage(drops bool, at time.Time) ([]byte, error) {
	report := coverageFile{
		Meta:  coverageMeta{Format: 3, Version: "7.6.1", Timestamp: at.UTC().Format("2006-01-02T15:04:05.000000")},
		Files: map[string]coverageOfFile{},
	}
	for _, suite := range wholeRun() {
		models, logic := sharesOf(suite.module, drops)
		for name, f := range map[string]coverageOfFile{
			"models/" + suite.module + ".py": coverageOf(models*modelStatements/100, modelStatements),
			"services/rules.py":              coverageOf(logic*logicStatements/100, logicStatements),
		} {
			report.Files[path.Join("addons", suite.module, name)] = f
			report.Totals.add(f.Summary)
		}
	}
	return json.Marshal(report)
}

// writeCoverage replaces the report with that of a run in this state, or removes it if
// the run doesn't get that far.
func (r *reports) writeCoverage(state string) error {
	file := filepath.Join(r.dir, coverageName)
	if !leavesCoverage(state) {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	text, err := renderCoverage(r.drops, r.now())
	if err != nil {
		return err
	}
	return writeFile(file, text)
}

// measure writes a new coverage report for the last run.
func (r *reports) measure(position string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.drops
	r.drops = position == coverageDrops
	if _, err := os.Stat(filepath.Join(r.dir, coverageName)); err != nil {
		return nil // there has been no run; the next one will show it
	}
	if err := r.writeCoverage("all-pass"); err != nil {
		r.drops = before
		return err
	}
	return nil
}
