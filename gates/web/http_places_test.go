package web

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/network"
	"gonogo/readiness/answer"
)

// A new server is asked by its address before its name moves: the header Host, or
// server_name, is the name in TLS; redirects to that name and cookies for it stay
// with the address.
func TestHTTPByAddress(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	file := gatestest.WritePEM(t, ca)
	names := make(chan string, 100)
	var v gatestest.Visits
	site := httptest.NewUnstartedServer(v.Recording(func(w http.ResponseWriter, r *http.Request) {
		switch _, err := r.Cookie("session"); {
		case r.URL.Path == "/login":
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Domain: "shop.example", Path: "/", Secure: true})
			http.Redirect(w, r, "https://"+r.Host+"/in", http.StatusSeeOther)
		case err == nil:
			fmt.Fprint(w, "welcome to "+r.Host+" "+r.Header.Get("X-Api-Key"))
		default:
			fmt.Fprint(w, "this is "+r.Host)
		}
	}))
	own := gatestest.Issue(t, ca, gatestest.Leaf("shop.example", "xn--mller-kva.example"))
	site.TLS = &tls.Config{Certificates: []tls.Certificate{{PrivateKey: own.Key, Certificate: [][]byte{own.Cert.Raw}}},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) { names <- hello.ServerName; return nil, nil }}
	site.StartTLS()
	defer site.Close()
	address := site.Listener.Addr().String()
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
		asked    []string // names in TLS
	}{
		{`headers: {Host: shop.example}, body: this is shop.example`, answer.Passed, "answered 200", []string{"shop.example"}},
		{`headers: {host: "SHOP.example:8443"}, body: "this is SHOP.example:8443"`, answer.Passed, "answered 200", []string{"SHOP.example"}},
		{`headers: {Host: "{target.host}"}, body: "this is shop.example:8443"`, answer.Passed, "answered 200", []string{"shop.example"}},
		{`server_name: shop.example, body: "this is ` + address + `"`, answer.Passed, "answered 200", []string{"shop.example"}},
		{`server_name: Müller.example`, answer.Passed, "answered 200", []string{"xn--mller-kva.example"}},
		{`server_name: "{target.host}"`, answer.Passed, "answered 200", []string{"shop.example"}},
		{`headers: {Host: other.example}, server_name: shop.example, body: this is other.example`, answer.Passed, "answered 200", []string{"shop.example"}},
		{`headers: {Host: other.example}`, answer.Errored, address + " has an untrusted certificate", []string{"other.example"}},
		{`headers: {Host: shop.example}, server_name: other.example`, answer.Errored, address + " has an untrusted certificate", []string{"other.example"}},
		{`body: this`, answer.Errored, address + " has an untrusted certificate", []string{""}},
		{`headers: {Host: shop.example, X-Api-Key: k3y4}, follow_redirects: true, body: welcome to shop.example k3y4`, answer.Passed, "answered 200", []string{"shop.example", "shop.example"}},
	} {
		page := site.URL
		if strings.Contains(tt.settings, "follow") {
			page += "/login"
		}
		b := kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q, ca: %s, %s}", page, file, tt.settings), gates.Deps{})
		ev := kindtest.Measured(t, b, gates.Scope{TargetURL: "https://shop.example:8443"})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("%s: %s, details %q", tt.settings, wrong, ev.Details)
		}
		var got []string
		for range len(names) {
			got = append(got, <-names)
		}
		if !slices.Equal(got, tt.asked) {
			t.Errorf("%s: asked for %q, want %q", tt.settings, got, tt.asked)
		}
	}
}

// Each address of a name is asked as often as the settings say, and judged by its
// own answers and times; the worst is named.
func TestHTTPAtEachAddress(t *testing.T) {
	ok := func(http.ResponseWriter, *http.Request) {}
	down := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "we are down", http.StatusServiceUnavailable)
	}
	hangs := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	login := func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("session"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
			http.Redirect(w, r, "http://"+r.Host+"/", http.StatusSeeOther)
		}
	}
	type at = map[string]http.HandlerFunc // nil: nothing listens there
	for _, tt := range []struct {
		name     string
		at       at
		routed   func(netip.Addr) bool
		settings string
		verdict  answer.Verdict
		summary  string
		details  []string
		asked    int // at each that answers
	}{
		{"one", at{"127.0.0.1": ok}, anyRoute, ", requests: 2", answer.Passed, "answered 200, 2 times, 95 % within", nil, 2},
		{"two", at{"127.0.0.1": ok, "127.0.0.2": ok}, anyRoute, ", requests: 3, p95: '< 1h'", answer.Passed, ", at the worst of 2 addresses", []string{"127.0.0.1: answered 200, 3 times", "127.0.0.2: answered 200, 3 times"}, 3},
		{"the second is down", at{"127.0.0.1": ok, "127.0.0.2": down}, anyRoute, "", answer.Failed, "at 127.0.0.2, one of 2 addresses: status is 503, limit 200 to 299", []string{"127.0.0.1: answered 200", "127.0.0.2: status is 503"}, 1},
		{"by IPv6 it is down", at{"127.0.0.1": ok, "::1": down}, anyRoute, "", answer.Failed, "at ::1, one of 2 addresses: status is 503", nil, 1},
		{"no IPv6 here", at{"127.0.0.1": ok, "::1": down}, onlyIPv4, "", answer.Passed, "answered 200", []string{"::1 wasn't checked: this machine has no IPv6"}, 0},
		{"one does not listen", at{"127.0.0.1": ok, "127.0.0.2": nil}, anyRoute, "", answer.Errored, "at 127.0.0.2, one of 2 addresses: shop.example", []string{"127.0.0.1: answered 200"}, 1},
		{"one hangs", at{"127.0.0.1": ok, "127.0.0.2": hangs}, anyRoute, ", timeout: 100ms", answer.Errored, "did not answer within 100ms", nil, 1},
		{"one hangs and one is down", at{"127.0.0.1": down, "127.0.0.2": hangs}, anyRoute, ", timeout: 100ms", answer.Failed, "at 127.0.0.1, one of 2 addresses: status is 503", nil, 1},
		{"a log-in", at{"127.0.0.1": login, "127.0.0.2": login}, anyRoute, ", follow_redirects: true", answer.Passed, ", at the worst of 2 addresses", nil, 2},
		{"none is reached", at{"::1": ok}, onlyIPv4, "", answer.Errored, "this machine has no route to shop.example, which is at ::1", nil, 0},
		{"one of them does not hold its times", at{"127.0.0.1": ok, "127.0.0.2": ok}, anyRoute, ", max: '< 1ns'", answer.Failed, "one of 2 addresses: max is", nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var addresses, zone []string
			for address := range tt.at {
				addresses = append(addresses, address)
				kind := map[bool]string{true: "AAAA", false: "A"}[strings.Contains(address, ":")]
				zone = append(zone, "shop.example. 60 IN "+kind+" "+address)
			}
			port, listeners := onOnePort(t, addresses...)
			visited := make([]gatestest.Visits, len(listeners))
			for i, l := range listeners {
				if tt.at[addresses[i]] == nil {
					l.Close()
					continue
				}
				server := httptest.NewUnstartedServer(visited[i].Recording(tt.at[addresses[i]]))
				server.Listener.Close()
				server.Listener = l
				server.Start()
				defer server.Close()
			}
			deps := gates.Deps{Network: network.Resolver{Names: gatestest.ZoneServer(t, zone...), Routed: tt.routed}}
			ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q%s}", "http://shop.example:"+port+"/", tt.settings), deps), gates.Scope{})
			if wrong := kindtest.Odd(ev, tt.verdict, tt.summary); wrong != "" {
				t.Error(wrong)
			}
			for _, line := range tt.details {
				if !slices.ContainsFunc(ev.Details, func(got string) bool { return strings.HasPrefix(got, line) }) {
					t.Errorf("no line of %q begins with %q", ev.Details, line)
				}
			}
			for i := range visited {
				if got := len(visited[i].Paths()); tt.asked > 0 && tt.at[addresses[i]] != nil && got != tt.asked {
					t.Errorf("%s was asked %d times, want %d", addresses[i], got, tt.asked)
				}
			}
		})
	}
}

// A name that is not found, or not told, is said as such.
func TestHTTPNotLookedUp(t *testing.T) {
	deps := gates.Deps{Network: network.Resolver{Names: gatestest.ZoneServer(t, "half.example. 60 IN A 127.0.0.1", "half.example. AAAA SERVFAIL"), Routed: anyRoute}}
	for host, want := range map[string]string{
		"nowhere.example:1": "nowhere.example:1 is not known to the name server; check the name",
		"half.example:1":    "the name server could not say which addresses half.example:1 has",
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, HTTP, "url: http://"+host, deps), gates.Scope{})
		if wrong := kindtest.Odd(ev, answer.Errored, want); wrong != "" {
			t.Error(wrong)
		}
	}
}

// Behind a proxy the proxy chooses the address, which is told; a page that is asked
// for by address under another name can't be asked through one.
func TestHTTPThroughProxy(t *testing.T) {
	var v gatestest.Visits
	proxy := httptest.NewServer(v.Recording(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "by proxy to ", r.URL.Host) }))
	defer proxy.Close()
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	for settings, want := range map[string]struct {
		verdict answer.Verdict
		words   string
	}{
		`{url: "http://shop.example/", body: by proxy to shop.example}`:      {answer.Passed, "answered 200"},
		`{url: "http://192.0.2.1/", headers: {Host: shop.example}}`:          {answer.Errored, "192.0.2.1 would be asked through a proxy, which would connect to shop.example by name; put shop.example into NO_PROXY"},
		`{url: "http://192.0.2.1/", headers: {Host: "192.0.2.1"}, body: by}`: {answer.Passed, "answered 200"},
	} {
		b := kindtest.Built(t, HTTP, settings, gates.Deps{})
		b.Gate.(*httpGate).proxy = http.ProxyURL(through)
		ev := kindtest.Measured(t, b, gates.Scope{})
		if wrong := kindtest.Odd(ev, want.verdict, want.words); wrong != "" {
			t.Errorf("%s: %s", settings, wrong)
		}
		if told := slices.Contains(ev.Details, "Asked through the proxy of this machine, which chose the address."); told != (want.verdict == answer.Passed) {
			t.Errorf("%s: details %q", settings, ev.Details)
		}
	}
}

// HTTP/2 is spoken where the server does, over a connection of its own each time.
func TestHTTP2(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	connections := make(chan string, 10)
	site := gatestest.ListenHTTPS(t, gatestest.ForLoopback(t, ca), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections <- r.RemoteAddr
		fmt.Fprint(w, r.Proto)
	}))
	ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q, ca: %s, body: HTTP/2.0, requests: 2}", site.URL, gatestest.WritePEM(t, ca)), gates.Deps{}), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Passed, "answered 200, 2 times"); wrong != "" {
		t.Error(wrong)
	}
	if a, b := <-connections, <-connections; a == b {
		t.Error("two requests shared a connection")
	}
}

// The gate is not cut off while the look-up or a request still has its time.
func TestHTTPDeadline(t *testing.T) {
	for settings, want := range map[string]time.Duration{
		"timeout: 10s, every: 0s":                              21 * time.Second,
		"timeout: 10s, requests: 20, every: 0s":                211 * time.Second,
		"timeout: 10s, requests: 2, consecutive: 3, every: 1m": 3*(30*time.Second+time.Minute) + time.Second,
	} {
		if got := (gates.Job{Gate: kindtest.Built(t, HTTP, "{url: 'http://a', "+settings+"}", gates.Deps{}).Gate}).Timeout(); got != want {
			t.Errorf("%s: got %s, want %s", settings, got, want)
		}
	}
}

// A redirect from https to http fails, and nothing is asked there: with secrets or
// without, of the same host or another.
func TestHTTPRedirectWithoutTLS(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	var inTheClear gatestest.Visits
	clear := httptest.NewServer(inTheClear.Recording(func(http.ResponseWriter, *http.Request) {}))
	defer clear.Close()
	site := gatestest.ListenHTTPS(t, gatestest.ForLoopback(t, ca), http.RedirectHandler(clear.URL+"/login", http.StatusMovedPermanently))
	for _, more := range []string{"", `, headers: {Authorization: "Bearer k3y4", X-Api-Key: k3y4}, cookies: {session: s3ss10n}`} {
		ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q, ca: %s, follow_redirects: true%s}", site.URL, gatestest.WritePEM(t, ca), more), gates.Deps{}), gates.Scope{})
		if wrong := kindtest.Odd(ev, answer.Failed, site.Listener.Addr().String()+" redirects from https to http, which would send what visitors send in the clear; it was not followed"); wrong != "" {
			t.Errorf("%s: %s", more, wrong)
		}
	}
	if asked := inTheClear.Asked(); len(asked) > 0 {
		t.Errorf("asked without TLS: %q", asked)
	}
	ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q, ca: %s, status: 301}", site.URL, gatestest.WritePEM(t, ca)), gates.Deps{}), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Passed, "answered 301"); wrong != "" {
		t.Error(wrong)
	}
}
