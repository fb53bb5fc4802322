package github

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Limited says that GitHub takes no requests for now, and that nothing happened.
type Limited struct {
	Op    string
	Until time.Time // when to ask again, at the earliest
}

// Error implements error.
func (l *Limited) Error() string {
	return fmt.Sprintf("GitHub's rate limit is used up, so it couldn't be asked to %s; the next attempt is possible at %s", l.Op, l.Until.UTC().Format("15:04:05 UTC"))
}

// Refused says that GitHub will not do something, and that nothing happened.
// Asking again does not help before somebody mends what the sentence names.
type Refused struct {
	Op      string
	Status  int    // of HTTP; 0: it was not asked for, or not to the end
	Message string // why, in GitHub's words
	mend    string
	cause   error
}

// Error implements error.
func (r *Refused) Error() string { return fmt.Sprintf("GitHub refused to %s: %s", r.Op, r.mend) }

// Unwrap gives the cause.
func (r *Refused) Unwrap() error { return r.cause }

// Moved reports whether GitHub pointed to another address, which is not
// followed: the repository was renamed, or the issue was transferred.
func (r *Refused) Moved() bool {
	return r.Status >= http.StatusMultipleChoices && r.Status < http.StatusBadRequest
}

// Gone reports whether what was asked about is not there: it was deleted, or
// never was, or the token or App may not see it.
func (r *Refused) Gone() bool {
	return r.Status == http.StatusNotFound || r.Status == http.StatusGone
}

// Unsure says that a write may have happened: GitHub failed, or its answer was
// lost.
type Unsure struct {
	Op     string
	Status int // of HTTP; 0: there was no answer
	cause  error
}

// Error implements error.
func (u *Unsure) Error() string {
	return fmt.Sprintf("GitHub was asked to %s but %s, so it may or may not have happened; check before you try again", u.Op, answered(u.Status))
}

// Unwrap gives the cause.
func (u *Unsure) Unwrap() error { return u.cause }

// Unavailable says that a read got no answer, or that a write never left.
type Unavailable struct {
	Op     string
	Status int // of HTTP; 0: there was no answer
	cause  error
}

// Error implements error.
func (u *Unavailable) Error() string {
	return fmt.Sprintf("GitHub couldn't be asked to %s: it %s; try again in a few minutes, or see https://www.githubstatus.com", u.Op, answered(u.Status))
}

// Unwrap gives the cause.
func (u *Unavailable) Unwrap() error { return u.cause }

// ErrNoSuchRef says that the repository has no such tag, branch or commit.
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
