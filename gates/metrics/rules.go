package metrics

import (
	"fmt"
	"strings"
	"time"

	"gonogo/clients/prometheus"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// Rule is an alert rule that must be there.
type Rule struct {
	Name      string
	Labels    map[string]string // which of several rules of the name
	Threshold limit.Limit       // the comparison in its query; not set: any
	For       limit.Times       // how long it waits; not set: any time
}

// Judge looks for the rule among those that are loaded. If several have the name and
// the labels, each of them must be as it should.
// now is the time where the server doesn't say its own.
func (r Rule) Judge(loaded prometheus.Rules, now time.Time) answer.Evidence {
	if !loaded.Now.IsZero() {
		now = loaded.Now
	}
	var measures []answer.Measure
	found := 0
	for _, one := range loaded.Alerts {
		if one.Name != r.Name || !has(one.Labels, r.Labels) {
			continue
		}
		found++
		ev := r.judge(one, now)
		measures = append(measures, ev.Measures...)
		if ev.Verdict != answer.Passed {
			ev.Measures = measures
			return ev
		}
	}
	switch {
	case found > 0:
		return answer.Evidence{Verdict: answer.Passed, Summary: r.called() + " is loaded", Measures: measures}
	case len(loaded.Alerts) == 0:
		return failed("Prometheus has no alert rules loaded, so %s isn't there; check rule_files in its configuration", r.called())
	}
	return failed("the alert rule %s isn't loaded; check rule_files in the configuration of Prometheus", r.called())
}

func (r Rule) called() string {
	if len(r.Labels) == 0 {
		return r.Name
	}
	return r.Name + " (" + written(r.Labels) + ")"
}

func (r Rule) judge(one prometheus.Rule, now time.Time) answer.Evidence {
	switch age := now.Sub(one.LastEvaluated); {
	case one.Health == "err":
		return failed("the alert rule %s can't be evaluated: %s", r.called(), phrase.Excerpt(one.LastError))
	case one.Health != "ok":
		return errored("the alert rule %s hasn't been evaluated yet", r.called())
	case age > max(2*one.Interval, least):
		return failed("the alert rule %s was last evaluated %s ago, and should be every %s; see the log of Prometheus",
			r.called(), readiness.Span(age.Round(time.Second)), readiness.Span(one.Interval))
	}
	ev := answer.Evidence{Verdict: answer.Passed}
	if r.Threshold.Set() {
		ev = r.threshold(one)
	}
	if r.For.Set() {
		m := answer.Measure{Name: r.Name + " waits", Value: readiness.Span(one.For), Limit: r.For.Text, OK: r.For.Allows(one.For.Seconds())}
		ev.Measures = append(ev.Measures, m)
		if !m.OK && ev.Verdict == answer.Passed {
			ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("the alert rule %s waits for %s, limit %s", r.called(), m.Value, m.Limit)
		}
	}
	return ev
}

// threshold compares the comparisons of a rule's query with the threshold that it should
// have.
func (r Rule) threshold(one prometheus.Rule) answer.Evidence {
	found, all := Comparisons(one.Query)
	var shown []string
	ok := false
	for _, c := range found {
		shown = append(shown, c.String())
		ok = ok || c.meets(r.Threshold)
	}
	if len(found) == 0 || !ok && !all {
		return errored("the alert rule %s compares with something else than a plain number, so its threshold can't be read; write the number into its expression", r.called())
	}
	m := answer.Measure{Name: r.Name + " threshold", Value: phrase.ShortenAtWord(strings.Join(shown, ", "), 100), Limit: r.Threshold.Text, OK: ok}
	ev := answer.Evidence{Verdict: answer.Passed, Measures: []answer.Measure{m}}
	if !ok {
		ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("the alert rule %s fires at %s, not at %s", r.called(), m.Value, r.Threshold.Text)
	}
	return ev
}
