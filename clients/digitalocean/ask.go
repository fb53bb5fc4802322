package digitalocean

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digitalocean/godo"
)

// request is one operation of the API.
type request struct {
	op     string // what it does, in words that follow "asked to"
	method string
	path   string
	body   any // nil: none
	into   any // what the answer is read into; nil: its body is not looked at
}

// identified is an answer that must name something to be one.
type identified interface{ hasID() bool }

// outcome is how one HTTP request went.
type outcome struct {
	status  int           // of the answer; 0: none came, or it broke off
	wait    time.Duration // how long the platform asks to wait
	unsent  bool          // it certainly never left
	message string        // what the platform says was wrong
	id      string        // its word for that, such as "not_found"
	err     error
}

// passing reports whether the same request may succeed a little later.
func (o outcome) passing() bool {
	return o.status < 300 || o.status == http.StatusRequestTimeout || o.status == http.StatusTooManyRequests || o.status >= 500
}

// The tries of a read.
const (
	tries      = 4
	tryTimeout = 10 * time.Second
	firstPause = 250 * time.Millisecond // between the first two; then twice as long each time
	mostPause  = 20 * time.Second       // who is told to wait longer is answered at once
)

var errLimited = errors.New("DigitalOcean's limit was reached a short while ago")

// read asks for something, and asks again where that may help.
func (c *Client) read(ctx context.Context, r request) error {
	last := outcome{status: http.StatusTooManyRequests, err: errLimited}
	for try := range tries {
		wait := max(last.wait, c.limit.left(c.now()))
		pause := wait
		if try > 0 {
			pause = max(wait, firstPause<<(try-1))
		}
		last.wait = wait
		if pause > mostPause || !sleep(ctx, pause) {
			break
		}
		if try > 0 {
			c.log.WarnContext(ctx, "retrying a request to DigitalOcean", "to", r.op, "status", last.status, "waited", pause)
		}
		last = c.once(ctx, r)
		switch {
		case last.err == nil:
			return nil
		case !last.passing():
			return c.refused(r.op, last)
		case last.status == http.StatusTooManyRequests:
			c.limit.hold(c.now().Add(last.wait))
		}
	}
	return c.unavailable(r.op, last)
}

// once is one try of a read.
func (c *Client) once(ctx context.Context, r request) outcome {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	return c.send(ctx, c.reads, r)
}

// sleep reports whether the time passed before the context was over.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// write sends one change, once. A redirect leaves open what became of it, and
// so does a server that says it waited too long for the request.
func (c *Client) write(ctx context.Context, r request) error {
	o := c.send(ctx, c.writes, r)
	switch {
	case o.err == nil:
		return nil
	case o.unsent:
		return c.refused(r.op, o)
	case o.status >= 400 && o.status < 500 && o.status != http.StatusRequestTimeout:
		return c.refused(r.op, o)
	}
	return c.unsure(r.op, o)
}

// send makes one HTTP request of an operation.
func (c *Client) send(ctx context.Context, api *godo.Client, r request) outcome {
	if ctx.Err() != nil {
		return outcome{unsent: true, err: context.Cause(ctx)}
	}
	var l line
	ctx = httptrace.WithClientTrace(ctx, l.trace())
	q, err := newRequest(ctx, api, r)
	if err != nil {
		return outcome{unsent: true, err: err}
	}
	var body bytes.Buffer
	var into any // godo takes an empty body for an error wherever it is to read one
	if r.into != nil {
		into = &body
	}
	began := c.now()
	response, err := api.Do(ctx, q, into)
	if err == nil && r.into != nil {
		err = readAnswer(body.Bytes(), r.into)
	}
	o := c.outcome(response, err)
	o.unsent = l.neverLeft()
	c.log.LogAttrs(ctx, slog.LevelDebug, "sent a request to DigitalOcean", slog.String("to", r.op), slog.Int("status", o.status),
		slog.Duration("took", c.now().Sub(began)), slog.Int("remaining", remaining(response)), slog.Bool("good", err == nil))
	return o
}

// newRequest gives the request its body itself: godo would escape <, > and &
// in it, and a spec goes back as it came.
func newRequest(ctx context.Context, api *godo.Client, r request) (*http.Request, error) {
	q, err := api.NewRequest(ctx, r.method, r.path, nil)
	if err != nil || r.body == nil {
		return q, err
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r.body); err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	q.Body, q.ContentLength = io.NopCloser(&body), int64(body.Len())
	return q, nil
}

func readAnswer(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if a, ok := into.(identified); ok && !a.hasID() {
		return errors.New("the answer names nothing")
	}
	return nil
}

// outcome sorts what godo gives back. After a failure of the network that is
// no response at all.
func (c *Client) outcome(response *godo.Response, err error) outcome {
	o := outcome{err: c.redacted(err)}
	if response == nil {
		return o
	}
	o.status, o.wait = response.StatusCode, c.wait(response)
	if w, ok := response.Body.(words); ok {
		o.id, o.message = c.said(w)
	}
	return o
}

// said is what a refusal says in the platform's own form. Anything else, such
// as a gateway's page, is nothing to show to people.
func (c *Client) said(w words) (id, message string) {
	var body struct{ ID, Message string }
	if _, err := w.Seek(0, io.SeekStart); err != nil || json.NewDecoder(w).Decode(&body) != nil {
		return "", ""
	}
	return c.say(body.ID), strings.TrimRight(c.say(body.Message), ".")
}

func remaining(response *godo.Response) int {
	if response == nil {
		return -1
	}
	return response.Rate.Remaining
}

// wait is how long an answer asks to wait. The limit for a burst comes with
// Retry-After; the hourly one comes without it, and ratelimit-reset is the
// moment from which the oldest request no longer counts. Source: DigitalOcean
// API reference, Rate Limit.
func (c *Client) wait(response *godo.Response) time.Duration {
	header := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(c.now()))
	}
	if response.StatusCode == http.StatusTooManyRequests && response.Rate.Remaining == 0 && !response.Rate.Reset.IsZero() {
		return max(0, response.Rate.Reset.Sub(c.now()))
	}
	return 0
}

// limit keeps reads back after the platform has said that there are too many.
// Writes are sent all the same: no guess of ours holds up a rollback.
type limit struct {
	mu    sync.Mutex
	until time.Time
}

func (l *limit) hold(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.until) {
		l.until = until
	}
}

func (l *limit) left(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, l.until.Sub(now))
}

// line notes how far a request got. Nothing is written before there is a
// connection. A transport that tells of neither has perhaps sent it.
type line struct{ wanted, got atomic.Bool }

func (l *line) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { l.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { l.got.Store(true) },
	}
}

func (l *line) neverLeft() bool { return l.wanted.Load() && !l.got.Load() }

// path makes an address under the app of an ID.
func path(app string, rest ...string) string {
	p := "v2/apps/" + url.PathEscape(app)
	for _, r := range rest {
		p += "/" + url.PathEscape(r)
	}
	return p
}
