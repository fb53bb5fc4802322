package upstream

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"gonogo/playground/upstream/digitalocean"
)

// The only login of the practice sites. It protects nothing.
const (
	siteLogin    = "admin"
	sitePassword = "practice"
)

// slowPage is how long a slow site takes: more than the checklist's limit of three
// seconds.
const slowPage = 4 * time.Second

// A site has a few workers, as Odoo does. Each takes a while for a page, and who comes
// while all are busy waits for them.
const (
	siteWorkers = 4
	pageTime    = 10 * time.Millisecond
	crowded     = "crowded" // the state in which the wait is long
	crowdedTime = 3 * time.Second
)

// site is an Odoo instance as it looks from outside: a login page with a CSRF token,
// the page after the login, a health check, and the version that the cloud has live. It
// has simulated visitors.
type site struct {
	*traffic
	title    string
	prefix   string                  // ends with a slash
	variable string                  // the name of the variable with its URL
	live     func() (version string) // empty: nothing leads to it
	sides    []*site                 // the same site at the platform's own addresses of its apps
	answers  *Switch
	errors   *Switch
	headers  *Switch
	records  *Switch
	visitors atomic.Int64 // whose requests are under way
	database string       // of Odoo
	key      []byte       // signs sessions, so that none have to be stored
}

func stagingSite(p Place, c *cloud) *site {
	return newSite(p, c, "staging", stagingName, "Staging site", "STAGING_URL")
}

func productionSite(p Place, c *cloud) *site {
	s := newSite(p, c, "production", productionName, "Production site", "PRODUCTION_URL")
	for name, app := range map[string]string{blue: blueAppID, green: greenAppID} {
		s.sides = append(s.sides, s.side(c, name, app))
	}
	return s
}

// newSite is what the app shows that has a public name.
func newSite(p Place, c *cloud, name, public, title, variable string) *site {
	s := &site{title: title, prefix: "/sites/" + name + "/", variable: variable, database: "odoo_" + name, key: make([]byte, 32)}
	rand.Read(s.key)
	s.live = func() string { return c.platform.Named(public) }
	s.traffic = &traffic{began: p.Now().Add(-trafficPast), reigns: func() []digitalocean.Reign { return c.platform.NamedReigns(public) }}
	s.addSwitches(p, name)
	s.turn(s.began, s.errors.Position())
	return s
}

// side is the site as one of its apps shows it at the platform's own address. It has no
// visitors.
func (s *site) side(c *cloud, name, app string) *site {
	return &site{
		title: s.title + ", " + name, prefix: s.prefix + name + "/", database: s.database, key: s.key,
		answers: s.answers, errors: s.errors, headers: s.headers, records: s.records,
		live: func() string {
			version, _ := c.platform.Live(app)
			return version
		},
	}
}

func (s *site) addSwitches(p Place, name string) {
	s.answers = (&Switch{
		ID: name + "-site", Title: "The site",
		Help: "The response of " + p.URL + s.prefix + "web/login.",
		States: []State{
			{ID: "answering", Title: "Answers", Good: true},
			{ID: "slow", Title: "Takes 4 seconds"},
			{ID: "down", Title: "Down (503)"},
			{ID: "wrong-page", Title: "Shows an error page with status 200"},
			{ID: "login-fails", Title: "The login page fails (500)"},
			{ID: "token-refused", Title: "The login form's token is rejected"},
			{ID: "module-fails", Title: "The page of procurement fails (500)"},
			{ID: crowded, Title: "Takes 4 seconds when ten people come at once"},
		},
	}).restore(p)
	s.errors = (&Switch{
		ID: name + "-errors", Title: "Errors that visitors see",
		Help: "The site has 20 simulated visitors a second; 12 % of the requests to a faulty version fail.",
		States: []State{
			{ID: errorsNone, Title: "None", Good: true},
			{ID: errorsNewest, Title: "Versions after " + firstVersion + " fail"},
			{ID: errorsEvery, Title: "Every version fails"},
		},
		effect: func(state string) error {
			s.turn(p.Now(), state)
			return nil
		},
	}).restore(p)
	s.headers = (&Switch{
		ID: name + "-headers", Title: "Security headers of " + name,
		Help: "Content-Security-Policy, X-Content-Type-Options and Referrer-Policy.",
		States: []State{
			{ID: "sent", Title: "Sent", Good: true},
			{ID: "missing", Title: "Missing"},
			{ID: "open", Title: "Sent, but every site may read the answers (CORS)"},
		},
	}).restore(p)
	s.records = recordsSwitch(p, name)
}

func (s *site) upstream(p Place) (*Upstream, error) {
	of, about := strings.TrimSuffix(s.variable, "URL"), "the practice "+strings.ToLower(s.title)
	return &Upstream{
		Title: s.title, Switches: []*Switch{s.answers, s.errors, s.headers, s.records},
		Variables: []Variable{
			{s.variable, p.URL + strings.TrimSuffix(s.prefix, "/"), "the address of " + about + "; log in as " + siteLogin + " with the password " + sitePassword},
			{of + "LOGIN", siteLogin, "the only user of " + about},
			{of + "PASSWORD", sitePassword, "that user's password"},
			{of + "HOST", p.host(), "the host of that address, which may be put under load"},
			{of + "DATABASE", s.database, "the name of Odoo's database on " + about},
		},
		Prefix: s.prefix, Handler: s.handler(),
	}, nil
}

// handler routes the pages of the site and its sides.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(s.prefix, s.pages())
	for _, side := range s.sides {
		mux.Handle(side.prefix, side.pages())
	}
	return s.queued(s.switched(mux))
}

// pages are the site's own. While no app has its name, there are none.
func (s *site) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+s.prefix+"web/login", s.showLogin)
	mux.HandleFunc("POST "+s.prefix+"web/login", s.logIn)
	mux.HandleFunc("GET "+s.prefix+"web", s.home)
	mux.HandleFunc("GET "+s.prefix+"web/health", s.health)
	mux.HandleFunc("GET "+s.prefix+"odoo/{module}", s.module)
	mux.HandleFunc("POST "+s.prefix+"jsonrpc", s.rpc)
	mux.HandleFunc("GET "+s.prefix+"version", s.serveVersion)
	mux.HandleFunc("GET "+s.prefix+"{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.prefix+"web", http.StatusSeeOther)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.live() == "" {
			http.Error(w, "503 Service Unavailable: no app has this name", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// switched applies the switches to every page.
func (s *site) switched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.headers.is("open") {
			w.Header().Set("Access-Control-Allow-Origin", "*")
		} else if r.Header.Get("Origin") == dashboardsOrigin {
			w.Header().Set("Access-Control-Allow-Origin", dashboardsOrigin)
			w.Header().Set("Vary", "Origin")
		}
		if !s.headers.is("missing") {
			w.Header().Set("Content-Security-Policy", "frame-ancestors 'self'")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Referrer-Policy", "same-origin")
		}
		switch s.answers.Position() {
		case "down":
			w.Header().Set("Retry-After", "30")
			http.Error(w, "503 Service Unavailable: no server is available to handle this request", http.StatusServiceUnavailable)
			return
		case "wrong-page":
			s.page(w, "Odoo", "<h1>Internal Server Error</h1><p>Database not found.</p>")
			return
		case "login-fails":
			if strings.HasSuffix(r.URL.Path, "/web/login") {
				http.Error(w, "500 Internal Server Error", http.StatusInternalServerError)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// queued lets requests wait for the site's workers.
func (s *site) queued(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitors := s.visitors.Add(1)
		defer s.visitors.Add(-1)
		pause(r, s.wait(visitors))
		next.ServeHTTP(w, r)
	})
}

// wait is how long the last of so many visitors waits for a page.
func (s *site) wait(visitors int64) time.Duration {
	each := pageTime
	switch s.answers.Position() {
	case "slow":
		return slowPage
	case crowded:
		each = crowdedTime
	}
	before := max(time.Duration(visitors-siteWorkers), 0)
	return pageTime + min(before*each/siteWorkers, slowPage)
}

// pause waits before a request is answered. If whoever asked has gone, it ends the
// request without an answer.
func pause(r *http.Request, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler) // returning would send an empty response
	}
}

func (s *site) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, `{"status":"pass"}`)
}

func (s *site) serveVersion(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, s.live())
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	if _, in := s.session(r); !in {
		http.Redirect(w, r, s.prefix+"web/login?redirect="+s.prefix+"web", http.StatusSeeOther)
		return
	}
	s.page(w, "Odoo", "<h1>InsightPulse</h1><p>Logged in as "+siteLogin+".</p>")
}

func (s *site) showLogin(w http.ResponseWriter, r *http.Request) {
	id, _ := s.session(r)
	if id == "" {
		id = s.open(w, false)
	}
	s.loginPage(w, id, "")
}

// logIn handles the login form. As in Odoo, an error is a page with status 200, so a
// check of the status alone doesn't notice it.
func (s *site) logIn(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		http.Error(w, "the login form must be sent as application/x-www-form-urlencoded", http.StatusUnsupportedMediaType)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	id, _ := s.session(r)
	fault := ""
	switch {
	case id == "" || s.answers.is("token-refused") || !hmac.Equal([]byte(r.PostForm.Get("csrf_token")), []byte(s.sign("csrf", id))):
		fault = "Session expired (invalid CSRF token)"
	case r.PostForm.Get("login") != siteLogin || r.PostForm.Get("password") != sitePassword:
		fault = "Wrong login/password"
	}
	if fault != "" {
		if id == "" {
			id = s.open(w, false)
		}
		s.loginPage(w, id, fault)
		return
	}
	s.open(w, true)
	http.Redirect(w, r, s.prefix+"web", http.StatusSeeOther)
}

func (s *site) loginPage(w http.ResponseWriter, session, fault string) {
	if fault != "" {
		fault = `<p class="alert alert-danger" role="alert">` + html.EscapeString(fault) + `</p>`
	}
	s.page(w, "Login | InsightPulse", fmt.Sprintf(`<form class="oe_login_form" method="post" action="%sweb/login">
<input type="hidden" name="csrf_token" value="%s">
<p><label for="login">Email</label> <input id="login" name="login" autocomplete="username" required></p>
<p><label for="password">Password</label> <input id="password" name="password" type="password" autocomplete="current-password" required></p>
%s<button type="submit">Log in</button>
</form>`, s.prefix, s.sign("csrf", session), fault))
}

func (s *site) page(w http.ResponseWriter, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=\"en\"><head><title>%s</title></head>\n<body><p>%s</p>\n%s\n</body></html>\n",
		html.EscapeString(title), html.EscapeString(s.title), body)
}

// open starts a session; in says whether it is logged in. The cookie is
// "ID.SIGNATURE", and the signature depends on in.
func (s *site) open(w http.ResponseWriter, in bool) string {
	id := rand.Text()
	http.SetCookie(w, &http.Cookie{
		Name: "session_id", Value: id + "." + s.sign(sessionKind(in), id),
		Path: s.prefix, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return id
}

// session finds the session of a request; an empty id means none.
func (s *site) session(r *http.Request) (id string, in bool) {
	cookie, err := r.Cookie("session_id")
	if err != nil {
		return "", false
	}
	id, signature, _ := strings.Cut(cookie.Value, ".")
	for _, in := range []bool{true, false} {
		if hmac.Equal([]byte(signature), []byte(s.sign(sessionKind(in), id))) {
			return id, in
		}
	}
	return "", false
}

func sessionKind(in bool) string {
	if in {
		return "logged in"
	}
	return "visitor"
}

func (s *site) sign(kind, id string) string {
	h := hmac.New(sha256.New, s.key)
	io.WriteString(h, kind+"\x00"+id)
	return hex.EncodeToString(h.Sum(nil))
}
