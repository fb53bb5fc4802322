package digitalocean

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/digitalocean/godo"
)

// Refused says that something certainly did not happen.
type Refused struct {
	Op         string
	Status     int    // of HTTP; 0: the request never left
	ID         string // the platform's own word for it, such as "not_found"
	Message    string // what it says
	RetryAfter time.Duration
	cause      error
}

// Error implements error.
func (r *Refused) Error() string {
	switch r.Status {
	case 0:
		return fmt.Sprintf("DigitalOcean could not be reached to %s: %s", r.Op, r.Message)
	case http.StatusUnauthorized:
		return fmt.Sprintf("DigitalOcean does not take the token to %s; set a new one in DIGITALOCEAN_TOKEN", r.Op)
	case http.StatusForbidden:
		return fmt.Sprintf("DigitalOcean's token may not %s; give it the scopes app:read and app:update", r.Op)
	case http.StatusNotFound:
		return fmt.Sprintf("DigitalOcean found nothing there to %s; check the app's ID in the configuration", r.Op)
	case http.StatusTooManyRequests:
		return fmt.Sprintf("DigitalOcean takes no more requests for now to %s", r.Op)
	}
	return fmt.Sprintf("DigitalOcean refused to %s (%d): %s", r.Op, r.Status, orNothing(r.Message))
}

// Unwrap gives the cause.
func (r *Refused) Unwrap() error { return r.cause }

// Unsure says that a write may have happened, and its answer was lost.
type Unsure struct {
	Op     string
	Status int // of HTTP; 0: there was no answer
	cause  error
}

// Error implements error.
func (u *Unsure) Error() string {
	if u.Status != 0 {
		return fmt.Sprintf("DigitalOcean was asked to %s and answered %d, which leaves open whether it did", u.Op, u.Status)
	}
	return fmt.Sprintf("DigitalOcean was asked to %s, and its answer was lost", u.Op)
}

// Unwrap gives the cause.
func (u *Unsure) Unwrap() error { return u.cause }

// Unavailable says that a read got no answer.
type Unavailable struct {
	Op     string
	Status int // of HTTP; 0: there was no answer
	cause  error
}

// Error implements error.
func (u *Unavailable) Error() string {
	if u.Status != 0 {
		return fmt.Sprintf("DigitalOcean answers %d to %s", u.Status, u.Op)
	}
	return fmt.Sprintf("DigitalOcean does not answer to %s", u.Op)
}

// Unwrap gives the cause.
func (u *Unavailable) Unwrap() error { return u.cause }

func status(r *http.Response) int {
	if r == nil {
		return 0
	}
	return r.StatusCode
}

func (c *Client) refused(op string, response *http.Response, err error) error {
	r := &Refused{Op: op, Status: status(response), Message: plainNetwork(err), cause: c.clean(err)}
	var said *godo.ErrorResponse
	if errors.As(err, &said) {
		r.Message = c.blank(cut(strings.TrimRight(strings.TrimSpace(said.Message), ".")))
	}
	if r.Status == http.StatusTooManyRequests {
		r.RetryAfter = max(retryAfter(response), time.Second)
	}
	return r
}

func (c *Client) unsure(op string, response *http.Response, err error) error {
	return &Unsure{Op: op, Status: status(response), cause: c.clean(err)}
}

func (c *Client) unavailable(op string, response *http.Response, err error) error {
	return &Unavailable{Op: op, Status: status(response), cause: c.clean(err)}
}

// clean keeps an error's words for the log, and blanks the token in them.
func (c *Client) clean(err error) error {
	if said := c.blank(err.Error()); said != err.Error() {
		return errors.New(said)
	}
	return err
}

func (c *Client) blank(text string) string { return strings.ReplaceAll(text, c.token, "[redacted]") }

// cut keeps what an upstream says to a length that people read.
func cut(text string) string {
	const most = 300
	if runes := []rune(strings.Join(strings.Fields(text), " ")); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return strings.Join(strings.Fields(text), " ")
}

func orNothing(message string) string {
	if message == "" {
		return "it gives no reason"
	}
	return message
}

// worthAsking reports whether a read that failed may succeed a little later,
// and how long the platform asks to wait.
func worthAsking(response *http.Response, err error) (wait time.Duration, again bool) {
	switch {
	case response == nil:
		return 0, true
	case response.StatusCode == http.StatusTooManyRequests:
		return retryAfter(response), true
	case response.StatusCode >= 500:
		return retryAfter(response), true
	case response.StatusCode < 300: // the body broke off
		return 0, true
	}
	return 0, false
}

// retryAfter reads the header of a burst limit in seconds; the hourly limit
// has none.
func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// neverSent reports whether no connection was made, so that nothing can have
// happened.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// plainNetwork is what went wrong on the way, without addresses.
func plainNetwork(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "its name cannot be looked up"
	case neverSent(err):
		return "no connection could be made"
	}
	return "the request failed"
}
