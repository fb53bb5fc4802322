package gates

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/readiness"
)

var httpKind = Kind{
	Name: "http", About: "status, text, headers, cookies and time of a page, over N requests", Repeatable: true,
	Verdicts: Verdicts{
		Passed:  "every answer is as expected, and the times keep their limits",
		Failed:  "an answer has another status, or lacks what it should contain, or a time is over its limit; the first such answer ends it",
		Errored: "the address cannot be reached, does not answer in time, or has a certificate that is not trusted; or {target.url} is not known",
	},
	Example: `url: "https://staging.example.com/web/login"
method: POST
headers: { Accept: text/html }
cookies: { session_id: abcdef }
send: login=demo
status: [200, 303]
body: Log in
body_matches: 'version (\d+)'
response_headers: { Content-Type: text/html }
sets_cookies: [session_id]
requests: 20
consecutive: 3
every: 5s
timeout: 10s
p50: "< 500ms"
p95: "< 3s"
p99: "< 5s"
max: "< 8s"
follow_redirects: true`,
	New: newHTTP,
}

// httpSettings are the settings of kind http. Every request has a connection
// of its own, so its time is what a newcomer waits.
type httpSettings struct {
	URL         string            `yaml:"url" required:"true" pattern:"^([hH][tT][tT][pP][sS]?://|[{]target[.]url[}])"` // the address of the page
	Method      string            `yaml:"method" pattern:"^[A-Z]+$"`                                                    // how it asks, in capitals; GET unless said
	Headers     map[string]string `yaml:"headers"`                                                                      // headers that are sent
	Cookies     map[string]string `yaml:"cookies"`                                                                      // cookies that are sent
	Send        string            `yaml:"send"`                                                                         // the body that is sent
	Status      statuses          `yaml:"status"`                                                                       // what is expected, one or several; any from 200 to 299 unless said
	Body        string            `yaml:"body"`                                                                         // text that the answer contains
	Matches     string            `yaml:"body_matches"`                                                                 // regular expression that the answer matches
	Answers     map[string]string `yaml:"response_headers"`                                                             // headers of the answer, and text that each contains
	Sets        []string          `yaml:"sets_cookies"`                                                                 // cookies that the answer sets
	Requests    int               `yaml:"requests" from:"1" to:"1000"`                                                  // how many are made, one after another; 1 unless said
	Consecutive int               `yaml:"consecutive" from:"1" to:"1000"`                                               // how often all of that must hold in a row; 1 unless said
	Every       Duration          `yaml:"every"`                                                                        // the pause in between; 5s unless said
	Timeout     Duration          `yaml:"timeout"`                                                                      // how long one request may take, its answer included; 10s unless said
	P50         Times             `yaml:"p50"`                                                                          // the median of the times
	P95         Times             `yaml:"p95"`                                                                          // the time that 95 of 100 requests keep
	P99         Times             `yaml:"p99"`                                                                          // the time that 99 of 100 requests keep
	Max         Times             `yaml:"max"`                                                                          // the longest time
	Follow      bool              `yaml:"follow_redirects"`                                                             // whether to go to where the answer points, ten times at most; no unless said
}

const (
	maxRequests = 1000
	maxBody     = 256 << 10 // bytes of an answer that are looked at
)

// statuses are the expected ones: one, or a list.
type statuses []int

// Decode reads the two forms.
func (s *statuses) Decode(decode func(any) error) error {
	var one int
	if decode(&one) == nil {
		*s = statuses{one}
		return nil
	}
	return decode((*[]int)(s))
}

// allows reports whether a status is expected.
func (s statuses) allows(got int) bool {
	if len(s) == 0 {
		return got >= 200 && got <= 299
	}
	return slices.Contains(s, got)
}

// String is what is expected, in words.
func (s statuses) String() string {
	if len(s) == 0 {
		return "200 to 299"
	}
	words := make([]string, len(s))
	for i, status := range s {
		words[i] = strconv.Itoa(status)
	}
	return strings.Join(words, " or ")
}

type httpGate struct {
	settings httpSettings
	matches  *regexp.Regexp
	client   *http.Client
}

func newHTTP(decode func(any) error, _ Surroundings) (Built, error) {
	s := httpSettings{Method: http.MethodGet, Requests: 1, Consecutive: 1, Every: Duration(5 * time.Second), Timeout: Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return Built{}, err
	}
	if err := s.faults().orNil(); err != nil {
		return Built{}, err
	}
	g := &httpGate{settings: s, matches: regexp.MustCompile(s.Matches), client: s.client()}
	return Built{Gate: g, Settings: settingsHash("http", s.open()), Secrets: s.secrets()}, nil
}

// open is the settings without what proves who asks: a new password is no
// reason to measure again.
func (s httpSettings) open() httpSettings {
	s.URL = withoutUser(s.URL)
	s.Headers, s.Cookies = maps.Clone(s.Headers), maps.Clone(s.Cookies)
	for name := range s.Headers {
		if telling.MatchString(name) {
			s.Headers[name] = ""
		}
	}
	for name := range s.Cookies {
		s.Cookies[name] = ""
	}
	return s
}

// someTarget stands for the names in an address while it is only judged.
var someTarget = Scope{TargetURL: "http://target", Release: "1", Commit: "c"}

func (s *httpSettings) faults() Faults {
	faults := s.numberFaults()
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, Fault{field, problem})
		}
	}
	address, _ := someTarget.expand(s.URL)
	u, err := url.Parse(address)
	note(s.URL == "", "url", "url is missing; it is the address to ask")
	note(s.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == ""), "url", "url is no address; it begins with http://, https:// or {target.url}")
	note(!regexp.MustCompile(`^[A-Z]+$`).MatchString(s.Method), "method", "method is a word in capitals, such as GET or POST")
	_, err = regexp.Compile(s.Matches)
	note(err != nil, "body_matches", "body_matches is no regular expression of Go's kind")
	for i, status := range s.Status {
		field := "status"
		if len(s.Status) > 1 {
			field = fmt.Sprintf("status.[%d]", i)
		}
		note(status < 100 || status > 599, field, "status is a number from 100 to 599")
	}
	for name := range s.Headers {
		note(!validHeader.MatchString(name), "headers."+name, "this is no name of a header")
		note(strings.ContainsAny(s.Headers[name], "\r\n"), "headers."+name, "a header is one line")
	}
	return faults
}

// validHeader is a field name of RFC 9110, section 5.1.
var validHeader = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func (s *httpSettings) numberFaults() Faults {
	var faults Faults
	for field, n := range map[string]int{"requests": s.Requests, "consecutive": s.Consecutive} {
		if n < 1 || n > maxRequests {
			faults = append(faults, Fault{field, fmt.Sprintf("%s is a number from 1 to %d", field, maxRequests)})
		}
	}
	if s.Timeout <= 0 {
		faults = append(faults, Fault{"timeout", "timeout is a time above zero"})
	}
	for _, t := range s.times() {
		if p := t.Percentile; p != 0 && p != t.at {
			faults = append(faults, Fault{t.name, fmt.Sprintf("%s names another percentile; write it as in < 3s", t.name)})
		}
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults
}

// timeLimit is a limit under the name of its percentile.
type timeLimit struct {
	Times
	name string
	at   int
}

// times are the limits that are set.
func (s *httpSettings) times() []timeLimit {
	all := []timeLimit{{s.P50, "p50", 50}, {s.P95, "p95", 95}, {s.P99, "p99", 99}, {s.Max, "max", 100}}
	return slices.DeleteFunc(all, func(t timeLimit) bool { return !t.Set() })
}

// telling are words in the names of headers and parameters that prove who asks.
var telling = regexp.MustCompile(`(?i)auth|token|key|secret|cookie|session|passw|signature|credential`)

// secrets are what may not stand in evidence: what is sent to prove who asks.
func (s *httpSettings) secrets() []string {
	secrets := []string{s.Send}
	for _, value := range s.Cookies {
		secrets = append(secrets, value)
	}
	for name, value := range s.Headers {
		if telling.MatchString(name) {
			_, credentials, _ := strings.Cut(value, " ") // after the scheme: Bearer, Basic
			secrets = append(secrets, value, credentials)
		}
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return secrets
	}
	if u.User != nil {
		secrets = append(secrets, s.URL)
	}
	for name, values := range u.Query() {
		if telling.MatchString(name) {
			secrets = append(secrets, values...)
		}
	}
	return secrets
}

// Deadline implements [Unhurried]: every request may take its whole time-out.
func (g *httpGate) Deadline() time.Duration {
	round := time.Duration(g.settings.Requests)*time.Duration(g.settings.Timeout) + time.Duration(g.settings.Every)
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

// round makes the requests and judges them: each answer by itself, and the
// times of all.
func (g *httpGate) round(ctx context.Context, ask httpSettings) readiness.Evidence {
	var took []time.Duration
	var measures []readiness.Measure
	var last answer
	for range ask.Requests {
		a, err := g.request(ctx, ask)
		if err != nil {
			return errored("%s", g.explain(ctx, ask.URL, err))
		}
		if measures = g.judge(a, ask); slices.ContainsFunc(measures, amiss) {
			ev := judged(measures, "")
			ev.Details = a.excerpt()
			return ev
		}
		last, took = a, append(took, a.took)
	}
	for _, t := range ask.times() {
		t.Percentile = t.at
		measures = append(measures, t.measure(t.name, took))
	}
	if len(took) == 1 {
		return judged(measures, fmt.Sprintf("answered %d in %s", last.status, precisely(last.took)))
	}
	return judged(measures, fmt.Sprintf("answered %d, %d times, 95 %% within %s", last.status, len(took), precisely(percentile(took, 95))))
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
		measures = append(measures, readiness.Measure{Name: name, Value: value, Limit: short(want), OK: there})
	}
	if ask.Body != "" {
		note("text in the answer", ask.Body, strings.Contains(a.body, ask.Body))
	}
	if ask.Matches != "" {
		note("pattern in the answer", ask.Matches, g.matches.MatchString(a.body))
	}
	for _, name := range slices.Sorted(maps.Keys(ask.Answers)) {
		got, want := strings.Join(a.header.Values(name), ", "), ask.Answers[name]
		shown := cmp.Or(short(got), "absent")
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
