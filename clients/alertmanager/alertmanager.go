// Package alertmanager asks an Alertmanager which alerts it has, sends it an alert, and
// creates and expires silences.
//
// [Client.Look] returns a [Look]: every firing alert, whether it is muted and by
// what, and since when the Alertmanager has been running. The last part matters: an
// Alertmanager that has just started knows no alerts until Prometheus sends them
// again, so an alert that is missing from its answer may still be firing.
//
// [Client.Send] sends one alert; it ends by itself unless it is sent again.
//
// [Client.Create] creates a silence, [Client.Silences] lists them, and [Client.Expire]
// ends one. Alertmanager doesn't know repeats: whoever creates one marks its comment, and
// looks for that before it creates it again.
//
// # What happens on failure
//
// A read is tried up to three times within the context's deadline, since network
// errors, 5xx and 429 may be temporary. The error is one sentence, without the
// password or token. An answer that is too large, or that isn't Alertmanager's, is
// also an error; nothing is concluded from part of an answer. Writes are sent once.
//
// Source: Alertmanager's api/v2/openapi.yaml, tried with 0.25 and 0.35.
package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Options configures a Client.
type Options struct {
	URL       string            // with user and password if the server needs them
	Token     string            // a bearer token; empty: none
	Transport http.RoundTripper // nil: a clone of http.DefaultTransport
}

// Client makes requests to one server. Its methods may be called from any goroutine.
type Client struct {
	http  *http.Client
	base  *url.URL // without user and password, so that no error can show them
	user  *url.Userinfo
	token string
}

// New returns a client. It makes no request.
func New(opts Options) (*Client, error) {
	base, err := url.Parse(opts.URL)
	switch {
	case err != nil, base.Hostname() == "", base.Scheme != "http" && base.Scheme != "https":
		return nil, errors.New("the URL of Alertmanager must begin with http:// or https://; write it like http://alertmanager:9093")
	case base.RawQuery != "", base.Fragment != "":
		return nil, errors.New("the URL of Alertmanager can't have a query or fragment; write it like http://alertmanager:9093")
	case base.User != nil && opts.Token != "":
		return nil, errors.New("the URL of Alertmanager has a user, and there is a token; keep one")
	}
	transport := opts.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	c := &Client{http: &http.Client{Transport: transport, CheckRedirect: noRedirects}, base: base, user: base.User, token: opts.Token}
	base.User = nil
	return c, nil
}

// noRedirects keeps credentials from being sent to another server.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Host is the server's host and port, for messages.
func (c *Client) Host() string { return c.base.Host }

// URL is the server's URL, without user and password.
func (c *Client) URL() string { return c.base.String() }

// Secrets are the values that must be redacted.
func (c *Client) Secrets() []string {
	password, _ := c.user.Password() // empty if user is nil
	return []string{c.token, password}
}

const (
	mostBody     = 16 << 20 // of one response, in bytes: some 10,000 alerts
	mostSilences = 20       // per call of Silenced
	tries        = 3
	firstPause   = 200 * time.Millisecond // before the second try; doubled before the third
)

// get reads the JSON at a path into a value, with retries.
func (c *Client) get(ctx context.Context, into any, path ...string) error {
	var err error
	for try := range tries {
		if try > 0 && !pause(ctx, firstPause<<(try-1)) {
			break
		}
		var again bool
		if again, err = c.once(ctx, into, path...); err == nil || !again {
			break
		}
	}
	return err
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// once makes one request. again means that a retry may help.
func (c *Client) once(ctx context.Context, into any, path ...string) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath(path...).String(), nil)
	if err != nil {
		return false, fmt.Errorf("ask Alertmanager: %w", err)
	}
	c.authorize(request)
	response, err := c.http.Do(request)
	if err != nil {
		return ctx.Err() == nil, &Unavailable{cause: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody+1))
	switch {
	case err != nil:
		return ctx.Err() == nil, &Unavailable{cause: err}
	case response.StatusCode != http.StatusOK:
		passing := response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
		return passing, &Unavailable{Status: response.StatusCode}
	case len(body) > mostBody:
		return false, fmt.Errorf("the response of Alertmanager is larger than %d MiB, so it wasn't read", mostBody>>20)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return false, &Unavailable{Status: response.StatusCode, cause: err}
	}
	return false, nil
}

func (c *Client) authorize(request *http.Request) {
	switch {
	case c.token != "":
		request.Header.Set("Authorization", "Bearer "+c.token)
	case c.user != nil:
		password, _ := c.user.Password()
		request.SetBasicAuth(c.user.Username(), password)
	}
}

// Unavailable means that there was no valid response from Alertmanager.
type Unavailable struct {
	Status int // of HTTP; 0: there was no response
	cause  error
}

// Error implements error.
func (u *Unavailable) Error() string {
	switch {
	case u.Status == 0:
		return "Alertmanager doesn't respond; check that it is running and that the connection's URL is right"
	case u.Status == http.StatusUnauthorized, u.Status == http.StatusForbidden:
		return fmt.Sprintf("Alertmanager rejected gonogo's credentials (%d); check the connection's token, or the user and password in its URL, and restart gonogo after you change them", u.Status)
	case u.Status >= 500, u.Status == http.StatusTooManyRequests:
		return fmt.Sprintf("Alertmanager can't respond at the moment (%d); see its log", u.Status)
	}
	return fmt.Sprintf("the response isn't from Alertmanager's API v2 (%d); check the connection's URL", u.Status)
}

// Unwrap returns the cause.
func (u *Unavailable) Unwrap() error { return u.cause }
