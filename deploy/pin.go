package deploy

import (
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// Pinner is a strategy whose platform pins what it has gone back to: it refuses
// deployments until somebody keeps that build, or returns to the one before it.
// Whether a strategy is one is asked with [Environment.Pinner] alone; a rollback on
// a platform without pins is over once a person has decided.
type Pinner interface {
	Strategy
	// Settle lists the steps that end the pin which an earlier rollback left:
	// by keeping the build that is live, or by returning to o.From, as
	// o.Settles says.
	Settle(e Environment, o Order) []Step
	// EarlierPin is the pin of an earlier rollback that a run found and has not
	// released, as far as is known; nil: it found none.
	EarlierPin(run *work.Run) *Pin
}

// Pin is what a rollback on a platform left pinned.
type Pin struct {
	To   build.Build // the build that it keeps, live or on its way
	From build.Build // what returning from it takes out; empty: the platform does not tell
}

// Pinner gives the strategy of an environment whose platform pins. ok is false
// where it never does.
func (e Environment) Pinner() (p Pinner, ok bool) {
	p, ok = e.Strategy.(Pinner)
	return p, ok
}

// Pinned reports whether the platform refuses deployments after a rollback.
func (c Current) Pinned() bool { return c.Pin != nil }
