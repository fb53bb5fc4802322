package deploy

import (
	"context"
	"fmt"
	"time"

	"gonogo/clients/github"
	"gonogo/gates"
	"gonogo/phrase"
)

var _ Sampler = LabelSampler{}

// LabelSampler counts the open issues with a label that were opened since the deployment
// of what is live began: an older one isn't about it.
type LabelSampler struct {
	Client *github.Client
	Label  string
}

// Sample implements [Sampler].
func (l LabelSampler) Sample(ctx context.Context, _ time.Time, scope gates.Scope) (Sample, error) {
	open, err := l.Client.OpenIssues(ctx, []string{l.Label})
	if err != nil {
		return Sample{}, err
	}
	if len(open) == 0 { // as it is for a label that doesn't exist
		if known, err := l.Client.HasLabel(ctx, l.Label); err != nil {
			return Sample{}, err
		} else if !known {
			_, repository := l.Client.Names()
			return Sample{}, fmt.Errorf("%s has no label %q; create it, or correct its name in the trigger", repository, l.Label)
		}
	}
	since := arrival(scope)
	if since.IsZero() {
		return Sample{Data: true, Words: "GitHub answers, and issues count once something is live"}, nil
	}
	return l.count(open, since), nil
}

// arrival is since when an issue may be about what is live; zero: nothing is known to be.
func arrival(scope gates.Scope) time.Time {
	live := scope.View.State.Live[scope.Environment]
	since := live.At
	if run := scope.View.State.Runs[live.Run]; run != nil && run.Started.Before(since) {
		since = run.Started
	}
	return since.Truncate(time.Second) // GitHub's times have no fractions
}

// count names the newest of the issues that count.
func (l LabelSampler) count(open []github.Issue, since time.Time) Sample {
	var counted []github.Issue // the oldest first
	for _, issue := range open {
		if !issue.CreatedAt.Before(since) {
			counted = append(counted, issue)
		}
	}
	s := Sample{Value: float64(len(counted)), Data: true}
	if len(counted) == 0 {
		s.Words = fmt.Sprintf("no open issue labeled %q is newer than what is live", l.Label)
		return s
	}
	newest := counted[len(counted)-1]
	s.Words = fmt.Sprintf("issue #%d is open: %s", newest.Number, phrase.Excerpt(newest.Title))
	if len(counted) > 1 {
		s.Words = fmt.Sprintf("%d issues are open, the newest #%d: %s", len(counted), newest.Number, phrase.Excerpt(newest.Title))
	}
	return s
}
