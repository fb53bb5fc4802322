package gates

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/publicsuffix"

	"gonogo/gates/gatestest"
	"gonogo/readiness"
)

// visits are what a server was asked, in order.
type visits struct {
	mu  sync.Mutex
	all []*http.Request
	got []string // bodies
}

// recording serves a handler and keeps what is asked.
func (v *visits) recording(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.all, v.got = append(v.all, r), append(v.got, string(body))
		v.mu.Unlock()
		serve(w, r)
	})
}

func (v *visits) paths() (paths []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.all {
		paths = append(paths, r.Method+" "+r.URL.Path)
	}
	return paths
}

// secretly says what a request shows of the settings' secrets.
func secretly(r *http.Request) string {
	var all []string
	for _, name := range []string{"Authorization", "X-Api-Key", "Cookie", "Accept-Language"} {
		if value := r.Header.Get(name); value != "" {
			all = append(all, name+": "+value)
		}
	}
	return strings.Join(all, "; ")
}

// listenHTTPS is a server of TLS with its own certificate.
func listenHTTPS(t *testing.T, own *gatestest.Authority, serve http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(serve)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{PrivateKey: own.Key, Certificate: [][]byte{own.Cert.Raw}}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// forLoopback is a certificate for a server of this machine, and for names.
func forLoopback(t *testing.T, ca *gatestest.Authority, names ...string) *gatestest.Authority {
	template := gatestest.Leaf(append([]string{"localhost"}, names...)...)
	template.IPAddresses = []net.IP{net.ParseIP("127.0.0.1"), net.ParseIP("::1")}
	return gatestest.Issue(t, ca, template)
}

// asked tells what a server was asked, each with what it shows of secrets and body.
func (v *visits) asked() (all []string) {
	for i, r := range v.all {
		all = append(all, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+secretly(r)+" "+v.got[i]))
	}
	return all
}

// What the settings send stays with the host that it was written for, and is sent
// again when the request is led back there.
func TestHTTPRedirectToAnotherHost(t *testing.T) {
	var home, other visits
	var away *httptest.Server
	first := httptest.NewServer(home.recording(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/start":
			http.Redirect(w, r, away.URL+"/one", http.StatusFound)
		case "/post":
			http.Redirect(w, r, away.URL+"/last", http.StatusSeeOther)
		case "/again":
			http.Redirect(w, r, away.URL+"/last", http.StatusTemporaryRedirect)
		case "/here":
			http.Redirect(w, r, "/back", http.StatusPermanentRedirect)
		}
	}))
	defer first.Close()
	away = httptest.NewServer(other.recording(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Header.Get("Referer"); from != "" || r.UserAgent() != "gonogo" {
			t.Errorf("another host is told that the visitor is %s and comes from %s", r.UserAgent(), from)
		}
		switch r.URL.Path {
		case "/one":
			http.Redirect(w, r, "/two", http.StatusFound)
		case "/two":
			http.Redirect(w, r, first.URL+"/back", http.StatusFound)
		}
	}))
	defer away.Close()
	const shown = "Authorization: Basic dTpwNHNz; X-Api-Key: k3y4; Cookie: session=s3ss10n; Accept-Language: de"
	for _, tt := range []struct {
		page, more  string
		verdict     readiness.Verdict
		words       string
		home, other []string // what was asked there
	}{
		{"/start", "", readiness.Passed, "answered 200", []string{"GET /start " + shown, "GET /back " + shown}, []string{"GET /one", "GET /two"}},
		{"/post", "method: POST, send: l0gin, ", readiness.Passed, "answered 200", []string{"POST /post " + shown + " l0gin"}, []string{"GET /last"}},
		{"/again", "method: POST, send: l0gin, ", readiness.Errored, "redirects so that the body goes to another host", []string{"POST /again " + shown + " l0gin"}, nil},
		{"/here", "method: POST, send: l0gin, ", readiness.Passed, "answered 200", []string{"POST /here " + shown + " l0gin", "POST /back " + shown + " l0gin"}, nil},
	} {
		home.all, home.got, other.all, other.got = nil, nil, nil, nil
		url := "http://u:p4ss@" + first.Listener.Addr().String() + tt.page + "?token=t0k3n"
		settings := fmt.Sprintf(`{url: %q, %sheaders: {X-Api-Key: k3y4, Accept-Language: de, User-Agent: t0k3n}, cookies: {session: s3ss10n}, follow_redirects: true}`, url, tt.more)
		ev := measured(t, built(t, "http", settings, Surroundings{}), Scope{})
		if wrong := odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("%s: %s", tt.page, wrong)
		}
		if diff := cmp.Diff(tt.home, home.asked()); diff != "" {
			t.Errorf("%s, at home (-want +got):\n%s", tt.page, diff)
		}
		if diff := cmp.Diff(tt.other, other.asked()); diff != "" {
			t.Errorf("%s, elsewhere (-want +got):\n%s", tt.page, diff)
		}
	}
}

// A redirect from https to http fails, and nothing is asked there: with secrets or
// without, of the same host or another.
func TestHTTPRedirectWithoutTLS(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	var inTheClear visits
	clear := httptest.NewServer(inTheClear.recording(func(http.ResponseWriter, *http.Request) {}))
	defer clear.Close()
	site := listenHTTPS(t, forLoopback(t, ca), http.RedirectHandler(clear.URL+"/login", http.StatusMovedPermanently))
	for _, more := range []string{"", `, headers: {Authorization: "Bearer k3y4", X-Api-Key: k3y4}, cookies: {session: s3ss10n}`} {
		ev := measured(t, built(t, "http", fmt.Sprintf("{url: %q, ca: %s, follow_redirects: true%s}", site.URL, gatestest.WritePEM(t, ca), more), Surroundings{}), Scope{})
		if wrong := odd(ev, readiness.Failed, site.Listener.Addr().String()+" redirects from https to http, which would send what visitors send in the clear; it was not followed"); wrong != "" {
			t.Errorf("%s: %s", more, wrong)
		}
	}
	if asked := inTheClear.asked(); len(asked) > 0 {
		t.Errorf("asked without TLS: %q", asked)
	}
	ev := measured(t, built(t, "http", fmt.Sprintf("{url: %q, ca: %s, status: 301}", site.URL, gatestest.WritePEM(t, ca)), Surroundings{}), Scope{})
	if wrong := odd(ev, readiness.Passed, "answered 301"); wrong != "" {
		t.Error(wrong)
	}
}

func TestElsewhere(t *testing.T) {
	for _, tt := range []struct {
		home, to string
		want     bool
	}{
		{"http://shop.example/", "http://shop.example/other?x=1", false},
		{"http://shop.example/", "http://SHOP.example:80/", false},
		{"http://shop.example/", "https://shop.example/", false},
		{"http://müller.example/", "http://xn--mller-kva.example/", false},
		{"https://[2001:db8::1]/", "https://[2001:db8::1]:443/", false},
		{"https://shop.example/", "http://shop.example/", true},
		{"http://shop.example:8080/", "https://shop.example:8443/", true},
		{"https://shop.example/", "https://shop.example:8443/", true},
		{"https://shop.example/", "https://api.shop.example/", true},
		{"https://shop.example/", "https://shop.example.evil.test/", true},
		{"https://shop.example/", "https://shop.example@evil.test/", true},
	} {
		home, err := url.Parse(tt.home)
		if err != nil {
			t.Fatal(err)
		}
		to, err := url.Parse(tt.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := elsewhere(home, to); got != tt.want {
			t.Errorf("from %s to %s: got %t", tt.home, tt.to, got)
		}
	}
}

// A log-in that sets a cookie and leads to the page that wants it is followed;
// only the same request made again is a circle.
func TestHTTPRedirectsWithCookies(t *testing.T) {
	var v visits
	count := 0
	site := httptest.NewServer(v.recording(func(w http.ResponseWriter, r *http.Request) {
		set := func(c http.Cookie) { http.SetCookie(w, &c) }
		sent := func(name string) string {
			c, err := r.Cookie(name)
			if err != nil {
				return ""
			}
			return c.Value
		}
		switch {
		case r.URL.Path == "/web" && sent("session_id") == "n3w5": // as Odoo does
			fmt.Fprint(w, "welcome")
		case r.URL.Path == "/web":
			set(http.Cookie{Name: "session_id", Value: "n3w5", Path: "/", HttpOnly: true})
			http.Redirect(w, r, "/web", http.StatusSeeOther)
		case r.URL.Path == "/circle":
			set(http.Cookie{Name: "lang", Value: "en", Path: "/"})
			http.Redirect(w, r, "/circle", http.StatusFound)
		case r.URL.Path == "/ever":
			count++
			set(http.Cookie{Name: "n", Value: fmt.Sprint(count), Path: "/"})
			http.Redirect(w, r, "/ever", http.StatusFound)
		case r.URL.Path == "/ten" && sent("n") == "10":
		case r.URL.Path == "/ten":
			set(http.Cookie{Name: "n", Value: fmt.Sprint(len(v.paths())), Path: "/"})
			http.Redirect(w, r, "/ten", http.StatusFound)
		case r.URL.Path == "/scoped":
			set(http.Cookie{Name: "elsewhere", Value: "1", Path: "/admin"})
			set(http.Cookie{Name: "foreign", Value: "1", Domain: "other.example"})
			set(http.Cookie{Name: "fine", Value: "1", Path: "/"})
			set(http.Cookie{Name: "lang", MaxAge: -1})
			http.Redirect(w, r, "/shown", http.StatusFound)
		case r.URL.Path == "/shown":
			fmt.Fprint(w, "<"+r.Header.Get("Cookie")+">")
		case r.URL.Path == "/nowhere":
			w.Header().Set("Location", "ftp://files.example/")
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/unreadable":
			w.Header().Set("Location", "http://%zz/")
			w.WriteHeader(http.StatusFound)
		}
	}))
	defer site.Close()
	for _, tt := range []struct {
		settings string
		verdict  readiness.Verdict
		words    string
		asked    int
	}{
		{"/web, method: POST, send: login=demo, status: 200, body: welcome, sets_cookies: [session_id]", readiness.Passed, "answered 200", 2},
		{"/web, requests: 2, body: welcome", readiness.Passed, "answered 200, 2 times", 4}, // each a visitor of its own
		{"/web, cookies: {session_id: 0ld5}, body: welcome", readiness.Passed, "answered 200", 2},
		{"/circle", readiness.Errored, "redirects in a circle", 2},
		{"/circle, cookies: {lang: en}", readiness.Errored, "redirects in a circle", 1},
		{"/ever", readiness.Errored, "redirects more than ten times", 11},
		{"/ten", readiness.Passed, "answered 200", 11},
		{"/scoped, cookies: {lang: de, theme: d}, body: \"<fine=1; theme=d>\"", readiness.Passed, "answered 200", 2},
		{`/shown, headers: {Cookie: "a=1; b=2"}, cookies: {b: "3"}, body_matches: "<(a=1; b=3|b=3; a=1)>"`, readiness.Passed, "answered 200", 1},
		{"/nowhere", readiness.Errored, "redirects to an address that is neither http:// nor https://", 1},
		{"/unreadable", readiness.Errored, "redirects to what is no address", 1},
	} {
		v.all, v.got = nil, nil
		ev := measured(t, built(t, "http", "{follow_redirects: true, url: "+site.URL+tt.settings+"}", Surroundings{}), Scope{})
		if wrong := odd(ev, tt.verdict, tt.words); wrong != "" || len(v.all) != tt.asked {
			t.Errorf("%s: %s; asked %d times, want %d: %q, details %q", tt.settings, wrong, len(v.all), tt.asked, v.paths(), ev.Details)
		}
	}
}

// Cookies go where they were set for, and a registry's domain is nobody's.
func TestCookies(t *testing.T) {
	parsed := func(text string) *url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		t.Fatal(err)
	}
	home := parsed("https://shop.co.uk/")
	c := &cookies{home: home, own: map[string]string{"ours": "1", "replaced": "1"}, set: jar}
	c.SetCookies(parsed("https://evil.co.uk/"), []*http.Cookie{{Name: "ours", Value: "2"}})
	c.SetCookies(home, []*http.Cookie{{Name: "replaced", Value: "2"}, {Name: "all", Value: "2", Domain: "shop.co.uk"}, {Name: "registry", Value: "2", Domain: "co.uk"}, {Name: "safe", Value: "2", Domain: "shop.co.uk", Secure: true}})
	for address, want := range map[string]string{
		"https://shop.co.uk/":     "all=2 ours=1 replaced=2 safe=2",
		"https://api.shop.co.uk/": "all=2 safe=2",
		"http://api.shop.co.uk/":  "all=2",
		"https://evil.co.uk/":     "ours=2",
		"https://other.co.uk/":    "",
	} {
		var got []string
		for _, cookie := range c.Cookies(parsed(address)) {
			got = append(got, cookie.Name+"="+cookie.Value)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s gets %q, want %s", address, got, want)
		}
	}
}
