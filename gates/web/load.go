package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/load"
	"gonogo/gates/network"
)

// Load is the kind load.
var Load = gates.Kind{
	Name: "load", About: "how a site answers many requests at once: its error rate and response times", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed: "the load was made, and the error rate and the times are within their limits",
		Warned: "the same, but one of them is outside its warning limit",
		Failed: "the load was made, and the error rate or a time is outside its limit",
		Errored: "the load was not made: fewer requests could be sent than `requests` says, because nothing listens there, or because the site answers too slowly for the rate; " +
			"no request succeeded, so there are no times; or {target.url} is not known, or its host isn't one of `hosts`",
	},
	Notes: "The load is made by `users`, each of whom asks again as soon as the answer is there, or at a `rate`. Users who never pause ask for more than people do: " + `choose
the rate if you know how many requests a second the site gets. All requests are GET, the URLs are asked in turn, and connections are kept open and reused, as
a browser does over HTTP/1.1. No cookies are kept, no proxy is used, and each name is looked up by every new connection.

Only the names in ` + "`hosts`" + ` are connected to. Redirects aren't followed: a response with status 302 counts as an error unless ` + "`status`" + ` lists it, so name the page
that it leads to.

A request fails if it isn't answered completely within ` + "`timeout`" + `, if the response is larger than 16 MiB, or if its status isn't expected. The times are those of the requests
that succeeded, from connecting to the end of the response; a site that refuses quickly doesn't look fast.

At most 500 requests are under way at once, also at a rate, and at most 1,000,000 are made. Cancelling the gate closes all its connections.

This is real load on a real site. Ask whoever runs it, don't run the gate on a schedule against production, and don't run two at a time. It can't tell
how the site does for visitors elsewhere, what a browser adds, or how much of the time is gonogo's own network.`,
	Example: `urls: ["{target.url}/web/login", "{target.url}/shop/150"]
hosts: [staging.example.com, shop.example]
users: 50
for: 60s
headers: { Accept: text/html }
status: [200, 303]
timeout: 10s
requests: 1000
errors: "< 1%"
p50: "< 500ms"
p95: "< 3s"
p99: "< 5s"
max: "< 8s"
warn: { errors: "< 0.1%", p95: "< 2s" }`,
	New: newLoad,
}

// loadSettings are the settings of kind load.
type loadSettings struct {
	URLs     addresses         `yaml:"urls" required:"true"`           // the URL to request, or several, in turn
	Hosts    []string          `yaml:"hosts" required:"true"`          // the hosts that may be asked, each as a name, or with its port as in shop.example:8443
	Users    int               `yaml:"users" from:"1" to:"500"`        // how many ask at the same time; either this or rate
	Rate     int               `yaml:"rate" from:"1" to:"1000"`        // how many requests are sent a second
	For      limit.Duration    `yaml:"for" required:"true"`            // how long, up to 10m
	Headers  map[string]string `yaml:"headers"`                        // request headers
	CA       string            `yaml:"ca"`                             // a PEM file of CA certificates to trust in addition to the system's
	Status   statuses          `yaml:"status"`                         // the expected status code, or several; default: any from 200 to 299
	Timeout  limit.Duration    `yaml:"timeout"`                        // the time limit for one request, including its response, up to 1m; default: 10s
	Requests int               `yaml:"requests" from:"1" to:"1000000"` // how many requests must have been sent, or the gate is errored; default: 95 % of those that the rate means, or one for each user
	Errors   limit.Share       `yaml:"errors"`                         // the share of requests that may fail; default: 0%
	P50      limit.Times       `yaml:"p50"`                            // the median response time
	P95      limit.Times       `yaml:"p95"`                            // the 95th percentile of the response times
	P99      limit.Times       `yaml:"p99"`                            // the 99th percentile of the response times
	Max      limit.Times       `yaml:"max"`                            // the longest response time
	Warn     loadWarn          `yaml:"warn" json:",omitzero"`          // limits outside of which the gate warns
}

// loadWarn are limits that only warn.
type loadWarn struct {
	Errors limit.Share `yaml:"errors" json:",omitzero"` // the share of requests that may fail
	P50    limit.Times `yaml:"p50" json:",omitzero"`    // the median response time
	P95    limit.Times `yaml:"p95" json:",omitzero"`    // the 95th percentile of the response times
	P99    limit.Times `yaml:"p99" json:",omitzero"`    // the 99th percentile of the response times
	Max    limit.Times `yaml:"max" json:",omitzero"`    // the longest response time
}

// addresses are URLs: one, or a list.
type addresses []string

// Decode reads the two forms.
func (a *addresses) Decode(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*a = addresses{one}
		return nil
	}
	return decode((*[]string)(a))
}

func newLoad(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := loadSettings{Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if !s.Errors.Set() {
		s.Errors = noErrors
	}
	g := &loadGate{settings: s, dialer: deps.Dialer}
	hashed, faults := s, s.faults()
	hashed.URLs = nil
	var secrets []string
	for i, address := range s.URLs {
		page := httpSettings{URL: address, Headers: s.Headers, CA: s.CA, Method: http.MethodGet, Timeout: s.Timeout, Requests: 1, Consecutive: 1}
		built, more := page.gate(deps)
		g.roots, secrets = built.roots, append(secrets, page.secrets()...)
		faults = append(faults, s.ofURL(i, more)...)
		open := page.open()
		hashed.URLs, hashed.Headers = append(hashed.URLs, open.URL), open.Headers
	}
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("load", hashed), Secrets: secrets}, nil
}

// noErrors is what holds where the settings allow none.
var noErrors = func() (none limit.Share) {
	if err := none.UnmarshalText([]byte("0%")); err != nil {
		panic(err)
	}
	return none
}()

// ofURL turns the faults of a page into those of these settings: its URL is one of several,
// and the rest is reported once.
func (s *loadSettings) ofURL(i int, found gates.Faults) (faults gates.Faults) {
	for _, f := range found {
		switch {
		case f.Field == "url" && len(s.URLs) > 1:
			faults = append(faults, gates.Fault{Field: fmt.Sprintf("urls.[%d]", i), Problem: strings.Replace(f.Problem, "url", "this", 1)})
		case f.Field == "url":
			faults = append(faults, gates.Fault{Field: "urls", Problem: f.Problem})
		case i == 0 && f.Field != "timeout":
			faults = append(faults, f)
		}
	}
	return faults
}

func (s *loadSettings) faults() gates.Faults {
	var faults gates.Faults
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: problem})
		}
	}
	note(len(s.URLs) == 0, "urls", "urls is missing; write the URL to request, or a list")
	note(len(s.Hosts) == 0, "hosts", "hosts is missing; name the hosts that may be put under load, as in [staging.example.com]")
	note(s.Users == 0 && s.Rate == 0, "users", "the size of the load is missing; write users or rate")
	note(s.Users != 0 && s.Rate != 0, "rate", "users and rate are both there; write one of them")
	note(s.Users < 0 || s.Users > load.MaxUsers, "users", fmt.Sprintf("users must be from 1 to %d", load.MaxUsers))
	note(s.Rate < 0 || s.Rate > load.MaxRate, "rate", fmt.Sprintf("rate must be from 1 to %d", load.MaxRate))
	note(time.Duration(s.For) < time.Second || time.Duration(s.For) > load.MaxFor, "for", "for is how long the load lasts, from 1s to 10m")
	note(s.Timeout <= 0 || time.Duration(s.Timeout) > time.Minute, "timeout", "timeout is a time above zero and up to 1m")
	note(s.Requests < 0 || s.Requests > load.MaxRequests, "requests", fmt.Sprintf("requests must be from 1 to %d", load.MaxRequests))
	if meant := s.plan().Meant(); meant > 0 {
		note(s.Requests > meant, "requests", fmt.Sprintf("the rate makes only %d requests in that time; lower requests, or raise rate or for", meant))
	}
	for i, address := range s.URLs {
		if len(s.Hosts) > 0 && !strings.Contains(address, "{") && !s.mayAsk(address) {
			note(true, field("urls", i, len(s.URLs)), "the host isn't one of hosts; add it there if it may be put under load")
		}
	}
	return append(faults, s.limitFaults()...)
}

// field is the path of an element, or of the setting itself where there is one.
func field(name string, i, of int) string {
	if of == 1 {
		return name
	}
	return fmt.Sprintf("%s.[%d]", name, i)
}

// limitFaults says which limits don't limit.
func (s *loadSettings) limitFaults() (faults gates.Faults) {
	upper := func(field string, l limit.Limit) {
		if op, _ := l.Comparison(); l.Set() && op != "<" && op != "<=" && op != "=" {
			faults = append(faults, gates.Fault{Field: field, Problem: fmt.Sprintf("%s is the most that is allowed; write it with <", field)})
		}
	}
	upper("errors", s.Errors.Limit)
	upper("warn.errors", s.Warn.Errors.Limit)
	faults = append(faults, gates.NeverWarns("warn.errors", s.Warn.Errors.Limit, s.Errors.Limit)...)
	limits, warns := s.times().all(), s.Warn.times().all()
	faults = append(faults, neverWarn(warns, limits)...)
	for i := range warns {
		warns[i].name = "warn." + warns[i].name
	}
	for _, t := range append(limits, warns...) {
		upper(t.name, t.Limit)
		faults = append(faults, t.otherPercentile()...)
	}
	return faults
}

// times are the limits of times.
func (s *loadSettings) times() httpWarn { return httpWarn{s.P50, s.P95, s.P99, s.Max} }

// times are the limits of times.
func (w loadWarn) times() httpWarn { return httpWarn{w.P50, w.P95, w.P99, w.Max} }

// mayAsk reports whether the settings name the host of a URL.
func (s *loadSettings) mayAsk(address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.ContainsFunc(s.Hosts, func(host string) bool {
		return strings.EqualFold(network.ASCIIName(host), network.ASCIIName(u.Hostname())) || strings.EqualFold(host, u.Host)
	})
}

// plan is the load that the settings mean.
func (s *loadSettings) plan() load.Plan {
	headers := http.Header{}
	for name, value := range s.Headers {
		headers.Set(name, value)
	}
	return load.Plan{URLs: s.URLs, Headers: headers, Users: s.Users, Rate: s.Rate, For: time.Duration(s.For), Timeout: time.Duration(s.Timeout), Allows: s.Status.allows}
}

// expanded is the settings with the names in URLs and headers filled in.
func (s loadSettings) expanded(scope gates.Scope) (loadSettings, error) {
	s.URLs, s.Headers = slices.Clone(s.URLs), maps.Clone(s.Headers)
	for i, address := range s.URLs {
		filled, err := httpSettings{URL: address, Headers: s.Headers}.expanded(scope)
		if err != nil {
			return s, err
		}
		if s.URLs[i] = filled.URL; i == len(s.URLs)-1 {
			s.Headers = filled.Headers
		}
	}
	return s, nil
}
