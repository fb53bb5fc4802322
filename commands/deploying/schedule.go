package deploying

import (
	"context"
	"errors"
	"strings"
	"time"

	"gonogo/commands/moment"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/history"
	"gonogo/runs"
)

// mostAhead is how far ahead a deployment can be scheduled.
const mostAhead = 14 * 24 * time.Hour

// Schedule is /deploy schedule.
func Schedule() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "schedule"}, Usage: "ENV [VERSION] at|in TIME", Options: "[--plan=PLAN] [--no-way-back]", Permission: "deploy", Release: true, ByButton: true,
		About: "schedules a deployment of the planned release; everything is checked again when it starts", Amiss: amissDeploying, Do: schedule}
}

// Scheduled is /deploy scheduled.
func Scheduled() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "scheduled"}, Look: true,
		About: "what is scheduled to be deployed, and when", Do: showScheduled}
}

// Unschedule is /deploy unschedule.
func Unschedule() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "unschedule"}, Usage: "ENV", Options: "[--plan=PLAN]", Permission: "deploy", ByButton: true,
		About: "cancels a scheduled deployment", Do: unschedule}
}

// dueOf is the time that a deployment was asked for; zero: none was.
func dueOf(c verb.Call) (time.Time, *reply.Reply) {
	text := c.Act.Until
	if text == "" {
		return time.Time{}, nil
	}
	first, last, ok := moment.Read(text, c.View.Now, c.Zone)
	fault := ""
	switch _, err := time.Parse(time.DateOnly, strings.TrimSpace(text)); {
	case !ok:
		fault = moment.Unreadable(text, "Say when.")
	case err == nil:
		fault = "Say the time of day too, such as " + text + " 02:00."
	case !first.Equal(last):
		fault = "The clocks change then in " + c.Zone.String() + ", so that time comes twice or not at all. Say which by an offset, such as " + text + " +02:00."
	case !first.After(c.View.Now):
		fault = moment.Over(first, c.Zone)
	case first.After(c.View.Now.Add(mostAhead)):
		fault = "A deployment can be scheduled at most 14 days ahead."
	default:
		return first, nil
	}
	refused := reply.Refuse("When?", reply.Say(fault))
	return time.Time{}, &refused
}

// laterReply is the plan of a deployment that starts at a time.
func laterReply(c verb.Call, env string, due time.Time, parts []reply.Part) reply.Reply {
	if d, waits := c.View.State.ScheduledOn(env); waits {
		return alreadyScheduled(c, d)
	}
	due = due.Add(time.Minute - 1).Truncate(time.Minute) // what the button can say
	version, at := c.View.Release().Version, wording.LocalTime(due, c.Zone)
	title := "Plan: " + version + " to " + env + " at " + at
	parts = append(parts, c.Cards().Expiring(c.View, env, c.User, due))
	button := acceptingNoWayBack(c, reply.Button{Label: "Schedule", Style: reply.Primary,
		Act: reply.Act{Verb: "deploy schedule", Environment: env, Release: version, Until: wording.LocalTime(due, time.UTC), Plan: verb.PlanID(c.Key)}})
	parts = append(parts, reply.Actions{button, withdrawButton(c, env)}, reply.Note(reply.Say(
		"Gates run again ", readiness.Span(runs.MeasureBefore), " before. Everything is checked again ", at, ", and that whoever scheduled it may still deploy. "+
			"If it is NO-GO then, or can't start within ", readiness.Span(runs.StartWithin), ", nothing is started, and its thread says why.")))
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty(parts), Public: true}
}

// schedule schedules a deployment, once for each plan.
func schedule(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := deployable(c)
	if refused != nil {
		return *refused
	}
	due, refused := dueOf(c)
	release := c.View.Release()
	switch said := c.Act.Release; {
	case refused != nil:
		return *refused
	case release == nil:
		return c.Failed(runs.ErrNoRelease)
	case said != "" && said != release.Version:
		return otherVersion(env, said, release.Version)
	case due.IsZero():
		return reply.Refuse("When?", reply.Say(reply.Typed("/deploy "+env+" at TIME"), " plans it. "+moment.Hint))
	}
	key := c.Key
	if c.Act.Plan != "" {
		key = planKey(env, c.Act.Plan)
	}
	d, err := c.Runs.Schedule(ctx, runs.ScheduleRequest{Key: key, Environment: env, Version: release.Version, Commit: release.Commit, Due: due,
		NoWayBack: c.Act.NoWayBack, By: c.User, Channel: c.Channel})
	var other runs.AlreadyScheduled
	switch {
	case errors.As(err, &other):
		return alreadyScheduled(c, other.Deployment)
	case err != nil:
		return notStarted(c, env, err)
	case !d.Waits():
		return reply.Refuse("That plan was scheduled before", reply.Say("It is over. ", reply.Typed("/deploy "+env+" at TIME"), " plans another deployment."))
	}
	return reply.Reply{Title: "Scheduled: " + d.Version + " to " + env, Replace: true, Public: true, Parts: []reply.Part{
		reply.Lines{reply.Say("For ", reply.Time(d.Due), ", scheduled ", reply.Time(d.At), reply.By(d.By), ". Follow or cancel it in ", reply.InChannel(c.Releases), ".")}, unscheduleActions(d)}}
}

func unscheduleActions(d history.Scheduled) reply.Actions {
	return reply.Actions{{Label: "Cancel it", Act: reply.Act{Verb: "deploy unschedule", Environment: d.Environment, Plan: d.ID}}}
}

// scheduledLine says what is scheduled, for when, and by whom.
func scheduledLine(c verb.Call, d history.Scheduled) reply.Text {
	return reply.Say(reply.Bold(d.Version), " to ", reply.Bold(d.Environment), " for ", reply.Time(d.Due), ", scheduled ", reply.Time(d.At), reply.By(d.By), ".")
}

func alreadyScheduled(c verb.Call, d history.Scheduled) reply.Reply {
	return reply.Reply{Title: "A deployment to " + d.Environment + " is scheduled already", Refused: true, Parts: []reply.Part{
		reply.Lines{scheduledLine(c, d), reply.Say("Cancel it first; then another one can be scheduled.")}, unscheduleActions(d)}}
}

// scheduledToo says in a plan that something is scheduled there.
func scheduledToo(c verb.Call, d history.Scheduled, version string) reply.Lines {
	line := reply.Say("⚠ ", reply.Bold(d.Version), " is scheduled for ", reply.Time(d.Due), reply.By(d.By), ".")
	if d.Version == version {
		line = append(line, reply.Say(" Starting it now takes the place of that.")...)
	}
	return reply.Lines{line}
}

// planScheduled answers a press on a plan that was scheduled.
func planScheduled(env string) reply.Reply {
	return reply.Refuse("That plan was scheduled", reply.Say(reply.Typed("/deploy cancel "+env), " cancels it, and ", reply.Typed("/deploy "+env), " makes another plan."))
}

// showScheduled lists what is scheduled.
func showScheduled(_ context.Context, c verb.Call) reply.Reply {
	all := c.View.State.AllScheduled()
	if len(all) == 0 {
		return reply.Reply{Title: "Nothing is scheduled", Parts: []reply.Part{reply.Lines{reply.Say(reply.Typed("/deploy ENV at TIME"), " plans a deployment for a later time.")}}}
	}
	var parts []reply.Part
	for _, d := range all {
		lines := append(reply.Lines{scheduledLine(c, d)}, c.Cards().ScheduledLines(c.View, d)...)
		parts = append(parts, lines, unscheduleActions(d))
	}
	return reply.Reply{Title: "Scheduled deployments", Parts: parts}
}

func unschedule(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(c.WithOpenRuns())
	if refused != nil {
		return *refused
	}
	return cancelScheduled(ctx, c, env, c.Act.Plan)
}

// cancelScheduled cancels the deployment that waits for its time on an environment. If id
// isn't empty, no other one is cancelled.
func cancelScheduled(ctx context.Context, c verb.Call, env, id string) reply.Reply {
	c, denied, ok := c.Admit("deploy")
	if !ok {
		return denied
	}
	d, err := c.Runs.Unschedule(ctx, c.Key, env, id, c.User)
	switch {
	case errors.Is(err, runs.ErrUnscheduled):
		return reply.Refuse("That isn't scheduled any more", reply.Say(reply.Typed("/deploy scheduled"), " shows what is, and ", reply.Typed("/deploy status "+env), " what is under way."))
	case err != nil:
		return c.Failed(err)
	}
	return reply.Reply{Title: "Cancelled: " + d.Version + " to " + env, Replace: c.Act.Plan != "", Public: true, Parts: []reply.Part{
		reply.Lines{reply.Say("By ", reply.User(c.User), ". It was scheduled for ", reply.Time(d.Due), reply.By(d.By), ". Nothing is started.")}}}
}
