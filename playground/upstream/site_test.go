package upstream

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// serveSites serves both sites on one address, with a client that keeps
// cookies and does not follow redirects.
func serveSites(t *testing.T) (staging, production *Upstream, base string, client *http.Client) {
	t.Helper()
	p := newPlace(t)
	c := practiceCloud(t, p)
	staging, production = practiceIn(t, p, stagingSite(p, c).upstream), practiceIn(t, p, productionSite(p, c).upstream)
	mux := http.NewServeMux()
	mux.Handle(staging.Prefix, staging.Handler)
	mux.Handle(production.Prefix, production.Handler)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client = server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return staging, production, server.URL, client
}

func practiceCloud(t *testing.T, p Place) *cloud {
	t.Helper()
	c, err := newCloud(p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// practiceSite is the staging site alone.
func practiceSite(t *testing.T) *Upstream {
	t.Helper()
	p := newPlace(t)
	return practiceIn(t, p, stagingSite(p, practiceCloud(t, p)).upstream)
}

// reply is what a test wants to know of an answer.
type reply struct {
	Status                       int
	Type, Location, Allow, Retry string
}

func send(t *testing.T, client *http.Client, method, address, kind, body string) (reply, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	h := response.Header
	return reply{response.StatusCode, h.Get("Content-Type"), h.Get("Location"), h.Get("Allow"), h.Get("Retry-After")}, string(text)
}

const (
	htmlType  = "text/html; charset=utf-8"
	plainType = "text/plain; charset=utf-8"
	formType  = "application/x-www-form-urlencoded"
)

func TestSitePages(t *testing.T) {
	_, _, base, client := serveSites(t)
	for _, c := range []struct {
		method, path, kind string
		want               reply
		body               string // stands in the answer
	}{
		{"GET", "/sites/staging/web/login", "", reply{Status: 200, Type: htmlType}, `name="csrf_token"`},
		{"HEAD", "/sites/staging/web/login", "", reply{Status: 200, Type: htmlType}, ""},
		{"GET", "/sites/staging/web", "", reply{Status: 303, Type: htmlType, Location: "/sites/staging/web/login?redirect=/sites/staging/web"}, ""},
		{"GET", "/sites/staging/", "", reply{Status: 303, Type: htmlType, Location: "/sites/staging/web"}, ""},
		{"GET", "/sites/staging/web/health", "", reply{Status: 200, Type: "application/json; charset=utf-8"}, `{"status":"pass"}`},
		{"GET", "/sites/staging/version", "", reply{Status: 200, Type: plainType}, "19.0.1"},
		{"GET", "/sites/production/version", "", reply{Status: 200, Type: plainType}, "19.0.1"},
		{"GET", "/sites/staging/web/database/selector", "", reply{Status: 404, Type: plainType}, ""},
		{"DELETE", "/sites/staging/web/login", "", reply{Status: 405, Type: plainType, Allow: "GET, HEAD, POST"}, ""},
		{"POST", "/sites/staging/web/health", "", reply{Status: 405, Type: plainType, Allow: "GET, HEAD"}, ""},
		{"POST", "/sites/staging/web/login", "application/json", reply{Status: 415, Type: plainType}, ""},
		{"POST", "/sites/staging/web/login", "", reply{Status: 415, Type: plainType}, ""},
		{"POST", "/sites/staging/web/login", formType, reply{Status: 200, Type: htmlType}, "invalid CSRF token"},
	} {
		got, body := send(t, client, c.method, base+c.path, c.kind, "")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.method, c.path, diff)
		}
		if !strings.Contains(body, c.body) {
			t.Errorf("%s %s: %q is not in %q", c.method, c.path, c.body, body)
		}
	}
}

var csrf = regexp.MustCompile(`name="csrf_token" value="([0-9a-f]+)"`)

func TestSiteLogin(t *testing.T) {
	_, _, base, client := serveSites(t)
	login := base + "/sites/staging/web/login"
	_, page := send(t, client, "GET", login, "", "")
	form := url.Values{"csrf_token": {csrf.FindStringSubmatch(page)[1]}, "login": {siteLogin}, "password": {"wrong"}}

	got, body := send(t, client, "POST", login, formType, form.Encode())
	if got.Status != 200 || !strings.Contains(body, "Wrong login/password") {
		t.Errorf("a wrong password: got status %d and %q, want 200 and the reason", got.Status, body)
	}
	form.Set("password", sitePassword)
	form.Set("csrf_token", "0"+form.Get("csrf_token")[1:]+"0")
	got, body = send(t, client, "POST", login, formType, form.Encode())
	if got.Status != 200 || !strings.Contains(body, "invalid CSRF token") {
		t.Errorf("a wrong token: got status %d and %q, want 200 and the reason", got.Status, body)
	}
	form.Set("csrf_token", csrf.FindStringSubmatch(page)[1])
	got, _ = send(t, client, "POST", login, formType, form.Encode())
	if got.Status != 303 || got.Location != "/sites/staging/web" {
		t.Errorf("the right password: got %+v, want 303 to /web", got)
	}
	if got, _ = send(t, client, "GET", base+"/sites/staging/web", "", ""); got.Status != 200 {
		t.Errorf("/web with the session's cookie: got status %d, want 200", got.Status)
	}
	if got, _ = send(t, client, "GET", base+"/sites/production/web", "", ""); got.Status != 303 {
		t.Errorf("the other site's /web: got status %d, want 303, since nobody logged in there", got.Status)
	}
}

// TestForgedSession wants a visitor's cookie not to pass for one of somebody
// who is logged in, nor one that the site has not signed.
func TestForgedSession(t *testing.T) {
	u := practiceSite(t)
	for _, cookie := range []string{"", ".", "me.", "me.00ff", "me"} {
		r := httptest.NewRequest("GET", "/sites/staging/web", nil)
		r.AddCookie(&http.Cookie{Name: "session_id", Value: cookie})
		w := httptest.NewRecorder()
		u.Handler.ServeHTTP(w, r)
		if w.Code != 303 {
			t.Errorf("cookie %q: got status %d, want 303 to the log-in", cookie, w.Code)
		}
	}
}

func TestSiteSwitch(t *testing.T) {
	staging, _, base, client := serveSites(t)
	login := base + "/sites/staging/web/login"
	turn(t, staging, "staging-site", "down")
	want := reply{Status: 503, Type: plainType, Retry: "30"}
	if got, _ := send(t, client, "GET", login, "", ""); got != want {
		t.Errorf("down: got %+v, want %+v", got, want)
	}
	if got, _ := send(t, client, "GET", base+"/sites/production/web/login", "", ""); got.Status != 200 {
		t.Errorf("the other site: got status %d, want 200", got.Status)
	}
	turn(t, staging, "staging-site", "wrong-page")
	got, body := send(t, client, "GET", login, "", "")
	if got.Status != 200 || !strings.Contains(body, "Internal Server Error") || strings.Contains(body, "csrf_token") {
		t.Errorf("wrong page: got status %d and %q, want 200 and an error page", got.Status, body)
	}
	turn(t, staging, "staging-site", "login-fails")
	if got, _ := send(t, client, "GET", login, "", ""); got.Status != 500 {
		t.Errorf("a login that fails: got status %d, want 500", got.Status)
	}
	if got, _ := send(t, client, "GET", base+"/sites/staging/web/health", "", ""); got.Status != 200 {
		t.Errorf("health beside a login that fails: got status %d, want 200", got.Status)
	}
	turn(t, staging, "staging-site", "answering")
	if got, _ := send(t, client, "GET", login, "", ""); got.Status != 200 {
		t.Errorf("mended: got status %d, want 200", got.Status)
	}
}

// TestSlowSite measures in a bubble, where waiting costs no time.
func TestSlowSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := practiceSite(t)
		turn(t, u, "staging-site", "slow")
		began := time.Now()
		w := httptest.NewRecorder()
		u.Handler.ServeHTTP(w, httptest.NewRequest("GET", "/sites/staging/web/login", nil))
		if took := time.Since(began); took != slowPage || w.Code != 200 {
			t.Errorf("got status %d after %v, want 200 after %v", w.Code, took, slowPage)
		}
	})
}
