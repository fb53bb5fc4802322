package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/limit"
)

// HTTP is the kind http.
var HTTP = gates.Kind{
	Name: "http", About: "a page's status, text, headers, cookies and response times, with N requests to each IP address of its host", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "every response is as expected, and the times are within their limits",
		Warned:  "the same, but a time is outside its warning limit",
		Failed:  "a response has another status or lacks expected content, also in one of the steps, a time is over its limit, or a redirect leads from https to http; an address gets no more requests after its first such response",
		Errored: "an address cannot be reached, does not answer in time, has a certificate that is not trusted, redirects in a loop, or packs its text so that it can't be read; or {target.url} is not known",
	},
	Notes: severalAddresses + `

Each address gets all of the requests, one after another, and its times are judged separately, so a slow address can't hide among fast ones.
If a redirect leads to another host, only one of that host's addresses is checked. Behind a proxy (HTTP_PROXY, HTTPS_PROXY), the proxy chooses the
address.

To check a new server before DNS points to it, put its IP address into url and the name into the header Host. The certificate is
verified for that name, cookies and redirects use it, and connections to it go to the address in url.

With follow_redirects, cookies are kept across redirects, as in a browser, and dropped after each request. The configured headers, cookies,
user and body are sent only to the scheme, host and port of url, or from http to https on the same host; requests to any other host are sent
without them. A redirect that would send the body to another host isn't followed, and the gate is errored. A redirect from https to http isn't
followed either, and the gate fails, because visitors' cookies and forms would be sent unencrypted.

Text is searched for in the first 256 KiB of a response, after gzip or deflate is decoded.

Not visible to it: what a browser does with the page. Scripts aren't run, and images and styles aren't loaded, so the times are those of the document alone.

` + aboutSteps,
	Example: `url: "https://staging.example.com/web/login"
server_name: staging.example.com
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
warn: { p95: "< 2s" }
steps: [{ url: "https://staging.example.com/web/login", take: { csrf: 'csrf_token" value="([^"]+)"' } }, { url: "https://staging.example.com/web/login", form: { login: demo, password: "${DEMO_PASSWORD}", csrf_token: "{take.csrf}" }, status: 303 }]
follow_redirects: true`,
	New: newHTTP,
}

// httpSettings are the settings of kind http.
type httpSettings struct {
	URL         string            `yaml:"url" required:"true" pattern:"^([hH][tT][tT][pP][sS]?://|[{]target[.]url[}])"` // the URL of the page
	Method      string            `yaml:"method" pattern:"^[A-Z]+$"`                                                    // the HTTP method, in capitals; default: GET
	ServerName  string            `yaml:"server_name" json:",omitempty"`                                                // the name to send in the TLS handshake (SNI) and to verify in the certificate; default: the host of the header Host, or else of url
	CA          string            `yaml:"ca" json:",omitempty"`                                                         // a PEM file of CA certificates to trust in addition to the system's
	Headers     map[string]string `yaml:"headers"`                                                                      // request headers
	Cookies     map[string]string `yaml:"cookies"`                                                                      // request cookies
	Send        string            `yaml:"send"`                                                                         // the request body
	Status      statuses          `yaml:"status"`                                                                       // the expected status code, or several; default: any from 200 to 299
	Body        string            `yaml:"body"`                                                                         // text that the response must contain
	Matches     string            `yaml:"body_matches"`                                                                 // a regular expression that the response must match
	Answers     map[string]string `yaml:"response_headers"`                                                             // response headers, and text that each must contain
	Sets        []string          `yaml:"sets_cookies"`                                                                 // cookies that the response, or a redirect on the way to it, must set
	Requests    int               `yaml:"requests" from:"1" to:"1000"`                                                  // how many requests are sent to each IP address, one after another; default: 1
	Consecutive int               `yaml:"consecutive" from:"1" to:"1000"`                                               // how many times in a row all of this must hold; default: 1
	Every       limit.Duration    `yaml:"every"`                                                                        // the pause between those times; default: 5s
	Timeout     limit.Duration    `yaml:"timeout"`                                                                      // the time limit for one request, including its response; default: 10s
	P50         limit.Times       `yaml:"p50"`                                                                          // the median response time
	P95         limit.Times       `yaml:"p95"`                                                                          // the 95th percentile of the response times
	P99         limit.Times       `yaml:"p99"`                                                                          // the 99th percentile of the response times
	Max         limit.Times       `yaml:"max"`                                                                          // the longest response time
	Warn        httpWarn          `yaml:"warn" json:",omitzero"`                                                        // times outside of which the gate warns
	Steps       []httpStep        `yaml:"steps" json:",omitempty" from:"1" to:"20"`                                     // requests to make before, in this order, such as those of a login; the cookies that they get are sent with the requests to url
	Follow      bool              `yaml:"follow_redirects"`                                                             // whether to follow redirects, at most ten; default: false
}

// httpWarn are limits of times that only warn.
type httpWarn struct {
	P50 limit.Times `yaml:"p50" json:",omitzero"` // the median response time
	P95 limit.Times `yaml:"p95" json:",omitzero"` // the 95th percentile of the response times
	P99 limit.Times `yaml:"p99" json:",omitzero"` // the 99th percentile of the response times
	Max limit.Times `yaml:"max" json:",omitzero"` // the longest response time
}

const (
	maxRequests = 1000
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

// String is the expected status in words.
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

func newHTTP(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := httpSettings{Method: http.MethodGet, Requests: 1, Consecutive: 1, Every: limit.Duration(5 * time.Second), Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	g, faults := s.gate(deps)
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("http", s.open()), Secrets: append(s.secrets(), s.stepSecrets()...)}, nil
}

// gate is the gate of the settings, and all that is wrong with them.
func (s *httpSettings) gate(deps gates.Deps) (*httpGate, gates.Faults) {
	faults := s.faults()
	g := &httpGate{settings: *s, network: deps.Network, proxy: http.ProxyFromEnvironment, dialer: deps.Dialer}
	if deps.Outgoing.Restricts() {
		g.proxy = nil // it would choose the address
	}
	var err error
	if s.CA != "" {
		if g.roots, err = authorities(s.CA, deps.Dir); err != nil {
			faults = append(faults, gates.Fault{Field: "ca", Problem: err.Error()})
		}
	}
	g.matches, _ = regexp.Compile(s.Matches) // faults says if it is none
	return g, append(faults, s.stepFaults()...)
}

// open is the settings without what proves who asks: a new password is no
// reason to measure again.
func (s httpSettings) open() httpSettings {
	s.URL = gates.WithoutUser(s.URL)
	s.Headers, s.Cookies = maps.Clone(s.Headers), maps.Clone(s.Cookies)
	for name := range s.Headers {
		if telling.MatchString(name) {
			s.Headers[name] = ""
		}
	}
	for name := range s.Cookies {
		s.Cookies[name] = ""
	}
	s.Steps = openSteps(s.Steps)
	return s
}

// someTarget replaces the names in an address while it is only validated.
var someTarget = gates.Scope{TargetURL: "http://target", Release: "1", Commit: "c"}

// expanded is the settings with the names in the request and in the expected text
// filled in.
func (s httpSettings) expanded(scope gates.Scope) (httpSettings, error) {
	var first error
	fill := func(text string) string {
		filled, err := scope.Expand(text)
		first = cmp.Or(first, err)
		return filled
	}
	s.URL, s.Send, s.Body, s.ServerName = fill(s.URL), fill(s.Send), fill(s.Body), fill(s.ServerName)
	s.Headers = maps.Clone(s.Headers)
	for name, value := range s.Headers {
		s.Headers[name] = fill(value)
	}
	s.Steps = slices.Clone(s.Steps)
	for i := range s.Steps {
		s.Steps[i] = s.Steps[i].filled(fill, fill)
	}
	return s, first
}

func (s *httpSettings) faults() gates.Faults {
	faults := s.numberFaults()
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: problem})
		}
	}
	address, _ := someTarget.Expand(s.URL)
	u, err := url.Parse(address)
	note(s.URL == "", "url", "url is missing; write the URL to request")
	note(s.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == ""), "url", "url isn't a URL; it must begin with http://, https:// or {target.url}")
	note(strings.ContainsAny(s.ServerName, "/@: "), "server_name", "server_name is a name alone, as in shop.example")
	note(!regexp.MustCompile(`^[A-Z]+$`).MatchString(s.Method), "method", "method is a word in capitals, such as GET or POST")
	if _, err = regexp.Compile(s.Matches); err != nil {
		note(true, "body_matches", "body_matches must be a regular expression in Go's syntax: "+gates.PatternCause(err))
	}
	for i, status := range s.Status {
		field := "status"
		if len(s.Status) > 1 {
			field = fmt.Sprintf("status.[%d]", i)
		}
		note(status < 100 || status > 599, field, "status must be from 100 to 599")
	}
	for name := range s.Headers {
		note(!validHeader.MatchString(name), "headers."+name, "this isn't a valid header name")
		note(strings.ContainsAny(s.Headers[name], "\r\n"), "headers."+name, "a header is one line")
		note(strings.EqualFold(name, "Host") && !strings.Contains(s.Headers[name], "{") && addressProblem(s.Headers[name]) != "", "headers."+name, "the header Host is a name, perhaps with a port, as in shop.example or shop.example:8443")
	}
	return faults
}

// validHeader is a field name of RFC 9110, section 5.1.
var validHeader = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func (s *httpSettings) numberFaults() gates.Faults {
	var faults gates.Faults
	if s.Requests < 1 || s.Requests > maxRequests {
		faults = append(faults, gates.Fault{Field: "requests", Problem: fmt.Sprintf("requests must be from 1 to %d", maxRequests)})
	}
	if problem := gates.RowProblem(s.Consecutive, time.Duration(s.Every)); problem != "" {
		faults = append(faults, gates.Fault{Field: "consecutive", Problem: problem})
	}
	if s.Timeout <= 0 {
		faults = append(faults, gates.Fault{Field: "timeout", Problem: "timeout is a time above zero"})
	}
	limits, warns := httpWarn{s.P50, s.P95, s.P99, s.Max}.all(), s.Warn.all()
	faults = append(faults, neverWarn(warns, limits)...)
	for i := range warns {
		warns[i].name = "warn." + warns[i].name
	}
	for _, t := range append(limits, warns...) {
		faults = append(faults, t.otherPercentile()...)
	}
	slices.SortFunc(faults, func(a, b gates.Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults
}

// timeLimit is a limit under the name of its percentile.
type timeLimit struct {
	limit.Times
	name string
	at   int
}

// otherPercentile is the fault of a limit that names another percentile than its setting.
func (t timeLimit) otherPercentile() gates.Faults {
	if p := t.Percentile; p == 0 || p == t.at {
		return nil
	}
	return gates.Faults{{Field: t.name, Problem: fmt.Sprintf("%s names another percentile; write it as in < 3s", t.name)}}
}

// neverWarn finds limits that never warn, going by the limits of the same times.
func neverWarn(warns, limits []timeLimit) (faults gates.Faults) {
	for i, t := range limits {
		faults = append(faults, gates.NeverWarns("warn."+t.name, warns[i].Limit, t.Limit)...)
	}
	return faults
}

// times are the limits that are set.
func (s *httpSettings) times() []timeLimit {
	return httpWarn{s.P50, s.P95, s.P99, s.Max}.times()
}

// times are the limits that are set.
func (w httpWarn) times() []timeLimit {
	return slices.DeleteFunc(w.all(), func(t timeLimit) bool { return !t.Set() })
}

// all are the limits, set or not.
func (w httpWarn) all() []timeLimit {
	return []timeLimit{{w.P50, "p50", 50}, {w.P95, "p95", 95}, {w.P99, "p99", 99}, {w.Max, "max", 100}}
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
