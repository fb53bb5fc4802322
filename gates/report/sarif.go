package report

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/phrase"
)

// MaxSARIF is how much of one SARIF report is read, in bytes. It is read as a stream,
// so that little of it is held at a time.
const MaxSARIF = 256 << 20

const (
	maxFindings = 500_000 // in all reports
	maxRules    = 50_000  // of one run, and those with findings in all reports
	maxPlaces   = 40      // kept of one rule's findings
	maxAllNotes = 10_000  // places kept of one run
)

// Severity is how bad a finding is; the worst is the greatest.
type Severity int

// The severities. Unrated is that of a finding whose tool says nothing of it.
const (
	Unrated Severity = iota
	Low
	Medium
	High
	Critical
)

// Severities are all but Unrated, the worst first.
var Severities = []Severity{Critical, High, Medium, Low}

// String is the word for a severity.
func (s Severity) String() string {
	return []string{"unrated", "low", "medium", "high", "critical"}[s]
}

// Findings combines SARIF reports: what the tools found, by tool, rule and severity,
// and what kept them from looking everywhere. A finding is a result whose level isn't
// none, that isn't suppressed, and that the tool doesn't call gone. Nothing of a
// report's texts is kept but names of tools and rules, places, and what tools say of
// their own failures: a finding's message and snippet may be the secret itself.
type Findings struct {
	Suppressed int       // results that are suppressed
	Ended      time.Time // when the first of the tools ended, where they say; zero where none does
	Broken     []string  // why tools can't have looked everywhere, each a sentence without a full stop

	tools  map[string]bool
	groups map[groupKey]*Group
	count  int // of all groups

	before map[uint64]int32 // the findings of the last release's reports, by what identifies them
	seed   maphash.Seed
}

// Group is the findings of one tool under one rule that are equally severe.
type Group struct {
	Tool, Rule string // Rule is "" where the report names none
	Severity   Severity
	Count      int
	New        int      // those that the last release's reports don't have
	Places     []string // the first of them, as file:line
	NewPlaces  []string // the first of the new ones
}

type groupKey struct {
	tool, rule string
	severity   Severity
}

// Read takes in one report, which is called name. Each of its runs counts.
func (f *Findings) Read(name string, report io.Reader) error {
	from := &head{Reader: report}
	r, err := newSARIF(f, name, from)
	if err == nil {
		err = r.read()
	}
	return from.explain(wantedFindings, err)
}

// ReadBefore takes in a report of the last release, before any report is read: what
// is in it isn't new. What identifies a finding is its rule, its file and its
// fingerprints, or its message where the tool gives none; the line isn't part of it.
// Of findings that have all of these in common, as many as there were are not new.
func (f *Findings) ReadBefore(name string, report io.Reader) error {
	f.compare()
	from := &head{Reader: report}
	r, err := newSARIF(&Findings{}, name, from)
	if err != nil {
		return from.explain(wantedFindings, err)
	}
	r.identify = func(identity []byte) bool {
		f.before[maphash.Bytes(f.seed, identity)]++
		return false
	}
	return from.explain(wantedFindings, r.read())
}

// compare begins the comparison with the last release.
func (f *Findings) compare() {
	if f.before == nil {
		f.before, f.seed = map[uint64]int32{}, maphash.MakeSeed()
	}
}

// isNew reports whether the last release's reports lack a finding, and strikes it
// off there.
func (f *Findings) isNew(identity []byte) bool {
	key := maphash.Bytes(f.seed, identity)
	if f.before[key] == 0 {
		return true
	}
	f.before[key]--
	return false
}

// Tools are the names of the tools that have a run in the reports, sorted.
func (f *Findings) Tools() []string { return slices.Sorted(maps.Keys(f.tools)) }

// Groups are the findings, the worst first. unrated is the severity of those whose
// tool says nothing of it.
func (f *Findings) Groups(unrated Severity) []Group {
	merged := map[groupKey]Group{}
	for _, key := range slices.SortedFunc(maps.Keys(f.groups), compareGroups) {
		g := f.groups[key]
		key.severity = cmp.Or(key.severity, unrated)
		sum := merged[key]
		sum.Tool, sum.Rule, sum.Severity = key.tool, key.rule, key.severity
		sum.Count, sum.New = sum.Count+g.Count, sum.New+g.New
		sum.Places, sum.NewPlaces = append(sum.Places, g.Places...), append(sum.NewPlaces, g.NewPlaces...)
		merged[key] = sum
	}
	var groups []Group
	for _, key := range slices.SortedFunc(maps.Keys(merged), compareGroups) {
		groups = append(groups, merged[key])
	}
	return groups
}

// compareGroups puts those that the report rates in front, the worst first.
func compareGroups(a, b groupKey) int {
	return cmp.Or(cmp.Compare(b.severity, a.severity), strings.Compare(a.tool, b.tool), strings.Compare(a.rule, b.rule))
}

// broken records why a tool can't have looked everywhere, once.
func (f *Findings) broken(format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	if len(f.Broken) < maxDoubts && !slices.Contains(f.Broken, said) {
		f.Broken = append(f.Broken, said)
	}
}

// add takes in findings of one run.
func (f *Findings) add(key groupKey, t tally) error {
	if f.groups == nil {
		f.groups = map[groupKey]*Group{}
	}
	g := f.groups[key]
	if g == nil {
		if len(f.groups) == maxRules {
			return refusal(fmt.Sprintf("with it there are findings of more than %d rules, and no more are counted", maxRules))
		}
		g = &Group{}
		f.groups[key] = g
	}
	g.Count, g.New, f.count = g.Count+t.count, g.New+t.fresh, f.count+t.count
	g.Places = append(g.Places, t.places[:min(len(t.places), maxPlaces-len(g.Places))]...)
	g.NewPlaces = append(g.NewPlaces, t.freshPlaces[:min(len(t.freshPlaces), maxPlaces-len(g.NewPlaces))]...)
	if f.count > maxFindings {
		return errTooManyFindings
	}
	return nil
}

var errTooManyFindings = refusal(fmt.Sprintf("with it there are more than %d findings, and no more are counted", maxFindings))

// sarif is one report being read. Source: SARIF 2.1.0 (OASIS), and what the tools in
// docs/compatibility.md write.
type sarif struct {
	jsonText
	findings *Findings
	name     string
	identify func(identity []byte) (fresh bool) // nil: nothing is compared
	runs     int
	named    bool // whether it has runs, perhaps none
	results  int
}

func newSARIF(f *Findings, name string, report io.Reader) (*sarif, error) {
	text := bufio.NewReaderSize(&limited{report, MaxSARIF, MaxSARIF}, 64<<10)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" { // as some editors and PowerShell begin a file
		_, _ = text.Discard(len(mark))
	}
	start, err := text.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case len(bytes.TrimLeft(start, " \t\r\n")) == 0:
		return nil, errEmpty
	case isUTF16(start[:min(len(start), 2)]), bytes.HasPrefix(start, []byte("{\x00")), bytes.HasPrefix(start, []byte("\x00{")):
		return nil, foreign("UTF-16")
	}
	r := &sarif{jsonText: newJSONText(text), findings: f, name: name}
	if f.before != nil {
		r.identify = f.isNew
	}
	return r, nil
}

// read reads the whole report.
func (r *sarif) read() error {
	err := r.object(r.top)
	if err == nil {
		if _, after := r.ReadToken(); !errors.Is(after, io.EOF) {
			return errContinues
		}
	}
	switch {
	case err != nil:
		return r.torn(err, "a SARIF report", "; run the tool that wrote it again")
	case !r.named:
		return errors.New("its JSON has no runs, as a SARIF report has; have the tool write SARIF 2.1.0")
	case r.runs == 0:
		return errors.New("it contains no run of a tool; check the tool that wrote it")
	}
	return nil
}

// top reads one property of the report.
func (r *sarif) top(name []byte) error {
	switch string(name) {
	case "version":
		var version string
		if err := r.text(&version); err != nil {
			return err
		}
		if version != "" && version != "2.1.0" {
			return refusal(fmt.Sprintf("it is SARIF of version %s, and only 2.1.0 is read; have the tool write that", phrase.Excerpt(version)))
		}
		return nil
	case "runs":
		r.named = true
		return r.array(r.run)
	case "inlineExternalProperties":
		return r.elsewhere()
	}
	return r.SkipValue()
}

// elsewhere refuses a report whose results may be where they are not read.
func (r *sarif) elsewhere() error {
	switch r.PeekKind() {
	case 'n':
		return r.SkipValue()
	case '[':
		return r.array(func() error { return errElsewhere })
	}
	return r.object(func([]byte) error { return errElsewhere })
}

var errElsewhere = refusal("it keeps parts of its runs apart (external properties), which are not read; have the tool write one whole report")
