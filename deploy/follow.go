package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"gonogo/phrase"
	"gonogo/readiness/work"
	"time"
)

// State is the state of a deployment, in the words that all platforms share. A state
// that isn't among these keeps the platform's own word.
type State string

// The states of a deployment.
const (
	StateQueued    State = "queued"    // waits to be built
	StateBuilding  State = "building"  // is being built
	StateBuilt     State = "built"     // waits to be started
	StateStarting  State = "starting"  // is being started
	StateActive    State = "active"    // succeeded: it is live
	StateFailed    State = "failed"    // failed: what was live before stays live
	StateCancelled State = "cancelled" // somebody stopped it
)

// Words are a state for people.
func (s State) Words() string {
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

// Deployment is one deployment, as its platform reports it now.
type Deployment struct {
	ID          string
	State       State
	Done, Total int             // of the platform's own steps; no total: it doesn't count them
	Parts       []work.StepPart // the platform's own steps; none: not reported
	Why         string          // why it failed; empty: the platform gives no reason
}

// progress is how far it is, in words.
func (d Deployment) progress() string {
	if d.Total == 0 {
		return d.State.Words()
	}
	return d.State.Words() + ", " + phrase.Of(d.Done, d.Total, "step") + " done"
}

// outcome reports whether a deployment has succeeded, and returns an error if it ended
// otherwise.
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

// following is a step that waits for one deployment, by its ID, until it is active. If
// somebody else starts one that replaces it and deploys the same thing, that one is
// followed instead.
type following struct {
	name, title string
	fact        string // names the deployment, and finally the one that became active
	calls       []string
	unless      func(Work) string
	// look reads a deployment. It returns [Superseded] if another one replaced it.
	look func(ctx context.Context, id string) (Deployment, error)
}

func (f following) step() Step {
	return Step{Name: f.name, Title: f.title, Deadline: followDeadline, Unless: f.unless, Calls: f.calls,
		Undo: "The old version stays live",
		Watch: func(ctx context.Context, w Work) (Result, error) {
			at := follower{following: f, seen: Deployment{ID: w.Fact(f.fact)}}
			if err := poll(ctx, w, func() (bool, error) { return at.once(ctx, w) }); err != nil {
				return Result{}, orTooLong(ctx, err, fmt.Sprintf("deployment %s is still %s", short(at.seen.ID), at.seen.State.Words()))
			}
			return Result{Summary: "deployment " + short(at.seen.ID) + " is active", Facts: map[string]string{f.fact: at.seen.ID}}, nil
		}}
}

// follower follows a deployment.
type follower struct {
	following
	seen   Deployment // the one that is followed now, as last reported
	absent int        // how many times in a row the platform did not know it
}

// mostAbsent is how many times in a row a platform may not know a deployment whose ID
// it has just returned: about half a minute, at the pace of poll.
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
