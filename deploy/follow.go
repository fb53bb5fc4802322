package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/readiness"
)

// followDeadline is how long a platform may take to build and start a version.
const followDeadline = 30 * time.Minute

// follow waits for one deployment, by its own ID, until it is active. One that
// maintenance or a push starts meanwhile is another deployment, and is followed
// in its place where it takes out the same thing.
func (r *rolling) follow(name, title, fact string, unless func(Work) string) Step {
	return Step{Name: name, Title: title, Deadline: followDeadline, Unless: unless,
		Calls: []string{"GET /v2/apps/" + r.app + "/deployments/… until it is active"},
		Undo:  "The old version stays live",
		Watch: func(ctx context.Context, w Work) (Result, error) {
			f := follower{rolling: r, id: w.Fact(fact)}
			if err := poll(ctx, w, func() (bool, error) { return f.look(ctx, w) }); err != nil {
				return Result{}, orTooLong(ctx, err, fmt.Sprintf("deployment %s is still %s", short(f.id), phaseWords(f.seen.Phase)))
			}
			return Result{Summary: "deployment " + short(f.id) + " is active", Facts: map[string]string{fact: f.id}}, nil
		}}
}

// follower follows a deployment.
type follower struct {
	*rolling
	id     string                  // the one that is followed now
	seen   digitalocean.Deployment // as it was told last
	absent int                     // how often in a row the platform did not know it
}

// mostAbsent is how often in a row a platform may not know a deployment that it
// has just named itself: about half a minute, at the pace of poll.
const mostAbsent = 9

func (f *follower) look(ctx context.Context, w Work) (done bool, err error) {
	d, err := f.client.Deployment(ctx, f.app, f.id)
	if f.absent++; unheardOf(err) && f.absent <= mostAbsent {
		w.Tell("the platform does not show deployment " + short(f.id) + " yet")
		return false, nil
	}
	if err != nil {
		return false, unlessPassing(err, w)
	}
	f.seen, f.absent = d, 0
	w.Tell(progress(d), parts(d)...)
	if d.Phase != digitalocean.PhaseSuperseded {
		return settled(d)
	}
	next, err := f.since(ctx, d.ID, func(next digitalocean.Deployment) bool { return f.repeats(next, d) })
	switch {
	case err != nil:
		return false, unlessPassing(err, w)
	case next == nil:
		return settled(d)
	}
	f.id = next.ID
	return false, nil
}

// repeats reports whether a deployment takes out what another does: the same
// version, written by the same run.
func (r *rolling) repeats(next, d digitalocean.Deployment) bool {
	return r.version(next.Spec) == r.version(d.Spec) && next.Spec.Mark(markKey) == d.Spec.Mark(markKey)
}

func unheardOf(err error) bool {
	var refused *digitalocean.Refused
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}

// settled judges a deployment's phase: whether it has come to a good end, or
// an error where it has come to another.
func settled(d digitalocean.Deployment) (bool, error) {
	switch d.Phase {
	case digitalocean.PhaseActive:
		return true, nil
	case digitalocean.PhaseSuperseded:
		return false, failed("another deployment has replaced %s before gonogo saw it healthy", short(d.ID))
	case digitalocean.PhaseCanceled:
		return false, failed("deployment %s was cancelled at the platform", short(d.ID))
	case digitalocean.PhaseError:
		return false, failed("the platform could not deploy it: %s", whyError(d))
	}
	return false, nil
}

// whyError is the platform's reason at the step that failed.
func whyError(d digitalocean.Deployment) string {
	for _, s := range d.Steps {
		if s.Status == digitalocean.StepError && s.Reason != "" {
			return s.Name + ": " + s.Reason
		}
	}
	return "it gives no reason; its log has more"
}

func progress(d digitalocean.Deployment) string {
	if d.Total == 0 {
		return phaseWords(d.Phase)
	}
	return fmt.Sprintf("%s, %d of %d steps done", phaseWords(d.Phase), d.Done, d.Total)
}

// phaseWords is a phase for people.
func phaseWords(p digitalocean.Phase) string {
	switch p {
	case digitalocean.PhasePendingBuild:
		return "waiting for its build"
	case digitalocean.PhaseBuilding:
		return "being built"
	case digitalocean.PhasePendingDeploy:
		return "waiting to be started"
	case digitalocean.PhaseDeploying:
		return "being started"
	case digitalocean.PhaseActive:
		return "active"
	}
	return "in a phase that the platform calls " + cmp.Or(string(p), "nothing")
}

// parts are the platform's own steps.
func parts(d digitalocean.Deployment) []readiness.StepPart {
	var all []readiness.StepPart
	for _, s := range d.Steps {
		status := map[digitalocean.StepStatus]string{
			digitalocean.StepRunning: "running", digitalocean.StepSuccess: "good", digitalocean.StepError: "bad",
		}[s.Status]
		name := s.Name
		if s.Component != "" {
			name += " " + s.Component
		}
		all = append(all, readiness.StepPart{Name: name, Status: cmp.Or(status, "waiting"), Detail: s.Reason})
	}
	return all
}

// The pace of polls: quick after something has happened, slower the longer
// nothing does. The platform allows 250 requests a minute and 5,000 an hour.
const (
	firstPoll   = 250 * time.Millisecond
	slowestPoll = 10 * time.Second
)

// poll looks until done is true or an error, slower from look to look.
func poll(ctx context.Context, w Work, look func() (done bool, err error)) error {
	for wait := firstPoll; ; wait = min(wait*3/2, slowestPoll) {
		if done, err := look(); done || err != nil {
			return err
		}
		if err := w.Pause(ctx, wait); err != nil {
			return err
		}
	}
}

// unlessPassing lets a read that failed for a while be asked again: nil for
// those, and the error where asking again would not help.
func unlessPassing(err error, w Work) error {
	var passes *digitalocean.Unavailable
	if err == nil {
		return nil
	}
	var later *Later
	if errors.As(err, &passes) || errors.As(err, &later) {
		w.Tell("the platform does not answer: " + err.Error())
		return nil
	}
	return err
}

// orTooLong says what was waited for when the time was over.
func orTooLong(ctx context.Context, err error, still string) error {
	if err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) && errors.Is(err, context.DeadlineExceeded) {
		return &tooLong{still, err}
	}
	return err
}

// tooLong says what was waited for in vain.
type tooLong struct {
	still string
	cause error
}

// Error implements error.
func (t *tooLong) Error() string { return t.still + ", and its time is over" }

// Unwrap gives the cause.
func (t *tooLong) Unwrap() error { return t.cause }

// judge sorts what became of a write: refused, to be tried later, or unknown.
func judge(err error) error {
	var unsure *digitalocean.Unsure
	var refused *digitalocean.Refused
	switch {
	case errors.As(err, &unsure):
		return &Unknown{Cause: err}
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		return &Later{refused.RetryAfter, err}
	}
	return err
}

// passing makes a read that failed for a while something to try again.
func passing(err error) error {
	var passes *digitalocean.Unavailable
	if errors.As(err, &passes) {
		return &Later{max(passes.RetryAfter, slowestPoll), err}
	}
	return err
}

// quietDeadline is how long after a rollback an alert may take to be quiet: its
// query looks back some minutes, and Alertmanager speaks every group interval.
const quietDeadline = 20 * time.Minute

// quietStep waits until what began a rollback is over.
func quietStep(o Order) Step {
	return Step{Name: "quiet", Title: "Wait until what began it is quiet", Deadline: quietDeadline,
		Unless: func(Work) string {
			if o.Incident == "" {
				return "a person asked for it, and no alert"
			}
			return ""
		},
		Watch: func(ctx context.Context, w Work) (Result, error) {
			err := w.Until(ctx, func(s *readiness.State) bool { i := s.Incidents[o.Incident]; return i == nil || !i.Firing() })
			if err != nil {
				return Result{}, orTooLong(ctx, err, "it still fires")
			}
			return restored(w.State().Incidents[o.Incident]), nil
		}}
}

// restored says how long it took from the alert until it was quiet.
func restored(i *readiness.Incident) Result {
	if i == nil {
		return Result{Summary: "it is quiet"}
	}
	took := readiness.Span(i.Ended.Sub(i.Began))
	return Result{Summary: "quiet again, " + took + " after it began", Facts: map[string]string{readiness.RestoredFact: took},
		Measures: []readiness.Measure{{Name: "alert to restored", Value: took, OK: true}}}
}
