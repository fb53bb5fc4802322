package upstream

import (
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// reports is a folder into which a test runner writes JUnit XML, one file for each
// module, and a coverage report. Turning the first switch runs the suite; turning the
// second measures its coverage again.
type reports struct {
	dir  string
	runs *Switch
	now  func() time.Time

	mu        sync.Mutex // guards the rest and the files
	drops     bool       // the next measurement shows a drop in coverage
	benchmark string     // the state of the next benchmark
	migrated  string     // the state of the next test of the migrations
}

const coverageDrops = "drops"

func testReports(p Place) (*Upstream, error) {
	r := &reports{dir: filepath.Join(p.Dir, "reports"), now: p.Now}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for test reports: %w", err)
	}
	r.runs = (&Switch{
		ID: "test-run", Title: "The test suite",
		Help: "Each choice is a new run, which writes its files to " + r.dir + ".",
		States: []State{
			{ID: "not-run", Title: "Not run yet"},
			{ID: "all-pass", Title: "134 of 134 pass", Good: true},
			{ID: "three-fail", Title: "Three fail"},
			{ID: "some-skipped", Title: "Five are skipped"},
			{ID: "cut-short", Title: "The run was cut short"},
			{ID: "torn", Title: "A file is truncated"},
		},
		effect: r.write,
	}).restore(p)
	coverage := (&Switch{
		ID: "test-coverage", Title: "What the tests cover",
		Help: "Each choice writes a new " + coverageName + " next to the run's files.",
		States: []State{
			{ID: "enough", Title: "Over 85 % of the lines are run", Good: true},
			{ID: coverageDrops, Title: "Coverage drops: 77 % of the lines are run"},
		},
		effect: r.measure,
	}).restore(p)
	r.drops = coverage.at == coverageDrops
	speed, migrations := r.benchmarkSwitch(p), r.migrationSwitch(p)
	if err := r.repair(); err != nil {
		return nil, err
	}
	scan, err := securityScan(p, r.dir)
	if err != nil {
		return nil, err
	}
	return &Upstream{
		Title: "Test reports", Switches: []*Switch{r.runs, coverage, scan, speed, migrations},
		Variables: []Variable{{"REPORTS_DIR", r.dir, "where the practice test runner writes its JUnit files, " + coverageName + ", " + benchmarkName + " and " + migrationsName + ", and the scanners " + secretsName + ", " + lintName + " and " + imageName}},
	}, nil
}

// repair writes the files of the last run again if one is missing, as after a stop in
// the middle of writing. If none is missing, the files keep their time.
func (r *reports) repair() error {
	have, err := r.files()
	if err != nil {
		return err
	}
	_, covered := os.Stat(filepath.Join(r.dir, coverageName))
	_, timed := os.Stat(filepath.Join(r.dir, benchmarkName))
	_, migrated := os.Stat(filepath.Join(r.dir, migrationsName))
	if leaves := leavesCoverage(r.runs.at); len(have) == len(suites(r.runs.at)) && (covered == nil) == leaves && (timed == nil) == leaves && (migrated == nil) == leaves {
		return nil
	}
	return r.write(r.runs.at)
}

// files are the files of the runner. Other files in the folder are left alone.
func (r *reports) files() ([]string, error) {
	return filepath.Glob(filepath.Join(r.dir, "TEST-*.xml"))
}

// write replaces the files of the last run. It removes all old files before it writes
// the first new one, so that a reader never sees a mixture of two runs.
func (r *reports) write(state string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	old, err := r.files()
	if err != nil {
		return err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	for i, suite := range suites(state) {
		text, err := suite.render(r.now())
		if err != nil {
			return err
		}
		if state == "torn" && i == 0 {
			text = text[:len(text)*2/3]
		}
		if err := writeFile(filepath.Join(r.dir, "TEST-"+suite.module+".xml"), text); err != nil {
			return err
		}
	}
	return errors.Join(r.writeCoverage(state), r.writeBenchmark(state), r.writeMigrations(state))
}

// writeFile writes a file atomically.
func writeFile(path string, text []byte) error {
	partial := path + ".partial"
	if err := os.WriteFile(partial, text, 0o644); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

// The elements of a JUnit file as pytest writes it
// (https://github.com/testmoapp/junitxml). Odoo itself writes none; the runner
// around it does.
type (
	junitFile struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Errors    int         `xml:"errors,attr"`
		Failures  int         `xml:"failures,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Tests     int         `xml:"tests,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Hostname  string      `xml:"hostname,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure"`
		Skipped *junitProblem `xml:"skipped"`
	}
	junitProblem struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// render writes the file of one module: a suite for each of its test files.
func (s suite) render(at time.Time) ([]byte, error) {
	var file junitFile
	for _, class := range s.classes() {
		one := junitSuite{Name: class, Timestamp: at.UTC().Format("2006-01-02T15:04:05"), Hostname: "practice"}
		var total time.Duration
		for _, c := range s.cases {
			if c.class != class {
				continue
			}
			total += c.took
			one.Tests++
			one.Cases = append(one.Cases, c.element(&one))
		}
		one.Time = seconds(total)
		file.Suites = append(file.Suites, one)
	}
	text, err := xml.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

// element is the case in XML; it also counts the case in its suite.
func (c testCase) element(in *junitSuite) junitCase {
	e := junitCase{Class: c.class, Name: c.name, Time: seconds(c.took)}
	switch c.outcome {
	case failedCase:
		in.Failures++
		e.Failure = &junitProblem{
			Type: "AssertionError", Message: "AssertionError: 1180.0 != 1200.0",
			Text: "Traceback (most recent call last):\n  File \"" + c.file() + "\", line 41, in " + c.name +
				"\n    self.assertEqual(record.amount_total, 1200.0)\nAssertionError: 1180.0 != 1200.0\n",
		}
	case skippedCase:
		in.Skipped++
		e.Skipped = &junitProblem{Type: "pytest.skip", Message: "no connection to the exchange rate service"}
	}
	return e
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
