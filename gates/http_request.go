package gates

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

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
	s.URL, s.Send, s.Body = fill(s.URL), fill(s.Send), fill(s.Body)
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

// client asks over a connection of its own each time, and believes only
// certificates that the machine trusts. Headers go only to the host they were
// written for.
func (s *httpSettings) client() *http.Client {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment,
		MaxResponseHeaderBytes: 64 << 10,
	}}
	client.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		if !s.Follow {
			return http.ErrUseLastResponse
		}
		if len(before) >= 10 {
			return errLoop
		}
		if next.URL.Host != before[0].URL.Host {
			for name := range s.Headers {
				next.Header.Del(name)
			}
			next.Header.Del("Cookie")
		}
		return nil
	}
	return client
}

var errLoop = errors.New("redirected more than ten times")

// answer is what came back.
type answer struct {
	status  int
	body    string // its beginning, where the settings look at it
	header  http.Header
	cookies []string // names of those it sets
	took    time.Duration
}

func (g *httpGate) request(ctx context.Context, ask httpSettings) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(ask.Timeout))
	defer cancel()
	req, err := ask.request(ctx)
	if err != nil {
		return answer{}, err
	}
	start := time.Now()
	resp, err := g.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = ask.read(resp.Body); err != nil {
		return answer{}, err
	}
	a.took = time.Since(start)
	for _, c := range resp.Cookies() {
		a.cookies = append(a.cookies, c.Name)
	}
	return a, nil
}

// request is what is asked.
func (s httpSettings) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, s.Method, s.URL, strings.NewReader(s.Send))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "gonogo")
	for name, value := range s.Headers {
		req.Header.Set(name, value)
		if strings.EqualFold(name, "Host") {
			req.Host = value
		}
	}
	for name, value := range s.Cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return req, nil
}

// read takes the beginning of an answer and lets the rest of it pass up to the
// same bound again, so that the time covers a usual page. It keeps nothing
// that the settings do not look at.
func (s httpSettings) read(body io.Reader) (string, error) {
	var kept bytes.Buffer
	if s.Body != "" || s.Matches != "" {
		if _, err := io.Copy(&kept, io.LimitReader(body, maxBody)); err != nil {
			return "", err
		}
	}
	_, err := io.Copy(io.Discard, io.LimitReader(body, maxBody))
	return kept.String(), err
}

// excerpt is how an answer begins that is not as expected.
func (a answer) excerpt() []string {
	switch {
	case a.body == "":
		return nil
	case len(a.body) == maxBody:
		return []string{fmt.Sprintf("The first %d KiB were looked at; they begin: %q", maxBody>>10, short(a.body))}
	}
	return []string{fmt.Sprintf("The answer begins: %q", short(a.body))}
}

// explain says in one sentence why no answer came. It never repeats the words
// of net/http, which hold the whole address.
func (g *httpGate) explain(ctx context.Context, address string, err error) string {
	host := "the server"
	if u, parseErr := url.Parse(address); parseErr == nil {
		host = u.Host
	}
	var unknown *net.DNSError
	var certificate *tls.CertificateVerificationError
	var plainText tls.RecordHeaderError
	switch {
	case ctx.Err() != nil:
		return "cut off before " + host + " had answered"
	case errors.Is(err, errLoop):
		return host + " redirects in a circle, or more than ten times"
	case errors.As(err, &unknown) && !unknown.IsTimeout:
		return host + " is not known to the name server; check the name"
	case errors.As(err, &certificate):
		return fmt.Sprintf("%s shows a certificate that is not to be trusted: %s", host, short(certificate.Err.Error()))
	case errors.As(err, &plainText), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return host + " does not speak TLS; use http:// or another port"
	case isTimeout(err):
		return fmt.Sprintf("%s did not answer within %s", host, readiness.Span(time.Duration(g.settings.Timeout)))
	case isRefused(err):
		return host + " refuses connections; is it running?"
	}
	return host + " broke the connection off, or does not speak HTTP"
}
