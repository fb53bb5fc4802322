package gates

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/readiness"
)

var httpKind = Kind{
	Name: "http", About: "status, body, headers and time of a page over N requests", Repeatable: true,
	Example: `url: "https://staging.example.com/web/login"
method: GET
headers: { Accept: text/html }
cookies: { lang: en }
status: 200
body: Log in
response_headers: { Content-Type: text/html }
sets_cookies: [session_id]
requests: 5
p95: "< 3s"`,
	New: newHTTP,
}

// httpSettings are the settings of kind http.
type httpSettings struct {
	URL       string            `yaml:"url"`
	Method    string            `yaml:"method"`           // GET unless said otherwise
	Headers   map[string]string `yaml:"headers"`          // sent
	Cookies   map[string]string `yaml:"cookies"`          // sent
	Send      string            `yaml:"send"`             // the request's body
	Status    int               `yaml:"status"`           // expected; 0: any from 200 to 299
	Body      string            `yaml:"body"`             // text that the answer must contain
	Matches   string            `yaml:"body_matches"`     // regular expression that the answer must match
	Answers   map[string]string `yaml:"response_headers"` // header to text it must contain
	Sets      []string          `yaml:"sets_cookies"`     // cookies that the answer must set
	Requests  int               `yaml:"requests"`         // one after another; 1 unless said otherwise
	Every     Duration          `yaml:"every"`            // pause between them
	Timeout   Duration          `yaml:"timeout"`          // of each; 10s unless said otherwise
	Redirects bool              `yaml:"follow_redirects"`
	P50       Limit             `yaml:"p50"`
	P95       Limit             `yaml:"p95"`
	P99       Limit             `yaml:"p99"`
	Max       Limit             `yaml:"max"`
}

const (
	maxRequests = 1000
	maxBody     = 1 << 20 // bytes of an answer that are read
)

type httpGate struct {
	settings httpSettings
	matches  *regexp.Regexp
	client   *http.Client
}

func newHTTP(decode func(any) error, _ Surroundings) (Built, error) {
	s := httpSettings{Method: http.MethodGet, Requests: 1, Timeout: Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return Built{}, err
	}
	faults := s.faults()
	matches, err := regexp.Compile(s.Matches)
	if err != nil {
		faults = append(faults, Fault{"body_matches", fmt.Sprintf("body_matches is no regular expression: %v", err)})
	}
	if len(faults) > 0 {
		return Built{}, faults
	}
	g := &httpGate{settings: s, matches: matches, client: s.client()}
	shown := s
	shown.URL = withoutUser(s.URL)
	return Built{Gate: g, Settings: settingsHash("http", shown), Secrets: s.secrets()}, nil
}

func (s *httpSettings) faults() Faults {
	var faults Faults
	u, err := url.Parse(strings.NewReplacer("{target.url}", "http://target", "{target.host}", "target", "{release.version}", "v", "{release.commit}", "c").Replace(s.URL))
	switch {
	case s.URL == "":
		faults = append(faults, Fault{"url", "url is missing"})
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		faults = append(faults, Fault{"url", "url is no address; it begins with http:// or https://, or with {target.url}"})
	}
	if s.Requests < 1 || s.Requests > maxRequests {
		faults = append(faults, Fault{"requests", fmt.Sprintf("requests is a number from 1 to %d", maxRequests)})
	}
	if s.Status != 0 && (s.Status < 100 || s.Status > 599) {
		faults = append(faults, Fault{"status", "status is a number from 100 to 599"})
	}
	if !regexp.MustCompile(`^[A-Z]+$`).MatchString(s.Method) {
		faults = append(faults, Fault{"method", "method is a word in capitals, such as GET or POST"})
	}
	return faults
}

// secrets are what may not stand in evidence: what is sent to prove who asks.
func (s *httpSettings) secrets() []string {
	secrets := []string{s.Send}
	for name, value := range s.Headers {
		if n := strings.ToLower(name); strings.Contains(n, "auth") || strings.Contains(n, "token") || strings.Contains(n, "key") || strings.Contains(n, "cookie") {
			secrets = append(secrets, value)
			if _, token, ok := strings.Cut(value, " "); ok {
				secrets = append(secrets, token)
			}
		}
	}
	for _, value := range s.Cookies {
		secrets = append(secrets, value)
	}
	if u, err := url.Parse(s.URL); err == nil && (u.User != nil || u.RawQuery != "") {
		secrets = append(secrets, s.URL)
		for _, values := range u.Query() {
			secrets = append(secrets, values...)
		}
	}
	return slices.DeleteFunc(secrets, func(secret string) bool { return len(secret) < 4 })
}

func (s *httpSettings) client() *http.Client {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}}
	if !s.Redirects {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return client
}

// Deadline implements [Unhurried]: every request may take its whole time-out.
func (g *httpGate) Deadline() time.Duration {
	n := time.Duration(g.settings.Requests)
	return n*(time.Duration(g.settings.Timeout)+time.Duration(g.settings.Every)) + time.Second
}

// Check implements [Gate].
func (g *httpGate) Check(ctx context.Context, s Scope) readiness.Evidence {
	ask, err := g.expanded(s)
	if err != nil {
		return errored("%v; give the item environments, or the environment a url", err)
	}
	var took []time.Duration
	var last answer
	for i := range g.settings.Requests {
		if i > 0 && !pause(ctx, time.Duration(g.settings.Every)) {
			return errored("cut off after %d of %d requests", i, g.settings.Requests)
		}
		last, err = g.request(ctx, ask)
		if err != nil {
			return errored("%s", g.explain(ctx, ask.URL, err))
		}
		took = append(took, last.took)
		if ev := g.judge(last, took, ask); ev.Verdict != readiness.Passed && len(took) < g.settings.Requests && last.wrong(g.settings.Status) {
			return ev
		}
	}
	return g.judge(last, took, ask)
}

// expanded is the settings with their names filled in.
func (g *httpGate) expanded(s Scope) (httpSettings, error) {
	ask := g.settings
	var err error
	fill := func(text string) string {
		filled, e := s.expand(text)
		err = cmp.Or(err, e)
		return filled
	}
	ask.URL, ask.Send, ask.Body = fill(ask.URL), fill(ask.Send), fill(ask.Body)
	ask.Headers = map[string]string{}
	for name, value := range g.settings.Headers {
		ask.Headers[name] = fill(value)
	}
	return ask, err
}

// answer is what came back.
type answer struct {
	status  int
	body    string
	header  http.Header
	cookies []string
	took    time.Duration
}

// wrong reports whether the status alone makes further requests pointless.
func (a answer) wrong(want int) bool {
	return (want == 0 && (a.status < 200 || a.status > 299)) || (want != 0 && a.status != want)
}

func (g *httpGate) request(ctx context.Context, ask httpSettings) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(ask.Timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, ask.Method, ask.URL, strings.NewReader(ask.Send))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", "gonogo")
	for name, value := range ask.Headers {
		req.Header.Set(name, value)
		if strings.EqualFold(name, "Host") {
			req.Host = value
		}
	}
	for name, value := range ask.Cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	start := time.Now()
	resp, err := g.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, body: string(body), header: resp.Header, took: time.Since(start)}
	for _, c := range resp.Cookies() {
		a.cookies = append(a.cookies, c.Name)
	}
	return a, nil
}

// judge compares the last answer, and the times of all, with the settings.
func (g *httpGate) judge(a answer, took []time.Duration, ask httpSettings) readiness.Evidence {
	want := "200 to 299"
	if ask.Status != 0 {
		want = fmt.Sprint(ask.Status)
	}
	measures := []readiness.Measure{{Name: "status", Value: fmt.Sprint(a.status), Limit: want, OK: !a.wrong(ask.Status)}}
	if ask.Body != "" {
		measures = append(measures, presence("text in the answer", ask.Body, strings.Contains(a.body, ask.Body)))
	}
	if ask.Matches != "" {
		measures = append(measures, presence("pattern in the answer", ask.Matches, g.matches.MatchString(a.body)))
	}
	for _, name := range slices.Sorted(mapKeys(ask.Answers)) {
		got := strings.Join(a.header.Values(name), ", ")
		measures = append(measures, readiness.Measure{Name: "header " + name, Value: cmp.Or(short(got), "absent"), Limit: ask.Answers[name], OK: got != "" && strings.Contains(got, ask.Answers[name])})
	}
	for _, name := range ask.Sets {
		measures = append(measures, presence("cookie "+name, "set", slices.Contains(a.cookies, name)))
	}
	measures = append(measures, g.times(took)...)
	good := fmt.Sprintf("answered %d in %s", a.status, readiness.Span(percentile(took, 95)))
	if len(took) > 1 {
		good = fmt.Sprintf("answered %d, %d times, 95 %% within %s", a.status, len(took), readiness.Span(percentile(took, 95)))
	}
	return judged(measures, good)
}

func (g *httpGate) times(took []time.Duration) []readiness.Measure {
	var measures []readiness.Measure
	for _, t := range []struct {
		name string
		p    int
		l    Limit
	}{{"p50", 50, g.settings.P50}, {"p95", 95, g.settings.P95}, {"p99", 99, g.settings.P99}, {"max", 100, g.settings.Max}} {
		if t.l.Set() {
			t.l.Percentile = t.p
			measures = append(measures, timeMeasure(t.name, took, t.l))
		}
	}
	return measures
}

func presence(name, want string, there bool) readiness.Measure {
	value := "absent"
	if there {
		value = "present"
	}
	return readiness.Measure{Name: name, Value: value, Limit: short(want), OK: there}
}

// explain says in one sentence why no answer came.
func (g *httpGate) explain(ctx context.Context, address string, err error) string {
	host := address
	if u, parseErr := url.Parse(address); parseErr == nil {
		host = u.Host
	}
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case ctx.Err() != nil:
		return "cut off before " + host + " had answered"
	case errors.As(err, &dns):
		return host + " is not known to the name server; check the name"
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid):
		return host + " shows a certificate that is not to be trusted"
	case errors.As(err, &record):
		return host + " does not speak TLS; use http:// or another port"
	case isTimeout(err):
		return fmt.Sprintf("%s did not answer within %s", host, readiness.Span(time.Duration(g.settings.Timeout)))
	case isRefused(err):
		return host + " refuses connections; is it running?"
	}
	return host + " broke the connection off before it had answered"
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
