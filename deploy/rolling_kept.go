package deploy

import (
	"context"
	"slices"

	"gonogo/clients/digitalocean"
	"gonogo/readiness/build"
)

var (
	_ Pinner         = (*rolling)(nil)
	_ TargetLister   = (*rolling)(nil)
	_ RollbackWarner = (*rolling)(nil)
)

// RollbackWarnings implements [RollbackWarner]. That the platform would refuse at the moment
// is not among its warnings: the run first stops what is under way and releases an older pin.
func (r *rolling) RollbackWarnings(ctx context.Context, to build.Build) ([]string, error) {
	if to.Deployment == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	said, err := r.client.ValidateRollback(ctx, r.app, to.Deployment)
	if err != nil {
		return nil, classifyRead(err)
	}
	var warnings []string
	for _, warning := range said.Warnings {
		warnings = append(warnings, warning.Message)
	}
	return warnings, nil
}

// keptDeployments is how many deployments to look at: App Platform rolls back only to
// the last few.
const keptDeployments = 20

// RollbackTargets implements [TargetLister]: it lists the deployments that were live. Whether the
// platform accepts one of them is known only when it is asked to validate that.
func (r *rolling) RollbackTargets(ctx context.Context) ([]build.Build, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	list, err := r.client.Deployments(ctx, r.app, keptDeployments)
	if err != nil {
		return nil, classifyRead(err)
	}
	seen := []string{""}
	var kept []build.Build
	for _, d := range list {
		version := r.version(d.Spec)
		switch {
		case slices.Contains(seen, version):
			continue
		case d.Phase == digitalocean.PhaseActive:
			seen = append(seen, version)
		case d.Phase == digitalocean.PhaseSuperseded:
			seen = append(seen, version)
			kept = append(kept, build.Build{Version: version, Commit: d.Commits[r.as.names()[0]], Deployment: d.ID})
		}
	}
	return kept, nil
}
