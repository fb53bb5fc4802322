package reviews

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// followEvery is how often GitHub is asked what is live.
const followEvery = time.Minute

// deployed is GitHub's last successful deployment to the environment; its ID is 0 if there
// is none.
func (r *Reviewer) deployed(ctx context.Context) (last github.DeploymentRecord, run int64, err error) {
	all, err := r.Place.Repository.Deployments(ctx, r.Place.Name)
	if err != nil {
		return last, 0, err
	}
	for _, d := range all[:min(len(all), mostUnsuccesful)] {
		state, err := r.Place.Repository.DeploymentState(ctx, d.ID)
		if err != nil {
			return last, 0, err
		}
		if state.State == "success" {
			return d, state.Run, nil
		}
	}
	return last, 0, nil
}

// follow records what GitHub has deployed since the last time.
func (r *Reviewer) follow(ctx context.Context) error {
	if !r.Place.Live || r.followed.Add(followEvery).After(r.Now()) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	r.followed = r.Now()
	last, run, err := r.deployed(ctx)
	if err != nil {
		return err
	}
	if r.arrival(r.Ledger.State(), last, run) == nil {
		return nil
	}
	_, err = r.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		if arrived := r.arrival(s, last, run); arrived != nil {
			return []event.Event{arrived}, nil
		}
		return nil, nil
	})
	if err != nil {
		return fmt.Errorf("record what is live on %s: %w", r.Place.Environment, err)
	}
	return nil
}

// arrival is a deployment as it is recorded; nil: it is, or a newer one. What a run brought
// that gonogo let through counts as verified, since the workflow itself succeeded. Anything
// else was deployed outside gonogo.
func (r *Reviewer) arrival(s *history.State, d github.DeploymentRecord, run int64) event.Event {
	if known, err := strconv.ParseInt(s.Live[r.Place.Environment].Deployment, 10, 64); d.ID == 0 || err == nil && known >= d.ID {
		return nil // IDs increase, so the answer is out of date
	}
	arrived := build.Build{Version: releaseOf(s, d.SHA, d.SHA[:min(len(d.SHA), shortCommit)]), Commit: d.SHA, Deployment: strconv.FormatInt(d.ID, 10)}
	began := d.Created
	var approved history.Review
	for _, review := range s.Reviews {
		if review.Environment != r.Place.Environment || review.Run != run || review.Outcome != event.ReviewApproved {
			continue
		}
		if review.Ended.After(began) {
			began = review.Ended // GitHub creates the deployment before the run waits
		}
		if review.EndedBy == "" && review.Attempt > approved.Attempt {
			approved = review
		}
	}
	if approved.Review == "" || !build.SameCommit(approved.Commit, d.SHA) {
		return event.PlatformObserved{Environment: r.Place.Environment, Build: arrived, Tagged: true, Began: began}
	}
	arrived.Version = approved.Release
	return event.VersionWentLive{Environment: r.Place.Environment, Build: arrived, Review: approved.Review, Verified: true, Began: began}
}
