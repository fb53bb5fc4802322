package gates

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/readiness"
)

var junitKind = Kind{
	Name: "junit", About: "tests, failures, errors, skips, duration and counts per module of JUnit reports", Repeatable: true,
	Example: `files: reports/*.xml
tests: ">= 134"
failed: 0
skipped: 0
duration: "< 2m"
modules: { ipai_core: ">= 32" }`,
	New: newJUnit,
}

// junitSettings are the settings of kind junit.
type junitSettings struct {
	Files    string           `yaml:"files"` // pattern as of filepath.Match, below the working directory
	Tests    Limit            `yaml:"tests"`
	Failed   Limit            `yaml:"failed"` // failures and errors together; 0 unless said otherwise
	Skipped  Limit            `yaml:"skipped"`
	Duration Limit            `yaml:"duration"` // of all test cases together
	Modules  map[string]Limit `yaml:"modules"`  // tests per module
}

const (
	maxReports    = 1000
	maxReportSize = 64 << 20 // bytes of one report
	maxDepth      = 64       // of nested elements
)

type junitGate struct {
	settings junitSettings
	dir      string
}

func newJUnit(decode func(any) error, around Surroundings) (Built, error) {
	var s junitSettings
	if err := decode(&s); err != nil {
		return Built{}, err
	}
	if s.Files == "" {
		return Built{}, Faults{{"files", "files is missing; it names the reports, as in reports/*.xml"}}
	}
	if _, err := filepath.Match(s.Files, ""); err != nil {
		return Built{}, Faults{{"files", "files is no pattern: a [ is not closed"}}
	}
	return Built{Gate: &junitGate{s, around.Dir}, Settings: settingsHash("junit", s)}, nil
}

// Check implements [Gate].
func (g *junitGate) Check(ctx context.Context, s Scope) readiness.Evidence {
	files, problem := g.find()
	if problem != nil {
		return *problem
	}
	suite := suite{cases: map[caseID]testCase{}}
	for _, file := range files {
		if ctx.Err() != nil {
			return errored("cut off while it read the reports")
		}
		if old := older(file, s.Opened); old != nil {
			return *old
		}
		if err := suite.read(file); err != nil {
			return errored("%s cannot be read: %v; write the report again", filepath.Base(file), err)
		}
	}
	if len(suite.cases) == 0 {
		ev := errored("the reports hold no test at all; look whether the tests ran")
		ev.Verdict = readiness.Failed
		return ev
	}
	return g.judge(suite)
}

// find lists the reports, or says that there are none.
func (g *junitGate) find() ([]string, *readiness.Evidence) {
	pattern := g.settings.Files
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(g.dir, pattern)
	}
	files, _ := filepath.Glob(pattern)
	switch {
	case len(files) == 0:
		return nil, &readiness.Evidence{Verdict: readiness.NotConfigured, Summary: "no report matches " + filepath.Base(pattern) + "; run the tests first"}
	case len(files) > maxReports:
		ev := errored("%d reports match %s, at most %d are read; name them more closely", len(files), filepath.Base(pattern), maxReports)
		return nil, &ev
	}
	slices.Sort(files)
	return files, nil
}

// older refuses a report from before the release was opened: it is about
// something else.
func older(file string, opened time.Time) *readiness.Evidence {
	info, err := os.Stat(file)
	var ev readiness.Evidence
	switch {
	case err != nil:
		ev = errored("%s cannot be read: %s", filepath.Base(file), plainCause(err))
	case info.Size() > maxReportSize:
		ev = errored("%s is larger than %d MiB; split the report", filepath.Base(file), maxReportSize>>20)
	case info.ModTime().Before(opened):
		ev = errored("%s is older than the release's opening; run the tests for this release", filepath.Base(file))
	default:
		return nil
	}
	return &ev
}

func plainCause(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, fs.ErrNotExist):
		return "it is gone"
	}
	return "the disk gave an error"
}

// caseID tells test cases apart; the same one in two overlapping reports
// counts once.
type caseID struct{ class, name, file string }

type outcome int

const (
	testPassed outcome = iota
	testSkipped
	testFailed
	testErrored
)

type testCase struct {
	outcome outcome
	seconds float64
	message string
}

// suite is all test cases of all reports.
type suite struct{ cases map[caseID]testCase }

// read takes the test cases of one report. The counts that the report's own
// attributes claim are left aside: runners get them wrong.
func (s *suite) read(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return errors.New(plainCause(err))
	}
	defer f.Close()
	d := xml.NewDecoder(io.LimitReader(f, maxReportSize))
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && depth == 0 && d.InputOffset() > 0 {
			return nil
		}
		if err != nil {
			line, _ := d.InputPos()
			return fmt.Errorf("it is no whole XML, line %d", line)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 && t.Name.Local != "testsuites" && t.Name.Local != "testsuite" {
				return fmt.Errorf("it begins with <%s>, not with <testsuites> or <testsuite>", short(t.Name.Local))
			}
			if t.Name.Local != "testcase" {
				if depth++; depth > maxDepth {
					return fmt.Errorf("its elements are nested more than %d deep", maxDepth)
				}
				continue
			}
			if err := s.take(d, t); err != nil {
				return err
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errors.New("it declares a document type, which reports have no need of")
		}
	}
}

// take reads one <testcase>.
func (s *suite) take(d *xml.Decoder, start xml.StartElement) error {
	var c struct {
		Class   string    `xml:"classname,attr"`
		Name    string    `xml:"name,attr"`
		File    string    `xml:"file,attr"`
		Time    string    `xml:"time,attr"`
		Failure []message `xml:"failure"`
		Error   []message `xml:"error"`
		Skipped []message `xml:"skipped"`
	}
	if err := d.DecodeElement(&c, &start); err != nil {
		line, _ := d.InputPos()
		return fmt.Errorf("it is no whole XML, line %d", line)
	}
	seconds, _ := strconv.ParseFloat(strings.ReplaceAll(c.Time, ",", ""), 64)
	got := testCase{seconds: seconds}
	switch {
	case len(c.Error) > 0:
		got.outcome, got.message = testErrored, c.Error[0].line()
	case len(c.Failure) > 0:
		got.outcome, got.message = testFailed, c.Failure[0].line()
	case len(c.Skipped) > 0:
		got.outcome = testSkipped
	}
	id := caseID{c.Class, c.Name, c.File}
	if before, twice := s.cases[id]; !twice || got.outcome > before.outcome {
		s.cases[id] = got
	}
	return nil
}

// message is why a test did not pass.
type message struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (m message) line() string {
	if m.Message != "" {
		return short(m.Message)
	}
	return short(m.Text)
}

// judge compares what the reports hold with the settings.
func (g *junitGate) judge(s suite) readiness.Evidence {
	var failed, skipped int
	var seconds float64
	var details []string
	for id, c := range s.cases {
		seconds += c.seconds
		switch c.outcome {
		case testSkipped:
			skipped++
		case testFailed, testErrored:
			failed++
			details = append(details, strings.TrimSuffix(fmt.Sprintf("%s %s: %s", id.class, id.name, c.message), ": "))
		}
	}
	slices.Sort(details)
	total := len(s.cases)
	measures := []readiness.Measure{countMeasure("tests", total, orAtLeast(g.settings.Tests, 1)), countMeasure("failed", failed, orExactly(g.settings.Failed, 0))}
	if g.settings.Skipped.Set() {
		measures = append(measures, countMeasure("skipped", skipped, g.settings.Skipped))
	}
	if g.settings.Duration.Set() {
		took := time.Duration(seconds * float64(time.Second))
		measures = append(measures, readiness.Measure{Name: "duration", Value: readiness.Span(took), Limit: g.settings.Duration.Text, OK: g.settings.Duration.Duration(took)})
	}
	for _, module := range slices.Sorted(mapKeys(g.settings.Modules)) {
		measures = append(measures, countMeasure("tests of "+module, s.ofModule(module), g.settings.Modules[module]))
	}
	ev := judged(measures, fmt.Sprintf("%d of %d tests passed, %d skipped", total-failed-skipped, total, skipped))
	ev.Details = append(details, g.mismatch()...)
	return ev
}

// ofModule counts the tests of a module: those that have it as a segment of
// their class name or file.
func (s *suite) ofModule(module string) int {
	n := 0
	for id := range s.cases {
		segments := strings.FieldsFunc(id.class+"/"+id.file, func(r rune) bool { return strings.ContainsRune("./:\\", r) })
		if slices.Contains(segments, module) {
			n++
		}
	}
	return n
}

// mismatch says when the counts asked for contradict each other.
func (g *junitGate) mismatch() []string {
	total, ok := g.settings.Tests.Exactly()
	sum := 0.0
	for _, l := range g.settings.Modules {
		n, exact := l.Exactly()
		ok = ok && exact
		sum += n
	}
	if !ok || len(g.settings.Modules) == 0 || sum == total {
		return nil
	}
	return []string{fmt.Sprintf("The counts asked for disagree: the modules' add up to %.0f, the total is %.0f.", sum, total)}
}

func orAtLeast(l Limit, n int) Limit { return orLimit(l, fmt.Sprintf(">= %d", n)) }

func orExactly(l Limit, n int) Limit { return orLimit(l, strconv.Itoa(n)) }

// orLimit is l, or the limit written in text where none was set. The text is
// the program's own, so it cannot be at fault.
func orLimit(l Limit, text string) Limit {
	if !l.Set() {
		_ = l.UnmarshalText([]byte(text))
	}
	return l
}
