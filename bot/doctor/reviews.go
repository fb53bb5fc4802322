package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gonogo/bot/config"
	"gonogo/bot/doctor/finding"
	"gonogo/clients/github"
	"gonogo/phrase"
)

// reviews checks that an environment at GitHub waits for gonogo's review. Whether the
// token may give it is only known for sure once a run waits.
func (x examiner) reviews(ctx context.Context, review config.Review) []finding.Finding {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	subject := "reviews of " + review.Environment
	environment, err := review.Client.Environment(ctx, review.Name)
	if err != nil {
		return []finding.Finding{finding.Fault(subject, err.Error())}
	}
	if review.Rule {
		return []finding.Finding{x.protectionRule(ctx, subject, review)}
	}
	if len(environment.Reviewers)+environment.Teams == 0 {
		return []finding.Finding{finding.Fault(subject, "GitHub's environment "+review.Name+" has no required reviewers, so its deployments don't wait for gonogo; add the owner of gonogo's token to them")}
	}
	login, err := review.Client.Login(ctx)
	var refused *github.Refused
	switch {
	case errors.As(err, &refused) && refused.Status == 403:
		return []finding.Finding{finding.Fault(subject, "a GitHub App can't be a required reviewer; set GITHUB_TOKEN to a token of a person who is one of "+review.Name)}
	case err != nil:
		return []finding.Finding{finding.Fault(subject, err.Error())}
	}
	found := x.mayReview(subject, review.Name, login, environment)
	if environment.NoSelfReview {
		found = append(found, finding.Warn(subject, review.Name+" prevents self-review, so "+login+" can't approve runs that it started itself"))
	}
	return found
}

// liveSite checks that a site shows what is live.
func (x examiner) liveSite(ctx context.Context, review config.Review) []finding.Finding {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	subject := "what is live on " + review.Environment
	version, err := review.Site.Read(ctx)
	if err != nil {
		return []finding.Finding{finding.Fault(subject, "its version can't be read: "+phrase.Cause(err)+"; until it can, "+review.Environment+" is NO-GO")}
	}
	return []finding.Finding{finding.OK(subject, "its site shows "+version)}
}

// protectionRule checks that GitHub waits for gonogo's App.
func (x examiner) protectionRule(ctx context.Context, subject string, review config.Review) finding.Finding {
	enabled, err := review.Client.ProtectionRule(ctx, review.Name)
	switch {
	case err != nil:
		return finding.Fault(subject, err.Error())
	case !enabled:
		return finding.Fault(subject, "the App's deployment protection rule isn't enabled for GitHub's environment "+review.Name+", so its deployments don't wait for gonogo; enable it in the environment's settings")
	}
	return finding.OK(subject, "gonogo's App is a deployment protection rule of "+review.Name)
}

// mayReview looks for the token's owner among the reviewers. Who is in a team isn't
// asked.
func (x examiner) mayReview(subject, name, login string, e github.ProtectedEnvironment) []finding.Finding {
	switch {
	case slices.ContainsFunc(e.Reviewers, func(one string) bool { return strings.EqualFold(one, login) }):
		return []finding.Finding{finding.OK(subject, login+" may review the deployments to "+name)}
	case e.Teams > 0:
		return []finding.Finding{finding.Warn(subject, login+" isn't itself a required reviewer of "+name+"; it must be in one of its teams")}
	}
	return []finding.Finding{finding.Fault(subject, login+", the owner of gonogo's token, isn't among the required reviewers of GitHub's environment "+name+"; add it there")}
}
