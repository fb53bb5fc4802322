package logs

import (
	"fmt"
	"strconv"
	"time"

	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// Wanted is what a log must be like.
type Wanted struct {
	Errors    limit.Count   // how many error lines it must have
	Warn      limit.Count   // how many it should have; not set: any number
	Lines     limit.Count   // how many lines it must have at all; not set: one
	Silence   time.Duration // how old its newest line may be
	FromStart bool          // whether it may begin within the span
	Show      int           // error lines that are quoted
}

// ahead is by how much a log's clock may be ahead of ours.
const ahead = 5 * time.Minute

// Judge compares what was counted with what is wanted. complete says whether the log goes
// back to the beginning of the span. Error lines count wherever they are found; that there
// are none counts only in a log that covers the span and hasn't ended.
func (t *Tally) Judge(w Wanted, complete bool) answer.Evidence {
	ev := answer.Evidence{Verdict: answer.Passed, Details: t.told(w.Show), Measures: []answer.Measure{
		{Name: "errors", Value: strconv.Itoa(t.Errors), Limit: w.Errors.Text, OK: w.Errors.Allows(float64(t.Errors))},
		{Name: "lines", Value: strconv.Itoa(t.Lines), Limit: w.Lines.Text, OK: !w.Lines.Set() || w.Lines.Allows(float64(t.Lines))},
	}}
	span := readiness.Span(t.To.Sub(t.From))
	found := fmt.Sprintf("%s among %s of the last %s", phrase.Count(t.Errors, "error line"), phrase.Count(t.Lines, "line"), span)
	switch why := t.unknown(w, complete); {
	case t.Errors > 0 && !ev.Measures[0].OK:
		ev.Verdict, ev.Summary = answer.Failed, found+", limit "+w.Errors.Text
	case why != "":
		ev.Verdict, ev.Summary, ev.Measures = answer.Errored, why, nil
	case !ev.Measures[0].OK:
		ev.Verdict, ev.Summary = answer.Failed, found+", limit "+w.Errors.Text
	case !ev.Measures[1].OK:
		ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("%s in the last %s, limit %s", phrase.Count(t.Lines, "line"), span, w.Lines.Text)
	case w.Warn.Set() && !w.Warn.Allows(float64(t.Errors)):
		ev.Verdict, ev.Summary = answer.Warned, found+", warning limit "+w.Warn.Text
	default:
		ev.Summary = found
	}
	return ev
}

// unknown says why the absence of error lines would mean nothing, or "".
func (t *Tally) unknown(w Wanted, complete bool) string {
	span, at := t.To.Sub(t.From), func(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }
	switch silent := t.To.Sub(t.Newest); {
	case t.Newest.IsZero() && t.Undated > 0:
		return "none of its lines has a time stamp that can be read, so it isn't known when they were written"
	case t.Newest.IsZero():
		return "it is empty, which may also mean that nothing is logged"
	case -silent > ahead:
		return fmt.Sprintf("its newest line is from %s, %s in the future; set timezone to that of its time stamps", at(t.Newest), readiness.Span(-silent.Round(time.Second)))
	case silent > w.Silence:
		return fmt.Sprintf("it ends at %s, %s ago, so it may have stopped; see whether it is still written, or set a longer silence", at(t.Newest), readiness.Span(silent.Round(time.Second)))
	case !complete && !w.FromStart:
		return fmt.Sprintf("it goes back only to %s, %s of %s; measure again after %s, or set from_start: true", at(t.Oldest),
			readiness.Span(t.To.Sub(t.Oldest).Round(time.Second)), readiness.Span(span), at(t.Oldest.Add(span)))
	case !w.Lines.Set() && t.Lines == 0:
		return fmt.Sprintf("it has no line of the last %s, so it may have stopped", readiness.Span(span))
	}
	return ""
}

// told lists when the first error lines were written, with what they begin with if
// that is to be shown.
func (t *Tally) told(show int) (lines []string) {
	for i, e := range t.First {
		text := e.At.UTC().Format("2006-01-02 15:04:05 UTC")
		if e.Component != "" {
			text += ", " + phrase.Excerpt(e.Component)
		}
		if i < show {
			text += ": " + phrase.Excerpt(e.Text)
		}
		lines = append(lines, text)
	}
	if more := t.Errors - len(t.First); more > 0 && len(t.First) > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}
