// Package numbers compares numbers in JSON documents with limits. Package report finds
// them; here it is decided what they mean.
//
// A [Wanted] is one number: where it is, and what it must be and should be. [Judge]
// reads a text, which may hold one document or, as JSON Lines has them, several;
// [Lines] says which of these count. The answer is evidence, or an error if a number
// can't be compared. So a number that isn't there never counts as good. Nothing is
// stored, and nothing is asked.
package numbers

import (
	"fmt"
	"io"
	"strings"

	"gonogo/gates/form"
	"gonogo/gates/limit"
	"gonogo/gates/report"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// Lines says which of several documents count. The zero value allows only one.
type Lines string

// The choices of [Lines].
const (
	All  Lines = "all"  // each document must have every number, within its limit
	Last Lines = "last" // only the last document counts
)

var choices = []string{string(All), string(Last)}

// Form implements [form.Formed].
func (Lines) Form() form.Form {
	return form.Form{Name: "all or last", Pattern: form.AnyCase(choices), Words: choices}
}

// UnmarshalText reads a choice.
func (l *Lines) UnmarshalText(text []byte) error {
	*l = Lines(strings.ToLower(string(text)))
	if *l != All && *l != Last {
		return fmt.Errorf("%q isn't a choice of lines; write all or last", text)
	}
	return nil
}

// Wanted is a number and what it must be.
type Wanted struct {
	Name  string
	Path  report.Path
	Limit limit.Count // what it must be
	Warn  limit.Count // what it should be; not set: anything
}

// outcome is what became of one number over all documents that count. The first that is
// outside a limit is kept, else the last.
type outcome struct {
	number   report.Number
	document int
	verdict  answer.Verdict
	bad      int // documents in which it has this verdict, where that isn't passed
}

// Judge reads a text and compares its numbers. An error is a sentence that continues the
// text's name ("it is empty").
func Judge(text io.Reader, lines Lines, wanted []Wanted) (answer.Evidence, error) {
	paths := make([]report.Path, len(wanted))
	for i, w := range wanted {
		paths[i] = w.Path
	}
	all, documents := make([]outcome, len(wanted)), 0
	var last error
	err := report.ReadNumbers(text, paths, func(n int, numbers []report.Number, err error) error {
		documents = n
		switch {
		case n > 1 && lines == "":
			return fmt.Errorf("it has more than one JSON document; write lines: all or lines: last, or is it two files in one?")
		case err != nil && lines == Last:
			last = err
			return nil
		case err != nil && n > 1:
			return fmt.Errorf("in document %d, %w", n, err)
		case err != nil:
			return err
		}
		last = nil
		for i, w := range wanted {
			if lines == Last {
				all[i] = outcome{}
			}
			all[i].add(w.judge(numbers[i]), numbers[i], n)
		}
		return nil
	})
	if err == nil && last != nil {
		err = fmt.Errorf("in its last document, %w", last)
	}
	if err != nil {
		return answer.Evidence{}, err
	}
	return evidence(wanted, all, documents, lines), nil
}

// judge compares one number.
func (w Wanted) judge(n report.Number) answer.Verdict {
	switch {
	case !w.Limit.Allows(n.Value):
		return answer.Failed
	case w.Warn.Set() && !w.Warn.Allows(n.Value):
		return answer.Warned
	}
	return answer.Passed
}

// add takes in another document. A failure counts before a warning.
func (o *outcome) add(v answer.Verdict, n report.Number, document int) {
	worse := o.verdict == "" || v == answer.Failed && o.verdict != answer.Failed || v == answer.Warned && o.verdict == answer.Passed
	switch {
	case worse:
		*o = outcome{n, document, v, 0}
	case v == answer.Passed && o.verdict == answer.Passed:
		o.number, o.document = n, document
	}
	if v != answer.Passed && v == o.verdict {
		o.bad++
	}
}

// evidence is the result of all numbers: the worst of them decides.
func evidence(wanted []Wanted, all []outcome, documents int, lines Lines) answer.Evidence {
	ev := answer.Evidence{Verdict: answer.Passed}
	sentences := map[answer.Verdict][]string{}
	for i, o := range all {
		w := wanted[i]
		ev.Measures = append(ev.Measures, answer.Measure{Name: w.Name, Value: o.number.Text, Limit: w.Limit.Text, OK: o.verdict != answer.Failed})
		text := w.Name + " is " + o.number.Text
		switch o.verdict {
		case answer.Failed:
			text += ", limit " + w.Limit.Text
		case answer.Warned:
			text += ", warning limit " + w.Warn.Text
		}
		if lines == All && documents > 1 && o.verdict != answer.Passed {
			text += fmt.Sprintf(", in document %d; it is outside in %d of %d", o.document, o.bad, documents)
		}
		sentences[o.verdict] = append(sentences[o.verdict], text)
	}
	for _, v := range []answer.Verdict{answer.Failed, answer.Warned} {
		if len(sentences[v]) > 0 {
			ev.Verdict = v
			break
		}
	}
	ev.Summary = phrase.UpTo(4, sentences[ev.Verdict])
	if ev.Verdict == answer.Passed && lines == All && documents > 1 {
		ev.Summary = fmt.Sprintf("within the limits in all %d documents; in the last, %s", documents, ev.Summary)
	}
	return ev
}
