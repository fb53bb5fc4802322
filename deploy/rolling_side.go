package deploy

import (
	"context"

	"gonogo/clients/digitalocean"
	"gonogo/readiness/build"
)

// Side is one app of a strategy that has two. A version is taken out there as rolling
// does it, with the same steps.
type Side struct{ *rolling }

// NewSide is an app as one of two.
func NewSide(client *digitalocean.Client, app string, as VersionAs) Side {
	return Side{&rolling{client: client, app: app, as: as}}
}

// ID is the app's ID.
func (s Side) ID() string { return s.app }

// Read reads the app.
func (s Side) Read(ctx context.Context) (digitalocean.App, error) { return s.read(ctx) }

// Build is what a deployment brings; nil: nothing.
func (s Side) Build(d *digitalocean.Deployment) build.Build { return s.build(d) }

// Live describes the live deployment of the app.
func (s Side) Live(app digitalocean.App) Current { return s.current(app) }

// Notes says what else a deployment of the app runs.
func (s Side) Notes(spec digitalocean.Spec) []string { return s.notes(spec) }

// UnderWay is the deployment in progress on an app, and the run that made it; nil: there
// is none.
func UnderWay(app digitalocean.App) (d *digitalocean.Deployment, run string) {
	if d = underWay(app); d != nil {
		run = markOf(d)
	}
	return d, run
}

// Update writes the version into the app's spec.
func (s Side) Update(o Order) Step { return s.update(o) }

// Follow waits for the deployment of the update.
func (s Side) Follow() Step {
	return s.follow("follow", "Follow the platform's deployment until it is active", factDeployment, nil)
}

// Healthy checks the platform's health of every component once.
func (s Side) Healthy(ctx context.Context, w Work) error { return s.healthy(ctx, w) }

// Stop stops the deployment that a run has under way.
func (s Side) Stop(run string) Effect { return cancelDeployment{s.rolling, run} }

// Write replaces the app's spec, with a run's mark; without a run, the mark stays.
func (s Side) Write(ctx context.Context, spec digitalocean.Spec, run string) (err error) {
	if run != "" {
		if spec, err = spec.WithMark(markKey, run); err != nil {
			return err
		}
	}
	_, _, err = s.client.Update(ctx, s.app, spec)
	return classifyWrite(err)
}

// Failure is why the newest deployment of the app failed, if that one has a domain; "" if
// it didn't fail.
func (s Side) Failure(ctx context.Context, domain string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	list, err := s.client.Deployments(ctx, s.app, 1)
	if err != nil || len(list) == 0 || list[0].Spec.Domain(domain) == "" {
		return "", classifyRead(err)
	}
	if _, err := deploymentOf(list[0]).outcome(); err != nil {
		return err.Error(), nil
	}
	return "", nil
}

// LastDomain is the entry of a domain in the newest of the app's deployments that had
// it; empty if none did.
func (s Side) LastDomain(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	list, err := s.client.Deployments(ctx, s.app, keptDeployments)
	if err != nil {
		return "", classifyRead(err)
	}
	for _, d := range list {
		if entry := d.Spec.Domain(name); entry != "" {
			return entry, nil
		}
	}
	return "", nil
}
