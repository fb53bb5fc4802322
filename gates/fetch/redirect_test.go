package fetch

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/publicsuffix"

	"gonogo/gates/gatestest"
)

// ask asks once by name, and gives the answer, or why there is none.
func ask(t *testing.T, r Request) (Answer, string) {
	t.Helper()
	r.Timeout = 10 * time.Second
	target, err := New(r)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := target.At(target.Host()).Ask(t.Context())
	if err != nil {
		return answer, target.Explain(t.Context(), err)
	}
	return answer, ""
}

// What a request sends stays with the host that it was written for, and is sent
// again when the request is led back there.
func TestRedirectToAnotherHost(t *testing.T) {
	var home, other gatestest.Visits
	var away *httptest.Server
	first := httptest.NewServer(home.Recording(func(w http.ResponseWriter, r *http.Request) {
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
	away = httptest.NewServer(other.Recording(func(w http.ResponseWriter, r *http.Request) {
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
		page, sent  string   // sent by POST where it is not empty
		words       string   // why there is no answer
		home, other []string // what was asked there
	}{
		{"/start", "", "", []string{"GET /start " + shown, "GET /back " + shown}, []string{"GET /one", "GET /two"}},
		{"/post", "l0gin", "", []string{"POST /post " + shown + " l0gin"}, []string{"GET /last"}},
		{"/again", "l0gin", "redirects the body to another host", []string{"POST /again " + shown + " l0gin"}, nil},
		{"/here", "l0gin", "", []string{"POST /here " + shown + " l0gin", "POST /back " + shown + " l0gin"}, nil},
	} {
		home.Forget()
		other.Forget()
		method := http.MethodGet
		if tt.sent != "" {
			method = http.MethodPost
		}
		_, why := ask(t, Request{URL: "http://u:p4ss@" + first.Listener.Addr().String() + tt.page + "?token=t0k3n", Method: method, Send: tt.sent, Follow: true,
			Headers: map[string]string{"X-Api-Key": "k3y4", "Accept-Language": "de", "User-Agent": "t0k3n"}, Cookies: map[string]string{"session": "s3ss10n"}})
		if (why == "") != (tt.words == "") || !strings.Contains(why, tt.words) {
			t.Errorf("%s: got %q, want %q", tt.page, why, tt.words)
		}
		if diff := cmp.Diff(tt.home, home.Asked()); diff != "" {
			t.Errorf("%s, at home (-want +got):\n%s", tt.page, diff)
		}
		if diff := cmp.Diff(tt.other, other.Asked()); diff != "" {
			t.Errorf("%s, elsewhere (-want +got):\n%s", tt.page, diff)
		}
	}
}

// A log-in that sets a cookie and leads to the page that wants it is followed;
// only the same request made again is a circle.
func TestRedirectsWithCookies(t *testing.T) {
	var v gatestest.Visits
	count := 0
	site := httptest.NewServer(v.Recording(func(w http.ResponseWriter, r *http.Request) {
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
			set(http.Cookie{Name: "n", Value: fmt.Sprint(len(v.Paths())), Path: "/"})
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
		page  string
		more  Request
		want  string // the text, as a regular expression
		words string // why there is no answer
		asked int
	}{
		{"/web", Request{Method: http.MethodPost, Send: "login=demo"}, "welcome", "", 2},
		{"/web", Request{Cookies: map[string]string{"session_id": "0ld5"}}, "welcome", "", 2},
		{"/circle", Request{}, "", "redirects in a loop", 2},
		{"/circle", Request{Cookies: map[string]string{"lang": "en"}}, "", "redirects in a loop", 1},
		{"/ever", Request{}, "", "redirects more than ten times", 11},
		{"/ten", Request{}, "", "", 11},
		{"/scoped", Request{Cookies: map[string]string{"lang": "de", "theme": "d"}}, "<fine=1; theme=d>", "", 2},
		{"/shown", Request{Headers: map[string]string{"Cookie": "a=1; b=2"}, Cookies: map[string]string{"b": "3"}}, "<(a=1; b=3|b=3; a=1)>", "", 1},
		{"/nowhere", Request{}, "", "redirects to an address that is neither http:// nor https://", 1},
		{"/unreadable", Request{}, "", "redirects to what is no address", 1},
	} {
		v.Forget()
		tt.more.URL, tt.more.Follow, tt.more.Text = site.URL+tt.page, true, true
		answer, why := ask(t, tt.more)
		if (why == "") != (tt.words == "") || !strings.Contains(why, tt.words) || !regexp.MustCompile(tt.want).MatchString(answer.Text) {
			t.Errorf("%s %v: got %q, %q, want %s %s", tt.page, tt.more.Cookies, answer.Text, why, tt.want, tt.words)
		}
		if got := v.Paths(); len(got) != tt.asked {
			t.Errorf("%s %v: asked %d times, want %d: %q", tt.page, tt.more.Cookies, len(got), tt.asked, got)
		}
		if tt.page == "/web" && !slices.Contains(answer.Cookies, "session_id") {
			t.Errorf("%s: the cookies that were set are %q", tt.page, answer.Cookies)
		}
	}

	v.Forget()
	target, err := New(Request{URL: site.URL + "/web", Follow: true, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	at := target.At(target.Host())
	for range 2 { // each a visitor of its own
		if _, err := at.Ask(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if got := v.Paths(); len(got) != 4 {
		t.Errorf("two visitors asked %q", got)
	}
}

func TestCrossOrigin(t *testing.T) {
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
		if got := crossOrigin(home, to); got != tt.want {
			t.Errorf("from %s to %s: got %t", tt.home, tt.to, got)
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
