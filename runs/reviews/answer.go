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
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/redact"
)

// wants says what a review is to be answered now, and in which words; empty: nothing.
func (r *Reviewer) wants(s *history.State, review history.Review) (approve bool, comment string) {
	v := r.view(s, review)
	d := v.Decide(review.Environment)
	switch {
	case review.RejectBy != "":
		return false, r.comment(review, "Rejected in Slack by "+review.RejectBy+": "+review.RejectWhy)
	case review.Deployment != "":
		return r.wantsOwn(s, review)
	case !s.IsOpen(review.Release) || !d.Go || usedElsewhere(d, review):
		return false, ""
	}
	text := "GO for " + review.Release + " on " + review.Environment
	if o := d.Override(); o != nil {
		text += fmt.Sprintf(" although %s, overridden by %s and %s: %s", phrase.Count(len(o.Items), "item doesn't pass", "items don't pass"), o.By, o.ConfirmedBy, o.Reason)
	}
	var signed []string
	for _, role := range v.Approval(review.Environment).Roles {
		if role.Approved() {
			signed = append(signed, role.Role.Title+" ("+role.SignOff.By+")")
		}
	}
	if len(signed) > 0 {
		text += ", signed off by " + strings.Join(signed, ", ")
	}
	return true, r.comment(review, text)
}

// usedElsewhere reports whether a decision is GO by an override that a deployment or
// another workflow run has used: it counts for one.
func usedElsewhere(d readiness.Decision, review history.Review) bool {
	return slices.ContainsFunc(d.Overridden, func(o readiness.Overridden) bool { return !o.By.Used.IsZero() && o.By.Review != review.Review })
}

// wantsOwn is the answer to a workflow that gonogo started itself: the decision was made
// when the deployment began, and again before the workflow was started.
func (r *Reviewer) wantsOwn(s *history.State, review history.Review) (approve bool, comment string) {
	run := s.Runs[review.Deployment]
	if run == nil || !run.Open() || run.CancelAsked {
		return false, ""
	}
	return true, r.comment(review, "GO, since gonogo deploys this: "+run.Title)
}

// mostWords is how long a comment at GitHub gets, in characters.
const mostWords = 900

// comment is what GitHub shows. It names the attempt, since GitHub shows the answers to
// all attempts of a run in one list.
func (r *Reviewer) comment(review history.Review, text string) string {
	return fmt.Sprintf("gonogo: %s (attempt %d)", phrase.ShortenAtWord(redact.Line(text, r.Secrets), mostWords), review.Attempt)
}

// answer approves or rejects a review if that is wanted, once it still waits and no check
// is running.
func (r *Reviewer) answer(ctx context.Context, review history.Review) error {
	approve, comment := r.wants(r.Ledger.State(), review)
	if comment == "" {
		return r.settled(ctx, review, "")
	}
	look, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if approve && review.Deployment == "" {
		if why, err := r.running(look, review); why != "" || err != nil {
			r.again[review.Review] = r.Now().Add(pollEvery)
			return errors.Join(err, r.settled(ctx, review, why))
		}
	}
	pending, err := r.pending(look, review.Run)
	switch {
	case err != nil:
		return err
	case pending == nil:
		_, err := r.lookUp(ctx, review)
		return err
	case !pending.Allowed && !r.Place.Rule:
		r.again[review.Review] = r.Now().Add(time.Minute)
		return r.settled(ctx, review, "GitHub doesn't let gonogo's token answer it; make its owner a required reviewer of "+r.Place.Name+", who didn't start the run if self-review is prevented")
	}
	return r.send(ctx, review, *pending)
}

// send intends an answer, if it is still wanted then, and gives it.
func (r *Reviewer) send(ctx context.Context, review history.Review, pending github.PendingReview) error {
	var approve bool
	var comment string
	err := r.record(ctx, review.Review, func(s *history.State, now history.Review) []event.Event {
		if approve, comment = r.wants(s, now); comment == "" {
			return nil
		}
		return []event.Event{event.ReviewIntended{Review: review.Review, Approve: approve, Comment: comment}}
	})
	if err != nil || comment == "" {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if r.Place.Rule {
		err = r.Place.Repository.AnswerRule(ctx, review.Run, pending.Environment, approve, comment)
	} else {
		err = r.Place.Repository.Review(ctx, review.Run, pending.EnvironmentID, approve, comment)
	}
	if err != nil {
		return r.refused(ctx, review, err)
	}
	outcome := event.ReviewRejected
	if approve {
		outcome = event.ReviewApproved
	}
	return r.end(ctx, review, event.ReviewEnded{Review: review.Review, Outcome: outcome})
}

// refused looks, after GitHub refused an answer, whether somebody else answered first.
func (r *Reviewer) refused(ctx context.Context, review history.Review, err error) error {
	if !errors.As(err, new(*github.Refused)) {
		return err
	}
	if ended, failed := r.lookUp(ctx, r.Ledger.State().Reviews[review.Review]); ended && failed == nil {
		return nil
	}
	return err
}

func (r *Reviewer) end(ctx context.Context, review history.Review, ended event.ReviewEnded) error {
	return r.record(ctx, review.Review, func(*history.State, history.Review) []event.Event { return []event.Event{ended} })
}

// settled records why a review isn't answered; "" ends an earlier reason.
func (r *Reviewer) settled(ctx context.Context, review history.Review, why string) error {
	if review.Delayed == why || !review.Waits() {
		return nil
	}
	return r.record(ctx, review.Review, func(*history.State, history.Review) []event.Event {
		return []event.Event{event.ReviewDelayed{Review: review.Review, Why: why}}
	})
}

// running says which checks of the commit are still running, apart from those of the run
// that waits; empty: none.
func (r *Reviewer) running(ctx context.Context, review history.Review) (string, error) {
	checks, err := r.Place.Repository.Checks(ctx, review.Commit)
	if err != nil {
		return "", err
	}
	var names []string
	for _, check := range checks {
		if check.Result == "" && !strings.Contains(check.URL, fmt.Sprintf("/actions/runs/%d/", review.Run)) {
			names = append(names, check.Name)
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	return phrase.ShortenAtWord(redact.Line(fmt.Sprintf("%s still running: %s", phrase.Count(len(names), "check is", "checks are"), strings.Join(names, ", ")), r.Secrets), mostTitle), nil
}

// lookUp finds out whether a review still waits and, if it doesn't, records how it ended.
func (r *Reviewer) lookUp(ctx context.Context, review history.Review) (ended bool, err error) {
	look, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	run, err := r.Place.Repository.WorkflowRun(look, review.Run)
	var refused *github.Refused
	if errors.As(err, &refused) && refused.Gone() {
		return true, r.end(ctx, review, over(review, "the run was deleted at GitHub"))
	}
	if err != nil {
		return false, err
	}
	pending, err := r.pending(look, review.Run)
	waits := pending != nil && run.Attempt == review.Attempt
	if err != nil || waits && (!r.Place.Rule || review.Comment == "") {
		return false, err
	}
	given, err := r.given(look, review.Run)
	if err != nil || waits && !slices.ContainsFunc(given, func(g github.GivenReview) bool { return own(review, g) }) {
		return false, err // what a reviewer answers isn't the protection rule's answer
	}
	return true, r.end(ctx, review, outcome(review, run, given[min(review.Given, len(given)):]))
}

func over(review history.Review, why string) event.ReviewEnded {
	return event.ReviewEnded{Review: review.Review, Outcome: event.ReviewOver, Why: why}
}

// own reports whether an answer is gonogo's.
func own(review history.Review, g github.GivenReview) bool {
	return review.Comment != "" && g.Comment == review.Comment && g.State != "pending"
}

// outcome is how a review that no longer waits has ended, by the answers given since it
// was found.
func outcome(review history.Review, run github.WorkflowRun, given []github.GivenReview) event.ReviewEnded {
	if i := slices.IndexFunc(given, func(g github.GivenReview) bool { return own(review, g) }); i >= 0 {
		given = given[i:]
	}
	for _, g := range given {
		by := g.By
		if own(review, g) {
			by = ""
		}
		switch g.State {
		case "approved":
			return event.ReviewEnded{Review: review.Review, Outcome: event.ReviewApproved, By: by}
		case "rejected":
			return event.ReviewEnded{Review: review.Review, Outcome: event.ReviewRejected, By: by}
		}
	}
	switch {
	case run.Attempt > review.Attempt:
		return over(review, "the workflow was run again")
	case run.Over():
		return over(review, "the run ended without an answer: "+strings.ReplaceAll(run.Conclusion, "_", " "))
	}
	return over(review, "GitHub let the run go on without an answer")
}

// failed waits after GitHub couldn't be asked which runs wait.
func (r *Reviewer) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	r.Log.Warn("GitHub couldn't be asked which workflow runs wait", "environment", r.Place.Environment, "error", err)
	r.pause.Grow(r.Now(), firstRetry, lastRetry)
	r.pause.Until = later(r.pause.Until, retryAt(err, r.Now()))
	for _, review := range r.Ledger.State().WaitingReviews(r.Place.Environment) {
		r.tell(ctx, review, err)
	}
}

// delayed waits after a review couldn't be answered.
func (r *Reviewer) delayed(ctx context.Context, review history.Review, err error) {
	if ctx.Err() != nil {
		return
	}
	r.Log.Warn("a deployment review couldn't be answered", "review", review.Review, "error", err)
	r.again[review.Review] = later(r.Now().Add(firstRetry), retryAt(err, r.Now()))
	r.tell(ctx, review, err)
}

// retryAt is when GitHub may be asked again after a failure, if that says so.
func retryAt(err error, now time.Time) time.Time {
	var limited *github.Limited
	var refused *github.Refused
	switch {
	case errors.As(err, &limited):
		return limited.Until
	case errors.As(err, &refused):
		return now.Add(refusedRetry)
	}
	return time.Time{}
}

// tell puts a failure on the card.
func (r *Reviewer) tell(ctx context.Context, review history.Review, err error) {
	why := redact.Line(err.Error(), r.Secrets)
	if errors.As(err, new(*github.Unsure)) {
		why = "GitHub didn't confirm gonogo's answer, and gonogo looks whether it has arrived"
	}
	if err := r.settled(ctx, r.Ledger.State().Reviews[review.Review], why); err != nil && ctx.Err() == nil {
		r.Log.Error("the delay of a review couldn't be recorded", "review", review.Review, "error", err)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
