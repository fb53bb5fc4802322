package deploy

import (
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// HandStep is one step of bringing a build back without gonogo: in the platform's
// console, or as a command for a POSIX shell.
type HandStep struct {
	Console string // what to do and where, in a sentence without the full stop
	Command string // the same with curl; the first step sets what the others use; empty: there is none
}

// ByHand is what a person does on a platform when gonogo can't. It uses what the ledger
// and the configuration say about an app, since there may be no strategy.
type ByHand struct {
	// Back brings a build back to an app. Of the build, perhaps only the version is
	// known, or nothing.
	Back func(app App, to build.Build) []HandStep
	// Keep and Return end the pin that this leaves; nil: the platform pins nothing.
	Keep, Return func(app App) HandStep
}

// HandStepper is a strategy that knows the steps by hand more exactly than its kind does.
type HandStepper interface {
	// StepsByHand lists those that bring a build to an environment, where another may be
	// live: back, or, for work.ChooseReturn, out again after a rollback.
	StepsByHand(environment, choice string, to, live build.Build) []HandStep
}

// BackByHand lists the steps for bringing a build back to a known app; none for any
// other.
func BackByHand(app App, to build.Build) []HandStep {
	kind, known := lookup(app.Strategy())
	if !known || kind.ByHand.Back == nil {
		return nil
	}
	return kind.ByHand.Back(app, to)
}

// DecideByHand lists the steps on an app for keeping what a rollback brought back, or
// for returning to what it left. On a platform without pins, keeping takes no step, and
// returning means bringing back what was left.
func DecideByHand(app App, choice string, left build.Build) []HandStep {
	kind, _ := lookup(app.Strategy())
	act := kind.ByHand.Keep
	if choice == work.ChooseReturn {
		act = kind.ByHand.Return
	}
	switch {
	case act != nil:
		return []HandStep{act(app)}
	case choice == work.ChooseReturn:
		return BackByHand(app, left)
	}
	return nil
}
