package web

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/clients/outgoing"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/load"
	"gonogo/readiness/answer"
)

func TestLoad(t *testing.T) {
	somewhere := gates.Scope{TargetURL: "of a server"}
	for _, tt := range []struct {
		settings string
		scope    gates.Scope
		verdict  answer.Verdict
		words    string
	}{
		{`{urls: "{target.url}/", hosts: [127.0.0.1], users: 3, max: "< 30s"}`, somewhere, answer.Passed, "0.00 % failed, 95 % of the others within"},
		{`{urls: "{target.url}/", hosts: [127.0.0.1], rate: 20, requests: 1}`, somewhere, answer.Passed, "requests in 1s"},
		{`{urls: "{target.url}/", hosts: [127.0.0.1], rate: 20, p50: "< 30s", warn: {p95: "< 1ns"}}`, somewhere, answer.Warned, "p95 is"},
		{`{urls: "{target.url}/", hosts: [127.0.0.1], rate: 20, p50: "< 1ns", warn: {p95: "< 1ns"}}`, somewhere, answer.Failed, "p50 is"},
		{`{urls: "{target.url}/broken", hosts: [127.0.0.1], rate: 20, p95: "< 30s"}`, somewhere, answer.Failed, "error rate is 100.00 %, limit 0%"},
		{`{urls: "{target.url}/broken", hosts: [127.0.0.1], rate: 20, errors: "<= 100%", p95: "< 30s"}`, somewhere, answer.Errored, "succeeded, so there are no times"},
		{`{urls: "{target.url}/broken", hosts: [127.0.0.1], rate: 20, status: 500}`, somewhere, answer.Passed, "0.00 % failed"},
		{`{urls: "{target.url}/half", hosts: [127.0.0.1], users: 1, errors: "< 90%", warn: {errors: "< 10%"}}`, somewhere, answer.Warned, "warning limit < 10%"},
		{`{urls: "{target.url}/moved", hosts: [127.0.0.1], rate: 20}`, somewhere, answer.Failed, "error rate is 100.00 %"},
		{`{urls: "{target.url}/", hosts: [127.0.0.1], users: 1, requests: 1000000}`, somewhere, answer.Errored, "and at least 1000000 meant, because the answers take too long for so many"},
		{`{urls: "{target.url}/", hosts: [shop.example], rate: 20}`, somewhere, answer.Errored, "isn't one of hosts, so it was not asked"},
		{`{urls: "{target.url}/", hosts: [127.0.0.1], rate: 20}`, gates.Scope{}, answer.Errored, "measure it for an environment that has a url"},
	} {
		t.Run(tt.settings, func(t *testing.T) {
			t.Parallel()
			address, asked := someSite(t)
			if tt.scope.TargetURL != "" {
				tt.scope.TargetURL = address
			}
			ev := kindtest.Measured(t, kindtest.Built(t, Load, tt.settings[:1]+"for: 1s, "+tt.settings[1:], gates.Deps{}), tt.scope)
			if said := kindtest.Odd(ev, tt.verdict, tt.words); said != "" {
				t.Error(said)
			}
			if mayAsk := tt.scope.TargetURL != "" && !strings.Contains(tt.words, "not asked"); mayAsk != (asked.Load() > 0) {
				t.Errorf("it got %d requests", asked.Load())
			}
		})
	}
}

// someSite is a server that counts what it is asked.
func someSite(t *testing.T) (address string, asked *atomic.Int64) {
	asked = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		switch {
		case r.URL.Path == "/broken" || r.URL.Path == "/half" && n%2 == 0:
			http.Error(w, "broken", http.StatusInternalServerError)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/", http.StatusFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// A load that could not be made is errored, whatever the limits allow.
func TestLoadThatWasNotMade(t *testing.T) {
	closed := gatestest.Listen(t, func(net.Conn) {})
	closed.Close()
	cutting := gatestest.Listen(t, func(conn net.Conn) { _, _ = io.ReadFull(conn, make([]byte, 10)) })
	for _, tt := range []struct {
		address string
		deps    gates.Deps
		verdict answer.Verdict
		words   string
	}{
		{closed.Address, gates.Deps{}, answer.Errored, "the load was not made: 0 requests sent, and at least 10 meant, because " + closed.Address + " refuses connections"},
		{closed.Address, gates.Deps{Outgoing: outgoing.PublicOnly()}, answer.Errored, "isn't a public address"},
		{cutting.Address, gates.Deps{}, answer.Errored, "none of"},
	} {
		settings := fmt.Sprintf(`{urls: "http://%s/", hosts: ["%s"], users: 10, for: 1s, errors: "<= 100%%", p95: "< 3s"}`, tt.address, tt.address)
		if said := kindtest.Odd(kindtest.Measured(t, kindtest.Built(t, Load, settings, tt.deps), gates.Scope{}), tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", tt.address, said)
		}
	}
}

// The judge itself, with what a real load makes rarely.
func TestLoadJudged(t *testing.T) {
	took := func(n int) []time.Duration { return slices.Repeat([]time.Duration{time.Second}, n) }
	for _, tt := range []struct {
		settings string
		o        load.Outcome
		verdict  answer.Verdict
		words    string
	}{
		{`rate: 10`, load.Outcome{Tried: 600, Sent: 600, Took: took(600)}, answer.Passed, "600 requests in 1m, 0.00 % failed, 95 % of the others within 1s"},
		{`rate: 10`, load.Outcome{Tried: 570, Sent: 570, Took: took(570)}, answer.Passed, "570 requests"},
		{`rate: 10`, load.Outcome{Tried: 569, Sent: 569, Took: took(569)}, answer.Errored, "569 requests sent, and at least 570 meant, because the answers take too long for this rate: no more than 500"},
		{`{rate: 10, errors: "< 1%"}`, load.Outcome{Tried: 100000, Sent: 100000, Took: took(99999), Broken: 1}, answer.Passed, "0.01 % failed"},
		{`rate: 10`, load.Outcome{Tried: 100000, Sent: 100000, Took: took(99999), Statuses: map[int]int{503: 1}}, answer.Failed, "error rate is 0.01 %, limit 0%"},
		{`users: 10`, load.Outcome{Tried: 2100, Sent: 100, Took: took(100)}, answer.Errored, "100 requests sent"},
		{`users: 10`, load.Outcome{Tried: load.MaxRequests, Sent: load.MaxRequests, Took: took(1), Full: true}, answer.Errored, "the load ended early, after 1000000 requests"},
	} {
		b := kindtest.Built(t, Load, "urls: http://shop.example/\nhosts: [shop.example]\nfor: 1m\n"+strings.NewReplacer("{", "", "}", "", ", ", "\n").Replace(tt.settings), gates.Deps{})
		g := b.Gate.(*loadGate)
		if said := kindtest.Odd(g.settings.judge(g.settings.plan(), tt.o), tt.verdict, tt.words); said != "" {
			t.Errorf("%s, %d of %d: %s", tt.settings, tt.o.Sent, tt.o.Tried, said)
		}
	}
}

func TestLoadFaults(t *testing.T) {
	for settings, want := range map[string]string{
		`{urls: "http://a.example/", users: 1, for: 1s}`:                                                       "hosts is missing; name the hosts that may be put under load, as in [staging.example.com]",
		`{urls: "http://a.example/", hosts: [b.example], users: 1, for: 1s}`:                                   "the host isn't one of hosts; add it there if it may be put under load",
		`{urls: "http://a.example:81/", hosts: ["a.example:80"], users: 1, for: 1s}`:                           "the host isn't one of hosts; add it there if it may be put under load",
		`{urls: ["http://a.example/", "ftp://a.example/"], hosts: [a.example], users: 1, for: 1s}`:             "this isn't a URL; it must begin with http://, https:// or {target.url}",
		`{urls: "http://a.example/", hosts: [a.example], for: 1s}`:                                             "the size of the load is missing; write users or rate",
		`{urls: "http://a.example/", hosts: [a.example], users: 1, rate: 1, for: 1s}`:                          "users and rate are both there; write one of them",
		`{urls: "http://a.example/", hosts: [a.example], users: 501, for: 1s}`:                                 "users must be from 1 to 500",
		`{urls: "http://a.example/", hosts: [a.example], rate: 1001, for: 1s}`:                                 "rate must be from 1 to 1000",
		`{urls: "http://a.example/", hosts: [a.example], users: 1, for: 11m}`:                                  "for is how long the load lasts, from 1s to 10m",
		`{urls: "http://a.example/", hosts: [a.example], rate: 5, for: 2s, requests: 11}`:                      "the rate makes only 10 requests in that time; lower requests, or raise rate or for",
		`{urls: "http://a.example/", hosts: [a.example], users: 1, for: 1s, timeout: 2m}`:                      "timeout is a time above zero and up to 1m",
		`{urls: "http://a.example/", hosts: [a.example], users: 1, for: 1s, errors: "> 1%"}`:                   "errors is the most that is allowed; write it with <",
		`{urls: "http://a.example/", hosts: [a.example], users: 1, for: 1s, p95: "P99 < 1s"}`:                  "p95 names another percentile; write it as in < 3s",
		`{urls: "http://a.example/", hosts: [a.example], users: 1, for: 1s, p95: "< 1s", warn: {p95: "< 2s"}}`: `"< 2s" never warns, because whatever is outside of it is outside of the limit "< 1s" as well; make it stricter than that`,
		`{urls: "http://a.example/", hosts: [a.example], users: 1, for: 1s, warn: {errors: "0%"}}`:             `"0%" never warns, because whatever is outside of it is outside of the limit "0%" as well; make it stricter than that`,
	} {
		if got := kindtest.Faulty(t, Load, settings, gates.Deps{}); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", settings, got, want)
		}
	}
}
