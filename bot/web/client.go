package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"syscall"
	"time"

	"gonogo/commands/reply"
	"gonogo/storage"
)

// replyBytes is how much of a reply is read; no reply comes near it.
const replyBytes = 16 << 20

// dialPatience is how long a bot that listens may take to answer at all.
const dialPatience = 15 * time.Second

// Client uses a running bot through its local listener.
type Client struct{ http *http.Client }

// Dial finds the bot that runs on the ledger whose socket is at path. ok is false if
// none answers: then the ledger's file is free, or its lock says who has it.
//
// If nobody listens, Dial returns at once; a bot on a busy machine may take
// [dialPatience].
func Dial(path string) (client *Client, ok bool) {
	address, err := reachable(path)
	if err != nil {
		return nil, false
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: dialPatience}).DialContext(ctx, "unix", address)
	}
	// Connections are not kept: a client asks once or twice and is forgotten.
	c := &Client{&http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
	ctx, cancel := context.WithTimeout(context.Background(), dialPatience)
	defer cancel()
	response, err := c.ask(ctx, http.MethodGet, "/healthz", nil)
	if err != nil {
		return nil, false
	}
	response.Body.Close()
	return c, true
}

// Condition asks the bot how it is, for as long as ctx lasts. Without an error it answers.
func (c *Client) Condition(ctx context.Context) (now Condition, err error) {
	err = c.fetch(ctx, http.MethodGet, "/readyz", nil, &now)
	return now, err
}

// Silence says why [Dial] found no bot that answers at a socket.
func Silence(path string) string {
	address, err := reachable(path)
	if err == nil {
		var conn net.Conn
		if conn, err = net.DialTimeout("unix", address, time.Second); err == nil {
			conn.Close()
		}
	}
	return silence(path, err)
}

// silence is what connecting to a socket says about the bot behind it.
func silence(path string, err error) string {
	switch {
	case err == nil:
		return "The bot at " + path + " does not answer"
	case errors.Is(err, fs.ErrPermission):
		return "You may not use the bot's socket " + path + " (run this as gonogo's user or with sudo)"
	}
	return "No running bot answers at " + path
}

// Say says to the bot what one would say in Slack, "ready status".
func (c *Client) Say(ctx context.Context, text string) (reply.Reply, error) {
	body, err := json.Marshal(said{text})
	if err != nil {
		return reply.Reply{}, fmt.Errorf("say %q to the running bot: %w", text, err)
	}
	var wire wireReply
	if err := c.fetch(ctx, http.MethodPost, "/v1/say", bytes.NewReader(body), &wire); err != nil {
		return reply.Reply{}, err
	}
	return wire.decode()
}

// Ready asks the bot what /readyz answers.
func (c *Client) Ready(ctx context.Context) (Condition, error) {
	var condition Condition
	err := c.fetch(ctx, http.MethodGet, "/readyz", nil, &condition)
	return condition, err
}

// Export writes the ledger as JSON Lines. After an error out holds a part of it.
func (c *Client) Export(ctx context.Context, out io.Writer) error {
	response, err := c.ask(ctx, http.MethodGet, "/v1/ledger/export", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(out, response.Body); err != nil {
		return told("the running bot's ledger came only in part", err)
	}
	if failed := response.Trailer.Get(failedTrailer); failed != "" {
		var why string
		if err := json.Unmarshal([]byte(failed), &why); err != nil {
			why = failed
		}
		return fmt.Errorf("the running bot's ledger came only in part: %s", why)
	}
	return nil
}

// Verify has the bot verify its ledger's chain. What is wrong with the ledger comes
// back as *storage.Unusable, as it would from the file itself.
func (c *Client) Verify(ctx context.Context) (storage.Report, error) {
	var v verified
	if err := c.fetch(ctx, http.MethodGet, "/v1/ledger/verify", nil, &v); err != nil {
		return storage.Report{}, err
	}
	switch {
	case v.Unusable != nil:
		return v.Report, &storage.Unusable{Path: v.Unusable.Path, Problem: v.Unusable.Problem, NextStep: v.Unusable.NextStep}
	case v.Error != "":
		return v.Report, errors.New(v.Error)
	}
	return v.Report, nil
}

// fetch asks and reads the answer into v.
func (c *Client) fetch(ctx context.Context, method, path string, body io.Reader, v any) error {
	response, err := c.ask(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, replyBytes)).Decode(v); err != nil {
		return fmt.Errorf("read what the running bot answered: %w", err)
	}
	return nil
}

// ask sends a request and turns any status but 200 into its error.
func (c *Client) ask(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://gonogo"+path, body)
	if err != nil {
		return nil, fmt.Errorf("ask the running bot: %w", err)
	}
	response, err := c.http.Do(request)
	var dialing *net.OpError
	switch {
	case err == nil:
	case ctx.Err() != nil, errors.As(err, &dialing) && dialing.Op == "dial":
		return nil, told("ask the running bot", err)
	default: // whatever net/http calls it: the bot had taken the connection
		return nil, &hungUp{err}
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close()

	var f fault
	if err := json.NewDecoder(io.LimitReader(response.Body, replyBytes)).Decode(&f); err != nil || f.Error == "" {
		f.Error = response.Status
	}
	return nil, fmt.Errorf("the running bot refused: %s", f.Error)
}

// told says why an answer is missing or incomplete.
func told(doing string, err error) error {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET} {
		if errors.Is(err, end) {
			return &hungUp{err}
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// hungUp says that the bot ended while it was being asked.
type hungUp struct{ cause error }

func (h *hungUp) Error() string { return "the running bot stopped before it had answered; try again" }

// Unwrap gives the cause.
func (h *hungUp) Unwrap() error { return h.cause }
