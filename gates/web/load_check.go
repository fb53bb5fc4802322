package web

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/fetch"
	"gonogo/gates/limit"
	"gonogo/gates/load"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

type loadGate struct {
	settings loadSettings
	roots    *x509.CertPool // nil: the machine's
	dialer   func(address string) *net.Dialer
}

// Deadline implements [gates.WithDeadline]: the last request may take its whole time-out.
func (g *loadGate) Deadline() time.Duration {
	return gates.UsualDeadline + time.Duration(g.settings.For) + time.Duration(g.settings.Timeout)
}

// LeastTime implements [gates.WithLeastTime].
func (g *loadGate) LeastTime() time.Duration { return time.Duration(g.settings.For) }

// Check implements [gates.Gate].
func (g *loadGate) Check(ctx context.Context, scope gates.Scope) answer.Evidence {
	s, err := g.settings.expanded(scope)
	if err != nil {
		return gates.Errored("%v; %s", err, howKnown(err))
	}
	for _, address := range s.URLs {
		if !s.mayAsk(address) {
			return gates.Errored("%s isn't one of hosts, so it was not asked; add it there if it may be put under load", hostOf(address))
		}
	}
	plan := s.plan()
	plan.Roots, plan.Dialer = g.roots, g.dialer
	o := plan.Run(ctx)
	if ctx.Err() != nil {
		return gates.Errored("cut off after %s", phrase.Count(o.Sent, "request"))
	}
	ev := s.judge(plan, o)
	ev.Details = append(ev.Details, s.failures(o)...)
	return ev
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "the host of a URL"
	}
	return u.Host
}

// judge compares what became of a load with the limits. A load that was not made says
// nothing.
func (s *loadSettings) judge(plan load.Plan, o load.Outcome) answer.Evidence {
	least := cmp.Or(s.Requests, (plan.Meant()*95+99)/100, s.Users)
	switch {
	case o.Sent < least || o.GivenUp():
		return gates.Errored("the load was not made: %s sent, and at least %d meant%s", phrase.Count(o.Sent, "request"), least, s.whyFewer(o))
	case o.Full:
		return gates.Errored("the load ended early, after %s; make for shorter, or choose a rate", phrase.Count(o.Tried, "request"))
	}
	measures := []answer.Measure{
		{Name: "requests", Value: fmt.Sprint(o.Sent), Limit: fmt.Sprintf(">= %d", least), OK: true},
		errorRate(o, s.Errors),
	}
	if len(o.Took) == 0 && measures[1].OK {
		return gates.Errored("none of %s succeeded, so there are no times", phrase.Count(o.Sent, "request"))
	}
	for _, t := range s.times().times() {
		t.Percentile = t.at
		if len(o.Took) > 0 {
			measures = append(measures, gates.TimeMeasure(t.name, o.Took, t.Times))
		}
	}
	good := fmt.Sprintf("%s in %s, %s %% failed", phrase.Count(o.Sent, "request"), readiness.Span(plan.For), measures[1].Value)
	if len(o.Took) > 0 {
		good += ", 95 % of the others within " + gates.Precisely(limit.Percentile(o.Took, 95))
	}
	return s.warned(gates.Judged(measures, good), o)
}

// warned warns of what is outside of its warning limit.
func (s *loadSettings) warned(ev answer.Evidence, o load.Outcome) answer.Evidence {
	words := slowWords(o.Took, s.Warn.times())
	if m := errorRate(o, s.Warn.Errors); s.Warn.Errors.Set() && !m.OK {
		words = append(words, fmt.Sprintf("error rate is %s %%, warning limit %s", m.Value, m.Limit))
	}
	return gates.Warned(ev, len(words) == 0, strings.Join(words, "; "))
}

// errorRate compares the share of failed requests. It is rounded up, so that a failure
// never looks like none.
func errorRate(o load.Outcome, l limit.Share) answer.Measure {
	hundredths := (10000*o.Failed() + o.Tried - 1) / max(o.Tried, 1)
	return answer.Measure{Name: "error rate", Value: fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100), Unit: "%", Limit: l.Text,
		OK: l.Allows(100 * float64(o.Failed()) / float64(o.Tried))}
}

// whyFewer says why fewer requests were sent than meant.
func (s *loadSettings) whyFewer(o load.Outcome) string {
	switch {
	case o.Cause != nil && o.Tried > o.Sent:
		return ", because " + s.explain(o.Cause)
	case s.Rate > 0:
		return fmt.Sprintf(", because the answers take too long for this rate: no more than %d requests are under way at once", load.MaxUsers)
	}
	return ", because the answers take too long for so many; lower requests, or make for longer"
}

// explain says why a request had no complete answer.
func (s *loadSettings) explain(err error) string {
	target, bad := fetch.New(fetch.Request{URL: s.URLs[0], Timeout: time.Duration(s.Timeout)})
	switch {
	case errors.Is(err, load.ErrTooLarge):
		return fmt.Sprintf("the response is larger than %d MiB", load.MaxBody>>20)
	case bad != nil:
		return "the URL can't be asked"
	}
	return target.Explain(context.Background(), err) // the gate's own end is told before
}

// failures has a line for each way in which requests failed.
func (s *loadSettings) failures(o load.Outcome) (lines []string) {
	for _, status := range slices.Sorted(maps.Keys(o.Statuses)) {
		lines = append(lines, fmt.Sprintf("Answered with status %d: %s", status, phrase.Count(o.Statuses[status], "request")))
	}
	if o.Broken > 0 {
		lines = append(lines, fmt.Sprintf("Without a complete response: %s; the first because %s", phrase.Count(o.Broken, "request"), strings.TrimSuffix(s.explain(o.Cause), ".")))
	}
	return lines
}
