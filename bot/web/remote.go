package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"gonogo/commands"
)

// DecisionPath is where pipelines on other hosts wait for a decision.
const DecisionPath = "/decision"

// decisionHandler streams a decision to whoever knows the token, which is good for nothing
// else.
func (s *Server) decisionHandler() http.Handler {
	want := sha256.Sum256([]byte(s.options.WaitToken))
	places := make(chan struct{}, s.limits.waits)
	refusal := rate.Sometimes{Interval: time.Minute}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !bears(r, want) {
			refusal.Do(func() { s.options.Log.Warn("a wait for a decision was rejected", "from", r.RemoteAddr) })
			w.Header().Set("WWW-Authenticate", `Bearer realm="gonogo"`)
			refuse(w, http.StatusUnauthorized, errors.New("the bearer token is missing or wrong; set the one that gonogo's configuration has under wait"))
			return
		}
		trust(r.Context())
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			w.Header().Set("Retry-After", "15")
			refuse(w, http.StatusServiceUnavailable, fmt.Errorf("%d pipelines are waiting already; try again later", cap(places)))
			return
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // that of the request, which is read
		w.Header().Set("X-Accel-Buffering", "no")                      // nginx: each line at once
		s.await(w, r, s.limits.heartbeat)
	})
}

// bears compares the hashes of tokens, which takes the same time whatever is sent and
// however long it is. The scheme's name knows no case (RFC 9110, 11.1).
func bears(r *http.Request, want [sha256.Size]byte) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(sum[:], want[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// Remote asks a bot on another host for decisions, at its web address.
type Remote struct {
	base  string
	token string
	quiet time.Duration // without a heartbeat, after which the bot is taken for gone
	http  *http.Client
}

// quietFor is several heartbeats.
const quietFor = time.Minute

// NewRemote makes a client of the bot at an address, such as https://gonogo.example.com.
func NewRemote(address, token string) (*Remote, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil, base.Scheme != "http" && base.Scheme != "https", base.Host == "", base.RawQuery != "", base.Fragment != "", base.User != nil:
		return nil, errors.New("the bot's address must begin with http:// or https:// and have no user, query or fragment; write it like https://gonogo.example.com")
	case token == "", strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("set GONOGO_WAIT_TOKEN to the token that gonogo's configuration has under wait")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives, transport.ResponseHeaderTimeout = true, quietFor
	// The token isn't sent on to wherever a redirect leads.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Remote{strings.TrimRight(address, "/"), token, quietFor, &http.Client{Transport: transport, CheckRedirect: stay}}, nil
}

// Retry is why a bot on another host didn't say what the decision is, or not to the end,
// where asking again may help.
type Retry struct {
	cause error
}

// Error implements error.
func (r *Retry) Error() string { return r.cause.Error() }

// Unwrap returns the cause.
func (r *Retry) Unwrap() error { return r.cause }

// Await calls tell with a decision, and after each change, until nothing is left to wait
// for. The error is a [*Retry] where asking again may help.
func (c *Remote) Await(ctx context.Context, a commands.Awaited, tell func(commands.Decided)) (last commands.Decided, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+DecisionPath+"?"+awaitedQuery(a).Encode(), nil)
	if err != nil {
		return last, fmt.Errorf("ask the bot: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := c.http.Do(request)
	if err != nil {
		if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
			return last, fmt.Errorf("the bot's certificate can't be trusted: %w", err)
		}
		return last, &Retry{fmt.Errorf("the bot can't be reached: %w", err)}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return last, c.refused(response)
	}
	alive := time.AfterFunc(c.quiet, cancel)
	defer alive.Stop()
	for lines := json.NewDecoder(watchedBody{response.Body, func() { alive.Reset(c.quiet) }}); ; {
		var now commands.Decided
		if err := lines.Decode(&now); err != nil {
			return last, &Retry{errors.New("the connection to the bot ended before the decision was GO")}
		}
		last = now
		tell(last)
		if last.Settled() {
			return last, nil
		}
	}
}

// refused is the error of a response that isn't a decision.
func (c *Remote) refused(response *http.Response) error {
	var f fault
	if json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&f) != nil || f.Error == "" {
		f.Error = "it responded with " + response.Status
	}
	err := fmt.Errorf("the bot refused: %s", f.Error)
	switch code := response.StatusCode; {
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return &Retry{err}
	case code >= 300 && code < 400:
		return fmt.Errorf("%s redirects elsewhere; write the address that it redirects to", c.base)
	case code == http.StatusNotFound:
		return fmt.Errorf("%w; its configuration needs wait: { token: … }", err)
	}
	return err
}

// watchedBody says of each piece that comes that it came.
type watchedBody struct {
	io.Reader
	came func()
}

// Read implements [io.Reader].
func (b watchedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n > 0 {
		b.came()
	}
	return n, err
}
