package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"gonogo/readiness/work"
	"time"
)

// State is how far a deployment is, in the words that all platforms share. One
// that a platform has and these lack keeps the platform's own word.
type State string

// The states of a deployment.
const (
	StateQueued    State = "queued"    // waits for its build
	StateBuilding  State = "building"  // is built
	StateBuilt     State = "built"     // waits to be started
	StateStarting  State = "starting"  // is started
	StateActive    State = "active"    // a good end: it is live
	StateFailed    State = "failed"    // a bad end: what was live before it stays so
	StateCancelled State = "cancelled" // somebody stopped it
)

// words are a state for people.
func (s State) words() string {
	switch s {
	case StateQueued:
		return "waiting for its build"
	case StateBuilding:
		return "being built"
	case StateBuilt:
		return "waiting to be started"
	case StateStarting:
		return "being started"
	case StateActive:
		return "active"
	}
	return "in a phase that the platform calls " + cmp.Or(string(s), "nothing")
}

// Deployment is one deployment, as its platform tells it now.
type Deployment struct {
	ID          string
	State       State
	Done, Total int             // of the platform's own steps; no total: it does not count them
	Parts       []work.StepPart // the platform's own steps; none: it does not tell them
	Why         string          // it failed; empty: the platform gives no reason
}

// progress is how far it is, for people.
func (d Deployment) progress() string {
	if d.Total == 0 {
		return d.State.words()
	}
	return fmt.Sprintf("%s, %d of %d steps done", d.State.words(), d.Done, d.Total)
}

// outcome judges a deployment's state: whether it has come to a good end, or an
// error where it has come to another.
func (d Deployment) outcome() (bool, error) {
	switch d.State {
	case StateActive:
		return true, nil
	case StateCancelled:
		return false, failed("deployment %s was cancelled at the platform", short(d.ID))
	case StateFailed:
		return false, failed("the platform could not deploy it: %s", cmp.Or(d.Why, "it gives no reason; its log has more"))
	}
	return false, nil
}

// followDeadline is how long a platform may take to build and start a version.
const followDeadline = 30 * time.Minute

// following is a step that waits for one deployment, by its own ID, until it is
// active. One that takes out the same thing in its place, since somebody else
// started it, is followed instead.
type following struct {
	name, title string
	fact        string // names the deployment, and in the end the one that became active
	calls       []string
	unless      func(Work) string
	// look reads a deployment. It says [Superseded] where another took its place.
	look func(ctx context.Context, id string) (Deployment, error)
}

func (f following) step() Step {
	return Step{Name: f.name, Title: f.title, Deadline: followDeadline, Unless: f.unless, Calls: f.calls,
		Undo: "The old version stays live",
		Watch: func(ctx context.Context, w Work) (Result, error) {
			at := follower{following: f, seen: Deployment{ID: w.Fact(f.fact)}}
			if err := poll(ctx, w, func() (bool, error) { return at.once(ctx, w) }); err != nil {
				return Result{}, orTooLong(ctx, err, fmt.Sprintf("deployment %s is still %s", short(at.seen.ID), at.seen.State.words()))
			}
			return Result{Summary: "deployment " + short(at.seen.ID) + " is active", Facts: map[string]string{f.fact: at.seen.ID}}, nil
		}}
}

// follower follows a deployment.
type follower struct {
	following
	seen   Deployment // the one that is followed now, as it was told last
	absent int        // how often in a row the platform did not know it
}

// mostAbsent is how often in a row a platform may not know a deployment that it
// has just named itself: about half a minute, at the pace of poll.
const mostAbsent = 9

func (f *follower) once(ctx context.Context, w Work) (done bool, err error) {
	d, err := f.look(ctx, f.seen.ID)
	if f.absent++; isGone(err) && f.absent <= mostAbsent {
		w.Tell("the platform does not show deployment " + short(f.seen.ID) + " yet")
		return false, nil
	}
	var superseded *Superseded
	switch {
	case errors.As(err, &superseded) && superseded.By != "":
		f.seen, f.absent = Deployment{ID: superseded.By}, 0
		return false, nil
	case err != nil:
		return false, unlessPassing(err, w)
	}
	f.seen, f.absent = d, 0
	w.Tell(d.progress(), d.Parts...)
	return d.outcome()
}
