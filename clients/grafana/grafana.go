// Package grafana asks a Grafana which dashboards, panels, data sources and contact
// points it has, with the token of a service account. It only reads.
//
// A [Client] asks one server. Only names and types are read: the settings of data
// sources and contact points, which may hold secrets, are never decoded.
//
// # What happens on failure
//
// Each error is one sentence, without the token: [*Unavailable] where no usable answer
// came, and it says what a missing permission would need. A list that is too large is an
// error too; nothing is concluded from part of one. Nothing is retried.
//
// Grafana leaves out what a service account may not see, without an error: a dashboard
// in a folder without the permission to view it looks like one that doesn't exist.
//
// Source: Grafana documentation 12.4, HTTP API, "Dashboard", "Folder/Dashboard Search",
// "Data source" and "Alerting provisioning". Version 13 deprecates these paths and still
// answers on them.
package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Options say which server to ask.
type Options struct {
	URL       string
	Token     string            // of a service account
	Transport http.RoundTripper // nil: a pooled one of its own
}

// Client asks one server. Its methods may be called from any goroutine.
type Client struct {
	http  *http.Client
	base  *url.URL
	token string
}

// New prepares a client and starts nothing.
func New(opts Options) (*Client, error) {
	base, err := url.Parse(opts.URL)
	switch {
	case err != nil, base.Hostname() == "", base.Scheme != "http" && base.Scheme != "https":
		return nil, errors.New("the URL of Grafana must begin with http:// or https://; write it like https://grafana.example.com")
	case base.RawQuery != "", base.Fragment != "":
		return nil, errors.New("the URL of Grafana can't have a query or fragment; write it like https://grafana.example.com")
	case base.User != nil:
		return nil, errors.New("the URL of Grafana can't have a user; remove it, and set the token of a service account")
	}
	transport := opts.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Client{http: &http.Client{Transport: transport, CheckRedirect: stay}, base: base, token: opts.Token}, nil
}

// stay follows no redirect, so that the token goes nowhere else.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// URL is the server's address.
func (c *Client) URL() string { return c.base.String() }

// Secrets are the values that nobody may see.
func (c *Client) Secrets() []string { return []string{c.token} }

const mostBody = 16 << 20 // bytes of one answer

// answer is what came back over HTTP.
type answer struct {
	status int
	body   []byte
}

// ask reads one path.
func (c *Client) ask(ctx context.Context, query url.Values, path ...string) (answer, error) {
	address := c.base.JoinPath(path...)
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return answer{}, fmt.Errorf("ask Grafana: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, &Unavailable{cause: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody+1))
	switch {
	case err != nil:
		return answer{}, &Unavailable{cause: err}
	case len(body) > mostBody:
		return answer{}, fmt.Errorf("the response of Grafana is larger than %d MiB, so it wasn't read", mostBody>>20)
	}
	return answer{response.StatusCode, body}, nil
}

// read decodes an answer. needs names the permission that it takes.
func (a answer) read(into any, needs string) error {
	if a.status != http.StatusOK {
		return &Unavailable{Status: a.status, needs: needs}
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return &Unavailable{Status: a.status, cause: err}
	}
	return nil
}

// Unavailable says that no answer came that could be used.
type Unavailable struct {
	Status int // of HTTP; 0: there was no answer
	needs  string
	cause  error
}

// Error implements error.
func (u *Unavailable) Error() string {
	switch {
	case u.Status == 0:
		return "Grafana doesn't respond; check that it is running and that the connection's URL is right"
	case u.Status == http.StatusUnauthorized:
		return "Grafana rejected the token (401); set a valid token of a service account"
	case u.Status == http.StatusForbidden:
		return fmt.Sprintf("the service account may not look at that (403); give it %s", u.needs)
	case u.Status == http.StatusNotAcceptable:
		return "Grafana stores this dashboard in a format that its API can't return (406); switch the dashboard back from dynamic layouts, or upgrade Grafana"
	case u.Status >= 500, u.Status == http.StatusTooManyRequests:
		return fmt.Sprintf("Grafana can't respond at the moment (%d); see its log", u.Status)
	}
	return fmt.Sprintf("the response isn't from Grafana's API (%d); check the connection's URL", u.Status)
}

// Unwrap gives the cause.
func (u *Unavailable) Unwrap() error { return u.cause }
