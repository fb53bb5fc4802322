package fetch

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"gonogo/gates/network"

	"golang.org/x/net/publicsuffix"
)

// mostRedirects is how often a request is led on.
const mostRedirects = 10

// badAnswer is an unusable answer: what the host does, in words that follow its name.
type badAnswer string

// Error implements error.
func (o badAnswer) Error() string { return string(o) }

const (
	errCircle    = badAnswer("redirects in a loop; look at its redirects between http and https and to other names, and at those of a proxy in front of it")
	errLedOn     = badAnswer("redirects more than ten times; use the address that it leads to in the end")
	errNotHTTP   = badAnswer("redirects to an address that is neither http:// nor https://; correct that redirect")
	errBody      = badAnswer("redirects the body to another host, where it isn't sent; use that host in url")
	errDowngrade = badAnswer("redirects from https to http, which would send what visitors send in the clear; it was not followed. Redirect to https, and behind a proxy tell the application that visitors use https")
)

// ErrDowngrade is a redirect from https to http, which is not followed.
var ErrDowngrade error = errDowngrade

// redirectError is a redirect that is not followed.
type redirectError struct {
	host string // that redirects
	why  badAnswer
}

// Error implements error.
func (m *redirectError) Error() string { return m.host + " " + m.why.Error() }

// Unwrap gives the cause.
func (m *redirectError) Unwrap() error { return m.why }

// trail follows one request from answer to answer. What a [Request] sends stays
// at home: with the scheme, host and port that it was written for.
type trail struct {
	follows bool
	home    *url.URL
	own     http.Header // that the request sends
	cookies *cookies
	seen    map[string]bool // requests that were made
}

func newTrail(of *Target, visitor *Visitor) *trail {
	t := &trail{follows: of.Follow, home: of.page, own: http.Header{}, seen: map[string]bool{},
		cookies: &cookies{home: of.page, own: map[string]string{}, set: visitor.jar, visitor: visitor}}
	if of.user != nil {
		password, _ := of.user.Password()
		t.own.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(of.user.Username()+":"+password)))
	}
	for name, value := range of.Headers {
		switch written, err := http.ParseCookie(value); {
		case strings.EqualFold(name, "Host"): // which is in the address
		case strings.EqualFold(name, "Cookie") && err == nil:
			for _, c := range written {
				t.cookies.own[c.Name] = c.Value
			}
		default:
			t.own.Set(name, value)
		}
	}
	for name, value := range of.Cookies {
		t.cookies.own[name] = value
	}
	return t
}

// begin makes the first request ready.
func (t *trail) begin(req *http.Request) {
	t.setHeaders(req)
	t.seen[t.key(req)] = true
}

// follow implements [http.Client.CheckRedirect].
func (t *trail) follow(next *http.Request, before []*http.Request) error {
	if !t.follows {
		return http.ErrUseLastResponse
	}
	from := before[len(before)-1].URL
	if why := t.refusal(from, next, len(before)); why != "" {
		return &redirectError{from.Host, why}
	}
	t.setHeaders(next)
	key := t.key(next)
	if t.seen[key] {
		return &redirectError{from.Host, errCircle}
	}
	t.seen[key] = true
	return nil
}

// refusal says why a redirect is not followed, or "". made is how many requests
// were made.
func (t *trail) refusal(from *url.URL, next *http.Request, made int) badAnswer {
	switch {
	case next.URL.Scheme != "http" && next.URL.Scheme != "https":
		return errNotHTTP
	case from.Scheme == "https" && next.URL.Scheme == "http":
		return errDowngrade
	case made > mostRedirects:
		return errLedOn
	case next.ContentLength > 0 && crossOrigin(t.home, next.URL):
		return errBody
	}
	return ""
}

// setHeaders gives a request its own headers at home, and takes them off
// elsewhere. The address of the page before, which may hold a secret, is no
// business of another host either.
func (t *trail) setHeaders(req *http.Request) {
	for name := range t.own {
		req.Header.Del(name)
	}
	req.Header.Set("User-Agent", "gonogo")
	if crossOrigin(t.home, req.URL) {
		req.Header.Del("Referer")
	} else {
		for name, values := range t.own {
			req.Header[name] = values
		}
	}
	if req.Header.Get("Accept-Encoding") == "" && req.Header.Get("Range") == "" && req.Method != http.MethodHead {
		req.Header.Set("Accept-Encoding", "gzip")
	}
}

// key is the same for requests that get the same answer: a page that is asked for
// again with another cookie may well lead on.
func (t *trail) key(req *http.Request) string {
	var sent []string
	for _, c := range t.cookies.Cookies(req.URL) {
		sent = append(sent, c.Name+"="+c.Value)
	}
	slices.Sort(sent)
	return fmt.Sprintf("%s %s %q", req.Method, req.URL, sent)
}

// crossOrigin reports whether a URL has another origin than home. From http to https on
// the same host counts as the same origin: that keeps what is sent safer.
func crossOrigin(home, to *url.URL) bool {
	from, at := portOf(home), portOf(to)
	upgraded := home.Scheme == "http" && to.Scheme == "https" && from == "80" && at == "443"
	return !strings.EqualFold(network.ASCIIName(home.Hostname()), network.ASCIIName(to.Hostname())) || (home.Scheme != to.Scheme || from != at) && !upgraded
}

// Visitor keeps the cookies that answers set, from one request to the next.
type Visitor struct {
	jar    *cookiejar.Jar
	values []string // of all cookies that were set
}

// NewVisitor is a visitor without cookies.
func NewVisitor() *Visitor {
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		panic(err) // never, by its documentation
	}
	return &Visitor{jar: jar}
}

// Secrets are the values of all cookies that were set.
func (v *Visitor) Secrets() []string { return v.values }

// cookies are those of one request and its redirects: those that answers set, and its
// own, for home.
type cookies struct {
	home *url.URL
	own  map[string]string
	set  *cookiejar.Jar

	visitor *Visitor // takes the values; nil: nobody does
}

// SetCookies implements [http.CookieJar]. A cookie that is set at home replaces the
// request's own of that name, also if it is deleted.
func (c *cookies) SetCookies(u *url.URL, all []*http.Cookie) {
	if !crossOrigin(c.home, u) {
		for _, cookie := range all {
			delete(c.own, cookie.Name)
		}
	}
	if c.visitor != nil {
		for _, cookie := range all {
			c.visitor.values = append(c.visitor.values, cookie.Value)
		}
	}
	c.set.SetCookies(u, all)
}

// Cookies implements [http.CookieJar].
func (c *cookies) Cookies(u *url.URL) []*http.Cookie {
	all := c.set.Cookies(u)
	if crossOrigin(c.home, u) {
		return all
	}
	set := len(all)
	for name, value := range c.own {
		if !slices.ContainsFunc(all[:set], func(one *http.Cookie) bool { return one.Name == name }) { // of an earlier request
			all = append(all, &http.Cookie{Name: name, Value: value})
		}
	}
	return all
}
