package checked

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"

	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// mostAnnotations is how many annotations of one level GitHub shows of a step (docs of
// GitHub Actions, "Workflow commands", 2026). Further ones are dropped without a word.
const mostAnnotations = 10

// github prints the table, and a workflow command for each result that isn't in order, which
// GitHub shows as an annotation. The table is no command, whatever the gates found: a runner
// obeys also what is indented, or in the middle of a line.
func (r *Report) github(out io.Writer) error {
	token := rand.Text()
	fmt.Fprintf(out, "::stop-commands::%s\n", token)
	if err := r.table(out); err != nil {
		return err
	}
	fmt.Fprintf(out, "::%s::\n", token)
	for _, level := range []string{"error", "warning"} {
		var of []Item
		for _, item := range r.Items {
			if item.sarifLevel() == level {
				of = append(of, item)
			}
		}
		for i, item := range of {
			title, message := item.Title, cmp.Or(item.Summary, word(item.Verdict))
			if last := i == mostAnnotations-1; last && len(of) > mostAnnotations {
				title, message = "and "+phrase.Count(len(of)-i, "more", "more"), "the job summary and the log have all of them"
			}
			if _, err := fmt.Fprintf(out, "::%s title=%s::%s\n", level, property(line(title)), data(line(message))); err != nil {
				return err
			}
			if i == mostAnnotations-1 {
				break
			}
		}
	}
	return nil
}

// data escapes a text for the message of a workflow command, and property for the value of
// one of its properties.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(text))
}

// Step is what GitHub Actions gives a step to write to.
type Step struct {
	Summary string // the file of the job summary; empty: there is none
	Outputs string // the file of the step's outputs; empty: there is none
}

// Tell adds the report to the job summary, and the decision and the counts to the step's
// outputs.
func (s Step) Tell(r *Report) error {
	if err := appended(s.Summary, r.markdown); err != nil {
		return fmt.Errorf("the job summary could not be written: %w", err)
	}
	err := appended(s.Outputs, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "decision=%s\npassed=%d\nfailed=%d\nerrored=%d\n", r.Word(), r.Count(answer.Passed, answer.Warned, answer.NotApplicable),
			r.Count(answer.Failed), r.Count(answer.Errored, answer.NotConfigured))
		return err
	})
	if err != nil {
		return fmt.Errorf("the step's outputs could not be written: %w", err)
	}
	return nil
}

func appended(file string, write func(io.Writer) error) error {
	if file == "" {
		return nil
	}
	to, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := write(to); err != nil {
		to.Close()
		return err
	}
	return to.Close()
}
