package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// site is a server with a page for each thing that a gate looks at.
func site(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session_id", Value: "s3ss10n"})
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<h1>Log in</h1> version 19.0.1")
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("session_id")
		if body, _ := io.ReadAll(r.Body); err != nil || cookie.Value != "s3ss10n" || string(body) != "version=19.0.1" || r.Header.Get("X-Csrf") != "19.0.1" || r.Host != "other.example" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		http.Redirect(w, r, "/web", http.StatusSeeOther)
	})
	mux.HandleFunc("/web", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "welcome") })
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	mux.HandleFunc("/down", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "we are\n\tdown", http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Repeat("long ", 256<<10), "end")
	})
	mux.HandleFunc("/silent", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/half", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestHTTP(t *testing.T) {
	server := site(t)
	tests := []struct {
		name, settings string
		verdict        answer.Verdict
		words          []string
	}{
		{"a page", `{url: "{target.url}/login"}`, answer.Passed, []string{"answered 200 in"}},
		{"all that can be looked at", `{url: "{target.url}/login", status: 200, body: "version {release.version}", body_matches: "version (\\d+)",
			response_headers: {content-type: text/html}, sets_cookies: [session_id], requests: 3, p50: "< 1h", p95: "P95 < 1h", p99: "< 1h", max: "< 1h"}`, answer.Passed, []string{"answered 200, 3 times, 95 % within"}},
		{"all that can be sent", `{url: "{target.url}/login", method: POST, cookies: {session_id: s3ss10n}, send: "version={release.version}",
			headers: {X-Csrf: "{release.version}", Host: other.example}, status: 303}`, answer.Passed, []string{"answered 303"}},
		{"a redirect", `{url: "http://{target.host}/circle"}`, answer.Failed, []string{"status is 302, limit 200 to 299"}},
		{"a redirect in a circle", `{url: "{target.url}/circle", follow_redirects: true}`, answer.Errored, []string{"redirects in a loop"}},
		{"one of two statuses", `{url: "{target.url}/down", status: [200, 503]}`, answer.Passed, []string{"answered 503"}},
		{"neither of two", `{url: "{target.url}/down", status: [200, 303]}`, answer.Failed, []string{"status is 503, limit 200 or 303"}},
		{"another text", `{url: "{target.url}/login", body: "{release.commit}"}`, answer.Failed, []string{`the page doesn't contain "abcdef"`}},
		{"another pattern", `{url: "{target.url}/login", body_matches: "version 20"}`, answer.Failed, []string{`nothing on the page matches "version 20"`}},
		{"another header", `{url: "{target.url}/login", response_headers: {Content-Type: json}}`, answer.Failed, []string{"header Content-Type is text/html; charset=utf-8, limit json"}},
		{"no such header", `{url: "{target.url}/login", response_headers: {X-None: ""}}`, answer.Failed, []string{"header X-None is absent"}},
		{"a header that proves who asks", `{url: "{target.url}/login", response_headers: {Set-Cookie: none}}`, answer.Failed, []string{"header Set-Cookie is not shown"}},
		{"no such cookie", `{url: "{target.url}/login", sets_cookies: [other]}`, answer.Failed, []string{"the response doesn't set the cookie other"}},
		{"too slow", `{url: "{target.url}/login", requests: 5, p95: "< 1us", max: "< 1h"}`, answer.Failed, []string{"p95 is", "limit < 1us"}},
		{"no answer in time", `{url: "{target.url}/silent", timeout: 50ms}`, answer.Errored, []string{"did not answer within 50ms"}},
		{"half an answer", `{url: "{target.url}/half"}`, answer.Errored, []string{"closed the connection"}},
		{"a long answer", `{url: "{target.url}/long", body: end}`, answer.Failed, []string{`the page doesn't contain "end"`}},
		{"nobody there", `{url: "http://127.0.0.1:1/"}`, answer.Errored, []string{"127.0.0.1:1 refuses connections"}},
		{"no such host", `{url: "http://no-such-host.invalid/"}`, answer.Errored, []string{"no-such-host.invalid is not known to the name server"}},
		{"no TLS", `{url: "https://{target.host}/"}`, answer.Errored, []string{"does not speak TLS"}},
		{"no page to look at", `{url: "{target.url}/login"}`, answer.Errored, []string{"{target.url} is not known here; measure it for an environment that has a url"}},
		{"nothing to put in", `{url: "{target.url}/login", body: "{release.version}"}`, answer.Errored, []string{"{release.version} is not known here; open a release"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			scope := gates.Scope{TargetURL: server.URL, Release: "19.0.1", Commit: "abcdef"}
			switch test.name {
			case "nothing to put in":
				scope.Release = ""
			case "no page to look at":
				scope.TargetURL = ""
			}
			ev := kindtest.Measured(t, kindtest.Built(t, HTTP, test.settings, gates.Deps{}), scope)
			if said := kindtest.Odd(ev, test.verdict, test.words...); said != "" {
				t.Error(said)
			}
			if strings.Contains(fmt.Sprint(ev), "s3ss10n") {
				t.Errorf("the session stands in %v", ev)
			}
		})
	}
}

func TestHTTPMeasures(t *testing.T) {
	server := site(t)
	ev := kindtest.Measured(t, kindtest.Built(t, HTTP, `{url: "`+server.URL+`/down", status: 200, body: up}`, gates.Deps{}), gates.Scope{})
	want := []answer.Measure{{Name: "status", Value: "503", Limit: "200"}, {Name: "text in the answer", Value: "absent", Limit: "up"}}
	if diff := cmp.Diff(want, ev.Measures); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	if diff := cmp.Diff([]string{`The answer begins: "we are down"`}, ev.Details); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
}

func TestHTTPUntrusted(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	ev := kindtest.Measured(t, kindtest.Built(t, HTTP, `url: "`+server.URL+`"`, gates.Deps{}), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Errored, "an untrusted certificate"); said != "" {
		t.Error(said)
	}
}

// TestHTTPConsecutive breaks a site at its third answer.
func TestHTTPConsecutive(t *testing.T) {
	for want, tell := range map[int]string{2: "held 2 times in a row", 4: "status is 500, limit 200 to 299; it had held 2 of 4 times in a row"} {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 3 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}))
		ev := kindtest.Measured(t, kindtest.Built(t, HTTP, fmt.Sprintf(`{url: %q, consecutive: %d, every: 1ms}`, server.URL, want), gates.Deps{}), gates.Scope{})
		if !strings.HasSuffix(ev.Summary, tell) {
			t.Errorf("got %s, want %s", ev.Summary, tell)
		}
		if got := int(asked.Load()); got != min(want, 3) {
			t.Errorf("asked %d times", got)
		}
		server.Close()
	}
}

// TestHTTPElsewhere follows a redirect to another host, which must not get
// what was meant for the first.
func TestHTTPElsewhere(t *testing.T) {
	got := make(chan http.Header, 1)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got <- r.Header }))
	defer elsewhere.Close()
	first := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer first.Close()
	kindtest.Measured(t, kindtest.Built(t, HTTP, `{url: "`+first.URL+`", follow_redirects: true, headers: {X-Api-Key: k3y}, cookies: {session: s3ss10n}}`, gates.Deps{}), gates.Scope{})
	header := <-got
	if header.Get("X-Api-Key") != "" || header.Get("Cookie") != "" {
		t.Errorf("the other host got %v", header)
	}
}

func TestHTTPFaults(t *testing.T) {
	tests := []struct {
		settings string
		want     []string
	}{
		{`{}`, []string{"url"}},
		{`url: staging.example.com`, []string{"url"}},
		{`url: "ftp://staging.example.com"`, []string{"url"}},
		{`{url: "http://x", method: get, requests: 0, consecutive: 1001, timeout: 0s}`, []string{"consecutive", "method", "requests", "timeout"}},
		{`{url: "http://x", p95: P99 < 3s, body_matches: "(", status: [200, 42]}`, []string{"body_matches", "p95", "status.[1]"}},
		{`{url: "http://x", headers: {Host: "a/b"}, server_name: "a:443", ca: nowhere.pem}`, []string{"ca", "headers.Host", "server_name"}},
		{`{url: "http://x", headers: {Host: "{target.host}"}, server_name: "{target.host}"}`, nil},
		{`{url: "http://x", status: 1, headers: {"a b": c, ok: "1\r\nx: y"}}`, []string{"headers.a b", "headers.ok", "status"}},
	}
	for _, test := range tests {
		_, err := kindtest.Build(HTTP, test.settings, gates.Deps{})
		faults, _ := err.(gates.Faults)
		var fields []string
		for _, f := range faults {
			fields = append(fields, f.Field)
		}
		slices.Sort(fields)
		if diff := cmp.Diff(test.want, fields); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", test.settings, err, diff)
		}
	}
}

func TestHTTPSecrets(t *testing.T) {
	for settings, want := range map[string][]string{
		`url: "http://host/?page=status"`:                                    nil,
		`url: "http://user:hunter2@host/"`:                                   {"http://user:hunter2@host/"},
		`url: "http://host/?page=status&api_key=hunter2"`:                    {"hunter2"},
		`{url: "http://host/", headers: {Accept: text/html, X-Token: abcd}}`: {"abcd"},
		`{url: "http://host/", headers: {Authorization: Basic dTpw}}`:        {"Basic dTpw", "dTpw"},
		`{url: "http://host/", cookies: {session: abcdef, lang: en}}`:        {"abcdef"},
		`{url: "http://host/", send: password=hunter2}`:                      {"password=hunter2"},
	} {
		got := slices.Sorted(slices.Values(kindtest.Built(t, HTTP, settings, gates.Deps{}).Secrets))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", settings, diff)
		}
	}
}
