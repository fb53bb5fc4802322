package web

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/fetch"
	"gonogo/gates/limit"
	"gonogo/gates/network"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

type httpGate struct {
	settings httpSettings
	matches  *regexp.Regexp
	roots    *x509.CertPool // nil: the machine's
	network  network.Resolver
	proxy    func(*http.Request) (*url.URL, error)
	dialer   func(address string) *net.Dialer
	reads    func(fetch.Answer) answer.Evidence // judges an answer in the place of the settings; nil: they do
}

// Deadline implements [gates.WithDeadline]: the look-up of the name and every request may
// take their whole time-out. Addresses are asked side by side.
func (g *httpGate) Deadline() time.Duration {
	round := time.Duration(1+len(g.settings.Steps)+g.settings.Requests)*time.Duration(g.settings.Timeout) + time.Duration(g.settings.Every)
	return time.Duration(g.settings.Consecutive)*round + time.Second
}

// Check implements [gates.Gate]. What does not hold ends it at once: it would not
// get better by asking again.
func (g *httpGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	ask, err := g.settings.expanded(s)
	if err != nil {
		return gates.Errored("%v; %s", err, howKnown(err))
	}
	var ev, warning answer.Evidence
	for round := range g.settings.Consecutive {
		if round > 0 && !gates.Pause(ctx, time.Duration(g.settings.Every)) {
			return gates.Errored("cut off after it had held %d of %d times in a row", round, g.settings.Consecutive)
		}
		if ev = g.round(ctx, ask); !ev.Verdict.LetsThrough() {
			if round > 0 {
				ev.Summary += fmt.Sprintf("; it had held %d of %d times in a row", round, g.settings.Consecutive)
			}
			return ev
		}
		if ev.Verdict == answer.Warned {
			warning = ev
		}
	}
	if warning.Verdict != "" {
		ev = warning
	}
	if n := g.settings.Consecutive; n > 1 {
		ev.Summary += fmt.Sprintf("; held %d times in a row", n)
	}
	return ev
}

// howKnown is how a name in braces gets a value.
func howKnown(err error) string {
	if strings.HasPrefix(err.Error(), "{release.") {
		return "open a release"
	}
	return "measure it for an environment that has a url"
}

// round asks each address of the host, and gives the worst of what they answer.
func (g *httpGate) round(ctx context.Context, ask httpSettings) answer.Evidence {
	return g.everywhere(ctx, ask, func(target *fetch.Target, place string) atPlace { return g.look(ctx, ask, target, place) })
}

// everywhere looks at each address of the host, and gives the worst of the evidence.
func (g *httpGate) everywhere(ctx context.Context, ask httpSettings, look func(target *fetch.Target, place string) atPlace) answer.Evidence {
	target, err := fetch.New(g.request(ask))
	switch {
	case errors.Is(err, fetch.ErrHost):
		return gates.Errored("%v once {target.host} and other names are filled in", err)
	case err != nil:
		return gates.Errored("%v once {target.url} and other names are filled in", err)
	}
	places, unseen, err := g.places(ctx, target)
	if err != nil {
		return gates.Errored("%s", target.Explain(ctx, err))
	}
	return worst(lookAt(places, func(place string) atPlace { return look(target, place) }), unseen)
}

// request is what the settings ask for.
func (g *httpGate) request(ask httpSettings) fetch.Request {
	return fetch.Request{URL: ask.URL, Method: ask.Method, Headers: ask.Headers, Cookies: ask.Cookies, Send: ask.Send, ServerName: ask.ServerName,
		Follow: ask.Follow, Text: ask.Body != "" || ask.Matches != "" || g.reads != nil, Timeout: time.Duration(ask.Timeout), Roots: g.roots, Proxy: g.proxy, Dialer: g.dialer}
}

// places are the addresses of a page's host. Behind a proxy they are the proxy's to
// choose.
func (g *httpGate) places(ctx context.Context, target *fetch.Target) (places, unseen []string, err error) {
	proxied, err := target.Proxied()
	switch {
	case err != nil:
		return nil, nil, err
	case proxied:
		return []string{target.Host()}, []string{"Asked through the proxy of this machine, which chose the address."}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(g.settings.Timeout))
	defer cancel()
	return g.network.Addresses(ctx, target.Host())
}

// look looks at one address: it takes the steps, if there are any, and makes the
// requests, each as a visitor of its own or all as the one who took the steps.
func (g *httpGate) look(ctx context.Context, ask httpSettings, target *fetch.Target, place string) atPlace {
	if len(ask.Steps) > 0 {
		return g.lookAfterSteps(ctx, ask, target, place)
	}
	return g.ask(ctx, ask, target, place, func(ctx context.Context, at *fetch.Place) (fetch.Answer, error) { return at.Ask(ctx) })
}

// asking asks at a place as one visitor or another.
type asking func(context.Context, *fetch.Place) (fetch.Answer, error)

// ask makes the requests to one address and judges them: each answer by itself, and the
// times of all. The slower the address, the more it counts.
func (g *httpGate) ask(ctx context.Context, ask httpSettings, target *fetch.Target, place string, as asking) atPlace {
	var took []time.Duration
	var measures []answer.Measure
	var last fetch.Answer
	at := target.At(place)
	for range ask.Requests {
		answer, err := as(ctx, at)
		if err != nil {
			return atPlace{evidence: unanswered(ctx, target, err)}
		}
		if g.reads != nil {
			return atPlace{evidence: g.reads(answer)}
		}
		if measures = g.judge(answer, ask); slices.ContainsFunc(measures, amiss) {
			ev := gates.Judged(measures, "")
			ev.Summary = amissWords(measures)
			if excerpt := answer.Excerpt(); excerpt != "" && len(ask.Steps) == 0 { // behind a login it may be anybody's data
				ev.Details = []string{excerpt}
			}
			return atPlace{evidence: ev}
		}
		last, took = answer, append(took, answer.Took)
	}
	for _, t := range ask.times() {
		t.Percentile = t.at
		measures = append(measures, gates.TimeMeasure(t.name, took, t.Times))
	}
	most := limit.Percentile(took, 95)
	good := fmt.Sprintf("answered %d, %d times, 95 %% within %s", last.Status, len(took), gates.Precisely(most))
	if len(took) == 1 {
		good = fmt.Sprintf("answered %d in %s", last.Status, gates.Precisely(last.Took))
	}
	return atPlace{evidence: slow(gates.Judged(measures, good), took, ask.Warn), weight: most.Seconds()}
}

// slow warns of times outside of their warning limits.
func slow(ev answer.Evidence, took []time.Duration, warns httpWarn) answer.Evidence {
	words := slowWords(took, warns)
	return gates.Warned(ev, len(words) == 0, strings.Join(words, "; "))
}

// slowWords tells which times are outside of their warning limits.
func slowWords(took []time.Duration, warns httpWarn) (words []string) {
	for _, t := range warns.times() {
		t.Percentile = t.at
		if m := gates.TimeMeasure(t.name, took, t.Times); !m.OK {
			words = append(words, fmt.Sprintf("%s is %s, warning limit %s", m.Name, m.Value, m.Limit))
		}
	}
	return words
}

// unanswered is the evidence of a request that got no answer that counts.
func unanswered(ctx context.Context, target *fetch.Target, err error) answer.Evidence {
	if errors.Is(err, fetch.ErrDowngrade) && ctx.Err() == nil {
		return answer.Evidence{Verdict: answer.Failed, Summary: target.Explain(ctx, err)}
	}
	return gates.Errored("%s", target.Explain(ctx, err))
}

func amiss(m answer.Measure) bool { return !m.OK }

const (
	textMeasure    = "text in the answer"
	patternMeasure = "pattern in the answer"
	cookieMeasure  = "cookie "
)

// amissWords is what is wrong with an answer, in a sentence.
func amissWords(measures []answer.Measure) string {
	var words []string
	for _, m := range measures {
		cookie, isCookie := strings.CutPrefix(m.Name, cookieMeasure)
		switch {
		case m.OK:
		case m.Name == textMeasure:
			words = append(words, lacksText(m.Limit))
		case m.Name == patternMeasure:
			words = append(words, fmt.Sprintf(`nothing on the page matches "%s"`, m.Limit))
		case isCookie:
			words = append(words, "the response doesn't set the cookie "+cookie)
		default:
			words = append(words, gates.Judged([]answer.Measure{m}, "").Summary)
		}
	}
	return strings.Join(words, "; ")
}

func lacksText(wanted string) string { return fmt.Sprintf(`the page doesn't contain "%s"`, wanted) }

// judge compares one answer with what is expected.
func (g *httpGate) judge(a fetch.Answer, ask httpSettings) []answer.Measure {
	measures := []answer.Measure{{Name: "status", Value: strconv.Itoa(a.Status), Limit: ask.Status.String(), OK: ask.Status.allows(a.Status)}}
	note := func(name, want string, there bool) {
		value := "absent"
		if there {
			value = "there"
		}
		measures = append(measures, answer.Measure{Name: name, Value: value, Limit: phrase.Excerpt(want), OK: there})
	}
	if ask.Body != "" {
		note(textMeasure, ask.Body, strings.Contains(a.Text, ask.Body))
	}
	if ask.Matches != "" {
		note(patternMeasure, ask.Matches, g.matches.MatchString(a.Text))
	}
	for _, name := range slices.Sorted(maps.Keys(ask.Answers)) {
		got, want := strings.Join(a.Header.Values(name), ", "), ask.Answers[name]
		shown := cmp.Or(phrase.Excerpt(got), "absent")
		if telling.MatchString(name) && got != "" {
			shown = "not shown"
		}
		measures = append(measures, answer.Measure{Name: "header " + name, Value: shown, Limit: want, OK: got != "" && strings.Contains(got, want)})
	}
	for _, name := range ask.Sets {
		note(cookieMeasure+name, "set", slices.Contains(a.Cookies, name))
	}
	return measures
}
