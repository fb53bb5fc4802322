package deploying

import (
	"context"
	"slices"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// Override is /deploy override.
func Override() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "override"}, Usage: "ENV [VERSION] REASON", Release: true, Precedence: verb.Ahead, Roles: overriders,
		About: "lets one deployment go out past listed items that don't pass, once a second person confirms", Amiss: amissOverriding, Do: override, Validate: validateOverride}
}

// ConfirmOverride is /deploy override confirm.
func ConfirmOverride() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "override", "confirm"}, Usage: "ENV", Options: "[--plan=PLAN]", ByButton: true, Precedence: verb.Ahead, Roles: overriders,
		About: "confirms an override that somebody else has asked for", Do: confirmOverride}
}

// DeclineOverride is /deploy override decline.
func DeclineOverride() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "override", "decline"}, Usage: "ENV", Options: "[--plan=PLAN]", ByButton: true, Precedence: verb.Ahead, Roles: overriders,
		About: "ends an override that no deployment has used", Do: declineOverride}
}

// overriders are the roles that have a part in an override somewhere.
func overriders(c *checklist.Checklist) []string {
	var roles []string
	for _, env := range c.Environments {
		if o := env.Override; o != nil {
			roles = append(roles, either(o)...)
		}
	}
	return roles
}

// overridable finds the environment that was named, if the configuration lists what may
// be overridden there.
func overridable(c verb.Call) (checklist.Environment, *reply.Reply) {
	name, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return checklist.Environment{}, refused
	}
	env, _ := c.View.Checklist.Environment(name)
	if env.Override == nil {
		refused := reply.Refuse("Nothing can be overridden on "+name, reply.Say("The configuration lists no items for it; they are under ", reply.Typed("override"), " of the environment."))
		return env, &refused
	}
	return env, nil
}

// amissOverriding says what is wrong with asking for an override, whichever release is
// meant.
func amissOverriding(c verb.Call) *reply.Reply {
	env, refused := overridable(c)
	if refused != nil {
		return refused
	}
	if denied, ok := c.PermitRoles(env.Override.Roles); !ok {
		return &denied
	}
	return nil
}

func validateOverride(c verb.Call) map[string]string {
	if strings.TrimSpace(c.Act.Text) == "" {
		return map[string]string{"reason": "Say why; both channels see it."}
	}
	return nil
}

// override asks for an override.
func override(ctx context.Context, c verb.Call) reply.Reply {
	if refused := amissOverriding(c); refused != nil {
		return *refused
	}
	env, _ := overridable(c)
	release, reason := c.View.Release(), strings.TrimSpace(c.Act.Text)
	switch said := c.Act.Release; {
	case release == nil:
		return cards.NoRelease()
	case said != "" && said != release.Version:
		return otherVersion(env.Name, said, release.Version)
	}
	if reason == "" {
		return overrideForm(c, env, release.Version)
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if refused := nothingToOverride(v, env); refused != nil {
			return nil, verb.Refusal(*refused)
		}
		release := v.Release()
		return []event.Event{event.OverrideAsked{ID: verb.PlanID(c.Key), Environment: env.Name, Release: release.Version, Commit: release.Commit, Items: v.Overridable(env.Name),
			Reason: reply.Shorten(reason, 300), By: c.User, Until: v.Now.Add(history.OverrideWaits), Channel: c.Channel}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return overrideAsked(c, env, receipt.Events[0].(event.OverrideAsked))
}

// overrideButton asks for an override, where that would make a decision GO.
func overrideButton(v readiness.View, d readiness.Decision) reply.Actions {
	if _, asked := waitingOverride(v, d.Environment); asked || !v.OnlyOverridable(d) {
		return reply.Actions{}
	}
	return reply.Actions{{Label: "Ask for an override", Act: reply.Act{Verb: "deploy override", Environment: d.Environment, Release: v.Release().Version}, Style: reply.Danger}}
}

// waitingOverride is the override that waits for the second person on an environment.
func waitingOverride(v readiness.View, env string) (history.Override, bool) {
	o, known := v.State.NewestOverride(env)
	return o, known && o.Waits(v.Now) && o.Version == v.Release().Version
}

// overrideWaits says in a plan that an override waits for the second person.
func overrideWaits(c verb.Call, v readiness.View, env string) reply.Lines {
	o, waits := waitingOverride(v, env)
	if !waits {
		return nil
	}
	return reply.Lines{reply.Say("⚠ ", reply.User(o.By), " has asked for an override. Somebody else has to confirm it by ", reply.Time(o.Until), ", in ", c.ThreadOf(o.Subject(), c.Releases), ".")}
}

// nothingToOverride refuses an override that would change nothing.
func nothingToOverride(v readiness.View, env checklist.Environment) *reply.Reply {
	d := v.Decide(env.Name)
	left := slices.ContainsFunc(d.Blockers, func(b readiness.Blocker) bool { return b.Item != nil && env.Override.Covers(b.Item) })
	var refused reply.Reply
	switch {
	case left:
		return nil
	case len(d.Overridden) > 0:
		refused = reply.Refuse("An override counts already", append(reply.Say("For the next deployment to "+env.Name+", "), append(wording.OverriddenBy(d.Overridden[0].By), reply.Say(".")...)...))
	case d.Go:
		refused = reply.Refuse(env.Name+" is GO", reply.Say("There is nothing to override. ", reply.Typed("/deploy "+env.Name), " plans the deployment."))
	default:
		refused = reply.Refuse("None of what blocks "+env.Name+" can be overridden", reply.Say("The configuration lists only ", phrase.UpTo(10, env.Override.Items), ". ", reply.Typed("/deploy "+env.Name), " shows what blocks it, and how to clear it."))
	}
	return &refused
}

// overrideForm asks for the reason.
func overrideForm(c verb.Call, on checklist.Environment, version string) reply.Reply {
	if refused := nothingToOverride(c.View, on); refused != nil {
		return *refused
	}
	env := on.Name
	items := c.View.Overridable(env)
	intro := append([]reply.Text{reply.Say("A second person has to confirm it within ", readiness.Span(history.OverrideWaits), ". Then one deployment of ", reply.Bold(version), " may go out past what is listed here.")},
		c.Cards().OverrideItems(c.View, items)...)
	return reply.Reply{Title: "Say why", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("An override needs a reason: ", reply.Typed("/deploy override "+env+" REASON"), ".")}},
		Form: &reply.Form{Title: "Override " + reply.Shorten(env, 14), Submit: "Ask for it", Act: c.Again(func(a *reply.Act) { a.Environment, a.Release = env, version }), Intro: intro,
			Inputs: []reply.Input{{Name: "reason", Label: "Reason", Kind: reply.LongText, Hint: "Both channels see it, and it is recorded"}}}}
}

func overrideAsked(c verb.Call, env checklist.Environment, asked event.OverrideAsked) reply.Reply {
	subject := history.Override{ID: asked.ID}.Subject()
	where := reply.Say(c.ThreadOf(subject, c.Releases))
	if c.OnCall != "" && c.OnCall != c.Releases {
		where = append(where, reply.Say(" and in ", reply.InChannel(c.OnCall))...)
	}
	line := append(reply.Say("Somebody else has to confirm it by ", reply.Time(asked.Until), ", on the card in "), where...)
	return reply.Reply{Title: "Override asked for: " + asked.Release + " to " + asked.Environment, Parts: []reply.Part{
		reply.Lines{append(append(append(line, reply.Say(": ")...), c.Roster().RolesText(env.Override.Second)...), reply.Say(".")...)}}}
}

// confirmOverride makes an override count.
func confirmOverride(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := overridable(c)
	if refused != nil {
		return *refused
	}
	o, known := namedOverride(c, c.View, env.Name)
	switch {
	case !known:
		return noOverride(env.Name)
	case o.By == c.User:
		return reply.Refuse("Somebody else has to confirm it", append(append(reply.Say("You asked for it. It takes "), c.Roster().RolesText(env.Override.Second)...), reply.Say(".")...))
	}
	if denied, ok := c.PermitRoles(env.Override.Second); !ok {
		return denied
	}
	if refused := askerLeft(c, env, o); refused != nil {
		return *refused
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		now, _ := namedOverride(c, v, env.Name)
		if !now.Waits(v.Now) {
			return nil, verb.Refusal(overrideOver(now, v.Now))
		}
		if refused := changedSince(v.Of(now.Version), now); refused != nil {
			return nil, verb.Refusal(*refused)
		}
		return []event.Event{event.OverrideConfirmed{ID: now.ID, By: c.User, Until: v.Now.Add(history.OverrideCounts)}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return overrideConfirmed(c, c.Ledger.State().Overrides[o.ID])
}

// namedOverride is the override that a button is about or, if none is named, the newest
// one on an environment.
func namedOverride(c verb.Call, v readiness.View, env string) (o history.Override, known bool) {
	if c.Act.Plan == "" {
		return v.State.NewestOverride(env)
	}
	o, known = v.State.Overrides[c.Act.Plan]
	return o, known && o.Environment == env
}

func noOverride(env string) reply.Reply {
	return reply.Refuse("No override waits on "+env, reply.Say(reply.Typed("/deploy override "+env+" REASON"), " asks for one."))
}

// overrideOver says why an override can't be confirmed or declined.
func overrideOver(o history.Override, now time.Time) reply.Reply {
	again := reply.Say(reply.Typed("/deploy override "+o.Environment+" REASON"), " asks for another.")
	_, ended := o.Ended(now)
	switch word := wording.Override(o, ended); word {
	case "confirmed":
		return reply.Refuse("That override is confirmed already", reply.Say("By ", reply.User(o.ConfirmedBy), ", ", reply.Time(o.Confirmed), ". ", reply.Typed("/deploy "+o.Environment), " plans the deployment."))
	case "replaced":
		return reply.Refuse("That override is over", reply.Say("Another one was asked for since; its card has the buttons."))
	case "expired":
		return reply.Refuse("That override has expired", again)
	default:
		return reply.Refuse("That override was "+word, again)
	}
}

// askerLeft refuses to confirm an override that was asked for by somebody who has lost
// the role since.
func askerLeft(c verb.Call, env checklist.Environment, o history.Override) *reply.Reply {
	held, unknown := c.Roster().Held(o.By, env.Override.Roles)
	var refused reply.Reply
	switch {
	case len(held) > 0:
		return nil
	case unknown != nil:
		refused = reply.RefuseForNow("Can't look up who may override at the moment", reply.Say("Slack didn't say whether ", reply.User(o.By), ", who asked for it, still may. Try again in a minute."))
	default:
		refused = reply.Refuse("It can't be confirmed any more", append(append(reply.Say(reply.User(o.By), ", who asked for it, no longer has the role for that. Ask again as "), c.Roster().RolesText(env.Override.Roles)...), reply.Say(".")...))
	}
	return &refused
}

// changedSince refuses to confirm an override of something else than what was asked for.
func changedSince(v readiness.View, o history.Override) *reply.Reply {
	release := v.Release()
	again := reply.Say(reply.Typed("/deploy override "+o.Environment+" REASON"), " asks again.")
	var refused reply.Reply
	switch other, left := v.NotAsked(o); {
	case !v.State.IsOpen(o.Version) || release.Commit != o.Commit:
		refused = reply.Refuse("It can't be confirmed any more", append(reply.Say(o.Version, " is no longer open, or has another commit. "), again...))
	case other != nil:
		refused = reply.Refuse("It can't be confirmed any more", append(reply.Say("What blocks it has changed since: ", reply.Bold(other.Title), ", ", reply.Shorten(other.Reason, 160), ". "), again...))
	case !left:
		refused = reply.Refuse("There is nothing to override any more", reply.Say("What it was asked for passes now. ", reply.Typed("/deploy "+o.Environment), " plans the deployment."))
	default:
		return nil
	}
	return &refused
}

func overrideConfirmed(c verb.Call, o history.Override) reply.Reply {
	v := c.Latest().Of(o.Version)
	return reply.Reply{Title: "Override confirmed: " + o.Version + " to " + o.Environment, Public: true, Parts: []reply.Part{
		reply.Lines{reply.Say("It counts for one deployment that starts by ", reply.Time(o.Until), ". ", reply.Capital(o.Environment), ": ", wording.Decision(v.Decide(o.Environment)), ".")},
		reply.Actions{{Label: "Plan the deployment", Act: reply.Act{Verb: "deploy", Environment: o.Environment, Release: o.Version}}}}}
}

// declineOverride ends an override, whether it was confirmed or not.
func declineOverride(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := overridable(c)
	if refused != nil {
		return *refused
	}
	o, known := namedOverride(c, c.View, env.Name)
	if !known {
		return noOverride(env.Name)
	}
	if denied, ok := c.PermitRoles(either(env.Override)); !ok {
		return denied
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		now, _ := namedOverride(c, v, env.Name)
		if now.Over(v.Now) {
			return nil, verb.Refusal(overrideOver(now, v.Now))
		}
		return []event.Event{event.OverrideDeclined{ID: now.ID, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "Override ended: " + o.Version + " to " + o.Environment, Public: true, Parts: []reply.Part{
		reply.Lines{reply.Say("By ", reply.User(c.User), ". It doesn't count for any deployment.")}}}
}

// either are the roles that have a part in an override.
func either(o *checklist.Override) []string {
	roles := slices.Clone(o.Roles)
	for _, role := range o.Second {
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}
