package gates

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/gates/limit"
	"gonogo/gates/network"
	"gonogo/phrase"
	"gonogo/readiness"
)

type httpGate struct {
	settings httpSettings
	matches  *regexp.Regexp
	roots    *x509.CertPool // nil: the machine's
	network  network.Resolver
	proxy    func(*http.Request) (*url.URL, error)
}

// Deadline implements [Unhurried]: the look-up of the name and every request may
// take their whole time-out. Addresses are asked side by side.
func (g *httpGate) Deadline() time.Duration {
	round := time.Duration(1+g.settings.Requests)*time.Duration(g.settings.Timeout) + time.Duration(g.settings.Every)
	return time.Duration(g.settings.Consecutive)*round + time.Second
}

// Check implements [Gate]. What does not hold ends it at once: it would not
// get better by asking again.
func (g *httpGate) Check(ctx context.Context, s Scope) readiness.Evidence {
	ask, err := g.settings.expanded(s)
	if err != nil {
		return errored("%v; ask the item for an environment that has a url, and open a release", err)
	}
	var ev readiness.Evidence
	for round := range g.settings.Consecutive {
		if round > 0 && !pause(ctx, time.Duration(g.settings.Every)) {
			return errored("cut off after it had held %d times of %d in a row", round, g.settings.Consecutive)
		}
		if ev = g.round(ctx, ask); ev.Verdict != readiness.Passed {
			if round > 0 {
				ev.Summary += fmt.Sprintf("; it had held %d times of %d in a row", round, g.settings.Consecutive)
			}
			return ev
		}
	}
	if n := g.settings.Consecutive; n > 1 {
		ev.Summary += fmt.Sprintf("; held %d times in a row", n)
	}
	return ev
}

// round asks each address of the host, and gives the worst of what they answer.
func (g *httpGate) round(ctx context.Context, ask httpSettings) readiness.Evidence {
	d, err := ask.destination()
	if err != nil {
		return errored("%v", err)
	}
	places, unseen, err := g.places(ctx, d)
	if err != nil {
		return errored("%s", g.explain(ctx, d, err))
	}
	return worst(lookAt(places, func(place string) atPlace { return g.look(ctx, ask, d, place) }), unseen)
}

// places are the addresses of a destination's host. Behind a proxy they are the
// proxy's to choose.
func (g *httpGate) places(ctx context.Context, d destination) (places, unseen []string, err error) {
	proxy, err := g.proxy(&http.Request{URL: d.page})
	switch {
	case err != nil:
		return nil, nil, network.Problem("the proxy that HTTP_PROXY or HTTPS_PROXY names is no address")
	case proxy != nil && !strings.EqualFold(network.ASCIIName(d.page.Hostname()), d.host):
		return nil, nil, network.Problem(fmt.Sprintf("%s would be asked through a proxy, which would connect to %s by name; put %s into NO_PROXY", d.host, d.page.Hostname(), d.page.Hostname()))
	case proxy != nil:
		return []string{d.host}, []string{"Asked through the proxy of this machine, which chose the address."}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(g.settings.Timeout))
	defer cancel()
	return g.network.Addresses(ctx, d.host)
}

// look makes the requests to one address and judges them: each answer by itself,
// and the times of all. The slower the address, the more it counts.
func (g *httpGate) look(ctx context.Context, ask httpSettings, d destination, place string) atPlace {
	var took []time.Duration
	var measures []readiness.Measure
	var last answer
	transport := g.transport(ask, d, place)
	for range ask.Requests {
		a, err := g.request(ctx, ask, d, transport)
		if err != nil {
			return atPlace{evidence: g.unanswered(ctx, d, err)}
		}
		if measures = g.judge(a, ask); slices.ContainsFunc(measures, amiss) {
			ev := judged(measures, "")
			ev.Details = a.excerpt()
			return atPlace{evidence: ev}
		}
		last, took = a, append(took, a.took)
	}
	for _, t := range ask.times() {
		t.Percentile = t.at
		measures = append(measures, timeMeasure(t.name, took, t.Times))
	}
	most := limit.Percentile(took, 95)
	good := fmt.Sprintf("answered %d, %d times, 95 %% within %s", last.status, len(took), precisely(most))
	if len(took) == 1 {
		good = fmt.Sprintf("answered %d in %s", last.status, precisely(last.took))
	}
	return atPlace{evidence: judged(measures, good), weight: most.Seconds()}
}

// unanswered is the evidence of a request that got no answer that counts.
func (g *httpGate) unanswered(ctx context.Context, d destination, err error) readiness.Evidence {
	if errors.Is(err, errDowngrade) && ctx.Err() == nil {
		return readiness.Evidence{Verdict: readiness.Failed, Summary: g.explain(ctx, d, err)}
	}
	return errored("%s", g.explain(ctx, d, err))
}

func amiss(m readiness.Measure) bool { return !m.OK }

// judge compares one answer with what is expected.
func (g *httpGate) judge(a answer, ask httpSettings) []readiness.Measure {
	measures := []readiness.Measure{{Name: "status", Value: strconv.Itoa(a.status), Limit: ask.Status.String(), OK: ask.Status.allows(a.status)}}
	note := func(name, want string, there bool) {
		value := "absent"
		if there {
			value = "there"
		}
		measures = append(measures, readiness.Measure{Name: name, Value: value, Limit: phrase.Excerpt(want), OK: there})
	}
	if ask.Body != "" {
		note("text in the answer", ask.Body, strings.Contains(a.body, ask.Body))
	}
	if ask.Matches != "" {
		note("pattern in the answer", ask.Matches, g.matches.MatchString(a.body))
	}
	for _, name := range slices.Sorted(maps.Keys(ask.Answers)) {
		got, want := strings.Join(a.header.Values(name), ", "), ask.Answers[name]
		shown := cmp.Or(phrase.Excerpt(got), "absent")
		if telling.MatchString(name) && got != "" {
			shown = "not shown"
		}
		measures = append(measures, readiness.Measure{Name: "header " + name, Value: shown, Limit: want, OK: got != "" && strings.Contains(got, want)})
	}
	for _, name := range ask.Sets {
		note("cookie "+name, "set", slices.Contains(a.cookies, name))
	}
	return measures
}
