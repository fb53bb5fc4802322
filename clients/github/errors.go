package github

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Limited means that GitHub's rate limit is used up, and that nothing happened.
type Limited struct {
	Op    string
	Until time.Time // earliest time of the next request
}

// Error implements error.
func (l *Limited) Error() string {
	return fmt.Sprintf("GitHub's rate limit is used up, so it couldn't be asked to %s; the next attempt is possible at %s", l.Op, l.Until.UTC().Format("15:04:05 UTC"))
}

// Refused means that GitHub rejected a request, and that nothing happened. Retrying
// doesn't help until somebody has fixed what the message names.
type Refused struct {
	Op      string
	Status  int    // of HTTP; 0: the request was never sent, or a list was too long
	Message string // why, in GitHub's words
	advice  string
	cause   error
}

// Error implements error.
func (r *Refused) Error() string { return fmt.Sprintf("GitHub refused to %s: %s", r.Op, r.advice) }

// Unwrap returns the cause.
func (r *Refused) Unwrap() error { return r.cause }

// Moved reports whether GitHub responded with a redirect, which isn't followed: the
// repository was renamed, or the issue was transferred.
func (r *Refused) Moved() bool {
	return r.Status >= http.StatusMultipleChoices && r.Status < http.StatusBadRequest
}

// Gone reports whether GitHub didn't find it: it was deleted, never existed, or is
// invisible to the token or App.
func (r *Refused) Gone() bool {
	return r.Status == http.StatusNotFound || r.Status == http.StatusGone
}

// Unsure means that a write may have happened: GitHub failed, or its response was
// lost.
type Unsure struct {
	Op     string
	Status int // of HTTP; 0: there was no response
	cause  error
}

// Error implements error.
func (u *Unsure) Error() string {
	return fmt.Sprintf("GitHub was asked to %s but %s, so it may or may not have happened; check before you try again", u.Op, answered(u.Status))
}

// Unwrap returns the cause.
func (u *Unsure) Unwrap() error { return u.cause }

// Unavailable means that a read got no valid response, or that a write was never sent.
type Unavailable struct {
	Op     string
	Status int // of HTTP; 0: there was no response
	cause  error
}

// Error implements error.
func (u *Unavailable) Error() string {
	return fmt.Sprintf("GitHub couldn't be asked to %s: it %s; try again in a few minutes, or see https://www.githubstatus.com", u.Op, answered(u.Status))
}

// Unwrap returns the cause.
func (u *Unavailable) Unwrap() error { return u.cause }

// ErrNoSuchRef means that the repository has no such tag, branch or commit.
var ErrNoSuchRef = errors.New("no such tag, branch or commit")

func answered(status int) string {
	switch {
	case status == 0:
		return "couldn't be reached or didn't respond in time"
	case status < 300:
		return "gave an invalid response"
	}
	return fmt.Sprintf("responded with %d %s", status, http.StatusText(status))
}
