package gates

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gonogo/gates/network"
	"gonogo/phrase"
	"gonogo/readiness"
)

// expanded is the settings with the names in what is sent and in the expected
// text filled in.
func (s httpSettings) expanded(scope Scope) (httpSettings, error) {
	var faults []error
	fill := func(text string) string {
		filled, err := scope.expand(text)
		faults = append(faults, err)
		return filled
	}
	s.URL, s.Send, s.Body, s.ServerName = fill(s.URL), fill(s.Send), fill(s.Body), fill(s.ServerName)
	s.Headers = maps.Clone(s.Headers)
	for name, value := range s.Headers {
		s.Headers[name] = fill(value)
	}
	return s, firstOf(faults)
}

func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// destination is a page by the name that visitors use, and what is connected to
// for it. They differ where the settings send a header Host: then that is the
// name, for TLS, cookies and redirects too, and url has the address.
type destination struct {
	page       *url.URL // without user
	user       *url.Userinfo
	host, port string // that are connected to
	written    string // host and port as url has them
}

func (s httpSettings) destination() (destination, error) {
	page, err := url.Parse(s.URL)
	if err != nil || page.Host == "" {
		return destination{}, errors.New("url is no address once {target.url} and other names are filled in")
	}
	d := destination{page: page, user: page.User, host: network.ASCIIName(page.Hostname()), port: portOf(page), written: page.Host}
	page.User = nil
	for name, value := range s.Headers {
		if !strings.EqualFold(name, "Host") || value == "" {
			continue
		}
		if problem := addressProblem(value); problem != "" {
			return destination{}, errors.New("the header Host is no name once {target.host} and other names are filled in")
		}
		page.Host = value
	}
	return d, nil
}

// portOf is the port of an address, also where it is the usual one.
func portOf(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

// dial connects to one address instead of the destination's name, and to other
// hosts as usual. The port in url stands for that of the name; another port, to
// which a redirect may lead, is kept.
func (d destination) dial(place string) func(ctx context.Context, network, address string) (net.Conn, error) {
	name, port := network.ASCIIName(d.page.Hostname()), portOf(d.page)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, at, err := net.SplitHostPort(address); err == nil && strings.EqualFold(host, name) {
			if at == port {
				at = d.port
			}
			address = net.JoinHostPort(place, at)
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}

// transport asks over a connection of its own each time, and believes only
// certificates of authorities that count here. It leaves bodies packed.
func (g *httpGate) transport(ask httpSettings, d destination, place string) http.RoundTripper {
	usual := &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, ForceAttemptHTTP2: true, Proxy: g.proxy, MaxResponseHeaderBytes: 64 << 10,
		DialContext: d.dial(place), TLSClientConfig: &tls.Config{RootCAs: g.roots},
	}
	if ask.ServerName == "" {
		return usual
	}
	named := usual.Clone()
	named.TLSClientConfig.ServerName = network.ASCIIName(strings.TrimSuffix(hostOnly(ask.ServerName), "."))
	return &byHost{host: d.page.Hostname(), named: named, usual: usual}
}

// hostOnly is a name without the port that {target.host} may carry.
func hostOnly(name string) string {
	if host, _, err := net.SplitHostPort(name); err == nil {
		return host
	}
	return name
}

// byHost asks one host by the name of the settings, and others by their own.
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

// answer is what came back.
type answer struct {
	status  int
	body    string // its beginning, where the settings look at it
	header  http.Header
	cookies []string // names of those it sets
	took    time.Duration
}

// request asks once, and follows where the answer leads if the settings say so.
func (g *httpGate) request(ctx context.Context, ask httpSettings, d destination, transport http.RoundTripper) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(ask.Timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, ask.Method, d.page.String(), strings.NewReader(ask.Send))
	if err != nil {
		return answer{}, err
	}
	t := newTrail(ask, d)
	t.begin(req)
	start := time.Now()
	resp, err := (&http.Client{Transport: transport, Jar: t.cookies, CheckRedirect: t.follow}).Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = ask.read(resp); err != nil {
		return answer{}, err
	}
	a.took = time.Since(start)
	for r := resp; r != nil; r = r.Request.Response { // back to the first answer
		for _, c := range r.Cookies() {
			a.cookies = append(a.cookies, c.Name)
		}
	}
	return a, nil
}

// excerpt is how an answer begins that is not as expected.
func (a answer) excerpt() []string {
	switch {
	case a.body == "":
		return nil
	case len(a.body) == maxBody:
		return []string{fmt.Sprintf("The first %d KiB were looked at; they begin: %q", maxBody>>10, phrase.Excerpt(a.body))}
	}
	return []string{fmt.Sprintf("The answer begins: %q", phrase.Excerpt(a.body))}
}

// explain says in one sentence why no answer came. It never repeats the words
// of net/http, which hold the whole address.
func (g *httpGate) explain(ctx context.Context, d destination, err error) string {
	host := d.asked(err)
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
	case network.IsNotFound(err):
		return host + " is not known to the name server; check the name"
	case network.LookUpProblem(host, err) != "":
		return network.LookUpProblem(host, err)
	case errors.As(err, &certificate):
		return fmt.Sprintf("%s shows a certificate that is not to be trusted: %s", host, phrase.Excerpt(certificate.Err.Error()))
	case errors.As(err, &plainText), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return host + " does not speak TLS; use http:// or another port"
	case strings.Contains(err.Error(), "failed to parse Location header"):
		return host + " redirects to what is no address"
	case network.IsTimeout(err):
		return fmt.Sprintf("%s did not answer within %s", host, readiness.Span(time.Duration(g.settings.Timeout)))
	case network.IsRefused(err):
		return host + " refuses connections; is it running?"
	case network.IsUnreachable(err):
		return "there is no route to " + host + "; check the network of this machine, and whether it has that kind of address"
	}
	return host + " broke the connection off, or does not speak HTTP"
}

// asked is the host that gave an error: that of the settings as they have it, or
// another to which a redirect had led.
func (d destination) asked(err error) string {
	host := ""
	var redirect *misled
	var of *url.Error
	if errors.As(err, &redirect) {
		host = redirect.host
	} else if errors.As(err, &of) {
		if u, err := url.Parse(of.URL); err == nil {
			host = u.Host
		}
	}
	if host == "" || host == d.page.Host {
		return d.written
	}
	return host
}
