package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"gonogo/commands"
)

// streamed writes what a Reader tells as lines of JSON, each at once, until over says
// that a line is the last.
func streamed[T any](s *Server, w http.ResponseWriter, r *http.Request, what string, read func(ctx context.Context, tell func(T) error) error, over func(T) bool) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.over, cancel)()
	w.Header().Set("Content-Type", "application/x-ndjson")
	flush := http.NewResponseController(w)
	lines := json.NewEncoder(patient{w, flush, s.limits.write})
	err := read(ctx, func(now T) error {
		if err := lines.Encode(now); err != nil {
			return err
		}
		if err := flush.Flush(); err != nil {
			return err
		}
		if over(now) {
			return errFollowed
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFollowed) && ctx.Err() == nil {
		s.options.Log.Warn("couldn't stream "+what+" over the local socket", "error", err)
	}
}

// await writes a decision, one line for each change, until nothing is left to wait for.
func (s *Server) await(w http.ResponseWriter, r *http.Request) {
	a := commands.Awaited{Environment: r.FormValue("environment"), Release: r.FormValue("version"), Commit: r.FormValue("commit")}
	streamed(s, w, r, "a decision", func(ctx context.Context, tell func(commands.Decided) error) error {
		return s.options.Reader.Await(ctx, a, tell)
	}, commands.Decided.Settled)
}

// Await calls tell with a decision, and after each change, until nothing is left to wait
// for. [HungUp] recognizes the error if the bot stopped meanwhile.
func (c *Client) Await(ctx context.Context, a commands.Awaited, tell func(commands.Decided)) (last commands.Decided, err error) {
	query := url.Values{"environment": {a.Environment}, "version": {a.Release}, "commit": {a.Commit}}
	response, err := c.ask(ctx, http.MethodGet, "/v1/decision?"+query.Encode(), nil)
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
