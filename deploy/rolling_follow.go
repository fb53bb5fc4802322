package deploy

import (
	"cmp"
	"context"
	"fmt"
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
	err = classifyRead(err)
	if f.absent++; isGone(err) && f.absent <= mostAbsent {
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
