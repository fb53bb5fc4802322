package checked

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"gonogo/commands/reply"
	"gonogo/readiness/answer"
)

// JUnit has no schema of its own. These are the elements and attributes that the readers
// of Jenkins, GitLab and GitHub's actions have in common.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"` // seconds
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    string       `xml:"time,attr"` // seconds
		Failure *junitReason `xml:"failure"`
		Error   *junitReason `xml:"error"`
		Skipped *junitReason `xml:"skipped"`
		Output  string       `xml:"system-out,omitempty"`
	}
	junitReason struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit prints a suite for each section, and one for the decision on an environment: the
// gates alone may have passed while it is NO-GO.
func (r *Report) junit(out io.Writer) error {
	all := junitSuites{Name: line(r.Project + " " + r.Release)}
	for _, section := range r.sections() {
		suite := junitSuite{Name: line(section.title)}
		seconds := 0.0
		for _, item := range section.items {
			suite.add(item.junit(suite.Name))
			seconds += item.Seconds
		}
		suite.Time = inSeconds(seconds)
		all.add(suite)
	}
	if r.Environment != "" {
		suite := junitSuite{Name: "Decision", Time: inSeconds(0)}
		suite.add(r.junitDecision(suite.Name))
		all.add(suite)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

// section is the results of the items that stand together in the checklist.
type section struct {
	title string
	items []Item
}

// sections are the results by section, in the order of the first of each.
func (r *Report) sections() (all []section) {
	at := map[string]int{}
	for _, item := range r.Items {
		title := cmp.Or(item.Section, "Gates")
		n, known := at[title]
		if !known {
			n = len(all)
			at[title], all = n, append(all, section{title: title})
		}
		all[n].items = append(all[n].items, item)
	}
	return all
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func (all *junitSuites) add(s junitSuite) {
	all.Suites = append(all.Suites, s)
	all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
}

// junit is the result as a test. What couldn't be measured is an error, also where nothing
// is set up: no reader counts a skipped test as a reason to stop.
func (i Item) junit(class string) junitCase {
	c := junitCase{Class: class, Name: line(i.Title), Time: inSeconds(i.Seconds)}
	if i.Environment != "" {
		c.Name += " (" + i.Environment + ")"
	}
	reason := &junitReason{Type: string(i.Verdict), Message: line(i.Summary), Text: reply.Printable(strings.Join(i.details(), "\n"))}
	switch i.Verdict {
	case answer.Passed:
	case answer.Warned:
		c.Output = "warned: " + reply.Printable(i.Summary)
	case answer.Failed:
		c.Failure = reason
	case Waiting, answer.NotApplicable:
		c.Skipped = reason
	default:
		c.Error = reason
	}
	return c
}

func (r *Report) junitDecision(class string) junitCase {
	c := junitCase{Class: class, Name: "GO for " + r.Environment, Time: inSeconds(0)}
	var over []string
	for _, o := range r.Overridden {
		over = append(over, line(o.Line()))
	}
	c.Output = strings.Join(over, "\n")
	if !r.Go {
		var lines []string
		for _, b := range r.Blockers {
			lines = append(lines, line(b.Line()))
		}
		c.Failure = &junitReason{Type: "no-go", Message: line(r.Word() + ": " + r.Subject()), Text: strings.Join(lines, "\n")}
	}
	return c
}

func inSeconds(s float64) string { return fmt.Sprintf("%.3f", s) }
