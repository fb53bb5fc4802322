package reviews

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/phrase"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/redact"
)

// betweenReports keeps a decision that changes often from using up the few reports that
// GitHub takes.
const betweenReports = 10 * time.Minute

// reason is why a run waits for gonogo's protection rule, for GitHub; empty: nothing is to
// be said there.
func (r *Reviewer) reason(s *history.State, review history.Review) string {
	if !r.Place.Rule || review.Deployment != "" || review.RejectBy != "" || !s.IsOpen(review.Release) {
		return ""
	}
	d := r.view(s, review).Decide(review.Environment)
	if d.Go {
		return ""
	}
	var titles []string
	for _, b := range d.Blockers {
		titles = append(titles, b.Title)
	}
	return r.comment(review, fmt.Sprintf("NO-GO for %s on %s, %s: %s", review.Release, review.Environment, phrase.Count(len(titles), "blocker"), strings.Join(titles, ", ")))
}

// report tells GitHub why a run waits, if it wasn't told yet.
func (r *Reviewer) report(ctx context.Context, review history.Review) error {
	text := r.reason(r.Ledger.State(), review)
	switch same := text == review.Report; {
	case text == "", same && review.Reported, review.Reports >= github.MostReports:
		return nil
	case same:
		if there, err := r.reportedAlready(ctx, review); there || err != nil {
			return err
		}
	case review.Reports > 0 && review.ReportAsked.Add(betweenReports).After(r.Now()):
		return nil
	}
	return r.sendReport(ctx, review)
}

// reportedAlready looks at GitHub for a report whose outcome isn't known, and records it.
func (r *Reviewer) reportedAlready(ctx context.Context, review history.Review) (bool, error) {
	if review.ReportAsked.Add(visibleWithin).After(r.Now()) {
		return true, nil // it may show only some time later
	}
	look, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	given, err := r.given(look, review.Run)
	if err != nil || !slices.ContainsFunc(given, func(g github.GivenReview) bool { return g.Comment == review.Report }) {
		return false, err
	}
	return true, r.reported(ctx, review, "")
}

// sendReport intends a report, if it is still true then, and sends it. GitHub doesn't have
// to take it: the card in Slack says the same.
func (r *Reviewer) sendReport(ctx context.Context, review history.Review) error {
	var text string
	err := r.record(ctx, review.Review, func(s *history.State, now history.Review) []event.Event {
		if text = r.reason(s, now); text == "" {
			return nil
		}
		return []event.Event{event.ReviewReportIntended{Review: review.Review, Comment: text}}
	})
	if err != nil || text == "" {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	err = r.Place.Repository.ReportRule(ctx, review.Run, r.Place.Name, text)
	switch {
	case err == nil:
		return r.reported(ctx, review, "")
	case errors.As(err, new(*github.Unsure)):
		r.Log.Warn("it isn't known whether GitHub has a report", "review", review.Review, "error", err)
		return nil
	case errors.As(err, new(*github.Refused)):
		r.Log.Warn("GitHub doesn't take a report", "review", review.Review, "error", err)
		return r.reported(ctx, review, redact.Line(err.Error(), r.Secrets))
	}
	return err
}

func (r *Reviewer) reported(ctx context.Context, review history.Review, refused string) error {
	return r.record(ctx, review.Review, func(*history.State, history.Review) []event.Event {
		return []event.Event{event.ReviewReported{Review: review.Review, Refused: refused}}
	})
}
