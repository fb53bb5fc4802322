package deploy

import (
	"errors"
	"fmt"
	"time"
)

// The classes of a platform's errors. A strategy sorts its client's errors into them,
// once; the shared steps, and runs, know only the class:
//
//	Passing     it surely did not happen, and may be tried again after a while
//	Unknown     it cannot be told whether it happened, or will
//	Gone        the platform does not have what was asked about
//	Superseded  a newer deployment took the place of the one that was asked about
//	Denied      the platform rejects gonogo's credentials, or they don't allow this
//
// Any other error is permanent: it surely did not happen, and asking again does not
// help.

// Unknown means that it is not known whether an effect happened. The platform may still
// be working on it.
type Unknown struct{ Cause error }

// Error implements error.
func (u *Unknown) Error() string { return u.Cause.Error() }

// Unwrap gives the cause.
func (u *Unknown) Unwrap() error { return u.Cause }

// Passing means that an effect certainly did not happen and may be tried again after a
// while.
type Passing struct {
	After time.Duration
	Cause error
}

// Error implements error.
func (p *Passing) Error() string { return p.Cause.Error() }

// Unwrap gives the cause.
func (p *Passing) Unwrap() error { return p.Cause }

func isPassing(err error) bool {
	var passing *Passing
	return errors.As(err, &passing)
}

// Gone means that the platform doesn't have what was asked for: a deployment, or the
// whole app.
type Gone struct{ Cause error }

// Error implements error.
func (g *Gone) Error() string { return g.Cause.Error() }

// Unwrap gives the cause.
func (g *Gone) Unwrap() error { return g.Cause }

func isGone(err error) bool {
	var gone *Gone
	return errors.As(err, &gone)
}

// Superseded means that a platform replaced a deployment by a newer one, before or
// after it was active.
type Superseded struct {
	By    string // the newer one, if it deploys the same thing; empty: it deploys another one, or isn't known
	Cause error
}

// Error implements error.
func (s *Superseded) Error() string { return s.Cause.Error() }

// Unwrap gives the cause.
func (s *Superseded) Unwrap() error { return s.Cause }

// Denied says that a platform rejects gonogo's credentials, or that they don't allow
// what was asked for. Nothing happened, and asking again does not help.
type Denied struct{ Cause error }

// Error implements error.
func (d *Denied) Error() string { return d.Cause.Error() }

// Unwrap gives the cause.
func (d *Denied) Unwrap() error { return d.Cause }

// failed is an error for people.
func failed(format string, args ...any) error { return fmt.Errorf(format, args...) }
