// Package fetch requests a page as a visitor does: it follows redirects, keeps cookies
// from one response to the next, decompresses, and says in one sentence why there was
// no response.
//
// A [Request] says what to ask for. [New] turns it into a [Target]; [Target.At] picks
// one address of its host, where [Place.Ask] returns an [Answer]. Every request has its
// own connection, so the measured time is what a new visitor waits after the name has
// been looked up, and its own cookies, which are dropped afterwards. [Place.AskAs] asks
// as a [Visitor] who keeps cookies from one request to the next, as after a login.
//
// # What it promises
//
// What the request sends (headers, cookies, user and body) is only ever sent to the
// scheme, host and port of its URL, or from http to https on the same host
// (redirect.go). Time, redirects, headers, text and decompressed size are limited
// (body.go). [Target.Explain] words errors, and never repeats the text of net/http,
// which contains the whole address. Nothing is retried.
package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gonogo/clients/outgoing"
	"gonogo/gates/network"
	"gonogo/phrase"
	"gonogo/readiness"
)

// Request is a request for a page.
type Request struct {
	URL        string                                // of http or https, perhaps with a user
	Method     string                                // GET where it is empty
	Headers    map[string]string                     // that are sent; Host is the name that visitors use, where URL has an address instead
	Cookies    map[string]string                     // that are sent
	Send       string                                // the body
	ServerName string                                // to send in TLS and to verify in the certificate; "": that of the page
	Follow     bool                                  // whether to go to where answers point
	Text       bool                                  // whether the answer's text is wanted
	Timeout    time.Duration                         // of one request, its answer included
	Roots      *x509.CertPool                        // authorities that count; nil: the machine's
	Proxy      func(*http.Request) (*url.URL, error) // as of [http.Transport]
	Dialer     func(address string) *net.Dialer      // what connects to the host and port of URL, or with "" to those of a redirect; nil: the usual
}

// Target is a page by the name that visitors use, and where to connect. They differ if
// the request has a header Host: that is then the name, for TLS, cookies and redirects
// too, and URL has the address.
type Target struct {
	Request
	page       *url.URL // without user
	user       *url.Userinfo
	host, port string // that are connected to
	written    string // host and port as URL has them
}

// What a request may lack.
var (
	ErrURL  = errors.New("url is no address")
	ErrHost = errors.New("the header Host is no name")
)

// New returns the target of a request. Without a host in the URL the error is [ErrURL],
// with an invalid header Host it is [ErrHost].
func New(r Request) (*Target, error) {
	page, err := url.Parse(r.URL)
	if err != nil || page.Host == "" {
		return nil, ErrURL
	}
	t := &Target{Request: r, page: page, user: page.User, host: network.ASCIIName(page.Hostname()), port: portOf(page), written: page.Host}
	page.User = nil
	for name, value := range r.Headers {
		if !strings.EqualFold(name, "Host") || value == "" {
			continue
		}
		if problem := network.AddressProblem(value); problem != "" {
			return nil, ErrHost
		}
		page.Host = value
	}
	return t, nil
}

// SameHost reports whether two requests connect to the same host and port.
func (t *Target) SameHost(as *Target) bool {
	return strings.EqualFold(t.host, as.host) && t.port == as.port
}

// Host is the host to connect to, as a name or an address.
func (t *Target) Host() string { return t.host }

// Proxied reports whether a proxy is asked for the page, and would choose the address
// itself. A page that is asked for by address under another name can't be asked through
// one; that is a [network.Problem].
func (t *Target) Proxied() (bool, error) {
	if t.Proxy == nil {
		return false, nil
	}
	proxy, err := t.Proxy(&http.Request{URL: t.page})
	switch {
	case err != nil:
		return false, network.Problem("the proxy that HTTP_PROXY or HTTPS_PROXY names is no address")
	case proxy != nil && !strings.EqualFold(network.ASCIIName(t.page.Hostname()), t.host):
		return false, network.Problem(fmt.Sprintf("%s would be asked through a proxy, which would connect to %s by name; put %s into NO_PROXY", t.host, t.page.Hostname(), t.page.Hostname()))
	}
	return proxy != nil, nil
}

// portOf is the port of a URL, also if it is the default one.
func portOf(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

// dial connects to one address instead of the target's name, and to other hosts as
// usual. The port in URL replaces that of the name; a redirect's other port is kept.
func (t *Target) dial(place string) func(ctx context.Context, network, address string) (net.Conn, error) {
	name, port := network.ASCIIName(t.page.Hostname()), portOf(t.page)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		written := ""
		if host, at, err := net.SplitHostPort(address); err == nil && strings.EqualFold(host, name) {
			if at == port {
				at = t.port
				written = net.JoinHostPort(t.host, t.port)
			}
			address = net.JoinHostPort(place, at)
		}
		return t.dialer(written).DialContext(ctx, network, address)
	}
}

func (t *Target) dialer(written string) *net.Dialer {
	if t.Dialer == nil {
		return new(net.Dialer)
	}
	return t.Dialer(written)
}

// Place is a target at one address of its host.
type Place struct {
	target    *Target
	transport http.RoundTripper
}

// At asks at one address, or by name where place is the host itself. Only certificates
// of the request's authorities are believed. Bodies are left packed on the way.
func (t *Target) At(place string) *Place {
	usual := &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, ForceAttemptHTTP2: true, Proxy: t.Proxy, MaxResponseHeaderBytes: 64 << 10,
		DialContext: t.dial(place), TLSClientConfig: &tls.Config{RootCAs: t.Roots},
	}
	if t.ServerName == "" {
		return &Place{t, usual}
	}
	named := usual.Clone()
	named.TLSClientConfig.ServerName = network.ASCIIName(strings.TrimSuffix(hostOnly(t.ServerName), "."))
	return &Place{t, &byHost{host: t.page.Hostname(), named: named, usual: usual}}
}

// hostOnly is a name without the port that it may carry.
func hostOnly(name string) string {
	if host, _, err := net.SplitHostPort(name); err == nil {
		return host
	}
	return name
}

// byHost asks one host by the name of the request, and others by their own.
type byHost struct {
	host         string
	named, usual http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (b *byHost) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.EqualFold(req.URL.Hostname(), b.host) {
		return b.named.RoundTrip(req)
	}
	return b.usual.RoundTrip(req)
}

// Answer is what came back.
type Answer struct {
	Status  int
	Text    string // its beginning, unpacked; "" if the request doesn't want it
	Header  http.Header
	Cookies []string      // names of those that it sets, or an answer on the way to it
	Took    time.Duration // from connecting to the end of the text
}

// Ask asks once as a visitor of its own, and follows where the answer leads if the request
// says so.
func (p *Place) Ask(ctx context.Context) (Answer, error) { return p.AskAs(ctx, NewVisitor()) }

// AskAs asks as a visitor who may have asked before.
func (p *Place) AskAs(ctx context.Context, visitor *Visitor) (Answer, error) {
	t := p.target
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, t.Method, t.page.String(), strings.NewReader(t.Send))
	if err != nil {
		return Answer{}, err
	}
	way := newTrail(t, visitor)
	way.begin(req)
	start := time.Now()
	resp, err := (&http.Client{Transport: p.transport, Jar: way.cookies, CheckRedirect: way.follow}).Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	got := Answer{Status: resp.StatusCode, Header: resp.Header}
	if got.Text, err = t.read(resp); err != nil {
		return Answer{}, err
	}
	got.Took = time.Since(start)
	for r := resp; r != nil; r = r.Request.Response { // back to the first answer
		for _, c := range r.Cookies() {
			got.Cookies = append(got.Cookies, c.Name)
		}
	}
	return got, nil
}

// Cut reports whether there may be more of the text than was read.
func (a Answer) Cut() bool { return len(a.Text) == maxText }

// Excerpt is the beginning of an answer's text; "" if there is none.
func (a Answer) Excerpt() string {
	switch {
	case a.Text == "":
		return ""
	case a.Cut():
		return fmt.Sprintf("Only the first %d KiB were searched; they begin: %q", maxText>>10, phrase.Excerpt(a.Text))
	}
	return fmt.Sprintf("The answer begins: %q", phrase.Excerpt(a.Text))
}

// Explain says in one sentence why no answer came. ctx is that of the whole work: if it
// has ended, that is the cause.
func (t *Target) Explain(ctx context.Context, err error) string {
	host := t.asked(err)
	var odd network.Problem
	var strange badAnswer
	var certificate *tls.CertificateVerificationError
	var plainText tls.RecordHeaderError
	switch {
	case ctx.Err() != nil:
		return "cut off before " + host + " had answered"
	case errors.As(err, &odd):
		return string(odd)
	case errors.As(err, &strange):
		return host + " " + string(strange)
	case outgoing.Why(host, err) != "":
		return outgoing.Why(host, err)
	case network.IsNotFound(err):
		return host + " is not known to the name server; check the name"
	case network.LookUpProblem(host, err) != "":
		return network.LookUpProblem(host, err)
	case errors.As(err, &certificate):
		return fmt.Sprintf("%s has an untrusted certificate: %s", host, phrase.Excerpt(certificate.Err.Error()))
	case errors.As(err, &plainText), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return host + " does not speak TLS; use http:// or another port"
	case strings.Contains(err.Error(), "failed to parse Location header"):
		return host + " redirects to what is no address; correct that redirect"
	case network.IsTimeout(err):
		return fmt.Sprintf("%s did not answer within %s", host, readiness.Span(t.Timeout))
	case network.IsRefused(err):
		return host + " refuses connections; is it running?"
	case network.IsUnreachable(err):
		return "there is no route to " + host + "; check the network of this machine, and whether it has that kind of address"
	}
	return host + " closed the connection, or doesn't speak HTTP; check the port, and the log of what listens there"
}

// asked is the host that gave an error: that of the request as it has it, or
// another to which a redirect had led.
func (t *Target) asked(err error) string {
	host := ""
	var redirect *redirectError
	var of *url.Error
	if errors.As(err, &redirect) {
		host = redirect.host
	} else if errors.As(err, &of) {
		if u, err := url.Parse(of.URL); err == nil {
			host = u.Host
		}
	}
	if host == "" || host == t.page.Host {
		return t.written
	}
	return host
}
