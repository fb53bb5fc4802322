package deploying

import (
	"cmp"
	"context"
	"time"

	"gonogo/commands/moment"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// mostFrozen is how long a person's freeze may last: a longer one belongs into the
// configuration.
const mostFrozen = 90 * 24 * time.Hour

// Freeze is /deploy freeze.
func Freeze() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "freeze"}, Usage: "ENV until TIME REASON", Permission: "lock",
		About: "blocks deployments to an environment until a time", Do: freeze, Validate: validateFreeze}
}

// Unfreeze is /deploy unfreeze.
func Unfreeze() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "unfreeze"}, Usage: "ENV [REASON]", Permission: "lock",
		About: "ends a freeze early", Do: unfreeze}
}

// freezeFaults says, by input, what is wrong with a freeze.
func freezeFaults(c verb.Call, until, reason string, now time.Time) map[string]string {
	faults := map[string]string{}
	switch _, at, ok := moment.Read(until, now, c.Zone); {
	case !ok:
		faults["until"] = moment.Unreadable(until, "Say until when.")
	case !at.After(now):
		faults["until"] = moment.Over(at, c.Zone)
	case at.After(now.Add(mostFrozen)):
		faults["until"] = "A freeze lasts 90 days at most; a longer one belongs under freezes in the configuration."
	}
	if reason == "" {
		faults["reason"] = "Say why, so that others know what is going on."
	}
	return faults
}

func validateFreeze(c verb.Call) map[string]string {
	until, reason := c.Act.Until, c.Act.Text
	return freezeFaults(c, until, reason, c.View.Now)
}

// freeze blocks deployments to an environment until a time.
func freeze(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	until, reason := c.Act.Until, c.Act.Text
	if faults := freezeFaults(c, until, reason, c.View.Now); len(faults) > 0 {
		return freezeForm(env, until, reason, faults)
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if f, frozen := v.State.Frozen[env]; frozen && v.Now.Before(f.Until) {
			return nil, verb.Refusal(reply.Reply{Title: env + " is frozen already", Refused: true, Parts: []reply.Part{
				reply.Lines{reply.Say(reply.Capital(f.Reason), ". Since ", reply.Time(f.At), reply.By(f.By), ", until ", reply.Time(f.Until), ".")}, reply.Actions{{Label: "Unfreeze", Act: reply.DoOn("deploy unfreeze", env)}}}})
		}
		_, at, _ := moment.Read(until, v.Now, c.Zone)
		return []event.Event{event.EnvironmentFrozen{Environment: env, Claim: c.Key, By: c.User, Reason: reply.Shorten(reason, 300), Until: at}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	frozen := receipt.Events[0].(event.EnvironmentFrozen)
	return reply.Reply{Title: env + " is frozen", Public: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Capital(reason), ". By ", reply.User(c.User), ", until ", reply.Time(frozen.Until), ". Nobody can deploy there; on-call can still roll back. ", reply.Typed("/deploy lift freeze@"+env+" until TIME REASON"), " lets one version pass.")},
		reply.Actions{{Label: "Unfreeze", Act: reply.DoOn("deploy unfreeze", env)}}}}
}

func freezeForm(env, until, reason string, faults map[string]string) reply.Reply {
	lines, amiss := verb.Objections(faults, verb.Said{Input: "until", Word: until}, verb.Said{Input: "reason", Word: reason})
	lines = append(lines, reply.Say("Write ", reply.Typed("/deploy freeze "+env+" until TIME REASON"), "."))
	return reply.Reply{Title: "Until when is " + env + " frozen, and why?", Refused: true, Parts: []reply.Part{lines},
		Form: &reply.Form{Title: "Freeze " + reply.Shorten(env, 16), Submit: "Freeze", Act: reply.DoOn("deploy freeze", env), Intro: amiss, Inputs: []reply.Input{
			{Name: "until", Label: "Until", Kind: reply.ShortText, Initial: until, Hint: moment.Hint},
			{Name: "reason", Label: "Reason", Kind: reply.ShortText, Initial: reason, Hint: "Everyone who wants to deploy sees it"}}}}
}

// unfreeze ends a person's freeze. A freeze of the configuration ends by itself, and
// can only be lifted for one version.
func unfreeze(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	reason := c.Act.Text
	var was history.Frozen
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		f, frozen := v.State.Frozen[env]
		if !frozen || !v.Now.Before(f.Until) {
			return nil, verb.Refusal(reply.Refuse("Nobody has frozen "+env, append(configuredFreeze(c, v, env), reply.Say(reply.Typed("/deploy status "+env), " shows what holds it."))...))
		}
		was = f
		return []event.Event{event.EnvironmentThawed{Environment: env, Claim: f.Claim, By: c.User, Reason: reply.Shorten(reason, 300)}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: env + " is no longer frozen", Public: true, Parts: []reply.Part{append(reply.Lines{reply.Say("By ", reply.User(c.User), wording.Because(reason), ". It was frozen", reply.By(was.By), ": ", cmp.Or(was.Reason, "for a reason that the ledger has"), ".")}, c.Effect()...)}}
}

// configuredFreeze says that a freeze is one of the configuration.
func configuredFreeze(c verb.Call, v readiness.View, env string) []reply.Text {
	for _, h := range v.Holds(env) {
		if h.Kind == event.HeldByFreeze {
			return []reply.Text{append(reply.Say("The configuration has: "), c.Cards().Hold(v, h)...)}
		}
	}
	return nil
}
