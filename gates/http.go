package gates

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

	"gonogo/gates/limit"
)

var httpKind = Kind{
	Name: "http", About: "status, text, headers, cookies and time of a page, over N requests to each address of its host", Repeatable: true,
	Verdicts: Verdicts{
		Passed:  "every answer is as expected, and the times keep their limits",
		Failed:  "an answer has another status, or lacks what it should contain, or a time is over its limit, or a redirect leads from https to http; the first such answer of an address ends it there",
		Errored: "an address cannot be reached, does not answer in time, has a certificate that is not trusted, redirects in a circle, or packs its text so that it can't be read; or {target.url} is not known",
	},
	Notes: severalAddresses + `

Each address gets all the requests, one after another, and its times are judged by themselves, so that a slow address is not hidden among
fast ones. A host that a redirect leads to is asked at one address. Behind a proxy (HTTP_PROXY, HTTPS_PROXY) the proxy chooses the address.

To ask a new server before its name moves, write its address into url and the name into the header Host: certificate, cookies and
redirects go by that name, and connections to it go to the address in url.

With follow_redirects cookies are kept from one answer to the next, as a browser keeps them, and dropped after each request. The headers,
cookies, user and body of the settings are only ever sent to the scheme, host and port of url, or on from http to https of the same host;
another host gets the request without them. A redirect that wants the body sent on to another host is not followed, and the gate is
errored. A redirect from https to http is not followed either, and the gate fails: visitors' cookies and forms would go in the clear.

Text is looked for in the first 256 KiB, after gzip and deflate are unpacked.`,
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
follow_redirects: true`,
	New: newHTTP,
}

// httpSettings are the settings of kind http.
type httpSettings struct {
	URL         string            `yaml:"url" required:"true" pattern:"^([hH][tT][tT][pP][sS]?://|[{]target[.]url[}])"` // the address of the page
	Method      string            `yaml:"method" pattern:"^[A-Z]+$"`                                                    // how it asks, in capitals; GET unless said
	ServerName  string            `yaml:"server_name" json:",omitempty"`                                                // the name to ask for in TLS and to find in the certificate; that of the header Host, or else of url unless said
	CA          string            `yaml:"ca" json:",omitempty"`                                                         // a PEM file of authorities that count besides the machine's
	Headers     map[string]string `yaml:"headers"`                                                                      // headers that are sent
	Cookies     map[string]string `yaml:"cookies"`                                                                      // cookies that are sent
	Send        string            `yaml:"send"`                                                                         // the body that is sent
	Status      statuses          `yaml:"status"`                                                                       // what is expected, one or several; any from 200 to 299 unless said
	Body        string            `yaml:"body"`                                                                         // text that the answer contains
	Matches     string            `yaml:"body_matches"`                                                                 // regular expression that the answer matches
	Answers     map[string]string `yaml:"response_headers"`                                                             // headers of the answer, and text that each contains
	Sets        []string          `yaml:"sets_cookies"`                                                                 // cookies that the answer sets, or one on the way to it
	Requests    int               `yaml:"requests" from:"1" to:"1000"`                                                  // how many are made to each address, one after another; 1 unless said
	Consecutive int               `yaml:"consecutive" from:"1" to:"1000"`                                               // how often all of that must hold in a row; 1 unless said
	Every       limit.Duration    `yaml:"every"`                                                                        // the pause in between; 5s unless said
	Timeout     limit.Duration    `yaml:"timeout"`                                                                      // how long one request may take, its answer included; 10s unless said
	P50         limit.Times       `yaml:"p50"`                                                                          // the median of the times
	P95         limit.Times       `yaml:"p95"`                                                                          // the time that 95 of 100 requests keep
	P99         limit.Times       `yaml:"p99"`                                                                          // the time that 99 of 100 requests keep
	Max         limit.Times       `yaml:"max"`                                                                          // the longest time
	Follow      bool              `yaml:"follow_redirects"`                                                             // whether to go to where the answer points, ten times at most; no unless said
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

func newHTTP(decode func(any) error, deps Deps) (Built, error) {
	s := httpSettings{Method: http.MethodGet, Requests: 1, Consecutive: 1, Every: limit.Duration(5 * time.Second), Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return Built{}, err
	}
	faults := s.faults()
	g := &httpGate{settings: s, network: deps.network, proxy: http.ProxyFromEnvironment}
	if s.CA != "" {
		var err error
		if g.roots, err = authorities(s.CA, deps.Dir); err != nil {
			faults = append(faults, Fault{"ca", err.Error()})
		}
	}
	if err := faults.orNil(); err != nil {
		return Built{}, err
	}
	g.matches = regexp.MustCompile(s.Matches)
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

// expanded is the settings with the names in what is sent and in the expected
// text filled in.
func (s httpSettings) expanded(scope Scope) (httpSettings, error) {
	var first error
	fill := func(text string) string {
		filled, err := scope.expand(text)
		first = cmp.Or(first, err)
		return filled
	}
	s.URL, s.Send, s.Body, s.ServerName = fill(s.URL), fill(s.Send), fill(s.Body), fill(s.ServerName)
	s.Headers = maps.Clone(s.Headers)
	for name, value := range s.Headers {
		s.Headers[name] = fill(value)
	}
	return s, first
}

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
	note(strings.ContainsAny(s.ServerName, "/@: "), "server_name", "server_name is a name alone, as in shop.example")
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
		note(strings.EqualFold(name, "Host") && !strings.Contains(s.Headers[name], "{") && addressProblem(s.Headers[name]) != "", "headers."+name, "the header Host is a name, perhaps with a port, as in shop.example or shop.example:8443")
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
	limit.Times
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
