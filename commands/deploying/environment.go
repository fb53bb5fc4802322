package deploying

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/deploy"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
)

// Status is /deploy status.
func Status() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "status"}, Usage: "[ENV]", Look: true,
		About: "what is live where, what is in progress, and what is held", Do: deployStatus}
}

// deployStatus shows the environments from memory; if one is named, it also asks that
// environment's platform.
func deployStatus(ctx context.Context, c verb.Call) reply.Reply {
	if c.Act.Environment != "" {
		env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
		if refused != nil {
			return *refused
		}
		return environmentStatus(ctx, c, c.View.Version, env)
	}
	t := reply.Table{Title: "Environments", Header: []string{"Environment", "Live", "Now", "Holds"}}
	actions, holds := reply.Actions{}, reply.Lines{}
	for _, env := range c.View.Checklist.Environments {
		t.Rows = append(t.Rows, []reply.Text{reply.Say(env.Name), wording.Live(c.View, env.Name), c.Cards().Doing(c.View, env.Name), wording.HoldNames(c.View, env.Name)})
		actions = append(actions, reply.Button{Label: reply.Capital(env.Name), Act: reply.DoOn("deploy status", env.Name)})
		holds = append(holds, c.Cards().Holds(c.View, env.Name)...)
	}
	return reply.Reply{Title: "What is live where", Parts: reply.NonEmpty([]reply.Part{t, holds, actions})}
}

func environmentStatus(ctx context.Context, c verb.Call, version, env string) reply.Reply {
	now, err := current(ctx, c, env)
	v := c.Latest().Of(version)
	fields := reply.Fields{{Name: "Live", Value: wording.Live(v, env)}, {Name: "Now", Value: c.Cards().Doing(v, env)}, {Name: "Holds", Value: wording.HoldNames(v, env)}}
	if change := lastChange(v, env); change != nil {
		fields = append(fields, reply.Field{Name: "Last change", Value: change})
	}
	if back := v.State.WayBack(env); len(back) > 0 {
		fields = append(fields, reply.Field{Name: "Way back", Value: append(reply.Say(back[0].Version), wording.Good(v.State, env, back[0])...)})
	}
	parts := reply.NonEmpty([]reply.Part{fields, c.Cards().Holds(v, env), c.Cards().Lifted(v, env)})
	if err == nil {
		parts = append(parts, platformLines(v.LiveOn(env), now))
	} else if !errors.Is(err, runs.ErrNoStrategy) {
		parts = append(parts, reply.Lines{reply.Say("⚠ The platform doesn't respond: ", reply.Shorten(err.Error(), 200))})
	}
	return reply.Reply{Title: reply.Capital(env), Parts: append(parts, environmentActions(c, v, env))}
}

// lastChange is the last deployment or rollback that has ended, or nil.
func lastChange(v readiness.View, env string) reply.Text {
	last := v.State.LastChange(env, v.Now)
	p, piped := v.State.LastPipelined(env, v.Now)
	switch {
	case piped && (last == nil || p.Began.After(last.Started)):
		return reply.Say(cards.PipelinedTitle(env, p), ": live, ", reply.Time(p.At), ", by a pipeline")
	case last != nil && !last.Open():
		return reply.Say(last.Title, ": ", wording.Outcome(last), ", ", reply.Time(last.Ended), reply.By(last.By))
	}
	return nil
}

// current asks the platform what is live. A terminal that reads the ledger has no
// platform to ask.
func current(ctx context.Context, c verb.Call, env string) (deploy.Current, error) {
	if c.Runs == nil {
		return deploy.Current{}, runs.ErrNoStrategy
	}
	return c.Runs.Current(ctx, env)
}

// platformLines compares what the platform says with what gonogo has recorded.
func platformLines(known history.Live, now deploy.Current) reply.Part {
	lines := reply.Lines{reply.Say("The platform says ", reply.Bold(cmp.Or(history.Live{Build: now.Live}.Name(), "nothing")), " is live.")}
	if known.Outside() {
		lines = append(lines, reply.Say("⚠ It was deployed outside gonogo. If it is known good, adopt it."))
	}
	if now.Next != nil {
		lines = append(lines, reply.Say("It is deploying ", cmp.Or(now.Next.Version, "something"), ", started as ", cmp.Or(now.NextBy, "unknown"), "."))
	}
	if now.Pinned() {
		lines = append(lines, reply.Say("It keeps the app pinned and takes no deployment."))
	}
	return lines
}

func environmentActions(c verb.Call, v readiness.View, env string) reply.Part {
	actions := reply.Actions{{Label: "Plan a deployment", Act: reply.DoOn("deploy", env)}}
	if len(v.State.WayBack(env)) > 0 && rollsBack(c, env) {
		actions = append(actions, reply.Button{Label: "Roll back", Act: reply.DoOn("rollback", env), Style: reply.Danger})
	}
	if buttons := cards.SettleActions(v, env); len(buttons) > 0 {
		return append(actions, buttons...)
	}
	for _, h := range v.Holds(env) {
		actions = append(actions, cards.HoldActions(v, h)...)
	}
	if lock, locked := v.State.Locks[env]; locked && lock.Run == "" && !lock.Over(v.Now) {
		return actions
	}
	return append(actions, reply.Button{Label: "Lock", Act: reply.DoOn("deploy lock", env)}, reply.Button{Label: "Freeze", Act: reply.DoOn("deploy freeze", env)})
}

// Cancel is /deploy cancel.
func Cancel() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "cancel"}, Usage: "ENV", Options: "[--run=RUN]", Precedence: verb.AtOnce, Roles: changers, Stops: []string{"deploy start", "deploy schedule", "rollback start"},
		About: "stops the running deployment, or cancels the scheduled one", Do: cancelDeployment}
}

// cancelDeployment stops a deployment at any step. A rollback that has begun on the
// platform can't be cancelled; a person chooses Keep or Return.
func cancelDeployment(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(c.WithOpenRuns())
	if refused != nil {
		return *refused
	}
	run, refused := changing(c, env)
	if _, scheduled := c.View.State.ScheduledOn(env); refused != nil && scheduled && c.Act.Run == "" {
		return cancelScheduled(ctx, c, env, "")
	}
	if refused != nil {
		return *refused
	}
	if run.CancelAsked {
		return reply.Reply{Title: "It is already being stopped", Parts: []reply.Part{reply.Lines{reply.Say("Asked", reply.By(run.CancelledBy), ". Its thread has the outcome.")}}}
	}
	c, denied, ok := c.Admit(run.Permission())
	if !ok {
		return denied
	}
	switch err := c.Runs.CancelAsOf(ctx, c.Key, run.ID, c.User, c.AsOf); {
	case errors.Is(err, runs.ErrNotRunning):
		return reply.Refuse("It has ended in the meantime", reply.Say(reply.Typed("/deploy status "+env), " shows what is live."))
	case errors.Is(err, runs.ErrBegun):
		return reply.Refuse("A rollback can't be cancelled once it has begun", reply.Say("The platform is working on it. When it is done, its thread asks you to choose Keep or Return."))
	case errors.Is(err, runs.ErrStopUnrecorded):
		return verb.StopUnrecorded(run.Title)
	case err != nil:
		return c.Failed(err)
	}
	lines := reply.Lines{reply.Say("Its thread says what state ", env, " is left in: ", c.ThreadOf("run/"+run.ID, c.Cards().ChannelOf(run)), ".")}
	return reply.Reply{Title: "Stopping " + run.Title, Parts: []reply.Part{append(lines, verb.AsOfLines(c.AsOf)...)}}
}

// changing finds the run under way on an environment. If a button names its run, no
// other one is returned.
func changing(c verb.Call, env string) (*work.Run, *reply.Reply) {
	run, meant := c.View.State.Changing(env), c.Act.Run
	if run != nil && (meant == "" || meant == run.ID) {
		return run, nil
	}
	refused := reply.Refuse("Nothing is under way on "+env, reply.Say(reply.Typed("/deploy status "+env), " shows what is live."))
	if run != nil {
		refused = reply.Refuse("That is over, and something else is under way on "+env, reply.Say(run.Title, ", started ", reply.Time(run.Started), reply.By(run.By), ". ", reply.Typed("/deploy status "+env), " shows it."))
	}
	return nil, &refused
}

// Continue is /deploy continue.
func Continue() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "continue"}, Usage: "ENV", Options: "[--run=RUN]", ByButton: true, Precedence: verb.Ahead, Roles: changers, Host: true,
		About: "lets a run that is waiting for a person check again and continue", Do: goOn}
}

// Abandon is /deploy abandon.
func Abandon() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "abandon"}, Usage: "ENV", Options: "[--run=RUN]", ByButton: true, Precedence: verb.Ahead, Roles: changers, Host: true,
		About: "ends a run that is waiting for a person, and leaves things as they are", Do: abandon}
}

func goOn(ctx context.Context, c verb.Call) reply.Reply {
	return answerRun(ctx, c, work.ChooseContinue, "Looking again", "")
}

func abandon(ctx context.Context, c verb.Call) reply.Reply {
	return answerRun(ctx, c, work.ChooseAbandon, "Left as it is", "")
}

// answerRun answers for the run under way on an environment.
func answerRun(ctx context.Context, c verb.Call, choice, title, reason string) reply.Reply {
	env, refused := c.Environment(c.WithOpenRuns())
	if refused != nil {
		return *refused
	}
	run, refused := changing(c, env)
	if refused != nil {
		return notAsked(c, env)
	}
	if c.Host != "" && run.What != work.Rollback {
		return reply.Refuse("This needs a Slack identity", reply.Say("It is about a deployment; on the host only a rollback works."))
	}
	if c.Host == "" {
		deputy, denied, ok := c.PermitAsk(c.Checklist.Permissions[run.Permission()], verb.AskedSince(run))
		if !ok {
			return denied
		}
		c.Deputy = deputy
	}
	err := c.Runs.Decide(ctx, c.Key, event.RunAnswered{Run: run.ID, Choice: choice, By: c.User, Reason: reason, Deputy: c.Deputy})
	switch {
	case errors.Is(err, runs.ErrNotAsked):
		return notAsked(c, env)
	case unwritten(err) && (choice == work.ChooseKeep || choice == work.ChooseReturn):
		return answerByHand(c, env, choice, err)
	case err != nil:
		return c.Failed(err)
	}
	return reply.Reply{Title: title, Run: run.ID, Parts: []reply.Part{reply.Lines{reply.Say("Follow it in ", c.ThreadOf("run/"+run.ID, c.Cards().ChannelOf(run)), ".")}}}
}

// notAsked answers a press that comes after somebody else's.
func notAsked(c verb.Call, env string) reply.Reply {
	v, lines := c.View, []reply.Text{reply.Say(reply.Typed("/deploy status "+env), " shows its progress.")}
	if c.Host != "" {
		lines = []reply.Text{reply.Say(reply.Typed("gonogo rollback "+env), " follows a rollback that is under way.")}
	}
	if last := v.State.LastChange(env, v.Now); last != nil && len(last.Answers) > 0 {
		answer := last.Answers[len(last.Answers)-1]
		lines = append([]reply.Text{reply.Say("“", answer.Choice, "” was chosen ", reply.Time(answer.At), c.Roster().ByDeputy(answer.By, answer.Deputy), ".")}, lines...)
	}
	r := reply.Refuse("That is not asked now", lines...)
	if run := c.Latest().State.Changing(env); run != nil && run.Asked != nil {
		asked := reply.Lines{append(reply.Say("What is asked: ", reply.Bold(reply.Capital(run.Asked.Why)), " "), cards.AnswerText(run, c.Host != "")...)}
		r.Parts = append([]reply.Part{asked, cards.QuestionActions(run)}, r.Parts...)
	}
	return r
}

// changers are the roles that may answer a deployment or a rollback, and stop it.
func changers(c *checklist.Checklist) []string {
	return slices.Concat(c.Permissions["deploy"], c.Permissions["rollback"])
}
