// Package prometheus asks a Prometheus server for one number, for what it scrapes and
// for its alert rules.
//
// A [Client] sends instant queries; a [Reading] is the result. A query must return
// one number: a scalar, or a vector of one series. No series, or NaN, which is what
// 0/0 gives, means no data, not an error. Infinity, which is what 1/0 gives, is an
// error: something happened, but not how much of it. So is a warning, and an info next
// to an empty result, which says why nothing was counted.
//
// [Client.Targets] lists what the server scrapes, and [Client.AlertRules] its alert
// rules. Both show the server as it is now, not as it was at some moment.
//
// # What happens on failure
//
//	*BadQuery     the server rejects the query; its own words
//	*Inconclusive it answered, but inconclusively: several series, a warning, infinity
//	*Unavailable  it didn't answer, or not as Prometheus does
//
// Each error is one sentence, without any password in the server's address. Nothing
// is retried here: triggers are sampled again soon anyway.
//
// Source: Prometheus documentation, HTTP API, "Expression queries", "Targets" and
// "Rules"; tried with 2.42 and 3.16.
package prometheus

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Options say which server to ask.
type Options struct {
	URL       string            // with user and password if it needs them
	Transport http.RoundTripper // nil: a pooled one of its own
}

// Client asks one server. Its methods may be called from any goroutine.
type Client struct {
	http *http.Client
	base *url.URL // without user and password, so that no error can show them
	user *url.Userinfo
}

// New prepares a client and starts nothing.
func New(opts Options) (*Client, error) {
	base, err := url.Parse(opts.URL)
	if err != nil || base.Hostname() == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("the URL of Prometheus must begin with http:// or https://; write it like http://prometheus:9090")
	}
	if base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the URL of Prometheus can't have a query or fragment; write it like http://prometheus:9090")
	}
	transport := opts.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	c := &Client{http: &http.Client{Transport: transport, CheckRedirect: stay}, base: base, user: base.User}
	base.User = nil
	return c, nil
}

// URL is the server's address, without user and password.
func (c *Client) URL() string { return c.base.String() }

// Secrets are the values that nobody may see.
func (c *Client) Secrets() []string {
	password, _ := c.user.Password() // none of a nil user
	return []string{password}
}

// stay follows no redirect: it would turn the POST into a GET without its query.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Reading is what a query gave.
type Reading struct {
	Value float64
	Data  bool // false: no series, or NaN
}

// Value asks for the result of a query at a moment.
func (c *Client) Value(ctx context.Context, query string, at time.Time) (Reading, error) {
	// The moment is in Unix seconds, and Prometheus knows milliseconds.
	form := url.Values{"query": {query}, "time": {strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)}}.Encode()
	a, err := c.ask(ctx, http.MethodPost, "api/v1/query", form, mostBody)
	if err == nil && a.status == http.StatusMethodNotAllowed { // a proxy that only allows reads
		a, err = c.ask(ctx, http.MethodGet, "api/v1/query", form, mostBody)
	}
	if err != nil {
		return Reading{}, &Unavailable{cause: err}
	}
	return a.judge()
}

const (
	mostBody = 1 << 20  // bytes of a query's answer: one number needs little
	mostList = 16 << 20 // bytes of a list: some 15,000 targets
)

// ask sends a form once, and reads up to most+1 bytes of the answer.
func (c *Client) ask(ctx context.Context, method, path, form string, most int64) (answer, error) {
	request, err := c.request(ctx, method, path, form)
	if err != nil {
		return answer{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	sent, _ := http.ParseTime(response.Header.Get("Date")) // zero where there is none
	return answer{response.StatusCode, body, sent}, err
}

func (c *Client) request(ctx context.Context, method, path, form string) (*http.Request, error) {
	address, body := c.base.JoinPath(path), form
	if method == http.MethodGet {
		address.RawQuery, body = form, ""
	}
	request, err := http.NewRequestWithContext(ctx, method, address.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.user != nil {
		password, _ := c.user.Password()
		request.SetBasicAuth(c.user.Username(), password)
	}
	return request, nil
}
