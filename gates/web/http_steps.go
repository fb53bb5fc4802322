package web

import (
	"context"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"gonogo/gates"
	"gonogo/gates/fetch"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/redact"
)

// aboutSteps is the note about steps in the documentation.
const aboutSteps = "With `steps`" + `, the gate first makes other requests, such as those of a login, and then all requests to url as the same visitor. The steps are taken once at
each address, and only the requests to url count for the times. What a step takes out of its response with ` + "`take`" + ` replaces ` + "`{take.NAME}`" + ` in the URLs, headers,
forms, bodies and texts of later steps and of the request to url, encoded as the place needs it. If a step's response isn't as expected, or has nothing to take,
the gate fails and goes no further. A step sends its headers, form and body only to its own URL's scheme, host and port, and a step to another host is made at
one of that host's addresses. Cookies and what is taken, if they have at least 4 characters, never show in the evidence, nor does the page behind the login.`

// httpStep is a request that is made before those that count.
type httpStep struct {
	URL     string            `yaml:"url" required:"true" pattern:"^([hH][tT][tT][pP][sS]?://|[{]target[.]url[}])"` // the URL of the page
	Method  string            `yaml:"method" json:",omitempty" pattern:"^[A-Z]+$"`                                  // the HTTP method, in capitals; without it, POST if there is a form, and otherwise GET
	Headers map[string]string `yaml:"headers" json:",omitempty"`                                                    // request headers
	Form    map[string]string `yaml:"form" json:",omitempty"`                                                       // the fields of a form to send
	Send    string            `yaml:"send" json:",omitempty"`                                                       // the request body, where it isn't a form
	Status  statuses          `yaml:"status" json:",omitempty"`                                                     // the expected status code, or several; without it, any from 200 to 399
	Body    string            `yaml:"body" json:",omitempty"`                                                       // text that the response must contain
	Take    map[string]string `yaml:"take" json:",omitempty"`                                                       // regular expressions with one group, each under a name: what the group matches first replaces {take.NAME} later
}

const (
	maxSteps = 20
	maxTaken = 4 << 10 // bytes of what is taken
)

var (
	takeName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	takeUse  = regexp.MustCompile(`\{take\.([^{}]*)\}`)
)

// filled is the step with its texts filled in. What goes into the URL is filled in by
// another function than the rest.
func (s httpStep) filled(fill, fillURL func(string) string) httpStep {
	s.URL, s.Send, s.Body = fillURL(s.URL), fill(s.Send), fill(s.Body)
	s.Headers, s.Form = maps.Clone(s.Headers), maps.Clone(s.Form)
	for _, all := range []map[string]string{s.Headers, s.Form} {
		for name, value := range all {
			all[name] = fill(value)
		}
	}
	return s
}

// texts are all texts of the step into which something may be filled.
func (s httpStep) texts() (all []string) {
	s.filled(func(text string) string { all = append(all, text); return text }, func(text string) string { all = append(all, text); return text })
	return all
}

// settings are those of an http gate that would make the step's request.
func (s httpStep) settings(of *httpSettings) httpSettings {
	one := httpSettings{URL: s.URL, Method: s.Method, Headers: maps.Clone(s.Headers), Send: s.Send, Body: s.Body, Status: s.Status,
		CA: of.CA, Follow: of.Follow, Timeout: of.Timeout, Requests: 1, Consecutive: 1}
	if len(s.Form) > 0 {
		fields := url.Values{}
		for name, value := range s.Form {
			fields.Set(name, value)
		}
		one.Send = fields.Encode()
		if one.Headers == nil {
			one.Headers = map[string]string{}
		}
		one.Headers["Content-Type"] = "application/x-www-form-urlencoded"
	}
	switch {
	case one.Method == "" && len(s.Form) > 0:
		one.Method = http.MethodPost
	case one.Method == "":
		one.Method = http.MethodGet
	}
	return one
}

// stepFaults says what is wrong with the steps.
func (s *httpSettings) stepFaults() (faults gates.Faults) {
	note := func(bad bool, field, format string, args ...any) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
		}
	}
	note(len(s.Steps) > maxSteps, "steps", "steps lists more than %d requests; write some of them as items of their own", maxSteps)
	taken := map[string]bool{}
	uses := func(field string, texts ...string) {
		for _, use := range takeUse.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
			note(!taken[use[1]], field, "nothing before it takes %s; write a step with take: { %s: … }", phrase.Excerpt(use[1]), phrase.Excerpt(use[1]))
		}
	}
	for i, step := range s.Steps {
		at := fmt.Sprintf("steps.[%d]", i)
		one := step.settings(s)
		for _, f := range one.faults() {
			faults = append(faults, gates.Fault{Field: at + "." + f.Field, Problem: f.Problem})
		}
		note(len(step.Form) > 0 && step.Send != "", at+".send", "form and send are both there; write one of them")
		uses(at, step.texts()...)
		for _, name := range slices.Sorted(maps.Keys(step.Take)) {
			pattern, err := regexp.Compile(step.Take[name])
			note(!takeName.MatchString(name), at+".take."+name, "a name of take has small letters, digits and _")
			note(err != nil || pattern.NumSubexp() != 1, at+".take."+name, "take has regular expressions with exactly one group, such as name=\"csrf_token\" value=\"([^\"]+)\"")
			taken[name] = true
		}
	}
	uses("url", s.URL)
	uses("send", s.Send)
	uses("body", s.Body)
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		uses("headers."+name, s.Headers[name])
	}
	return faults
}

// stepSecrets are what the steps send to prove who asks.
func (s *httpSettings) stepSecrets() (secrets []string) {
	for _, step := range s.Steps {
		one := step.settings(s)
		secrets = append(secrets, one.secrets()...)
		for _, value := range step.Form {
			secrets = append(secrets, value)
		}
	}
	return secrets
}

// openSteps are the steps without what proves who asks.
func openSteps(steps []httpStep) (open []httpStep) {
	for _, s := range steps {
		s.URL = gates.WithoutUser(s.URL)
		s.Headers, s.Form = maps.Clone(s.Headers), maps.Clone(s.Form)
		for _, all := range []map[string]string{s.Headers, s.Form} {
			for name := range all {
				if telling.MatchString(name) {
					all[name] = ""
				}
			}
		}
		open = append(open, s)
	}
	return open
}

// lookAfterSteps takes the steps at one address and then makes the requests, as one
// visitor. What the visitor got on the way is redacted.
func (g *httpGate) lookAfterSteps(ctx context.Context, ask httpSettings, target *fetch.Target, place string) atPlace {
	v := &stepper{gate: g, main: &ask, target: target, place: place, visitor: fetch.NewVisitor(), taken: map[string]string{}}
	var at atPlace
	if bad := v.steps(ctx); bad.Verdict != "" {
		at.evidence = bad
	} else {
		ask.URL, ask.Send, ask.Body = v.inURL(ask.URL), v.in(ask.Send), v.in(ask.Body)
		ask.Headers = maps.Clone(ask.Headers)
		for name, value := range ask.Headers {
			ask.Headers[name] = v.in(value)
		}
		if whole, err := fetch.New(g.request(ask)); err != nil {
			at.evidence = gates.Errored("%v once {take} is filled in", err)
		} else {
			at = g.ask(ctx, ask, whole, place, func(ctx context.Context, at *fetch.Place) (fetch.Answer, error) { return at.AskAs(ctx, v.visitor) })
		}
	}
	secrets := append(slices.Collect(maps.Values(v.taken)), v.visitor.Secrets()...)
	at.evidence = gates.Presentable(at.evidence, slices.DeleteFunc(secrets, func(secret string) bool { return len(secret) < redact.MinLength }))
	return at
}

// stepper takes the steps at one address.
type stepper struct {
	gate    *httpGate
	main    *httpSettings
	target  *fetch.Target // of the requests that count
	place   string
	visitor *fetch.Visitor
	taken   map[string]string
}

// in fills in what was taken.
func (v *stepper) in(text string) string {
	return takeUse.ReplaceAllStringFunc(text, func(use string) string { return v.taken[takeUse.FindStringSubmatch(use)[1]] })
}

// inURL fills in what was taken as a part of a URL, which it can't end.
func (v *stepper) inURL(text string) string {
	return takeUse.ReplaceAllStringFunc(text, func(use string) string { return url.QueryEscape(v.taken[takeUse.FindStringSubmatch(use)[1]]) })
}

// steps takes all steps. The evidence of one that doesn't succeed ends them; there is
// none where all do.
func (v *stepper) steps(ctx context.Context) answer.Evidence {
	for i, step := range v.main.Steps {
		ev := v.step(ctx, step.filled(v.in, v.inURL))
		if ev.Verdict != "" {
			ev.Summary = fmt.Sprintf("step %d of %d: %s", i+1, len(v.main.Steps), ev.Summary)
			return ev
		}
	}
	return answer.Evidence{}
}

// step makes the request of one step.
func (v *stepper) step(ctx context.Context, step httpStep) answer.Evidence {
	ask := step.settings(v.main)
	request := v.gate.request(ask)
	request.Text = step.Body != "" || len(step.Take) > 0
	target, err := fetch.New(request)
	if err != nil {
		return gates.Errored("%v once {target.url} and other names are filled in", err)
	}
	place := target.Host()
	if target.SameHost(v.target) {
		place = v.place
		if target, err = v.underSameName(request); err != nil {
			return gates.Errored("%v once {target.url} and other names are filled in", err)
		}
	}
	got, err := target.At(place).AskAs(ctx, v.visitor)
	if err != nil {
		return unanswered(ctx, target, err)
	}
	return v.judge(step, got)
}

// underSameName is a step at the host of the requests that count, which is known there by
// their name: where they ask by address.
func (v *stepper) underSameName(request fetch.Request) (*fetch.Target, error) {
	request.ServerName = v.main.ServerName
	named := func(headers map[string]string) (name string, has bool) {
		for key, value := range headers {
			if strings.EqualFold(key, "Host") {
				return value, true
			}
		}
		return "", false
	}
	if name, has := named(v.main.Headers); has {
		if _, own := named(request.Headers); !own {
			request.Headers = maps.Clone(request.Headers)
			if request.Headers == nil {
				request.Headers = map[string]string{}
			}
			request.Headers["Host"] = name
		}
	}
	return fetch.New(request)
}

// judge compares the answer to a step, and takes what is wanted out of it.
func (v *stepper) judge(step httpStep, got fetch.Answer) answer.Evidence {
	want := step.Status.String()
	ok := step.Status.allows(got.Status)
	if len(step.Status) == 0 {
		want, ok = "200 to 399", got.Status >= 200 && got.Status <= 399
	}
	failed := func(format string, args ...any) answer.Evidence {
		return answer.Evidence{Verdict: answer.Failed, Summary: fmt.Sprintf(format, args...)}
	}
	switch {
	case !ok:
		return failed("status is %d, limit %s", got.Status, want)
	case step.Body != "" && !strings.Contains(got.Text, step.Body):
		return failed("%s", lacksText(phrase.Excerpt(step.Body)))
	}
	for _, name := range slices.Sorted(maps.Keys(step.Take)) {
		value, err := take(step.Take[name], got)
		if err != nil {
			return failed("%s can't be taken out of the answer: %v", name, err)
		}
		v.taken[name] = value
	}
	return answer.Evidence{}
}

// take takes what a pattern's group matches first. In HTML, characters are written as
// they mean.
func take(pattern string, got fetch.Answer) (string, error) {
	m := regexp.MustCompile(pattern).FindStringSubmatch(got.Text)
	if m == nil {
		return "", errors.New("its pattern matches nothing")
	}
	value := m[1]
	if strings.Contains(strings.ToLower(got.Header.Get("Content-Type")), "html") {
		value = html.UnescapeString(value)
	}
	switch {
	case value == "":
		return "", errors.New("its pattern matches nothing")
	case len(value) > maxTaken:
		return "", fmt.Errorf("it is longer than %d KiB", maxTaken>>10)
	case strings.ContainsFunc(value, unicode.IsControl):
		return "", errors.New("it has a line break or another control character")
	}
	return value, nil
}
