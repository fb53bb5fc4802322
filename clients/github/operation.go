package github

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	gh "github.com/google/go-github/v60/github"
)

const (
	requestTimeout = 30 * time.Second
	tries          = 4 // of a read
	defaultPause   = 500 * time.Millisecond
)

// errIncomplete is the cause when a successful response lacks required fields.
var errIncomplete = errors.New("the response lacks required fields")

// operation describes a request to GitHub, for its errors.
type operation struct {
	op     string // follows "GitHub refused to"
	about  subject
	write  bool
	newest int // for a list: how many pages to read, the newest first; 0: all
	few    int // for a list: how many things a page has; 0: as many as GitHub gives
}

// answer is a call of the library.
type answer[A any] func(context.Context) (A, *gh.Response, error)

// read sends a request up to four times. of converts the response, and is false for
// one that lacks required fields.
func read[A, T any](ctx context.Context, c *Client, e operation, ask answer[A], of func(A) (T, bool)) (T, *gh.Response, error) {
	pause := c.pause
	for try := 1; ; try++ {
		found, response, err := once(ctx, c, e, ask, of)
		var passing *Unavailable
		if !errors.As(err, &passing) || try == tries || sleep(ctx, pause) != nil {
			return found, response, err
		}
		c.log.Debug("retrying a request to GitHub", "to", e.op, "after", passing.cause)
		pause *= 2
	}
}

// write sends one request, after those that are waiting already.
func write[A, T any](ctx context.Context, c *Client, e operation, send answer[A], of func(A) (T, bool)) (T, error) {
	if err := c.writes.acquire(ctx); err != nil {
		var none T
		return none, &Unavailable{Op: e.op, cause: err}
	}
	defer c.writes.release()
	done, _, err := once(ctx, c, e, send, of)
	return done, err
}

func once[A, T any](ctx context.Context, c *Client, e operation, ask answer[A], of func(A) (T, bool)) (T, *gh.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var none T
	said, response, err := ask(ctx)
	if err != nil {
		return none, response, c.classify(e, response, err)
	}
	found, complete := of(said)
	if !complete {
		return none, response, c.classify(e, response, errIncomplete)
	}
	return found, response, nil
}

// classify chooses the error type by what has happened at GitHub.
func (c *Client) classify(e operation, response *gh.Response, err error) error {
	var limited *Limited
	var noToken *tokenError
	status := statusOf(response)
	switch {
	case errors.As(err, &limited):
		return &Limited{e.op, limited.Until}
	case errors.As(err, &noToken):
		return c.classifyTokenError(e, noToken)
	case isRefusal(status):
		return c.refused(e, status, err)
	case e.write && !neverSent(err):
		return &Unsure{e.op, status, c.clean.cause(err)}
	}
	return &Unavailable{e.op, status, c.clean.cause(err)}
}

// classifyTokenError chooses the error type for a failure to get a token: the request
// itself was never sent.
func (c *Client) classifyTokenError(e operation, noToken *tokenError) error {
	if isRefusal(noToken.status) {
		return &Refused{Op: e.op, advice: appAdvice(noToken.status), cause: c.clean.cause(noToken)}
	}
	return &Unavailable{e.op, noToken.status, c.clean.cause(noToken)}
}

func statusOf(response *gh.Response) int {
	if response == nil || response.Response == nil {
		return 0
	}
	return response.StatusCode
}

// isRefusal reports whether a status means that nothing happened, and that retrying
// doesn't help. 408 isn't one: it may come from a proxy, behind which GitHub received
// the request.
func isRefusal(status int) bool {
	return status >= 300 && status < 500 && status != http.StatusRequestTimeout
}

// neverSent reports whether there was no connection, so that nothing can have happened.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// sleep returns an error if the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeLimiter allows one write at a time, with a least time between two.
type writeLimiter struct {
	between time.Duration
	now     func() time.Time
	free    chan struct{} // has an element while no write is under way; guards last
	last    time.Time
}

func newWriteLimiter(between time.Duration, now func() time.Time) *writeLimiter {
	t := &writeLimiter{between: between, now: now, free: make(chan struct{}, 1)}
	t.free <- struct{}{}
	return t
}

func (t *writeLimiter) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-t.free:
	case <-ctx.Done():
		return ctx.Err()
	}
	wait := t.between - t.now().Sub(t.last)
	if t.last.IsZero() || wait <= 0 {
		return nil
	}
	// A clock that was set back must not make the wait longer than between.
	if err := sleep(ctx, min(wait, t.between)); err != nil {
		t.free <- struct{}{}
		return err
	}
	return nil
}

func (t *writeLimiter) release() {
	t.last = t.now()
	t.free <- struct{}{}
}
