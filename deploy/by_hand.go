package deploy

import (
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// HandStep is one thing that a person does to bring a build back without gonogo:
// at the platform's console, or as a command of a POSIX shell.
type HandStep struct {
	Console string // what to do and where, in a sentence without the full stop
	Command string // the same with curl; the first step sets what the others use; empty: there is none
}

// ByHand is what a person does at a platform where gonogo cannot. It rests on what
// the ledger and the configuration say of an app, since there may be no strategy.
type ByHand struct {
	// Back brings a build back to an app. Of the build, only the version may be
	// known, or nothing.
	Back func(app App, to build.Build) []HandStep
	// Keep and Return end the pin that this leaves; nil: the platform pins nothing.
	Keep, Return func(app App) HandStep
}

// BackByHand lists what a person does to bring a build back to an app that is
// known; nothing on any other.
func BackByHand(app App, to build.Build) []HandStep {
	kind, known := lookup(app.Strategy())
	if !known || kind.ByHand.Back == nil {
		return nil
	}
	return kind.ByHand.Back(app, to)
}

// DecideByHand lists what a person does on an app to keep what a rollback brought
// back, or to return to what it left. On a platform without pins, to keep it takes
// nothing, and to return is to bring back what was left.
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
