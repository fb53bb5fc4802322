package deploy

import (
	"cmp"
	"context"

	"gonogo/clients/digitalocean"
	"gonogo/readiness/work"
)

// follow waits for one deployment until it is active.
func (r *rolling) follow(name, title, fact string, unless func(Work) string) Step {
	return following{name: name, title: title, fact: fact, unless: unless, look: r.look,
		calls: []string{"GET /v2/apps/" + r.app + "/deployments/… until it is active"}}.step()
}

// look reads a deployment. It is superseded by one that maintenance or a push starts
// meanwhile.
func (r *rolling) look(ctx context.Context, id string) (Deployment, error) {
	d, err := r.client.Deployment(ctx, r.app, id)
	if err != nil {
		return Deployment{}, classifyRead(err)
	}
	if d.Phase != digitalocean.PhaseSuperseded {
		return deploymentOf(d), nil
	}
	next, err := r.since(ctx, d.ID, func(next digitalocean.Deployment) bool { return r.repeats(next, d) })
	if err != nil {
		return Deployment{}, err
	}
	return Deployment{}, &Superseded{By: r.build(next).Deployment,
		Cause: failed("another deployment has replaced %s before gonogo saw it healthy", short(d.ID))}
}

// repeats reports whether a deployment deploys the same as another: the same version,
// written by the same run.
func (r *rolling) repeats(next, d digitalocean.Deployment) bool {
	return r.version(next.Spec) == r.version(d.Spec) && next.Spec.Mark(markKey) == d.Spec.Mark(markKey)
}

func deploymentOf(d digitalocean.Deployment) Deployment {
	return Deployment{ID: d.ID, State: stateOf(d.Phase), Done: d.Done, Total: d.Total, Parts: parts(d), Why: whyError(d)}
}

// stateOf is a phase as a state.
func stateOf(p digitalocean.Phase) State {
	states := map[digitalocean.Phase]State{
		digitalocean.PhasePendingBuild: StateQueued, digitalocean.PhaseBuilding: StateBuilding,
		digitalocean.PhasePendingDeploy: StateBuilt, digitalocean.PhaseDeploying: StateStarting,
		digitalocean.PhaseActive: StateActive, digitalocean.PhaseError: StateFailed, digitalocean.PhaseCanceled: StateCancelled,
	}
	return cmp.Or(states[p], State(p))
}

// whyError is the platform's reason at the step that failed, if it gives one.
func whyError(d digitalocean.Deployment) string {
	for _, s := range d.Steps {
		if s.Status == digitalocean.StepError && s.Reason != "" {
			return s.Name + ": " + s.Reason
		}
	}
	return ""
}

// parts are the platform's own steps.
func parts(d digitalocean.Deployment) []work.StepPart {
	var all []work.StepPart
	for _, s := range d.Steps {
		status := map[digitalocean.StepStatus]string{
			digitalocean.StepRunning: "running", digitalocean.StepSuccess: "good", digitalocean.StepError: "bad",
		}[s.Status]
		name := s.Name
		if s.Component != "" {
			name += " " + s.Component
		}
		all = append(all, work.StepPart{Name: name, Status: cmp.Or(status, "waiting"), Detail: s.Reason})
	}
	return all
}
