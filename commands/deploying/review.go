package deploying

import (
	"context"
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// RejectReview is /deploy reject.
func RejectReview() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "reject"}, Usage: "ENV REASON", Options: "[--run=RUN]", Permission: "deploy", Precedence: verb.Ahead,
		About: "rejects the workflow run that waits for an environment at GitHub", Do: rejectReview, Validate: validateRejectReview}
}

func validateRejectReview(c verb.Call) map[string]string {
	if strings.TrimSpace(c.Act.Text) == "" {
		return map[string]string{"reason": "Say why; it is shown at GitHub."}
	}
	return nil
}

// rejectReview has a run rejected. The run fails then, and has to be started again.
func rejectReview(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	reason := strings.TrimSpace(c.Act.Text)
	review, ok := waitingReview(c.View.State, env, c.Act.Run)
	switch {
	case !ok:
		return reply.Refuse("Nothing waits for "+env+" at GitHub", reply.Say("The run was answered, or no longer waits; its card says how it ended."))
	case reason == "":
		return reply.Reply{Title: "Say why", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("A rejection needs a reason: ", reply.Typed("/deploy reject "+env+" REASON"), ".")}},
			Form: &reply.Form{Title: "Reject at GitHub", Submit: "Reject", Act: c.Again(func(a *reply.Act) { a.Environment, a.Run = env, review.Review }),
				Intro:  []reply.Text{reply.Say("The workflow run of ", reply.Bold(review.Release), " fails, and has to be started again.")},
				Inputs: []reply.Input{{Name: "reason", Label: "Reason", Kind: reply.LongText, Hint: "Everybody sees it, also at GitHub"}}}}
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if now := v.State.Reviews[review.Review]; !now.Waits() || now.RejectBy != "" {
			return nil, verb.Refusal(reply.Refuse("It is answered already", reply.Say("The card of the run says how.")))
		}
		return []event.Event{event.ReviewRejectionAsked{Review: review.Review, By: c.User, Reason: reply.Shorten(reason, 500)}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "The deployment of " + review.Release + " to " + env + " is being rejected", Public: true,
		Parts: []reply.Part{reply.Lines{reply.Say(reply.Capital(reply.Shorten(reason, 300)), ". The card says when GitHub has taken it.")}}}
}

// waitingReview is the review that a button is about or, if none is named, the newest one
// that waits.
func waitingReview(s *history.State, env, id string) (history.Review, bool) {
	all := s.WaitingReviews(env)
	for _, r := range all {
		if r.Review == id {
			return r, true
		}
	}
	if id != "" || len(all) == 0 {
		return history.Review{}, false
	}
	return all[len(all)-1], true
}
