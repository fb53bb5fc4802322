package upstream

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"time"
)

// coverageName is the report of what a run covered, among the JUnit files.
const coverageName = "coverage.json"

// Every module has one file of models and one of business logic, with so many
// statements. The two that the checklist calls core are covered better.
const (
	modelStatements = 120
	logicStatements = 80
)

var coreModules = map[string]bool{"ipai_core": true, "ipai_approvals": true}

// neglected are the modules that a large change without tests went into, where
// the switch says that coverage drops.
var neglected = map[string]bool{"ipai_expense": true, "ipai_procure": true}

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

// coveredTo is a file of which so many of so many statements were run. As in
// coverage.py's own reports the docstring, in line 1, is executed and no
// statement.
func coveredTo(run, statements int) coverageOfFile {
	f := coverageOfFile{Executed: []int{1}, Missing: []int{}, Excluded: []int{}}
	for n := range statements {
		line := 3 + n + n/4 // with a blank line now and then
		if n < run {
			f.Executed = append(f.Executed, line)
		} else {
			f.Missing = append(f.Missing, line)
		}
	}
	f.Summary.add(coverageSummary{Covered: run, Statements: statements, Missing: statements - run})
	return f
}

// sharesOf is how many of 100 statements of a module's models and of its
// business logic are run.
func sharesOf(module string, drops bool) (models, logic int) {
	switch {
	case drops && neglected[module]:
		return 40, 40
	case coreModules[module]:
		return 85, 95
	}
	return 80, 95
}

// renderCoverage writes the report of a whole run.
func renderCoverage(drops bool, at time.Time) ([]byte, error) {
	report := coverageFile{
		Meta:  coverageMeta{Format: 3, Version: "7.6.1", Timestamp: at.UTC().Format("2006-01-02T15:04:05.000000")},
		Files: map[string]coverageOfFile{},
	}
	for _, suite := range wholeRun() {
		models, logic := sharesOf(suite.module, drops)
		for name, f := range map[string]coverageOfFile{
			"models/" + suite.module + ".py": coveredTo(models*modelStatements/100, modelStatements),
			"services/rules.py":              coveredTo(logic*logicStatements/100, logicStatements),
		} {
			report.Files[path.Join("addons", suite.module, name)] = f
			report.Totals.add(f.Summary)
		}
	}
	return json.Marshal(report)
}

// writeCoverage replaces the report with that of a run in this state; a run
// that did not get so far leaves none.
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

// measure is a new measurement of the run that is there.
func (r *reports) measure(position string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.drops
	r.drops = position == coverageDrops
	if _, err := os.Stat(filepath.Join(r.dir, coverageName)); err != nil {
		return nil // there is no run to measure; the next one shows it
	}
	if err := r.writeCoverage("all-pass"); err != nil {
		r.drops = before
		return err
	}
	return nil
}
