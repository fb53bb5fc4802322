package deploying

import (
	"context"
	"time"

	"gonogo/commands/moment"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// longestSnooze is how long an alert that is escalated may be snoozed at a time: somebody
// has to look at it again after that.
const longestSnooze = time.Hour

// Snooze is /rollback snooze.
func Snooze() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "snooze"}, Usage: "INCIDENT [until|for TIME]", Permission: "alerts", Precedence: verb.Ahead,
		Pending: func(c verb.Call) time.Time { return alertSince(c.View.State.Incidents[c.Act.Incident]) },
		About:   "stops escalating an alert for an hour at most, or until it gets worse", Do: snooze, Validate: snoozeFaults}
}

// snoozeFaults says, by input, what is wrong with a snooze.
func snoozeFaults(c verb.Call) map[string]string {
	if fault := untilFault(c, longestSnooze, "A snooze lasts an hour at most. Acknowledge it if you take care of it."); fault != "" {
		return map[string]string{"until": fault}
	}
	return nil
}

// untilFault is what is wrong with the time until which something is to last.
func untilFault(c verb.Call, most time.Duration, tooLong string) string {
	switch _, at, ok := moment.Read(c.Act.Until, c.View.Now, c.Zone); {
	case !ok:
		return moment.Unreadable(c.Act.Until, "Say for how long.")
	case !at.After(c.View.Now):
		return moment.Over(at, c.Zone)
	case at.After(c.View.Now.Add(most)):
		return tooLong
	}
	return ""
}

// snooze stops the escalation of an alert for a while. It acknowledges nothing.
func snooze(ctx context.Context, c verb.Call) reply.Reply {
	i := c.View.State.Incidents[c.Act.Incident]
	if i == nil {
		return whichAlert(c, c.View, c.Act)
	}
	if refused := cannotSnooze(c.View, i); refused != nil {
		return *refused
	}
	if faults := snoozeFaults(c); len(faults) > 0 {
		return snoozeForm(c, i, faults)
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		i := v.State.Incidents[c.Act.Incident]
		if i == nil {
			return nil, verb.Refusal(whichAlert(c, v, c.Act))
		} else if refused := cannotSnooze(v, i); refused != nil {
			return nil, verb.Refusal(*refused)
		}
		_, at, _ := moment.Read(c.Act.Until, v.Now, c.Zone)
		return []event.Event{event.IncidentSnoozed{Incident: i.ID, Until: at, By: c.User, Deputy: c.Deputy, MembershipAsOf: c.AsOf}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	snoozed := receipt.Events[0].(event.IncidentSnoozed)
	lines := reply.Lines{reply.Say("Nobody is notified of it again until ", reply.Time(snoozed.Until), ", unless it gets worse. ", cardSays(c, "incident/"+snoozed.Incident))}
	return reply.Reply{Title: "You snoozed " + reply.Shorten(i.Title, 120), Parts: []reply.Part{append(lines, verb.AsOfLines(c.AsOf)...)}}
}

// cannotSnooze refuses where there is nothing to snooze; nil: there is.
func cannotSnooze(v readiness.View, i *history.Incident) *reply.Reply {
	if v.OnCall().Snoozable(i) {
		return nil
	}
	why := reply.Say("gonogo notifies nobody else of it: only what is severe is escalated, and only while nobody takes care of it.")
	switch {
	case !i.Firing():
		why = reply.Say("It is over since ", reply.Time(i.Ended), reply.By(i.ClosedBy), ".")
	case i.AckBy != "":
		why = reply.Say("It was acknowledged ", reply.Time(i.AckAt), reply.By(i.AckBy), ", so nobody is notified of it again.")
	case v.Checklist.Escalation.After == 0:
		why = reply.Say("The configuration has no ", reply.Typed("escalate"), ", so nobody is notified of it again.")
	}
	refused := reply.Refuse("There is nothing to snooze", why)
	return &refused
}

func snoozeForm(c verb.Call, i *history.Incident, faults map[string]string) reply.Reply {
	var lines reply.Lines
	var amiss []reply.Text
	if c.Act.Until != "" {
		lines, amiss = verb.Objections(faults, verb.Said{Input: "until", Word: c.Act.Until})
	}
	lines = append(lines, reply.Say("Write ", reply.Typed("/rollback snooze "+i.ID+" for 15m"), ", up to an hour."))
	return reply.Reply{Title: "For how long?", Refused: true, Parts: []reply.Part{lines},
		Form: &reply.Form{Title: "Snooze", Submit: "Snooze", Act: reply.Act{Verb: "rollback snooze", Incident: i.ID},
			Intro: append([]reply.Text{reply.Say(reply.Bold(reply.Shorten(i.Title, 150)))}, amiss...),
			Inputs: []reply.Input{{Name: "until", Label: "For", Kind: reply.Choice, Initial: "15m", Hint: "Nobody is notified again before that, unless it gets worse",
				Options: []reply.Option{{Value: "15m", Label: "15 minutes"}, {Value: "1h", Label: "1 hour"}}}}}}
}
