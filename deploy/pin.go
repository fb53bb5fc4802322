package deploy

import (
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// Pinner is a strategy whose platform pins what it has rolled back to: it refuses
// deployments until somebody keeps that build, or returns to the one before it. Only
// [Environment.Pinner] tells whether a strategy is one; on a platform without pins a
// rollback is over once a person has decided.
type Pinner interface {
	Strategy
	// Settle lists the steps that end the pin of an earlier rollback: by keeping the
	// build that is live, or by returning to o.From, as o.Settles says.
	Settle(e Environment, o Order) []Step
	// EarlierPin is the pin of an earlier rollback that a run found and has not
	// released, as far as is known; nil: it found none.
	EarlierPin(run *work.Run) *Pin
}

// Pin is what a rollback on a platform left pinned.
type Pin struct {
	To   build.Build // the build that it keeps, live or being deployed
	From build.Build // the build that returning would deploy; empty: not known
}

// Pinner is an environment's strategy if its platform pins; otherwise ok is false.
func (e Environment) Pinner() (p Pinner, ok bool) {
	p, ok = e.Strategy.(Pinner)
	return p, ok
}

// Pinned reports whether the platform refuses deployments after a rollback.
func (c Current) Pinned() bool { return c.Pin != nil }
