package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/readiness"
)

// followDeadline is how long a platform may take to build and start a version.
const followDeadline = 30 * time.Minute

// follow waits for one deployment, by its own ID, until it is active. One that
// maintenance or a push starts meanwhile is another deployment.
func (r *rolling) follow(name, title, fact string, unless func(Work) string) Step {
	return Step{Name: name, Title: title, Deadline: followDeadline, Unless: unless,
		Calls: []string{"GET /v2/apps/" + r.app + "/deployments/… until it is active"},
		Undo:  "The old version stays live",
		Watch: func(ctx context.Context, w Work) (Result, error) {
			id := w.Fact(fact)
			var d digitalocean.Deployment
			err := poll(ctx, w, func() (bool, error) {
				var err error
				if d, err = r.client.Deployment(ctx, r.app, id); err != nil {
					return false, unlessPassing(err, w)
				}
				w.Tell(progress(d), parts(d)...)
				return settled(d)
			})
			if err != nil {
				return Result{}, orTooLong(ctx, err, fmt.Sprintf("deployment %s is still %s", short(id), phaseWords(d.Phase)))
			}
			return Result{Summary: "deployment " + short(id) + " is active"}, nil
		}}
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
	return "in a phase that the platform calls " + orElse(string(p), "nothing")
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
		all = append(all, readiness.StepPart{Name: name, Status: orElse(status, "waiting"), Detail: s.Reason})
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
	if errors.As(err, &passes) {
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
		return &Unknown{Cause: err, Late: unsure.Late}
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
	return Result{Summary: "quiet again, " + took + " after it began", Facts: map[string]string{"restored_after": took},
		Measures: []readiness.Measure{{Name: "alert to restored", Value: took, OK: true}}}
}
