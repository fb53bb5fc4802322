package deploying

import (
	"context"
	"slices"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// Declare is /rollback declare.
func Declare() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "declare"}, Usage: "ENV TRIGGER REASON", Roles: declarers, Precedence: verb.Ahead,
		About: "declares what nothing measures, such as corrupt data", Do: declare, Validate: validateDeclare}
}

// declarers are the roles that may declare something somewhere.
func declarers(c *checklist.Checklist) []string {
	var roles []string
	for _, d := range c.Declarations {
		roles = append(roles, d.Roles...)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

func validateDeclare(c verb.Call) map[string]string {
	if strings.TrimSpace(c.Act.Text) == "" {
		return map[string]string{"reason": "Say what you saw; everybody on call reads it."}
	}
	return nil
}

// declare trips a trigger on a person's word. It fires until somebody closes it.
func declare(ctx context.Context, c verb.Call) reply.Reply {
	i := slices.IndexFunc(c.Checklist.Declarations, func(d checklist.Declaration) bool {
		return d.Environment == c.Act.Environment && d.Trigger == c.Act.Trigger
	})
	if i < 0 {
		return whichDeclaration(c)
	}
	d := c.Checklist.Declarations[i]
	if denied, ok := c.PermitRoles(d.Roles); !ok {
		return denied
	}
	reason := strings.TrimSpace(c.Act.Text)
	if reason == "" {
		return reply.Reply{Title: "What did you see?", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("Write ", reply.Typed("/rollback declare "+d.Environment+" "+d.Trigger+" REASON"), ".")}},
			Form: &reply.Form{Title: reply.Shorten("Declare on "+d.Environment, 24), Submit: "Declare", Act: cards.Declares(d), Intro: []reply.Text{reply.Say(reply.Bold(reply.Shorten(d.Title, 150)))},
				Inputs: []reply.Input{{Name: "reason", Label: "What you saw", Kind: reply.ShortText, Hint: "On-call is alerted, and everybody reads it"}}}}
	}
	id := verb.PlanID(c.Key)
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if known := v.State.FiringTrigger(d.Environment, d.Trigger); known != nil {
			return nil, verb.Refusal(reply.Refuse("That is declared already", reply.Say("Since ", reply.Time(known.Heard), reply.By(known.DeclaredBy), ": ", reply.Shorten(known.Reading, 300), ".")))
		}
		return []event.Event{event.TriggerTripped{Incident: id, Environment: d.Environment, Trigger: d.Trigger, Title: d.Title + " on " + d.Environment,
			Problem: alert.OverLimit, Reading: reply.Shorten(reason, 300), By: c.User, Samples: 1, Hard: d.Hard, Measured: true}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	lines := reply.Lines{reply.Say(reply.Capital(reply.Shorten(reason, 200)), ". By ", reply.User(c.User), ". ", cardSays(c, "incident/"+id))}
	return reply.Reply{Title: reply.Shorten("Declared: "+d.Title+" on "+d.Environment, 150), Public: true, Parts: []reply.Part{lines}}
}

// whichDeclaration lists what can be declared.
func whichDeclaration(c verb.Call) reply.Reply {
	actions := reply.Actions{}
	for _, d := range c.Checklist.Declarations {
		actions = append(actions, cards.DeclareButton(d))
	}
	if len(actions) == 0 {
		return reply.Refuse("Nothing can be declared", reply.Say("The configuration has no ", reply.Typed("person"), " trigger; add one to the environment's ", reply.Typed("rollback.triggers"), "."))
	}
	return reply.Reply{Title: "What do you declare?", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("Write ", reply.Typed("/rollback declare ENV TRIGGER REASON"), ".")}, actions}}
}
