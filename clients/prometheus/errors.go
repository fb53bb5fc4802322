package prometheus

import (
	"fmt"
	"net/http"
)

// BadQuery says that the server cannot make sense of a query.
type BadQuery struct{ Words string } // the server's own

// Error implements error.
func (b *BadQuery) Error() string { return "Prometheus does not take the query: " + b.Words }

// Inconclusive says that the server's answer tells nothing.
type Inconclusive struct{ Why string }

// Error implements error.
func (i *Inconclusive) Error() string { return i.Why }

// Unavailable says that no answer came that Prometheus would give.
type Unavailable struct {
	Status int // of HTTP; 0: there was no answer
	cause  error
}

// Error implements error.
func (u *Unavailable) Error() string {
	switch {
	case u.Status == 0:
		return "Prometheus does not answer; check that it runs and that the connection's address is right"
	case u.Status == http.StatusUnauthorized, u.Status == http.StatusForbidden:
		return fmt.Sprintf("Prometheus does not let gonogo in (%d); check the user and password in the connection's address", u.Status)
	case u.Status >= 500, u.Status == http.StatusTooManyRequests:
		return fmt.Sprintf("Prometheus cannot answer now (%d); look at its log", u.Status)
	}
	return fmt.Sprintf("what answers is not Prometheus (%d); check the connection's address", u.Status)
}

// Unwrap gives the cause.
func (u *Unavailable) Unwrap() error { return u.cause }
