package reviews

import (
	"context"

	"gonogo/phrase"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/redact"
)

// What is recorded of the commits that would go out.
const (
	mostCompared    = 5   // commits that are listed; the others are counted
	longestSubject  = 100 // characters of a commit's title
	longestAuthor   = 40  // characters of an author's name
	mostUnsuccesful = 20  // deployments without success that may come after the last successful one
)

// compare records which commits would go out, or why that isn't known.
func (r *Reviewer) compare(ctx context.Context, review history.Review) error {
	look, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	since, found := r.changes(look, review)
	return r.record(ctx, review.Review, func(*history.State, history.Review) []event.Event {
		return []event.Event{event.ReviewCompared{Review: review.Review, Since: since, Compared: found}}
	})
}

// changes compares a review's commit with what is live.
func (r *Reviewer) changes(ctx context.Context, review history.Review) (since string, found work.Compared) {
	last, _, err := r.deployed(ctx)
	if err != nil {
		r.Log.Warn("it couldn't be looked up what is live", "environment", r.Place.Environment, "error", err)
		return "", work.Compared{Unknown: "GitHub doesn't say what is live"}
	}
	if since = last.SHA; since == "" {
		return "", work.Compared{Unknown: "GitHub knows of no successful deployment"}
	}
	comparison, err := r.Place.Repository.Compare(ctx, since, review.Commit)
	if err != nil {
		r.Log.Warn("the commits of a workflow run couldn't be compared", "review", review.Review, "error", err)
		return since, work.Compared{Unknown: "GitHub doesn't compare them"}
	}
	found = work.Compared{Ahead: comparison.Ahead, Behind: comparison.Behind, URL: comparison.URL}
	for _, commit := range comparison.Commits[:min(len(comparison.Commits), mostCompared)] {
		found.Commits = append(found.Commits, work.ChangedCommit{SHA: commit.SHA,
			Title: phrase.ShortenAtWord(redact.Line(commit.Title, r.Secrets), longestSubject), Author: phrase.ShortenAtWord(redact.Line(commit.Author, r.Secrets), longestAuthor)})
	}
	return since, found
}
