package reviews

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/redact"
)

// look asks GitHub which runs wait for the environment, and records those that are new.
func (r *Reviewer) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	runs, err := r.Place.Repository.WaitingRuns(ctx)
	if err != nil {
		return err
	}
	if runs, err = r.withRequested(ctx, runs); err != nil {
		return err
	}
	r.forget(runs)
	slices.SortFunc(runs, func(a, b github.WorkflowRun) int { return a.Started.Compare(b.Started) })
	listed := map[string]bool{}
	for _, run := range runs {
		id := r.id(run)
		if known := r.Ledger.State().Reviews[id]; !known.Waits() || r.elsewhere[id].After(r.Now()) {
			continue // GitHub may keep it waiting for weeks
		}
		if listed[id], err = r.lookAt(ctx, id, run); err != nil {
			return err
		}
	}
	r.listed = listed
	return nil
}

// requestLasts is how long a run that GitHub has asked about is looked up by itself: after
// that GitHub's list has it, if it waits.
const requestLasts = 2 * time.Minute

// asked reports whether GitHub has asked about a run since the last look.
func (r *Reviewer) asked() bool {
	return slices.ContainsFunc(r.Ledger.State().Requested, func(q history.ReviewRequest) bool {
		return q.Environment == r.Place.Environment && q.At.After(r.requested)
	})
}

// withRequested adds the runs that GitHub has asked about and doesn't list yet.
func (r *Reviewer) withRequested(ctx context.Context, runs []github.WorkflowRun) ([]github.WorkflowRun, error) {
	for _, q := range r.Ledger.State().Requested {
		if q.Environment == r.Place.Environment && q.At.After(r.requested) {
			r.requested = q.At
		}
		known := slices.ContainsFunc(runs, func(run github.WorkflowRun) bool { return run.ID == q.Run })
		if q.Environment != r.Place.Environment || known || q.At.Add(requestLasts).Before(r.Now()) {
			continue
		}
		run, err := r.Place.Repository.WorkflowRun(ctx, q.Run)
		var refused *github.Refused
		switch {
		case errors.As(err, &refused) && refused.Gone():
		case err != nil:
			return nil, err
		case !run.Over():
			runs = append(runs, run)
		}
	}
	return runs, nil
}

// forget drops what is known of runs and reviews that no longer wait.
func (r *Reviewer) forget(runs []github.WorkflowRun) {
	s := r.Ledger.State()
	maps.DeleteFunc(r.elsewhere, func(id string, _ time.Time) bool {
		return !slices.ContainsFunc(runs, func(run github.WorkflowRun) bool { return r.id(run) == id })
	})
	maps.DeleteFunc(r.again, func(id string, _ time.Time) bool { known := s.Reviews[id]; return known.Review == "" || !known.Waits() })
}

// lookAt reports whether a run waits for the environment, and records it if it is new.
func (r *Reviewer) lookAt(ctx context.Context, id string, run github.WorkflowRun) (waits bool, err error) {
	pending, err := r.pending(ctx, run.ID)
	if err != nil {
		return false, err
	}
	if pending == nil {
		r.elsewhere[id] = r.Now().Add(lookElsewhere)
		return false, nil
	}
	if s := r.Ledger.State(); s.Reviews[id].Review == "" && !r.unclear(s, run) {
		return true, r.found(ctx, id, run)
	}
	return true, nil
}

// id names the review of a run's attempt.
func (r *Reviewer) id(run github.WorkflowRun) string {
	return fmt.Sprintf("%s/%d/%d", r.Place.Environment, run.ID, run.Attempt)
}

// pending is what a run waits for in the environment; nil: nothing.
func (r *Reviewer) pending(ctx context.Context, run int64) (*github.PendingReview, error) {
	all, err := r.Place.Repository.PendingReviews(ctx, run)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if strings.EqualFold(all[i].Environment, r.Place.Name) {
			return &all[i], nil
		}
	}
	return nil, nil
}

// given are the answers to a run that are about the environment, the oldest first.
func (r *Reviewer) given(ctx context.Context, run int64) ([]github.GivenReview, error) {
	all, err := r.Place.Repository.GivenReviews(ctx, run)
	return slices.DeleteFunc(all, func(g github.GivenReview) bool {
		return !slices.ContainsFunc(g.Environments, func(name string) bool { return strings.EqualFold(name, r.Place.Name) })
	}), err
}

// mostTitle is how much of a run's title is kept, in characters.
const mostTitle = 150

// found records a run that waits, with the release of its commit, and what it supersedes.
func (r *Reviewer) found(ctx context.Context, id string, run github.WorkflowRun) error {
	given, err := r.given(ctx, run.ID)
	if err != nil {
		return err
	}
	version, err := r.version(ctx, run)
	if err != nil {
		return err
	}
	review := event.ReviewFound{Review: id, Environment: r.Place.Environment, Run: run.ID, Attempt: run.Attempt, Release: version, Commit: run.SHA,
		Title: phrase.ShortenAtWord(redact.Line(run.Title, r.Secrets), mostTitle), URL: run.URL, By: run.By, Began: run.Started, Given: len(given)}
	_, err = r.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		if _, known := s.Reviews[id]; known {
			return nil, nil
		}
		review.Release = releaseOf(s, run.SHA, version)
		if own := r.own(s, run); own != nil {
			review.Release, review.Deployment = own.Release, own.ID
			return []event.Event{review}, nil
		}
		return append([]event.Event{review}, r.supersede(s, history.Review{ReviewFound: review})...), nil
	})
	if err != nil {
		return fmt.Errorf("record the review %s: %w", id, err)
	}
	return nil
}

// own is the deployment or rollback of gonogo's that started a workflow run; nil: somebody
// else did. It is known by what gonogo noted when it started it, since anybody can give a
// run a name.
func (r *Reviewer) own(s *history.State, run github.WorkflowRun) *work.Run {
	change := s.Changing(r.Place.Environment)
	if change == nil {
		return nil
	}
	for _, step := range change.Steps {
		for name, value := range step.Facts {
			if strings.HasPrefix(name, work.WorkflowRunFact) && value == strconv.FormatInt(run.ID, 10) {
				return change
			}
		}
	}
	return nil
}

// unclear reports whether a run may be gonogo's own, by its name, without gonogo having
// noted it yet.
func (r *Reviewer) unclear(s *history.State, run github.WorkflowRun) bool {
	change := s.Changing(r.Place.Environment)
	return change != nil && strings.Contains(run.Title, change.ID) && r.own(s, run) == nil && change.Fact(work.WorkflowRunFact) == ""
}

// versionShape matches the names of tags that can name a release.
var versionShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)

// shortCommit is how many digits of a commit name its release.
const shortCommit = 12

// version names the release that a run would open: the tag that it runs on, or else the
// commit.
func (r *Reviewer) version(ctx context.Context, run github.WorkflowRun) (string, error) {
	commit := run.SHA[:min(len(run.SHA), shortCommit)]
	if !versionShape.MatchString(run.Branch) {
		return commit, nil
	}
	tagged, err := r.Place.Repository.CommitOfVersion(ctx, run.Branch)
	switch {
	case errors.Is(err, github.ErrNoSuchRef):
		return commit, nil
	case err != nil:
		return "", err
	case build.SameCommit(tagged.SHA, run.SHA):
		return run.Branch, nil
	}
	return commit, nil
}

// releaseOf is the release of a commit: an open one, else one that was open, else a new
// one with the name given.
func releaseOf(s *history.State, commit, version string) string {
	for _, open := range slices.Backward(s.Opens) {
		if build.SameCommit(s.Releases[open].Commit, commit) {
			return open
		}
	}
	newest := version
	var opened time.Time
	for known, release := range s.Releases {
		if build.SameCommit(release.Commit, commit) && release.Opened.After(opened) {
			newest, opened = known, release.Opened
		}
	}
	if other := s.Releases[newest]; other != nil && !build.SameCommit(other.Commit, commit) {
		return commit[:min(len(commit), shortCommit)] // the tag has moved: a version is one commit
	}
	return newest
}

// supersede opens the release of a review and ends the reviews that began earlier; if a
// newer one waits or was approved, it is ended itself.
func (r *Reviewer) supersede(s *history.State, review history.Review) []event.Event {
	for _, other := range s.Reviews {
		if other.Environment == review.Environment && other.Deployment == "" && review.Before(other) && (other.Waits() || other.Outcome == event.ReviewApproved) {
			return []event.Event{event.ReviewEnded{Review: review.Review, Outcome: event.ReviewSuperseded, Why: newer(other)}}
		}
	}
	var ended []event.Event
	var closes []string
	for _, older := range s.WaitingReviews(review.Environment) {
		if !older.Asked.IsZero() || older.Deployment != "" {
			continue // it may be approved already, or is gonogo's own
		}
		ended = append(ended, event.ReviewEnded{Review: older.Review, Outcome: event.ReviewSuperseded, Why: newer(review)})
		if known := s.Releases[older.Release]; s.IsOpen(older.Release) && older.Release != review.Release && known.OpenedBy == "" && known.Commit != "" {
			closes = append(closes, older.Release)
		}
	}
	if s.IsOpen(review.Release) {
		for _, version := range closes {
			ended = append(ended, event.ReleaseClosed{Release: version, Reason: "superseded by " + review.Release})
		}
		return ended
	}
	closes = append(closes, readiness.Superseded(r.view(s, review), review.Release)...)
	return append(ended, event.ReleaseOpened{Version: review.Release, Commit: review.Commit, Beside: true, Closes: closes})
}

// newer says which run supersedes a review, as the end of a sentence.
func newer(r history.Review) string {
	return fmt.Sprintf("run %d of %s is newer", r.Run, r.Release)
}
