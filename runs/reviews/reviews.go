// Package reviews answers the deployment reviews of GitHub: gonogo is a required reviewer
// of an environment there, or its custom deployment protection rule, and approves a workflow
// run that waits for it once the decision for the environment is GO.
//
//	a run waits ──▶ found ──▶ GO, no check running ──▶ intended ──▶ approved, once
//	                  │                                   └── no answer: looked up first
//	                  ├── a person rejects it ──▶ intended ──▶ rejected
//	                  └── answered by somebody else, superseded by a newer run, or over
//
// GitHub is asked every 15 seconds which runs wait; so nothing has to reach gonogo from
// outside. To a protection rule, which is a GitHub App, GitHub also says at once that a run
// waits; an [Inbox] takes that, and the run is looked up like any other. A run that waits opens the release of its commit, if none is open, and
// supersedes those of the environment that began earlier and still wait. NO-GO answers
// nothing: the run goes on waiting, and its card in Slack says what blocks it. A protection
// rule says it at GitHub, too, in a status report.
//
// A [Reviewer] is one goroutine. What it knows is in the ledger (history.Review); in
// memory it only has which runs GitHub listed last, and how long to leave GitHub alone.
// An answer is intended in the ledger's own goroutine, where the decision is judged once
// more, and sent after that. If its outcome isn't known, GitHub is asked before it is
// sent again. What GitHub refuses is on the card, and tried again later.
package reviews

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/commits"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Repository is the repository whose workflow runs wait.
type Repository interface {
	commits.Source
	WaitingRuns(ctx context.Context) ([]github.WorkflowRun, error)
	WorkflowRun(ctx context.Context, id int64) (github.WorkflowRun, error)
	PendingReviews(ctx context.Context, run int64) ([]github.PendingReview, error)
	GivenReviews(ctx context.Context, run int64) ([]github.GivenReview, error)
	Review(ctx context.Context, run, environment int64, approve bool, comment string) error
	AnswerRule(ctx context.Context, run int64, environment string, approve bool, comment string) error
	ReportRule(ctx context.Context, run int64, environment, comment string) error
	RuleRequest(d github.Delivery) (github.RuleRequest, error)
	Signed(d github.Delivery) bool
	Checks(ctx context.Context, commit string) ([]github.Check, error)
	Deployments(ctx context.Context, environment string) ([]github.DeploymentRecord, error)
	DeploymentState(ctx context.Context, id int64) (github.DeploymentState, error)
}

var _ Repository = (*github.Client)(nil)

// Place is an environment whose deployments gonogo reviews.
type Place struct {
	Environment string // in gonogo's configuration
	Repository  Repository
	Name        string // of the environment at GitHub
	Rule        bool   // gonogo is a protection rule there, instead of a required reviewer
	Live        bool   // GitHub's last successful deployment there is what is live
}

// Options configures a Reviewer.
type Options struct {
	Ledger    *storage.Ledger
	Checklist *checklist.Checklist
	Place     Place
	Secrets   []string // values that must be in no title and comment
	Now       func() time.Time
	Log       *slog.Logger
}

// Reviewer answers the reviews of one environment.
type Reviewer struct {
	Options

	// Owned by the goroutine in Run.
	listed    map[string]bool      // by review: GitHub said last that it waits
	elsewhere map[string]time.Time // by review: it waits for another environment, and when to look again
	fresh     bool                 // GitHub said so in this round
	poll      time.Time            // when GitHub is asked next which runs wait
	followed  time.Time            // when GitHub was asked last what is live
	requested time.Time            // when the newest request came that was looked at
	pause     retry.Backoff        // after GitHub couldn't be asked
	again     map[string]time.Time // by review: when it is looked at next
}

// The pace at which GitHub is asked.
const (
	pollEvery     = 15 * time.Second
	firstRetry    = 15 * time.Second
	lastRetry     = 5 * time.Minute
	refusedRetry  = 10 * time.Minute // after a refusal, whose cause a person has to fix
	lookElsewhere = time.Minute      // until a run that waits for another environment may wait for this one
	batchWindow   = 200 * time.Millisecond
)

// visibleWithin is how long an answer whose outcome isn't known may take to show at
// GitHub, which ends a request after 10 seconds.
const visibleWithin = 15 * time.Second

// The timeouts of one look, and of an answer, which isn't canceled when gonogo stops.
const (
	lookTimeout  = time.Minute
	writeTimeout = 30 * time.Second
)

// New returns a Reviewer; it starts nothing.
func New(o Options) *Reviewer {
	return &Reviewer{Options: o, listed: map[string]bool{}, elsewhere: map[string]time.Time{}, again: map[string]time.Time{}}
}

// Run answers reviews until ctx ends. It then waits for an answer that is under way.
func (r *Reviewer) Run(ctx context.Context) error {
	changes, stop := r.Ledger.Watch()
	defer stop()
	for ctx.Err() == nil {
		r.round(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(r.next().Sub(r.Now())):
		case <-changes:
			_ = retry.Sleep(ctx, batchWindow) // the loop checks ctx itself
		}
	}
	return nil
}

// next is when the next round is due if the ledger doesn't change.
func (r *Reviewer) next() time.Time {
	if r.pause.Until.After(r.poll) {
		return r.pause.Until
	}
	return r.poll
}

// round does what is due.
func (r *Reviewer) round(ctx context.Context) {
	if r.pause.Until.After(r.Now()) {
		return
	}
	if r.fresh = !r.poll.After(r.Now()) || r.asked(); r.fresh {
		r.poll = r.Now().Add(pollEvery)
		if err := r.look(ctx); err != nil {
			r.failed(ctx, err)
			return
		}
		if err := r.follow(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("it couldn't be recorded what is live", "environment", r.Place.Environment, "error", err)
		}
	}
	r.pause = retry.Backoff{}
	for _, review := range r.Ledger.State().WaitingReviews(r.Place.Environment) {
		if r.again[review.Review].After(r.Now()) {
			continue
		}
		if err := r.attend(ctx, review); err != nil {
			r.delayed(ctx, review, err)
		}
	}
}

// attend does what one review needs. An answer whose outcome isn't known may show only
// some time later.
func (r *Reviewer) attend(ctx context.Context, review history.Review) error {
	switch listed := r.listed[review.Review]; {
	case review.Asked.Add(visibleWithin).After(r.Now()), !listed && !r.fresh:
		return nil
	case !listed, r.Place.Rule && !review.Asked.IsZero():
		if ended, err := r.lookUp(ctx, review); ended || err != nil {
			return err
		}
	}
	if review.Compared == nil {
		if err := r.compare(ctx, review); err != nil {
			return err
		}
	}
	if err := r.report(ctx, review); err != nil {
		return err
	}
	return r.answer(ctx, review)
}

// view is the ledger's state, as it is about a review's release.
func (r *Reviewer) view(s *history.State, review history.Review) readiness.View {
	return readiness.View{Checklist: r.Checklist, State: s, Now: r.Now(), Version: review.Release}
}

// record writes events down, unless nothing is left to say about the review.
func (r *Reviewer) record(ctx context.Context, id string, decide func(*history.State, history.Review) []event.Event) error {
	_, err := r.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		review := s.Reviews[id]
		if !review.Waits() || review.Review == "" {
			return nil, nil
		}
		return decide(s, review), nil
	})
	if err != nil {
		return fmt.Errorf("record the review %s: %w", id, err)
	}
	return nil
}
