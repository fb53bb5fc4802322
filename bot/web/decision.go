package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"gonogo/commands"
)

// streamed writes what a Reader tells as lines of JSON, each at once, until over says
// that a line is the last. If nothing is told for as long as heartbeat, an empty line shows
// that there is still somebody; 0: none does.
func streamed[T any](s *Server, w http.ResponseWriter, r *http.Request, what string, heartbeat time.Duration, read func(ctx context.Context, tell func(T) error) error, over func(T) bool) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.over, cancel)()
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := &lines{to: patient{w, http.NewResponseController(w), s.limits.write}, flush: http.NewResponseController(w).Flush}
	if heartbeat > 0 {
		defer out.beat(ctx, heartbeat, cancel)()
	}
	err := read(ctx, func(now T) error {
		if err := out.write(now); err != nil {
			return err
		}
		if over(now) {
			return errFollowed
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFollowed) && ctx.Err() == nil {
		s.options.Log.Warn("couldn't stream "+what, "error", err)
	}
}

// lines are written one at a time.
type lines struct {
	mu    sync.Mutex
	to    io.Writer
	flush func() error
}

// write writes a value in JSON; nil is an empty line.
func (l *lines) write(value any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if value == nil {
		_, err = io.WriteString(l.to, "\n")
	} else {
		err = json.NewEncoder(l.to).Encode(value)
	}
	if err != nil {
		return err
	}
	return l.flush()
}

// beat writes an empty line every so often, until stop is called, which waits for the last
// one. If that fails, the other side has gone.
func (l *lines) beat(ctx context.Context, every time.Duration, gone func()) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if l.write(nil) != nil {
					gone()
					return
				}
			}
		}
	})
	return func() { cancel(); ended.Wait() }
}

// await writes a decision, one line for each change, until nothing is left to wait for.
func (s *Server) await(w http.ResponseWriter, r *http.Request, heartbeat time.Duration) {
	a := commands.Awaited{Environment: r.FormValue("environment"), Release: r.FormValue("version"), Commit: r.FormValue("commit")}
	streamed(s, w, r, "a decision", heartbeat, func(ctx context.Context, tell func(commands.Decided) error) error {
		return s.options.Reader.Await(ctx, a, tell)
	}, commands.Decided.Settled)
}

// Await calls tell with a decision, and after each change, until nothing is left to wait
// for. [HungUp] recognizes the error if the bot stopped meanwhile.
func (c *Client) Await(ctx context.Context, a commands.Awaited, tell func(commands.Decided)) (last commands.Decided, err error) {
	response, err := c.ask(ctx, http.MethodGet, "/v1/decision?"+awaitedQuery(a).Encode(), nil)
	if err != nil {
		return last, err
	}
	defer response.Body.Close()
	for lines := json.NewDecoder(response.Body); ; {
		var now commands.Decided
		if err := lines.Decode(&now); err != nil {
			return last, told("wait for a decision", err)
		}
		last = now
		tell(last)
		if last.Settled() {
			return last, nil
		}
	}
}

func awaitedQuery(a commands.Awaited) url.Values {
	return url.Values{"environment": {a.Environment}, "version": {a.Release}, "commit": {a.Commit}}
}
