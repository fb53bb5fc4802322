// Package checked is what gonogo check has found, and the forms in which it is printed.
//
//	checked.go   the report: results, counts, and the closing line
//	table.go     for people, with colours
//	json.go      for programs
//	junit.go     JUnit XML, which most CI systems show
//	sarif.go     SARIF 2.1.0, for code scanning
//	markdown.go  a document, such as a job summary
//	github.go    annotations and outputs of a GitHub Actions step
//	progress.go  what is being measured, while it is
//
// A form is one file and one line of [Formats]. What gates and people wrote is escaped in
// each: it can't add lines, colours, elements or commands.
package checked

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// Waiting is the verdict shown for a gate that is not measured before the release is live.
const Waiting answer.Verdict = "waiting"

// Report is what was measured, and what is decided by it. Its JSON is stable: fields are
// added, and none changes its meaning.
type Report struct {
	Project     string             `json:"project"`
	Release     string             `json:"release"`
	Environment string             `json:"environment,omitempty"`
	Go          bool               `json:"go"`
	Items       []Item             `json:"items"`
	Blockers    []commands.Blocked `json:"blockers,omitempty"` // only of an environment

	// Overridden is what would block an environment if two people had not agreed.
	Overridden []commands.Overridden `json:"overridden,omitempty"`

	// Configuration is the file that has the gates, for forms that point to it.
	Configuration string `json:"-"`
}

// Item is what one gate measured.
type Item struct {
	Item        string           `json:"item"`
	Title       string           `json:"title"`
	Section     string           `json:"section,omitempty"` // its title
	Environment string           `json:"environment,omitempty"`
	Verdict     answer.Verdict   `json:"verdict"`
	Summary     string           `json:"summary"`
	Measures    []answer.Measure `json:"measures,omitempty"`
	Details     []string         `json:"details,omitempty"`
	Seconds     float64          `json:"seconds"`
}

// Name is the item as it is typed: item, or item@environment.
func (i Item) Name() string { return answer.Key{Item: i.Item, Environment: i.Environment}.String() }

// Blocks reports whether the result stands in the way of GO. What waits for the release to
// be live doesn't.
func (i Item) Blocks() bool { return !i.Verdict.LetsThrough() && i.Verdict != Waiting }

// shownDetails are at most how many details of a result are printed for people.
const shownDetails = 5

// details are the first of the result's details, if it blocks.
func (i Item) details() []string {
	if !i.Blocks() {
		return nil
	}
	return i.Details[:min(shownDetails, len(i.Details))]
}

// verdicts are all of them, as they are counted.
var verdicts = []answer.Verdict{answer.Passed, answer.Warned, answer.Failed, answer.Errored, answer.NotConfigured, answer.NotApplicable, Waiting}

// word is a verdict in a sentence.
func word(v answer.Verdict) string { return strings.ReplaceAll(string(v), "_", " ") }

// Count is how many gates have one of some verdicts.
func (r *Report) Count(of ...answer.Verdict) (n int) {
	for _, item := range r.Items {
		if slices.Contains(of, item.Verdict) {
			n++
		}
	}
	return n
}

// Counts are the numbers of gates by verdict, in words.
func (r *Report) Counts() string {
	var all []string
	for _, v := range verdicts {
		if n := r.Count(v); n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, word(v)))
		}
	}
	if len(all) == 0 {
		return "no gates"
	}
	return phrase.Count(len(r.Items), "gate") + ": " + strings.Join(all, ", ")
}

// Word is the decision.
func (r *Report) Word() string {
	if r.Go {
		return "GO"
	}
	return "NO-GO"
}

// Subject is what the decision is about.
func (r *Report) Subject() string {
	if r.Environment == "" {
		return r.Project + " " + r.Release + ", by these gates alone"
	}
	return r.Project + " " + r.Release + " for " + r.Environment
}

// Closing is the report in one line.
func (r *Report) Closing() string {
	return reply.Printable(r.Counts() + " · " + r.Word() + ": " + r.Subject())
}

// Formats are the forms in which a report can be printed, by name.
var Formats = []Format{
	{"table", "for people", (*Report).table},
	{"json", "for programs", (*Report).json},
	{"junit", "JUnit XML", (*Report).junit},
	{"sarif", "SARIF 2.1.0", (*Report).sarif},
	{"markdown", "a document", (*Report).markdown},
	{"github", "a table with annotations of GitHub Actions", (*Report).github},
}

// Format is a form in which a report can be printed.
type Format struct {
	Name  string
	About string
	Print func(*Report, io.Writer) error
}

// FormatNamed finds a form.
func FormatNamed(name string) (Format, error) {
	var names []string
	for _, f := range Formats {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("there is no format %q; there are %s", name, strings.Join(names, ", "))
}
