package runs

import (
	"context"
	"fmt"
	"time"

	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// NotGo says that a deployment may not start, and why.
type NotGo struct{ Decision readiness.Decision }

// Error implements error.
func (n NotGo) Error() string {
	return fmt.Sprintf("NO-GO for %s: %s", n.Decision.Environment, phrase.Count(len(n.Decision.Blockers), "blocker"))
}

// DeployRequest asks to deploy an open release to an environment.
type DeployRequest struct {
	Key         string // once-only key of the act that asked
	Environment string
	Version     string // what was planned; if another release is open by now, it is refused
	Commit      string
	NoWayBack   bool // the person accepts that there is no way back
	By, Channel string
	Scheduled   string // ID of the scheduled deployment that it is; empty: a person starts it
}

// BadVersion says that the platform can't have a version of that name.
type BadVersion struct{ Version, Why string }

// Error implements error.
func (b BadVersion) Error() string { return b.Version + " cannot be deployed: " + b.Why }

// DeploySteps lists what a deployment of a release would do now.
func (r *Runs) DeploySteps(environment, version string) ([]deploy.Step, error) {
	env, ok := r.opts.Environments[environment]
	release := r.opts.Ledger.State().Releases[version]
	switch {
	case !ok:
		return nil, ErrNoStrategy
	case release == nil:
		return nil, ErrNoRelease
	}
	if why := env.Strategy.Refuses(release.Version); why != "" {
		return nil, BadVersion{release.Version, why}
	}
	order := deploy.Order{Run: "…", From: r.opts.Ledger.State().Live[environment].Build, To: build.Build{Version: release.Version, Commit: release.Commit}}
	return deploy.ToDo(deploy.Deploying(env, order)), nil
}

// Silenced are the labels of the alerts that are silenced during a cutover; none: no alerts are.
func (r *Runs) Silenced(environment string) map[string]string {
	return r.opts.Environments[environment].Silence
}

// Deployable lists the environments that gonogo can deploy to.
func (r *Runs) Deployable() []string {
	var names []string
	for _, e := range r.opts.Checklist.Environments {
		if _, ok := r.opts.Environments[e.Name]; ok {
			names = append(names, e.Name)
		}
	}
	return names
}

// Deploy starts a deployment. Everything that must be true is checked again in the
// decision that starts it, and the same decision locks the environment.
func (r *Runs) Deploy(ctx context.Context, req DeployRequest) (id string, err error) {
	env, ok := r.opts.Environments[req.Environment]
	if !ok {
		return "", ErrNoStrategy
	}
	if why := env.Strategy.Refuses(req.Version); why != "" {
		return "", BadVersion{req.Version, why}
	}
	id = runID(req.Key)
	r.Observe(ctx, req.Environment)
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *history.State, now time.Time) ([]event.Event, error) {
		return r.decideDeployment(s, now, env, id, req)
	})
	if err != nil {
		return "", err
	}
	switch receipt.Events[0].(type) {
	case event.PlanWithdrawn:
		return "", ErrWithdrawn
	case event.DeploymentScheduled:
		return "", ErrScheduled
	}
	if !receipt.Repeat {
		r.launch(id, false)
	}
	return id, nil
}

// decideDeployment is the decision that starts a deployment.
func (r *Runs) decideDeployment(s *history.State, now time.Time, env deploy.Environment, id string, req DeployRequest) ([]event.Event, error) {
	release := s.Releases[req.Version]
	switch {
	case s.Open == "":
		return nil, ErrNoRelease
	case !s.IsOpen(req.Version) || release.Commit != req.Commit:
		return nil, ErrOtherRelease
	case req.Scheduled != "" && !s.Scheduled[req.Scheduled].Waits():
		return nil, ErrUnscheduled
	}
	view := readiness.View{Checklist: r.opts.Checklist, State: s, Now: now, Version: req.Version}
	decision := view.DecideStart(req.Environment, req.By)
	if !decision.Go {
		return nil, NotGo{decision}
	}
	first := s.NoWayBack(req.Environment, req.Version)
	if first && !req.NoWayBack {
		return nil, ErrFirst
	}
	basis := view.Basis(req.Environment)
	change := &work.Change{Environment: req.Environment, From: s.Live[req.Environment].Build, To: build.Build{Version: release.Version, Commit: release.Commit},
		NoWayBack: first, Scheduled: req.Scheduled, Basis: &basis, Override: decision.Override(), Approvals: approvers(view, req.Environment)}
	return starting(env, event.RunStarted{Run: id, What: work.Deployment, Title: release.Version + " to " + req.Environment,
		Release: release.Version, By: req.By, Channel: req.Channel, Change: change}), nil
}

// Withdraw withdraws a plan, under the key with which it would be started or scheduled:
// the first of these counts. It returns the run that was started instead, if one was, and
// ErrScheduled if it was scheduled.
func (r *Runs) Withdraw(ctx context.Context, key, environment, by string) (started string, err error) {
	receipt, err := r.opts.Ledger.Once(ctx, key, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.PlanWithdrawn{Environment: environment, By: by}}, nil
	})
	if err != nil {
		return "", err
	}
	switch first := receipt.Events[0].(type) {
	case event.RunStarted:
		return first.Run, nil
	case event.DeploymentScheduled:
		return "", ErrScheduled
	}
	return "", nil
}

func approvers(v readiness.View, environment string) []string {
	var all []string
	for _, role := range v.Approval(environment).Roles {
		if role.Approved() {
			by := role.SignOff.By
			if role.SignOff.Deputy {
				by += " (deputy)"
			}
			all = append(all, role.Role.ID+" "+by)
		}
	}
	return all
}
