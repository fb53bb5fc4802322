package deploy

import (
	"cmp"
	"context"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// The facts with which steps tell each other, and the ledger, what is live.
const (
	factDeployment = work.DeploymentFact // the deployment that an order makes
	factReturned   = work.ReturnedFact   // the deployment that returns to the build that a rollback left
	factDigest     = "digest"            // of what is live, as in Current
	factSpec       = "spec"              // of what is live, as in Current
)

// seeLive asks the platform what is live until it answers.
func seeLive(ctx context.Context, w Work, s Strategy) (now Current, err error) {
	err = poll(ctx, w, func() (bool, error) {
		var err error
		now, err = s.Current(ctx)
		return err == nil, unlessPassing(err, w)
	})
	return now, orTooLong(ctx, err, "the platform does not say what is live")
}

// arrived is a build that went live in the deployment of a fact, as the platform
// reported it.
func arrived(w Work, b build.Build, fact string) *Arrival {
	b.Deployment = cmp.Or(w.Fact(fact), b.Deployment)
	return &Arrival{Build: b, Digest: w.Fact(factDigest), Spec: w.Fact(factSpec)}
}

// LiveFacts are what the platform reports about what is live, as a step tells it.
func LiveFacts(now Current) map[string]string {
	return map[string]string{factDigest: now.Digest, factSpec: now.Spec}
}

// short is an abbreviated ID.
func short(id string) string {
	if len(id) > 8 {
		return id[:8]
	}
	return cmp.Or(id, "none")
}
