package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/network"
	"gonogo/readiness/answer"
)

// What a visitor gets on the way, and the page behind the login, never shows; nor does
// it leave its hosts.
func TestHTTPStepsKeepSecrets(t *testing.T) {
	var other gatestest.Visits
	away := httptest.NewServer(other.Recording(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "one=away-t0k3n") }))
	defer away.Close()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		http.SetCookie(w, &http.Cookie{Name: "session_id", Value: "s3ss10n-value", Path: "/"})
		w.Header().Set("X-Echo", r.Header.Get("X-Csrf")+" "+r.Header.Get("Cookie")+" "+r.URL.RawQuery)
		fmt.Fprint(w, `<input value="t0k3n&amp;&lt;x&gt;"> private data`)
	}))
	defer site.Close()
	elsewhere := strings.Replace(away.URL, "127.0.0.1", "localhost", 1) // since a cookie is for all ports of its host
	steps := fmt.Sprintf(`steps: [{ url: "%s/", take: { csrf: 'value="([^"]+)"' } }, { url: "%s/?csrf={take.csrf}", take: { other: one=(\S+) } }]`, site.URL, elsewhere)
	settings := fmt.Sprintf(`{url: "%s/?csrf={take.csrf}&other={take.other}", headers: { X-Csrf: "{take.csrf}" }, body: nowhere, response_headers: { X-Echo: nothing }, %s}`, site.URL, steps)
	ev := kindtest.Measured(t, kindtest.Built(t, HTTP, settings, gates.Deps{}), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Failed, "the page doesn't contain ", "header X-Echo is [redacted]"); wrong != "" {
		t.Error(wrong)
	}
	text, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"t0k3n", "s3ss10n", "private"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
	if got := other.Asked(); !slices.Equal(got, []string{"GET /"}) {
		t.Errorf("another host got %q", got)
	}
	b := kindtest.Built(t, HTTP, fmt.Sprintf(`{url: "%s/", steps: [{ url: "%s/" }]}`, site.URL, away.URL), abroad(t, site.URL))
	other.Forget()
	if wrong := kindtest.Odd(kindtest.Measured(t, b, gates.Scope{}), answer.Errored, "step 1 of 1: ", "isn't a public address"); wrong != "" {
		t.Errorf("a step at a private address: %s", wrong)
	}
	if got := other.Asked(); len(got) > 0 {
		t.Errorf("a private address was asked: %q", got)
	}
}

// Each address of a name is a visit of its own: a session of one is worth nothing at
// another.
func TestHTTPStepsAtEachAddress(t *testing.T) {
	port, listeners := onOnePort(t, "127.0.0.1", "127.0.0.2")
	visited := make([]gatestest.Visits, 2)
	for i, l := range listeners {
		session := fmt.Sprintf("session-%d", i)
		server := httptest.NewUnstartedServer(visited[i].Recording(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				http.SetCookie(w, &http.Cookie{Name: "session", Value: session, Path: "/"})
			} else if c, err := r.Cookie("session"); err != nil || c.Value != session {
				w.WriteHeader(http.StatusForbidden)
			}
		}))
		server.Listener.Close()
		server.Listener = l
		server.Start()
		defer server.Close()
	}
	deps := gates.Deps{Network: network.Resolver{Names: gatestest.ZoneServer(t, "shop.example. 60 IN A 127.0.0.1", "shop.example. 60 IN A 127.0.0.2"), Routed: anyRoute}}
	host := "http://shop.example:" + port
	ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf(`{url: %q, requests: 3, steps: [{ url: %q }]}`, host+"/", host+"/login"), deps), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Passed, "at the worst of 2 addresses"); wrong != "" {
		t.Error(wrong, ev.Details)
	}
	for i := range visited {
		if diff := cmp.Diff([]string{"GET /login", "GET /", "GET /", "GET /"}, visited[i].Paths()); diff != "" {
			t.Errorf("at address %d (-want +got):\n%s", i, diff)
		}
	}
}

// A new server that is asked by address is asked so in its steps too.
func TestHTTPStepsByAddress(t *testing.T) {
	var v gatestest.Visits
	site := httptest.NewServer(v.Recording(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "this is "+r.Host) }))
	defer site.Close()
	settings := fmt.Sprintf(`{url: "%s/", headers: { Host: shop.example }, body: this is shop.example, steps: [{ url: "%s/login", body: this is shop.example }, { url: "%s/", headers: { host: api.example }, body: this is api.example }]}`, site.URL, site.URL, site.URL)
	if wrong := kindtest.Odd(kindtest.Measured(t, kindtest.Built(t, HTTP, settings, gates.Deps{}), gates.Scope{}), answer.Passed, "answered 200"); wrong != "" {
		t.Error(wrong)
	}
}

func TestHTTPTake(t *testing.T) {
	answers := map[string]string{"/long": strings.Repeat("x", maxTaken+1), "/lines": "a\nb", "/empty": "", "/json": "a&amp;b"}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/json" {
			w.Header().Set("Content-Type", "application/json")
		}
		fmt.Fprintf(w, `{"token": "%s", "got": "%s"}`, answers[r.URL.Path], r.URL.Query().Get("t"))
	}))
	defer site.Close()
	for path, want := range map[string]struct {
		verdict answer.Verdict
		words   string
	}{
		"/json":  {answer.Passed, "answered 200"},
		"/long":  {answer.Failed, "step 1 of 1: t can't be taken out of the answer: it is longer than 4 KiB"},
		"/lines": {answer.Failed, "it has a line break or another control character"},
		"/empty": {answer.Failed, "its pattern matches nothing"},
	} {
		settings := fmt.Sprintf(`{url: "%s/?t={take.t}", body: '"got": "a&amp;b"', steps: [{ url: "%s%s", take: { t: '(?s)"token": "(.*?)"' } }]}`, site.URL, site.URL, path)
		if wrong := kindtest.Odd(kindtest.Measured(t, kindtest.Built(t, HTTP, settings, gates.Deps{}), gates.Scope{}), want.verdict, want.words); wrong != "" {
			t.Errorf("%s: %s", path, wrong)
		}
	}
}

func TestHTTPStepFaults(t *testing.T) {
	for settings, want := range map[string][]string{
		`{}`: {"steps.[0].url"},
		`{url: "ftp://x", method: get, status: 42, headers: {"a b": c}}`:   {"steps.[0].headers.a b", "steps.[0].method", "steps.[0].status", "steps.[0].url"},
		`{url: "http://x", form: {a: b}, send: c}`:                         {"steps.[0].send"},
		`{url: "http://x", take: {A: "(x)", b: x, c: "("}}`:                {"steps.[0].take.A", "steps.[0].take.b", "steps.[0].take.c"},
		`{url: "http://x", form: {a: "{take.later}"}, take: {later: (x)}}`: {"steps.[0]"},
		`{url: "http://{take.host}/"}`:                                     {"steps.[0]", "steps.[0].url"},
		`{url: "http://x:8{take.port}/", send: a}`:                         {"steps.[0]", "steps.[0].url"},
		`{url: "{target.url}{take.path}"}`:                                 {"steps.[0]", "steps.[0].url"},
	} {
		_, err := kindtest.Build(HTTP, `{url: "http://x", steps: [`+settings+`]}`, gates.Deps{})
		faults, _ := err.(gates.Faults)
		var fields []string
		for _, f := range faults {
			fields = append(fields, f.Field)
		}
		slices.Sort(fields)
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", settings, err, diff)
		}
	}
	for _, settings := range []string{
		`{url: "http://x/?a={take.a}"}`, `{url: "http://x", send: "{take.a}"}`, `{url: "http://x", headers: {A: "{take.a}"}}`, `{url: "http://{take.a}/", steps: [{url: "http://x", take: {a: (x)}}]}`,
		`{url: "http://x", warn: {p95: P99 < 3s}}`,
	} {
		kindtest.Faulty(t, HTTP, settings, gates.Deps{})
	}
}

// A time that is within its limit and outside its warning limit warns.
func TestHTTPWarns(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer site.Close()
	for settings, want := range map[string]struct {
		verdict answer.Verdict
		words   string
	}{
		`p95: "< 1h", warn: { p95: "< 1ns" }`:                {answer.Warned, "warning limit < 1ns"},
		`p95: "< 1h", warn: { p95: "< 50m" }`:                {answer.Passed, "answered 200"},
		`p95: "<= 1ns", warn: { p95: "< 1ns" }`:              {answer.Failed, "p95 is"},
		`consecutive: 2, every: 1ms, warn: { max: "< 1ns" }`: {answer.Warned, "held 2 times in a row"},
		`requests: 2, warn: { p50: "< 1h", max: "< 1ns" }`:   {answer.Warned, "max is"},
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q, %s}", site.URL, settings), gates.Deps{}), gates.Scope{})
		if wrong := kindtest.Odd(ev, want.verdict, want.words); wrong != "" {
			t.Errorf("%s: %s", settings, wrong)
		}
	}
	if got, want := (gates.Job{Gate: kindtest.Built(t, HTTP, "{url: 'http://a', timeout: 10s, every: 0s, steps: [{url: 'http://a'}, {url: 'http://a'}]}", gates.Deps{}).Gate}).Timeout(), 41*time.Second; got != want {
		t.Errorf("with two steps the deadline is %s, want %s", got, want)
	}
}
