package web

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"gonogo/clients/outgoing"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/network"
	"gonogo/readiness/answer"
)

const forbids = ", which isn't a public address, and outgoing.private_addresses is false"

// abroad is what gates are built with where private addresses are forbidden, with a
// name server that has names of such addresses. Those that are named are exempt.
func abroad(t *testing.T, named ...string) gates.Deps {
	zone := []string{"inside.example. 60 IN A 127.0.0.1", "mapped.example. 60 IN AAAA ::ffff:127.0.0.1", "both.example. 60 IN A 127.0.0.1", "both.example. 60 IN A 127.0.0.2"}
	deps := gates.Deps{Outgoing: outgoing.PublicOnly(), Network: network.Resolver{Names: gatestest.ZoneServer(t, zone...), Routed: anyRoute}}
	for _, address := range named {
		deps.Outgoing.Exempt(address)
	}
	return deps
}

// TestHTTPAtPrivateAddresses asks a page of this machine in each way that leads there,
// none of which connects.
func TestHTTPAtPrivateAddresses(t *testing.T) {
	var v gatestest.Visits
	site := httptest.NewServer(v.Recording(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "secret") }))
	defer site.Close()
	_, port, _ := net.SplitHostPort(site.Listener.Addr().String())
	var away gatestest.Visits
	leads := httptest.NewServer(away.Recording(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	}))
	defer leads.Close()
	deps := abroad(t, leads.URL)
	private := "http://127.0.0.1:" + port
	for page, words := range map[string]string{
		private:                                             "127.0.0.1:" + port + " isn't a public address, and outgoing.private_addresses is false",
		"http://inside.example:" + port:                     "inside.example:" + port + " is at 127.0.0.1" + forbids,
		"http://mapped.example:" + port:                     "mapped.example:" + port + " is at ", // as the name server or as we write it
		"http://[::ffff:127.0.0.1]:" + port:                 "127.0.0.1]:" + port,
		"http://localhost:" + port:                          "localhost:" + port + " is at ",
		"http://both.example:" + port:                       "one of 2 addresses: both.example:" + port + " is at 127.0.0.",
		leads.URL + "/?to=" + url.QueryEscape(private):      "127.0.0.1:" + port + " isn't a public address",
		leads.URL + "/?to=http://inside.example:" + port:    "inside.example:" + port + " is at 127.0.0.1" + forbids,
		leads.URL + "/?to=http://[::ffff:7f00:1]:" + port:   "isn't a public address",
		leads.URL + "/?to=http://[64:ff9b::7f00:1]:" + port: "isn't a public address",
		leads.URL + "/?to=http://localhost:" + port:         "localhost:" + port + " is at ",
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q, follow_redirects: true}", page), deps), gates.Scope{})
		if wrong := kindtest.Odd(ev, answer.Errored, words, outgoing.Setting); wrong != "" {
			t.Errorf("%s: %s", page, wrong)
		}
	}
	if got := v.Paths(); len(got) > 0 {
		t.Errorf("the page was asked %d times", len(got))
	}
	if got := away.Paths(); len(got) != 5 {
		t.Errorf("the named host was asked %d times, want 5", len(got))
	}
}

// TestHTTPOfNamedHost asks a connection's host, which is exempt: by its name and port,
// where it redirects to itself, and not where another page redirects to it.
func TestHTTPOfNamedHost(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
	}))
	defer site.Close()
	_, port, _ := net.SplitHostPort(site.Listener.Addr().String())
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, site.URL, http.StatusFound) }))
	defer other.Close()
	deps := abroad(t, site.URL, "http://inside.example:"+port)
	for page, want := range map[string]answer.Verdict{
		site.URL:                        answer.Passed,
		site.URL + "/?to=/elsewhere":    answer.Passed,
		"http://inside.example:" + port: answer.Passed,
		site.URL + "/?to=" + other.URL:  answer.Errored,
		"http://both.example:" + port:   answer.Errored,
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q, follow_redirects: true}", page), deps), gates.Scope{})
		if wrong := kindtest.Odd(ev, want); wrong != "" {
			t.Errorf("%s: %s", page, wrong)
		}
	}
	deps.Outgoing.Exempt(other.URL)
	ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf("{url: %q, follow_redirects: true}", other.URL), deps), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Errored, strings.TrimPrefix(site.URL, "http://")+" isn't a public address"); wrong != "" {
		t.Errorf("redirected to a host that is exempt: %s", wrong)
	}
}

// TestHTTPWithoutProxy has no proxy connect where private addresses are forbidden: it
// would look the name up, and connect.
func TestHTTPWithoutProxy(t *testing.T) {
	b := kindtest.Built(t, HTTP, "url: http://inside.example:1", abroad(t))
	if b.Gate.(*httpGate).proxy != nil {
		t.Error("a proxy is asked")
	}
}

// TestTLSAtPrivateAddresses shakes no hands there.
func TestTLSAtPrivateAddresses(t *testing.T) {
	site := httptest.NewTLSServer(http.NotFoundHandler())
	defer site.Close()
	_, port, _ := net.SplitHostPort(site.Listener.Addr().String())
	settings := "{address: \"inside.example:" + port + "\", min_version: \"1.2\"}"
	ev := kindtest.Measured(t, kindtest.Built(t, TLS, settings, abroad(t)), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Errored, "inside.example:"+port+" is at 127.0.0.1"+forbids); wrong != "" {
		t.Error(wrong)
	}
	ev = kindtest.Measured(t, kindtest.Built(t, TLS, settings, abroad(t, "https://inside.example:"+port)), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Failed, "chain is self-signed"); wrong != "" {
		t.Errorf("of a connection's host: %s", wrong)
	}
}

// TestDNSAtPrivateAddresses asks no name server there, whether it is named or found.
func TestDNSAtPrivateAddresses(t *testing.T) {
	asked := make(chan string, 10)
	server := gatestest.NameServer(t, "192.0.2.2", func(m *dns.Msg) { asked <- m.Question[0].Name })
	_, port, _ := net.SplitHostPort(server)
	for _, servers := range []string{list("resolvers", server) + "\nauthoritative: false", list("servers", "inside.example:"+port)} {
		ev := kindtest.Measured(t, kindtest.Built(t, DNS, "name: shop.example\nwant: 192.0.2.2\n"+servers, abroad(t)), gates.Scope{})
		if wrong := kindtest.Odd(ev, answer.Errored, "127.0.0.1", "isn't a public address, and outgoing.private_addresses is false"); wrong != "" {
			t.Errorf("%s: %s", servers, wrong)
		}
	}
	if len(asked) > 0 {
		t.Errorf("a name server was asked for %s", <-asked)
	}
}
