package deploying

import (
	"context"
	"errors"

	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/runs"
)

// StopAuto is /rollback stop.
func StopAuto() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "stop"}, Usage: "ENV", Permission: "alerts", Precedence: verb.AtOnce,
		About: "stops an automatic rollback before it begins", Do: stopAuto}
}

// stopAuto ends a countdown. Once the rollback has begun, a person chooses Keep or Return.
func stopAuto(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := canRollBack(c)
	if refused != nil {
		return *refused
	}
	switch err := c.Runs.StopAuto(ctx, c.Key, env, c.User, c.AsOf); {
	case errors.Is(err, runs.ErrNothingPlanned):
		if run := c.View.State.Changing(env); run != nil && run.Change.Auto {
			return reply.Refuse("The rollback has begun", reply.Say("When it is done, its thread asks you to choose Keep or Return: ", c.ThreadOf("run/"+run.ID, c.Cards().ChannelOf(run)), "."))
		}
		return reply.Refuse("No automatic rollback is counting down on "+env, reply.Say(reply.Typed("/rollback status"), " shows what fires, and what is under way."))
	case err != nil:
		return c.Failed(err)
	}
	live := c.Latest().State.Live[env]
	lines := reply.Lines{reply.Say(reply.Bold(live.Name()), " stays live on ", reply.Bold(env), ", and gonogo doesn't roll it back by itself any more. The alert stays open; ",
		reply.Typed("/rollback "+env), " rolls back.")}
	return reply.Reply{Title: "The automatic rollback of " + env + " is stopped", Public: true, Parts: []reply.Part{append(lines, verb.AsOfLines(c.AsOf)...)}}
}
