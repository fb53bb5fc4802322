package digitalocean

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/digitalocean/godo"

	"gonogo/redact"
)

// DefaultURL is where the API is.
const DefaultURL = "https://api.digitalocean.com/"

// Options say which account to ask, and where.
type Options struct {
	Token     string
	APIURL    string            // empty: DefaultURL
	Transport http.RoundTripper // for reads and writes; nil: two of its own
	Now       func() time.Time  // nil: time.Now
	Log       *slog.Logger      // each request at level debug, each repeated one as a warning; nil: none
}

// Client asks one account's App Platform. It starts nothing until it is asked,
// and its methods may be called from any goroutine.
type Client struct {
	reads, writes *godo.Client
	logs          http.RoundTripper // for what is asked without the token
	limit         limit
	token         string
	secrets       redact.Redactor
	now           func() time.Time
	log           *slog.Logger
}

// New prepares a client.
func New(opts Options) (*Client, error) {
	switch {
	case opts.Token == "":
		return nil, errors.New("DigitalOcean's API takes a token; set DIGITALOCEAN_TOKEN")
	case strings.ContainsFunc(opts.Token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("DigitalOcean's token has blanks, line breaks or letters in it that no token has; copy it anew into DIGITALOCEAN_TOKEN")
	}
	base, err := address(cmp.Or(opts.APIURL, DefaultURL))
	if err != nil {
		return nil, err
	}
	c := &Client{token: opts.Token, secrets: redact.New([]string{opts.Token}), now: opts.Now, log: opts.Log}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	reading, writing := transports(opts.Transport)
	var faults [2]error
	c.logs = reading
	c.reads, faults[0] = c.api(base, reading)
	c.writes, faults[1] = c.api(base, writing)
	return c, errors.Join(faults[:]...)
}

// address checks the API's address. Its text is not repeated, since somebody
// may have put a password into it.
func address(text string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/") + "/")
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the address of DigitalOcean's API is no plain web address; write DIGITALOCEAN_API_URL as in " + DefaultURL)
	}
	return u.String(), nil
}

// transports are one for reads, which keeps connections open and finds out
// when one has died, and one for writes, which sends each over HTTP/1.1 and a
// connection of its own; the package's documentation says why.
func transports(given http.RoundTripper) (reading, writing http.RoundTripper) {
	if given != nil {
		return given, given
	}
	kept := http.DefaultTransport.(*http.Transport).Clone()
	kept.MaxIdleConnsPerHost = 8
	kept.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}
	fresh := http.DefaultTransport.(*http.Transport).Clone()
	fresh.DisableKeepAlives = true
	fresh.Protocols = new(http.Protocols)
	fresh.Protocols.SetHTTP1(true)
	fresh.TLSClientConfig = &tls.Config{NextProtos: []string{"http/1.1"}} // the clone's would still offer HTTP/2
	return kept, fresh
}

// api is godo's client over a transport. Its own retries stay off: they would
// repeat POST and PUT as well.
func (c *Client) api(base string, transport http.RoundTripper) (*godo.Client, error) {
	api, err := godo.New(&http.Client{
		Transport:     signer{transport, c.token},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, godo.SetBaseURL(base), godo.SetUserAgent("gonogo"))
	if err != nil {
		return nil, fmt.Errorf("prepare DigitalOcean's client: %w", err)
	}
	return api, nil
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 16 << 20

// signer adds the token to every request, bounds every answer, and keeps what
// is said in a refusal: godo does not read all of it.
type signer struct {
	next  http.RoundTripper
	token string
}

// RoundTrip implements [http.RoundTripper].
func (s signer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+s.token)
	response, err := s.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	if response.StatusCode >= 300 {
		response.Body = listen(response.Body)
	}
	return response, nil
}

// words are the body of a refusal, which can be read again.
type words struct{ *bytes.Reader }

// Close implements [io.Closer].
func (words) Close() error { return nil }

// listen reads a refusal's body. What broke off is looked at as far as it
// came: the status alone says that it is a refusal.
func listen(body io.ReadCloser) words {
	text, _ := io.ReadAll(body)
	_ = body.Close()
	return words{bytes.NewReader(text)}
}
