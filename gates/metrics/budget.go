package metrics

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"gonogo/gates/limit"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// Budget is how long something may be unavailable within a period: what its target
// leaves of it.
type Budget struct {
	Query  string        // gives one value: 1 while it is available, 0 while it isn't, or a share
	Over   time.Duration // the period
	Every  time.Duration // how often within it the query is evaluated
	Target limit.Share   // such as >= 99.9%
	Left   limit.Share   // how much of the budget should be left; not set: any
}

// Moment is the last moment at or before another that is half a step off the grid on
// which Prometheus evaluates subqueries. A period that ends there has the same number of
// steps in each version of Prometheus: version 3 no longer counts the one at its start.
func (b Budget) Moment(now time.Time) time.Time {
	half := b.Every / 2
	return now.Add(-half).Truncate(b.Every).Add(half)
}

// Queries are the ones that add up the values within the period, and count them. What
// is no share, and NaN, isn't counted.
func (b Budget) Queries() (sum, count string) {
	steps := fmt.Sprintf("((\n%s\n) >= 0 <= 1)[%s:%s]", b.Query, prometheusSpan(b.Over), prometheusSpan(b.Every))
	return "sum_over_time(" + steps + ")", "count_over_time(" + steps + ")"
}

// prometheusSpan is a duration as PromQL reads it in all versions.
func prometheusSpan(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }

// Judge tells whether the target holds. A step without a value is neither available nor
// not: the target holds if it would even if all of those were unavailable, and it is
// missed if it would be even if all of those were available.
func (b Budget) Judge(sum, count float64) answer.Evidence {
	steps := float64(b.Over / b.Every)
	count = min(count, steps)
	bad := max(count-sum, 0)
	unknown := steps - count
	_, percent := b.Target.Comparison()
	budget := steps * (100 - percent) / 100
	share := func(bad float64) float64 { return 100 * (steps - bad) / steps }
	m := answer.Measure{Name: "availability", Unit: "%", Limit: b.Target.Text}
	switch {
	case !b.Target.Allows(round(share(bad))):
		m.Value = percentage(share(bad))
		return answer.Evidence{Verdict: answer.Failed, Measures: []answer.Measure{m},
			Summary: fmt.Sprintf("availability is %s %% over %s, limit %s: unavailable for %s, and %s are allowed", m.Value, readiness.Span(b.Over), b.Target.Text, b.span(bad), b.span(budget))}
	case !b.Target.Allows(round(share(bad + unknown))):
		return errored("Prometheus has no data for %s of the last %s, and only %s of unavailability are left, so it isn't known whether %s holds", b.span(unknown), readiness.Span(b.Over), b.span(budget-bad), b.Target.Text)
	}
	m.Value, m.OK = percentage(share(bad+unknown)), true
	left := 100.0
	if budget > 0 {
		left = max(100*(budget-bad-unknown)/budget, 0)
	}
	ev := answer.Evidence{Verdict: answer.Passed, Summary: fmt.Sprintf("available for %s %% of %s, %.0f %% of the error budget left", m.Value, readiness.Span(b.Over), math.Floor(left))}
	used := answer.Measure{Name: "error budget left", Value: strconv.FormatFloat(math.Floor(left), 'f', 0, 64), Unit: "%", Limit: b.Left.Text, OK: !b.Left.Set() || b.Left.Allows(left)}
	if !used.OK {
		ev.Verdict = answer.Warned
		ev.Summary = fmt.Sprintf("%s %% of the error budget is left, warning limit %s: unavailable for %s of %s", used.Value, b.Left.Text, b.span(bad+unknown), b.span(budget))
	}
	ev.Measures = []answer.Measure{m, used}
	return ev
}

func (b Budget) span(steps float64) string {
	return readiness.Span(time.Duration(steps * float64(b.Every)).Round(time.Second))
}

// round takes away what floating point leaves of a share, so that 99.9 is 99.9.
func round(share float64) float64 { return math.Round(share*1e9) / 1e9 }

// percentage is written rounded down, so that what is below its limit never looks like it.
func percentage(share float64) string {
	return strconv.FormatFloat(math.Floor(round(share)*1000)/1000, 'f', -1, 64)
}
