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
	patience     = 30 * time.Second // with one request
	tries        = 4                // of a read
	defaultPause = 500 * time.Millisecond
)

// errHollow is the cause where an answer says yes and does not have what was
// asked for.
var errHollow = errors.New("the answer lacks what was asked for")

// operation is something to ask GitHub for, in the words of its errors.
type operation struct {
	op     string // follows "GitHub refused to"
	about  subject
	write  bool
	newest int // of a list: how many pages are enough, since the newest come first; 0: all are needed
}

// answer is what the library gives for a request.
type answer[A any] func(context.Context) (A, *gh.Response, error)

// read asks up to four times. What an answer says is taken over by of, which
// is false for one that lacks what was asked for.
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

// write sends one request, in its turn.
func write[A, T any](ctx context.Context, c *Client, e operation, send answer[A], of func(A) (T, bool)) (T, error) {
	if err := c.writes.take(ctx); err != nil {
		var none T
		return none, &Unavailable{Op: e.op, cause: err}
	}
	defer c.writes.give()
	done, _, err := once(ctx, c, e, send, of)
	return done, err
}

func once[A, T any](ctx context.Context, c *Client, e operation, ask answer[A], of func(A) (T, bool)) (T, *gh.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var none T
	said, response, err := ask(ctx)
	if err != nil {
		return none, response, c.judge(e, response, err)
	}
	found, whole := of(said)
	if !whole {
		return none, response, c.judge(e, response, errHollow)
	}
	return found, response, nil
}

// judge sorts a failure by what is true after it.
func (c *Client) judge(e operation, response *gh.Response, err error) error {
	var limited *Limited
	var unsigned *unsignedError
	status := statusOf(response)
	switch {
	case errors.As(err, &limited):
		return &Limited{e.op, limited.Until}
	case errors.As(err, &unsigned):
		return c.judgeUnsigned(e, unsigned)
	case isRefusal(status):
		return c.refused(e, status, err)
	case e.write && !neverSent(err):
		return &Unsure{e.op, status, c.clean.cause(err)}
	}
	return &Unavailable{e.op, status, c.clean.cause(err)}
}

// judgeUnsigned sorts a failure to get a token: what was to be asked with it
// certainly did not happen.
func (c *Client) judgeUnsigned(e operation, unsigned *unsignedError) error {
	if isRefusal(unsigned.status) {
		return &Refused{Op: e.op, mend: mendApp(unsigned.status), cause: c.clean.cause(unsigned)}
	}
	return &Unavailable{e.op, unsigned.status, c.clean.cause(unsigned)}
}

func statusOf(response *gh.Response) int {
	if response == nil || response.Response == nil {
		return 0
	}
	return response.StatusCode
}

// isRefusal reports whether a status says that nothing happened, and would not
// the next time. 408 says that the server gave up waiting, and may come from a
// proxy behind which it did not.
func isRefusal(status int) bool {
	return status >= 300 && status < 500 && status != http.StatusRequestTimeout
}

// neverSent reports whether no connection was made, so that nothing can have
// happened.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// sleep fails when the context ends first.
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

// writeLimiter lets one write through at a time, and the next one only a while after.
type writeLimiter struct {
	between time.Duration
	now     func() time.Time
	free    chan struct{} // holds a token while nobody writes, which guards last
	last    time.Time
}

func newWriteLimiter(between time.Duration, now func() time.Time) *writeLimiter {
	t := &writeLimiter{between: between, now: now, free: make(chan struct{}, 1)}
	t.free <- struct{}{}
	return t
}

func (t *writeLimiter) take(ctx context.Context) error {
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
	// A clock that was set back makes nobody wait longer than that.
	if err := sleep(ctx, min(wait, t.between)); err != nil {
		t.free <- struct{}{}
		return err
	}
	return nil
}

func (t *writeLimiter) give() {
	t.last = t.now()
	t.free <- struct{}{}
}
