package commands

import (
	"context"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/readiness"
)

func falseAlarmVerb() verb {
	return verb{words: []string{"rollback", "false-alarm"}, usage: "INCIDENT REASON", permission: "alerts", precedence: Ahead,
		about: "says that an incident was none: what it holds goes free", do: falseAlarm, validate: validateFalseAlarm}
}

func validateFalseAlarm(c call) map[string]string {
	if strings.TrimSpace(c.act.Text) == "" {
		return map[string]string{"reason": "Say how you know; everybody sees it."}
	}
	return nil
}

// falseAlarm takes back what an incident has held: its alerts, and the version
// that was rolled back because of it.
func falseAlarm(ctx context.Context, c call) reply.Reply {
	id := c.act.Incident
	if c.view.State.Incidents[id] == nil {
		return reply.Refuse("There is no incident of that name", reply.Say(reply.Typed("/rollback status"), " shows what fires; the card of an incident has the button."))
	}
	reason := strings.TrimSpace(c.act.Text)
	if reason == "" {
		return reply.Reply{Title: "How do you know that it is a false alarm?", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("Write ", reply.Typed("/rollback false-alarm "+id+" REASON"), ".")}},
			Form: &reply.Form{Title: "False alarm", Submit: "False alarm", Act: reply.Act{Verb: "rollback false-alarm", Incident: id}, Intro: []reply.Text{reply.Say(reply.Bold(reply.Shorten(c.view.State.Incidents[id].Title, 150)))},
				Inputs: []reply.Input{{Name: "reason", Label: "How you know", Kind: reply.ShortText, Hint: "What it holds goes free; everybody sees why"}}}}
	}
	var i *readiness.Incident
	_, err := c.once(ctx, func(v readiness.View) ([]readiness.Event, error) {
		if i = v.State.Incidents[id]; i == nil {
			return nil, Refusal(reply.Refuse("There is no incident of that name", reply.Say(reply.Typed("/rollback status"), " shows what fires.")))
		} else if word := i.FalseAlarm; i.Dismissed() {
			return nil, Refusal(reply.Refuse("That is known", reply.Say("It was declared a false alarm ", reply.Time(word.At), reply.By(word.By), ": ", word.Reason, ".")))
		}
		return []readiness.Event{readiness.FalseAlarmDeclared{Incident: id, By: c.User, Reason: reply.Shorten(reason, 300)}}, nil
	})
	if err != nil {
		return c.failed(err)
	}
	lines := append(reply.Lines{reply.Say(reply.Capital(reply.Shorten(reason, 200)), ". By ", reply.User(c.User), ". It holds nothing any longer, and approvals count as before.")}, c.effect()...)
	actions := cards.SettleActions(c.View(), i.Environment)
	if run := c.View().State.Changing(i.Environment); run != nil && run.Asked != nil && run.Change.Incident == id {
		actions = cards.QuestionActions(run)
	}
	return reply.Reply{Title: "False alarm: " + reply.Shorten(i.Title, 120), Public: true, Parts: reply.NonEmpty([]reply.Part{lines, actions})}
}

func ackVerb() verb {
	return verb{words: []string{"rollback", "ack"}, usage: "[INCIDENT]", options: "[--run=RUN]", permission: "alerts", precedence: AtOnce, pending: pendingAck,
		about: "says that you look after what fires", do: acknowledge}
}

// acknowledge says who looks after an incident; the first who says so does.
func acknowledge(ctx context.Context, c call) reply.Reply {
	if c.act.Run != "" {
		return takeRun(ctx, c)
	}
	id := ackIncident(c)
	_, err := c.once(ctx, func(v readiness.View) ([]readiness.Event, error) {
		i := v.State.Incidents[id]
		switch {
		case i == nil:
			return nil, Refusal(reply.Refuse("Nothing of that name fires", reply.Say(reply.Typed("/rollback status"), " shows what does.")))
		case i.AckBy != "":
			return nil, Refusal(reply.Reply{Title: "It is looked after", Parts: []reply.Part{reply.Lines{reply.Say("Looked after", c.roster().ByDeputy(i.AckBy, i.AckDeputy), " since ", reply.Time(i.AckAt), ".")}}})
		}
		return []readiness.Event{readiness.IncidentAcknowledged{Incident: id, By: c.User, Deputy: c.deputy, MembershipAsOf: c.asOf}}, nil
	})
	if err != nil {
		return c.failed(err)
	}
	lines := reply.Lines{reply.Say("The card says so to everyone.")}
	return reply.Reply{Title: "You look after it", Parts: []reply.Part{append(lines, asOfLines(c.asOf)...)}}
}

// ackIncident is the incident that is acknowledged: the newest that fires where
// none is named.
func ackIncident(c call) string {
	if all := c.view.State.FiringIncidents(); c.act.Incident == "" && len(all) > 0 {
		return all[0].ID
	}
	return c.act.Incident
}

// takeRun says who looks after a run that waits for a person, or that failed;
// the first who says so does.
func takeRun(ctx context.Context, c call) reply.Reply {
	id := c.act.Run
	_, err := c.once(ctx, func(v readiness.View) ([]readiness.Event, error) {
		run := v.State.Runs[id]
		if run != nil && run.Taken != nil {
			return nil, Refusal(reply.Reply{Title: "It is looked after", Parts: []reply.Part{reply.Lines{c.cards().LookedAfter(run)}}})
		}
		if _, waits := v.Waits("run/" + id); !waits {
			return nil, Refusal(reply.Refuse("Nothing waits there", reply.Say(reply.Typed("/deploy status"), " shows what does.")))
		}
		return []readiness.Event{readiness.RunTaken{Run: id, By: c.User, Deputy: c.deputy}}, nil
	})
	if err != nil {
		return c.failed(err)
	}
	return reply.Reply{Title: "You look after it", Parts: []reply.Part{reply.Lines{reply.Say("The card says so to everyone. What it asks stays open until somebody answers.")}}}
}

// pendingAck is since when what somebody acknowledges has waited.
func pendingAck(c call) time.Time {
	if run := c.view.State.Runs[c.act.Run]; run != nil {
		u, _ := c.view.Waits("run/" + run.ID)
		return u.Since
	}
	return alertSince(c.view.State.Incidents[ackIncident(c)])
}

// alertSince is since when an incident waits for somebody to acknowledge it;
// zero: it does not.
func alertSince(i *readiness.Incident) time.Time {
	if i == nil || !i.Firing() || i.AckBy != "" || i.Dismissed() {
		return time.Time{}
	}
	return i.Heard
}

func closeVerb() verb {
	return verb{words: []string{"rollback", "close"}, usage: "INCIDENT", permission: "alerts", precedence: Ahead,
		about: "says that what fires is over, where nobody told gonogo", do: closeIncident}
}

// closeIncident ends an incident on a person's word. If it fires on, the next
// word of it opens another.
func closeIncident(ctx context.Context, c call) reply.Reply {
	id := c.act.Incident
	_, err := c.once(ctx, func(v readiness.View) ([]readiness.Event, error) {
		switch i := v.State.Incidents[id]; {
		case i == nil:
			return nil, Refusal(reply.Refuse("Nothing of that name fires", reply.Say(reply.Typed("/rollback status"), " shows what does.")))
		case !i.Firing():
			return nil, Refusal(reply.Refuse("It is over already", reply.Say("Since ", reply.Time(i.Ended), reply.By(i.ClosedBy), ".")))
		}
		return []readiness.Event{readiness.IncidentClosed{Incident: id, By: c.User}}, nil
	})
	if err != nil {
		return c.failed(err)
	}
	return reply.Reply{Title: "It counts as over", Parts: []reply.Part{reply.Lines{reply.Say("Closed by ", reply.User(c.User), ". If it fires again, there is a new card.")}}}
}
