package wording

import (
	"time"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// reminderAt is the hour at which people are reminded of a postmortem, on its day.
const reminderAt = 9

// PostmortemDue is when people are reminded of a postmortem; zero: it isn't planned.
func PostmortemDue(v readiness.View, r history.Postmortem) time.Time {
	if r.On.IsZero() {
		return time.Time{}
	}
	zone := v.Checklist.Zone
	if zone == nil {
		zone = time.UTC
	}
	return time.Date(r.On.Year(), r.On.Month(), r.On.Day(), reminderAt, 0, 0, 0, zone)
}

// shownFollowUps is how many follow-ups of a postmortem are named.
const shownFollowUps = 3

// Postmortem says what is to be examined, when, and which follow-ups are open.
func Postmortem(v readiness.View, r history.Postmortem) reply.Lines {
	line := reply.Say(r.From, " was rolled back to ", r.To, " on ", r.Environment, " ", reply.Time(r.Opened))
	if i := v.State.Incidents[r.Incident]; i != nil {
		line = append(line, reply.Say(", because of ", reply.Bold(reply.Shorten(i.Title, 150)))...)
		if i.Firing() {
			line = append(line, reply.Say(", which still fires")...)
		}
	}
	lines := reply.Lines{append(line, reply.Say(".")...)}
	if r.Number > 0 {
		lines[0] = append(lines[0], reply.Say(" ", reply.LinkTo(r.URL, "The issue"), ": ", openTasks(r.FollowUps))...)
	}
	return append(lines, postmortemDay(v, r))
}

func openTasks(tasks []string) reply.Text {
	if len(tasks) == 0 {
		return reply.Say("no open follow-ups.")
	}
	return reply.Say(phrase.Count(len(tasks), "open follow-up"), ", ", phrase.UpTo(shownFollowUps, tasks), ".")
}

// postmortemDay says when the postmortem is.
func postmortemDay(v readiness.View, r history.Postmortem) reply.Text {
	typed := reply.Typed("/rollback postmortem-date " + r.Environment + " on DATE")
	switch {
	case !r.Ended.IsZero() && r.EndedBy == "":
		return reply.Say("Done: the issue was closed ", reply.Time(r.Ended), ".")
	case !r.Ended.IsZero():
		return reply.Say("Done ", reply.Time(r.Ended), reply.By(r.EndedBy), Because(r.Note), ".")
	case r.On.IsZero():
		return reply.Say("No date is set for the postmortem; ", typed, " sets one.")
	case v.Now.After(PostmortemDue(v, r).Add(24 * time.Hour)):
		return reply.Say("⚠ The postmortem was planned for ", r.On.Format("2 January 2006"), ", and nobody has said that it took place.")
	}
	return reply.Say("The postmortem is on ", r.On.Format("Monday, 2 January 2006"), ", planned", reply.By(r.PlannedBy), ".")
}
