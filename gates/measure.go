package gates

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/gates/limit"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// Judged is the evidence of measurements: failed if any measure is not OK.
func Judged(measures []answer.Measure, good string) answer.Evidence {
	ev := answer.Evidence{Verdict: answer.Passed, Summary: good, Measures: measures}
	var over []string
	for _, m := range measures {
		if !m.OK {
			over = append(over, sentence(m))
		}
	}
	if len(over) > 0 {
		ev.Verdict, ev.Summary = answer.Failed, strings.Join(over, "; ")
	}
	return ev
}

// sentence writes a measure that is over its limit: "p95 is 3.4 s, limit < 3s".
func sentence(m answer.Measure) string {
	text := m.Name + " is " + m.Value
	if m.Unit != "" {
		text += " " + m.Unit
	}
	if m.Limit != "" {
		text += ", limit " + m.Limit
	}
	return text
}

// CountMeasure compares a count.
func CountMeasure(name string, got int, l limit.Count) answer.Measure {
	return answer.Measure{Name: name, Value: strconv.Itoa(got), Limit: l.Text, OK: l.Allows(float64(got))}
}

// TimeMeasure compares durations at the limit's percentile.
func TimeMeasure(name string, took []time.Duration, l limit.Times) answer.Measure {
	got := l.Of(took)
	return answer.Measure{Name: name, Value: Precisely(got), Limit: l.Text, OK: l.Allows(got.Seconds())}
}

// ShareMeasure compares a share. It is rounded down, so that a share below its limit
// never looks as if it met it.
func ShareMeasure(name string, run, all int, l limit.Share) answer.Measure {
	got := 100 * float64(run) / float64(all)
	return answer.Measure{Name: name, Value: fmt.Sprintf("%d.%02d", 10000*run/all/100, 10000*run/all%100), Unit: "%", Limit: l.Text, OK: !l.Set() || l.Allows(got)}
}

// NeverWarns is the fault of a warning limit that allows all that the limit itself allows:
// what is outside of it fails already.
func NeverWarns(field string, warn, fails limit.Limit) Faults {
	if !warn.Includes(fails) {
		return nil
	}
	return Faults{{Field: field, Problem: fmt.Sprintf("%q never warns, because whatever is outside of it is outside of the limit %q as well; make it stricter than that", warn.Text, fails.Text)}}
}

// AgeFaults is what is wrong with a limit on an age and the warning limit beside it: one that
// isn't a maximum lets through what is too old.
func AgeFaults(field string, fails limit.Limit, warnField string, warn limit.Limit) (faults Faults) {
	for name, l := range map[string]limit.Limit{field: fails, warnField: warn} {
		if op, _ := l.Comparison(); l.Set() && op != "<" && op != "<=" {
			faults = append(faults, Fault{Field: name, Problem: fmt.Sprintf("%q isn't a maximum; write the greatest age that is allowed, as in < 3h", l.Text)})
		}
	}
	if len(faults) == 0 {
		return NeverWarns(warnField, warn, fails)
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults
}

// Precisely writes a measured duration with as many digits as matter for a limit:
// 250µs, 87ms, 3.42s, 2m.
func Precisely(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return readiness.Span(d.Round(time.Second))
}
