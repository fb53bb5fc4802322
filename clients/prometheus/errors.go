package prometheus

import (
	"fmt"
	"net/http"
)

// BadQuery says that the server rejected a query.
type BadQuery struct{ Words string } // the server's own

// Error implements error.
func (b *BadQuery) Error() string { return "Prometheus rejected the query: " + b.Words }

// Inconclusive says that the server's answer is no evidence.
type Inconclusive struct{ Why string }

// Error implements error.
func (i *Inconclusive) Error() string { return i.Why }

// Unavailable says that Prometheus didn't answer.
type Unavailable struct {
	Status int // of HTTP; 0: there was no answer
	cause  error
}

// Error implements error.
func (u *Unavailable) Error() string {
	switch {
	case u.Status == 0:
		return "Prometheus doesn't respond; check that it is running and that the connection's URL is right"
	case u.Status == http.StatusUnauthorized, u.Status == http.StatusForbidden:
		return fmt.Sprintf("Prometheus rejected gonogo's credentials (%d); check the user and password in the connection's URL, and restart gonogo after you change them", u.Status)
	case u.Status >= 500, u.Status == http.StatusTooManyRequests:
		return fmt.Sprintf("Prometheus can't respond at the moment (%d); see its log", u.Status)
	}
	return fmt.Sprintf("the response isn't from Prometheus (%d); check the connection's URL", u.Status)
}

// Unwrap gives the cause.
func (u *Unavailable) Unwrap() error { return u.cause }
