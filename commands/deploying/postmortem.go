package deploying

import (
	"context"
	"slices"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// latestPostmortem is how far ahead a postmortem may be planned.
const latestPostmortem = 180 * 24 * time.Hour

// PostmortemDate is /rollback postmortem-date.
func PostmortemDate() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "postmortem-date"}, Usage: "[ENV] [on DATE]", Options: "[--run=RUN]", Permission: "rollback",
		About: "sets the day of a rollback's postmortem; gonogo reminds on-call of it", Do: planPostmortem, Validate: validatePostmortem}
}

// PostmortemDone is /rollback postmortem-done.
func PostmortemDone() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "postmortem-done"}, Usage: "[ENV] [NOTE]", Options: "[--run=RUN]", Permission: "rollback",
		About: "says that the postmortem of a rollback took place, and closes its issue", Do: endPostmortem}
}

// postmortemOf finds the postmortem that is meant: the one of the button, or else the newest of
// the environment that has not ended.
func postmortemOf(s *history.State, env, run string) (history.Postmortem, bool) {
	if r, ok := s.Postmortems[run]; run != "" {
		return r, ok && r.Ended.IsZero()
	}
	return s.OpenPostmortem(env)
}

// awaitingPostmortem finds the environment that was named, among those with a postmortem to
// come.
func awaitingPostmortem(c verb.Call) (string, *reply.Reply) {
	var known []string
	for _, r := range c.View.State.OpenPostmortems() {
		if !slices.Contains(known, r.Environment) {
			known = append(known, r.Environment)
		}
	}
	if len(known) == 0 {
		refused := reply.Refuse("No rollback waits for a postmortem", reply.Say("A postmortem is opened by a rollback, and ends with ", reply.Typed("/rollback postmortem-done ENV"), " or when its issue is closed."))
		return "", &refused
	}
	return c.Environment(known)
}

func noPostmortem(env string) reply.Reply {
	return reply.Refuse("No rollback of "+env+" waits for a postmortem", reply.Say(reply.Typed("/ready history"), " shows what happened."))
}

// postmortemFaults says, by input, what is wrong with the day of a postmortem.
func postmortemFaults(c verb.Call, now time.Time) map[string]string {
	on, err := time.ParseInLocation(time.DateOnly, c.Act.Until, c.Zone) // the day begins there
	switch {
	case err != nil:
		return map[string]string{"until": "Write the day as in 2026-12-31."}
	case !on.AddDate(0, 0, 1).After(now):
		return map[string]string{"until": "That day is in the past; choose a later one."}
	case on.After(now.Add(latestPostmortem)):
		return map[string]string{"until": "A postmortem is planned 180 days ahead at most; choose an earlier day."}
	}
	return nil
}

func validatePostmortem(c verb.Call) map[string]string { return postmortemFaults(c, c.View.Now) }

// planPostmortem sets the day of a postmortem.
func planPostmortem(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := awaitingPostmortem(c)
	if refused != nil {
		return *refused
	}
	if faults := postmortemFaults(c, c.View.Now); len(faults) > 0 {
		return postmortemForm(c, env, faults)
	}
	var r history.Postmortem
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		var ok bool
		if r, ok = postmortemOf(v.State, env, c.Act.Run); !ok {
			return nil, verb.Refusal(noPostmortem(env))
		}
		on, _ := time.Parse(time.DateOnly, c.Act.Until)
		return []event.Event{event.PostmortemPlanned{Rollback: r.Rollback, On: on, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "The postmortem of " + env + " is planned", Public: true, Parts: []reply.Part{wording.Postmortem(c.Latest(), c.Latest().State.Postmortems[r.Rollback])}}
}

func postmortemForm(c verb.Call, env string, faults map[string]string) reply.Reply {
	r, ok := postmortemOf(c.View.State, env, c.Act.Run)
	if !ok {
		return noPostmortem(env)
	}
	said := verb.Said{Input: "until", Word: c.Act.Until}
	lines, amiss := verb.Objections(faults, said)
	lines = append(append(lines, wording.Postmortem(c.View, r)...), reply.Say("Write ", reply.Typed("/rollback postmortem-date "+env+" on DATE"), "."))
	return reply.Reply{Title: "When is the postmortem of " + env + "?", Refused: true, Parts: []reply.Part{lines},
		Form: &reply.Form{Title: "Postmortem", Submit: "Set the date", Act: reply.Act{Verb: "rollback postmortem-date", Environment: env, Run: r.Rollback}, Intro: amiss,
			Inputs: []reply.Input{{Name: "until", Label: "Day", Kind: reply.Date, Hint: "On-call is reminded of it at 09:00"}}}}
}

// endPostmortem says that a postmortem took place.
func endPostmortem(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := awaitingPostmortem(c)
	if refused != nil {
		return *refused
	}
	var r history.Postmortem
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		var ok bool
		if r, ok = postmortemOf(v.State, env, c.Act.Run); !ok {
			return nil, verb.Refusal(noPostmortem(env))
		}
		return []event.Event{event.PostmortemEnded{Rollback: r.Rollback, By: c.User, Note: reply.Shorten(c.Act.Text, 300)}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "The postmortem of " + env + " is done", Public: true, Parts: []reply.Part{wording.Postmortem(c.Latest(), c.Latest().State.Postmortems[r.Rollback])}}
}
