package deploying

import (
	"context"
	"slices"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// FalseAlarm is /rollback false-alarm.
func FalseAlarm() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "false-alarm"}, Usage: "INCIDENT REASON", Permission: "alerts", Precedence: verb.Ahead,
		About: "declares an incident a false alarm, and lifts its holds", Do: falseAlarm, Validate: validateFalseAlarm}
}

func validateFalseAlarm(c verb.Call) map[string]string {
	if strings.TrimSpace(c.Act.Text) == "" {
		return map[string]string{"reason": "Explain how you know; everybody sees it."}
	}
	return nil
}

// falseAlarm lifts what an incident blocks: its alerts, and the version that was rolled
// back because of it.
func falseAlarm(ctx context.Context, c verb.Call) reply.Reply {
	id := c.Act.Incident
	if c.View.State.Incidents[id] == nil {
		return whichAlert(c, c.View, withWord(c.Act))
	}
	reason := strings.TrimSpace(c.Act.Text)
	if reason == "" {
		return reply.Reply{Title: "How do you know that it is a false alarm?", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("Write ", reply.Typed("/rollback false-alarm "+id+" REASON"), ".")}},
			Form: &reply.Form{Title: "False alarm", Submit: "False alarm", Act: reply.Act{Verb: "rollback false-alarm", Incident: id}, Intro: []reply.Text{reply.Say(reply.Bold(reply.Shorten(c.View.State.Incidents[id].Title, 150)))},
				Inputs: []reply.Input{{Name: "reason", Label: "How you know", Kind: reply.ShortText, Hint: "Its holds are lifted; everybody sees why"}}}}
	}
	var i *history.Incident
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if i = v.State.Incidents[id]; i == nil {
			return nil, verb.Refusal(whichAlert(c, v, c.Act))
		} else if word := i.FalseAlarm; i.Dismissed() {
			return nil, verb.Refusal(reply.Refuse("That is known", reply.Say("It was declared a false alarm ", reply.Time(word.At), reply.By(word.By), ": ", word.Reason, ".")))
		}
		return []event.Event{event.FalseAlarmDeclared{Incident: id, By: c.User, Reason: reply.Shorten(reason, 300)}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	lines := append(reply.Lines{reply.Say(reply.Capital(reply.Shorten(reason, 200)), ". By ", reply.User(c.User), ". It holds nothing any longer, and approvals count as before.")}, c.Effect()...)
	actions := cards.SettleActions(c.Latest(), i.Environment)
	if run := c.Latest().State.Changing(i.Environment); run != nil && run.Asked != nil && run.Change.Incident == id {
		actions = cards.QuestionActions(run)
	}
	return reply.Reply{Title: "False alarm: " + reply.Shorten(i.Title, 120), Public: true, Parts: reply.NonEmpty([]reply.Part{lines, actions})}
}

// Acknowledge is /rollback ack.
func Acknowledge() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "ack"}, Usage: "[INCIDENT]", Options: "[--run=RUN] [--storm=STORM] [--seen=SEEN]", Permission: "alerts", Precedence: verb.AtOnce, Pending: pendingAck,
		About: "acknowledges the alerts that are firing", Do: acknowledge}
}

// acknowledge records who takes care of an incident: the first to press.
func acknowledge(ctx context.Context, c verb.Call) reply.Reply {
	switch {
	case c.Act.Run != "":
		return takeRun(ctx, c)
	case c.Act.Storm != "":
		return takeStorm(ctx, c)
	}
	id := ackIncident(c)
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		i := v.State.Incidents[id]
		switch {
		case i == nil:
			return nil, verb.Refusal(whichAlert(c, v, c.Act))
		case i.AckBy != "":
			return nil, verb.Refusal(reply.Reply{Title: "It is already acknowledged", Parts: []reply.Part{reply.Lines{reply.Say("Acknowledged ", reply.Time(i.AckAt), c.Roster().ByDeputy(i.AckBy, i.AckDeputy), ".")}}})
		}
		return []event.Event{event.IncidentAcknowledged{Incident: id, By: c.User, Deputy: c.Deputy, MembershipAsOf: c.AsOf}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	lines := reply.Lines{reply.Say(cardSays(c, "incident/"+id))}
	title := "it"
	if i := c.Latest().State.Incidents[id]; i != nil {
		title = i.Title
	}
	return reply.Reply{Title: "You acknowledged " + reply.Shorten(title, 120), Parts: []reply.Part{append(lines, verb.AsOfLines(c.AsOf)...)}}
}

// cardSays says where everyone sees what was just decided: on a card, if it is in Slack.
func cardSays(c verb.Call, subject string) string {
	v := c.Latest()
	if _, posted := v.State.Anchors[v.OnCall().CardOf(subject)]; posted {
		return "The card says so to everyone."
	}
	return "Its card isn't in Slack yet, so tell the others; it says so once it is posted."
}

// ackIncident is the incident to acknowledge. If none is named it is the newest severe
// one that nobody has acknowledged, or else the newest that nobody has, or else the newest
// that fires.
func ackIncident(c verb.Call) string {
	all := c.View.State.FiringIncidents()
	if c.Act.Incident != "" || len(all) == 0 {
		return c.Act.Incident
	}
	waits := slices.DeleteFunc(slices.Clone(all), func(i *history.Incident) bool { return i.AckBy != "" || i.Dismissed() })
	severe := slices.IndexFunc(waits, c.View.OnCall().Severe)
	switch {
	case severe >= 0:
		return waits[severe].ID
	case len(waits) > 0:
		return waits[0].ID
	}
	return all[0].ID
}

// takeRun records who takes care of a run that waits for a person, or that failed: the
// first to press.
func takeRun(ctx context.Context, c verb.Call) reply.Reply {
	id := c.Act.Run
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		run := v.State.Runs[id]
		if run != nil && run.Taken != nil {
			return nil, verb.Refusal(reply.Reply{Title: "It is already acknowledged", Parts: []reply.Part{reply.Lines{c.Cards().AcknowledgedText(run)}}})
		}
		if _, waits := v.OnCall().Waits("run/" + id); !waits {
			return nil, verb.Refusal(reply.Refuse("Nothing waits there", reply.Say(reply.Typed("/deploy status"), " shows what does.")))
		}
		return []event.Event{event.RunTaken{Run: id, By: c.User, Deputy: c.Deputy}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	title := "it"
	if run := c.Latest().State.Runs[id]; run != nil {
		title = run.Title
	}
	return reply.Reply{Title: "You acknowledged " + reply.Shorten(title, 120), Parts: []reply.Part{reply.Lines{reply.Say(cardSays(c, "run/"+id) + " What it asks stays open until somebody answers.")}}}
}

// pendingAck is since when what a person acknowledges has waited.
func pendingAck(c verb.Call) time.Time {
	if run := c.View.State.Runs[c.Act.Run]; run != nil {
		u, _ := c.View.OnCall().Waits("run/" + run.ID)
		return u.Since
	}
	if c.Act.Storm != "" {
		return stormSince(c)
	}
	return alertSince(c.View.State.Incidents[ackIncident(c)])
}

// alertSince is since when an incident has waited to be acknowledged; zero: it isn't
// waiting.
func alertSince(i *history.Incident) time.Time {
	if i == nil || !i.Firing() || i.AckBy != "" || i.Dismissed() {
		return time.Time{}
	}
	return i.Heard
}

// CloseIncident is /rollback close.
func CloseIncident() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "close"}, Usage: "INCIDENT", Permission: "alerts", Precedence: verb.Ahead,
		About: "closes an alert whose end wasn't reported", Do: closeIncident}
}

// closeIncident ends an incident on a person's word. If it is still firing, the next
// alert opens another one.
func closeIncident(ctx context.Context, c verb.Call) reply.Reply {
	id := c.Act.Incident
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		switch i := v.State.Incidents[id]; {
		case i == nil:
			return nil, verb.Refusal(whichAlert(c, v, c.Act))
		case !i.Firing():
			return nil, verb.Refusal(reply.Refuse("It is already over", reply.Say("Since ", reply.Time(i.Ended), reply.By(i.ClosedBy), ".")))
		}
		return []event.Event{event.IncidentClosed{Incident: id, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "It counts as over", Parts: []reply.Part{reply.Lines{reply.Say("Closed by ", reply.User(c.User), ". If it fires again, there is a new card.")}}}
}
