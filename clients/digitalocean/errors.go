package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Refused says that something certainly did not happen.
type Refused struct {
	Op         string
	Status     int           // of HTTP; 0: the request never left
	ID         string        // the platform's word for why, such as "not_found"
	Message    string        // why, in the platform's words
	RetryAfter time.Duration // asking again may help after it; 0: not before something is mended
	cause      error
}

// Error implements error.
func (r *Refused) Error() string {
	if r.Status == 0 {
		return fmt.Sprintf("DigitalOcean couldn't be asked to %s: %s", r.Op, r.Message)
	}
	said := fmt.Sprintf("DigitalOcean refused to %s (%s)", r.Op, statusText(r.Status))
	if r.Message != "" {
		said += ": " + r.Message
	}
	if advice := r.advice(); advice != "" {
		said += "; " + advice
	}
	return said
}

// advice says what to do where the platform's words leave that open.
func (r *Refused) advice() string {
	switch {
	case r.Status == http.StatusUnauthorized:
		return "the token is wrong or has expired, so set a new one in DIGITALOCEAN_TOKEN and restart gonogo"
	case r.Status == http.StatusForbidden && r.Op == opPropose:
		return "give the token the scope app:create, which this takes although it creates nothing"
	case r.Status == http.StatusForbidden:
		return "give the token the scopes app:read and app:update"
	case r.Status == http.StatusNotFound:
		return "check the app's ID in the configuration, and that the token is of the same team"
	case r.Status == http.StatusTooManyRequests:
		return askAgain(r.RetryAfter)
	case r.Status < 400:
		return "it redirects, so set DIGITALOCEAN_API_URL to the API's own URL"
	case r.Message == "":
		return "it gave no reason; see the app in DigitalOcean's control panel"
	}
	return ""
}

// Unwrap gives the cause.
func (r *Refused) Unwrap() error { return r.cause }

// Unsure says that a write may have happened: the platform failed, or its
// answer was lost. It may happen yet, long after the answer: a gateway that
// gives up with a 502 does not stop what works behind it.
type Unsure struct {
	Op     string
	Status int // of HTTP; 0: there was no answer
	cause  error
}

// Error implements error.
func (u *Unsure) Error() string {
	return fmt.Sprintf("DigitalOcean was asked to %s but %s, so it may or may not have happened; check the app's deployments before you try again", u.Op, answered(u.Status))
}

// Unwrap gives the cause.
func (u *Unsure) Unwrap() error { return u.cause }

// Unavailable says that a read got no answer.
type Unavailable struct {
	Op         string
	Status     int           // of HTTP; 0: there was no answer
	RetryAfter time.Duration // what the platform asks to wait; 0: it does not say
	cause      error
}

// Error implements error.
func (u *Unavailable) Error() string {
	return fmt.Sprintf("DigitalOcean was asked to %s but %s; %s", u.Op, answered(u.Status), askAgain(u.RetryAfter))
}

// Unwrap gives the cause.
func (u *Unavailable) Unwrap() error { return u.cause }

func answered(status int) string {
	switch {
	case status == 0:
		return "gave no complete response in time"
	case status < 300:
		return "gave an invalid response"
	}
	return "responded with " + statusText(status)
}

// statusText is a status with its name. Some that a gateway gives have none,
// such as 524 for a time-out behind it.
func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

func askAgain(after time.Duration) string {
	if after <= 0 {
		return "try again in a few minutes, or see https://status.digitalocean.com"
	}
	return "try again in " + max(after.Round(time.Second), time.Second).String()
}

// soon is after how long a request may be repeated for which no connection
// could be made.
const soon = 2 * time.Second

func (c *Client) refused(op string, o outcome) error {
	r := &Refused{Op: op, Status: o.status, ID: o.id, Message: o.message, cause: o.err}
	switch {
	case o.unsent:
		r.Message, r.RetryAfter = whyUnsent(o.err)
	case o.status == http.StatusTooManyRequests:
		r.RetryAfter = max(o.wait, time.Second)
	}
	return r
}

func (c *Client) unsure(op string, o outcome) error {
	return &Unsure{Op: op, Status: o.status, cause: o.err}
}

func (c *Client) unavailable(op string, o outcome) error {
	return &Unavailable{Op: op, Status: o.status, RetryAfter: o.wait, cause: o.err}
}

// whyUnsent says why a request never left, and after how long another may.
func whyUnsent(err error) (why string, again time.Duration) {
	var name *net.DNSError
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "it timed out before a connection was made", 0
	case errors.As(err, &name):
		return "the host name wasn't found; check DIGITALOCEAN_API_URL and the network", soon
	case errors.As(err, &network):
		return "no connection could be made; check DIGITALOCEAN_API_URL and the network", soon
	}
	return "the request couldn't be sent; see the log", 0
}

// redacted keeps an error for the log. Where the token stands in its words,
// only these are kept, without it.
func (c *Client) redacted(err error) error {
	if err == nil {
		return nil
	}
	said := c.secrets.Text(err.Error())
	if said == err.Error() {
		return err
	}
	return errors.New(said)
}

// say prepares what the platform says for people: on one line, not too long,
// and without the token.
func (c *Client) say(text string) string {
	const most = 300
	line := []rune(strings.Join(strings.Fields(c.secrets.Text(text)), " "))
	if len(line) > most {
		return string(line[:most]) + "…"
	}
	return string(line)
}
