package deploy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gonogo/clients/github"
	"gonogo/gates"
	"gonogo/phrase"
)

var _ Sampler = (*LabelSampler)(nil)

// LabelSampler counts the open issues with a label that were opened, or got the label,
// since the deployment of what is live began: one that had it before isn't about it.
type LabelSampler struct {
	Client *github.Client
	Label  string

	mu      sync.Mutex
	labeled map[int]labelTime // by issue: those that are older than what is live
}

// labelTime is when an issue got the label, as was looked up when it had last changed at
// changed.
type labelTime struct{ changed, at time.Time }

// mostLookedUp is how many issues are looked up at a time: each takes a request.
const mostLookedUp = 20

// Sample implements [Sampler].
func (l *LabelSampler) Sample(ctx context.Context, _ time.Time, scope gates.Scope) (Sample, error) {
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
	counted, err := l.counted(ctx, open, since)
	if err != nil {
		return Sample{}, err
	}
	return l.words(counted), nil
}

// counted lists the issues that count, the newest last.
func (l *LabelSampler) counted(ctx context.Context, open []github.Issue, since time.Time) (counted []github.Issue, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.lookUp(ctx, open, since); err != nil {
		return nil, err
	}
	for _, issue := range open {
		if !l.labeled[issue.Number].since(issue).Before(since) {
			counted = append(counted, issue)
		}
	}
	slices.SortStableFunc(counted, func(a, b github.Issue) int { return l.labeled[a.Number].since(a).Compare(l.labeled[b.Number].since(b)) })
	return counted, nil
}

// lookUp finds out when the older issues got the label. One that hasn't changed since what
// is live was deployed had it before.
func (l *LabelSampler) lookUp(ctx context.Context, open []github.Issue, since time.Time) error {
	known, looked := map[int]labelTime{}, 0
	defer func() { l.labeled = known }()
	for _, issue := range open {
		if !issue.CreatedAt.Before(since) || issue.UpdatedAt.Before(since) {
			continue
		}
		got, ok := l.labeled[issue.Number]
		if !ok || !got.changed.Equal(issue.UpdatedAt) {
			if looked++; looked > mostLookedUp {
				return fmt.Errorf("more than %d older issues labeled %q have changed since the deployment; gonogo looks at the others next time", mostLookedUp, l.Label)
			}
			at, err := l.Client.LabeledAt(ctx, issue.Number, l.Label)
			if err != nil {
				return err
			}
			got = labelTime{issue.UpdatedAt, at}
		}
		known[issue.Number] = got
	}
	return nil
}

// since is since when an issue counts.
func (t labelTime) since(issue github.Issue) time.Time {
	if t.at.After(issue.CreatedAt) {
		return t.at
	}
	return issue.CreatedAt
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

// words name the newest of the issues that count.
func (l *LabelSampler) words(counted []github.Issue) Sample {
	s := Sample{Value: float64(len(counted)), Data: true}
	if len(counted) == 0 {
		s.Words = fmt.Sprintf("no open issue was labeled %q since what is live was deployed", l.Label)
		return s
	}
	newest := counted[len(counted)-1]
	s.Words = fmt.Sprintf("issue #%d is open: %s", newest.Number, phrase.Excerpt(newest.Title))
	if len(counted) > 1 {
		s.Words = fmt.Sprintf("%d issues are open, the newest #%d: %s", len(counted), newest.Number, phrase.Excerpt(newest.Title))
	}
	return s
}
