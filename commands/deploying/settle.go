package deploying

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
	"gonogo/runs"
)

// Keep is /rollback keep.
func Keep() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "keep"}, Usage: "ENV", Options: "[--run=RUN]", Permission: "rollback", Precedence: verb.Ahead, Host: true, Pending: pendingDecision,
		About: "keeps the version that a rollback brought back", Do: keep}
}

// Return is /rollback return.
func Return() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "return"}, Usage: "ENV REASON", Options: "[--run=RUN]", Permission: "rollback", Precedence: verb.Ahead, Host: true, Pending: pendingDecision,
		About: "returns to the version that was rolled back, with a reason", Do: returnTo, Validate: validateReturn}
}

func keep(ctx context.Context, c verb.Call) reply.Reply {
	return decide(ctx, c, work.ChooseKeep, "Keeping the current version", "")
}

func validateReturn(c verb.Call) map[string]string {
	if strings.TrimSpace(c.Act.Text) == "" {
		return map[string]string{"reason": "Say why it may be live again; everybody sees it."}
	}
	return nil
}

// returnTo returns to the version that a rollback left. That allows this version to be
// deployed again, so it needs a reason, except after a rehearsal.
func returnTo(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(c.WithOpenRuns())
	if refused != nil {
		return *refused
	}
	reason := strings.TrimSpace(c.Act.Text)
	pin := c.View.State.PinOn(env)
	if reason == "" && pin.Left != "" && !pin.Rehearsal {
		return reply.Reply{Title: "Why may " + pin.Left + " be live again?", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("Write ", reply.Typed("/rollback return "+env+" REASON"), ".")}},
			Form: &reply.Form{Title: "Return", Submit: "Return", Act: reply.Act{Verb: "rollback return", Environment: env, Run: c.Act.Run},
				Intro:  []reply.Text{reply.Say("Makes ", reply.Bold(pin.Left), " live on ", env, " again. It is no longer held, and needs no new approval.")},
				Inputs: []reply.Input{{Name: "reason", Label: "Why it may be live again", Kind: reply.ShortText, Hint: "Everyone who looks at the release sees it"}}}}
	}
	c.Act.Environment = env
	return decide(ctx, c, work.ChooseReturn, "Returning", reply.Shorten(reason, 300))
}

// decide answers a rollback that asks, or ends the pin of one that ended without a
// decision.
func decide(ctx context.Context, c verb.Call, choice, title, reason string) reply.Reply {
	env, refused := c.Environment(c.WithOpenRuns())
	if refused != nil {
		return *refused
	}
	if c.View.State.Changing(env) != nil || c.Act.Run != "" {
		return answerRun(ctx, c, choice, title, reason)
	}
	id, err := c.Runs.Settle(ctx, runs.SettleRequest{Key: c.Key, Environment: env, Choice: choice, Reason: reason, By: c.User, Deputy: c.Deputy, Channel: c.Channel})
	var running runs.AlreadyRunning
	switch {
	case errors.As(err, &running):
		return busy(c, running.Run)
	case errors.Is(err, runs.ErrNotPinned):
		return notAsked(c, env)
	case unwritten(err):
		return answerByHand(c, env, choice, err)
	case err != nil:
		return c.Failed(err)
	}
	return reply.Reply{Title: title, Run: id, Parts: []reply.Part{reply.Lines{reply.Say("Follow it in ", c.ThreadOf("run/"+id, cmp.Or(c.OnCall, c.Releases)), ".")}}}
}

// answerByHand shows how to keep or return at the platform, where the answer could
// not be recorded.
func answerByHand(c verb.Call, env, choice string, err error) reply.Reply {
	return ByHand{Checklist: c.View.Checklist, State: c.View.State, Strategy: strategyOf(c, env), Environment: env, Choice: choice, Why: unwrittenWhy(err), Host: c.Host != ""}.Reply()
}

// pendingDecision is since when a Keep or Return decision has been pending: a
// rollback's question, or a pin that one left.
func pendingDecision(c verb.Call) time.Time {
	env, refused := c.Environment(c.WithOpenRuns())
	if refused != nil {
		return time.Time{}
	}
	if run := c.View.State.Changing(env); run != nil {
		return verb.AskedSince(run)
	}
	holds := c.View.Holds(env)
	if i := slices.IndexFunc(holds, func(h readiness.Hold) bool { return h.Kind == event.HeldByPin }); i >= 0 {
		return holds[i].Since
	}
	return time.Time{}
}
