package wording

import (
	"cmp"
	"time"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Build is a version with its commit.
func Build(build build.Build) reply.Text {
	if build.Version == "" {
		return reply.Say("nothing that gonogo knows of")
	}
	return reply.Say(reply.Bold(build.Version), ", commit ", reply.Typed(ShortCommit(build.Commit)))
}

// ShortCommit is the abbreviated commit.
func ShortCommit(commit string) string {
	return OrUnknown(commit[:min(len(commit), 12)])
}

// OrUnknown is a commit, or says that it is not known.
func OrUnknown(commit string) string {
	if commit == "" {
		return "unknown"
	}
	return commit
}

// Live says what is live on an environment, since when, and how certain that is.
func Live(v readiness.View, env string) reply.Text {
	live, o := v.LiveOn(env), v.State.Observed[env]
	text := reply.Say(reply.Bold(live.Name()), ", since ", reply.Time(live.At), reply.By(live.By))
	switch {
	case !live.Known():
		text = reply.Say("nothing that gonogo knows of")
	case live.Outside():
		text = reply.Say(reply.Bold(live.Name()), ", deployed outside gonogo, seen ", reply.Time(live.At), ", ⚠ not verified")
	case !live.Verified:
		text = append(append(text, lateText(v.State.AfterAll(live))...), reply.Say(", ⚠ not verified")...)
	}
	text = append(text, Baking(v, env)...)
	if o.Problem != "" {
		text = append(text, reply.Say("; ⚠ not known now: ", reply.Shorten(o.Problem, 200))...)
	}
	return text
}

// Good says since when a version to go back to is known to be good, or why it is not, and
// when it was rolled back itself.
func Good(s *history.State, env string, to history.Live) reply.Text {
	was, rolledBack := s.LastRolledBack(env, to.Version)
	switch {
	case to.Verified && rolledBack:
		return reply.Say(", good since ", reply.Time(to.At), ", ⚠ rolled back here ", reply.Time(was.At))
	case to.Verified:
		return reply.Say(", good since ", reply.Time(to.At))
	case rolledBack:
		return reply.Say(", ⚠ rolled back here ", reply.Time(was.At), "; the platform still has it")
	}
	return reply.Say(", ⚠ never verified or adopted here; the platform still has it")
}

// lateText says, of a run whose build went live only after the run had ended, who had
// ended it, and how.
func lateText(run *work.Run) reply.Text {
	if run == nil {
		return nil
	}
	how := map[work.Outcome]string{work.Cancelled: "cancelled", work.Unsuccessful: "failed", work.Interrupted: "abandoned"}[run.Outcome]
	text := reply.Say("; its ", run.What, " (", cmp.Or(how, "ended"))
	return append(append(text, reply.By(run.EndedBy())...), reply.Say(") went live after all")...)
}

// LocalTime is a time on the clocks of a zone, for where Slack can't show everybody their
// own: in titles and commands.
func LocalTime(at time.Time, zone *time.Location) string {
	return phrase.Moment(at, zone)
}

// Scheduled says what is scheduled to be deployed to an environment, and for when; nil if
// nothing is.
func Scheduled(v readiness.View, env string) reply.Text {
	d, waits := v.State.ScheduledOn(env)
	if !waits {
		return nil
	}
	return reply.Say("; ", reply.Bold(d.Version), " is scheduled for ", reply.Time(d.Due))
}

// Baking says that what is live on an environment is still baking, and until when at
// least; nil if it isn't.
func Baking(v readiness.View, env string) reply.Text {
	until, baking := v.State.Baking(env)
	switch {
	case !baking:
		return nil
	case until.Before(v.Now):
		return reply.Say(", still baking")
	}
	return reply.Say(", baking until ", reply.Time(until))
}
