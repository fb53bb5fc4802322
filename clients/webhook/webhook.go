// Package webhook notifies one outside address, with JSON in a POST.
//
// The address is a secret, because such addresses carry a token in their path or
// query. No error and no log line shows more of it than the host.
//
// [Client.Send] makes one request and never retries: the caller knows whether a
// repeat is safe. Each message has a key, sent in the header Idempotency-Key, which is
// the same for each repeat of the message and different for every other message.
//
// # What happens on failure
//
// [Refused] is permanent: a 3xx (redirects are not followed, since the token would
// go with them) or a 4xx. [Unavailable] may be temporary: no connection, no answer
// within the context's deadline, 408, 425, 429 or a 5xx; the message may have arrived
// all the same.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"

	"gonogo/clients/outgoing"
)

// Options say which address to notify.
type Options struct {
	URL       string            // may contain a token, or a user and password
	Transport http.RoundTripper // nil: a pooled one of its own
	Outgoing  *outgoing.Policy  // where the pooled one may connect to; nil: anywhere
}

// Client notifies one address. Its methods may be called from any goroutine.
type Client struct {
	http     *http.Client
	address  *url.URL
	outgoing *outgoing.Policy
}

// New prepares a client and starts nothing. Its errors never repeat the address.
func New(opts Options) (*Client, error) {
	address, err := url.Parse(opts.URL)
	if err != nil || address.Hostname() == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, errors.New("the webhook isn't a URL that begins with http:// or https://; write it like https://pager.example.com/hook")
	}
	transport := opts.Transport
	if transport == nil {
		transport = pooled(opts.Outgoing)
	}
	return &Client{&http.Client{Transport: transport, CheckRedirect: stay}, address, opts.Outgoing}, nil
}

// pooled makes a transport that follows the policy. A proxy would look the name up
// itself, so with a policy none is used.
func pooled(policy *outgoing.Policy) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	if policy.Restricts() {
		t.Proxy, t.DialContext = nil, policy.Dialer("").DialContext
	}
	return t
}

// stay refuses redirects, so that the token goes nowhere else.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Host names the address in messages, without its secrets.
func (c *Client) Host() string { return c.address.Host }

// passing are the 4xx that a later try may not get.
var passing = []int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}

// Send posts a message as JSON, once. The error is a *Refused, or an *Unavailable if
// the message may have arrived or may arrive later.
func (c *Client) Send(ctx context.Context, key string, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("write a message to the webhook: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address.String(), bytes.NewReader(body))
	if err != nil {
		return &Unavailable{}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	request.GetBody = nil // otherwise the transport would send it again by itself
	response, err := c.http.Do(request)
	if err != nil {
		return &Unavailable{Why: outgoing.Why(c.Host(), err)} // other causes contain the whole address
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection can be used again
	switch status := response.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status >= 500, slices.Contains(passing, status):
		return &Unavailable{Status: status}
	default:
		return &Refused{Status: status}
	}
}

// Reach connects to the address's host, with TLS for https, and sends nothing. With a
// proxy, it connects to the proxy.
func (c *Client) Reach(ctx context.Context) error {
	target := c.address
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: c.address}); err == nil && proxy != nil && !c.outgoing.Restricts() {
		target = proxy
	}
	port := target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	dialer := c.outgoing.Dialer("")
	dial := dialer.DialContext
	if target.Scheme == "https" {
		dial = (&tls.Dialer{NetDialer: dialer}).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(target.Hostname(), port))
	if why := outgoing.Why(target.Host, err); why != "" {
		return errors.New(why)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be reached: %w", target.Host, err)
	}
	return conn.Close()
}

// Refused says that the address doesn't accept the message, and won't later.
type Refused struct{ Status int } // of HTTP

// Error implements error.
func (r *Refused) Error() string {
	switch {
	case r.Status < 400:
		return fmt.Sprintf("it responded with a redirect (%d), which isn't followed; configure the URL that it leads to", r.Status)
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		return fmt.Sprintf("it rejected gonogo (%d); check the token in its URL, and restart gonogo after you change it", r.Status)
	case r.Status == http.StatusNotFound, r.Status == http.StatusGone:
		return fmt.Sprintf("the URL doesn't exist (%d); check it", r.Status)
	}
	return fmt.Sprintf("it rejected the message (%d)", r.Status)
}

// Unavailable says that no conclusive answer came.
type Unavailable struct {
	Status int    // of HTTP; 0: there was no answer
	Why    string // it wasn't sent at all; empty: it may have been
}

// Error implements error.
func (u *Unavailable) Error() string {
	if u.Why != "" {
		return u.Why
	}
	if u.Status == 0 {
		return "it doesn't respond"
	}
	return fmt.Sprintf("it can't accept the message at the moment (%d)", u.Status)
}
