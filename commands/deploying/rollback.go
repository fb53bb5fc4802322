package deploying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/history"
	"gonogo/runs"
)

// Rollback is /rollback.
func Rollback() verb.Verb {
	return verb.Verb{Words: []string{"rollback"}, Usage: "[ENV] [to VERSION] [--rehearsal] [--dry-run] [because REASON]", Options: "[from VERSION] [for INCIDENT]", Permission: "rollback", Precedence: verb.AtOnce, Host: true,
		About: "plans a rollback, with a button that starts it; without arguments, for the newest alert; a rehearsal goes out again by itself", Do: rollback}
}

// rollbackRequest is what a person entered for a rollback.
type rollbackRequest struct {
	env, from, to, incident, reason string
	rehearsal                       bool // a rehearsal
}

func rollbackRequestOf(c verb.Call) rollbackRequest {
	return rollbackRequest{c.Act.Environment, c.Act.From, c.Act.To, c.Act.Incident, reply.Shorten(c.Act.Text, 300), c.Act.Rehearsal}
}

// act is the request as an act of a verb.
func (w rollbackRequest) act(verb string) reply.Act {
	return reply.Act{Verb: verb, Environment: w.env, From: w.from, To: w.to, Incident: w.incident, Text: w.reason, Rehearsal: w.rehearsal}
}

// rollback shows what a rollback would do and asks for confirmation. Without arguments
// it is about the newest severe alert that fires, or else the newest.
func rollback(ctx context.Context, c verb.Call) reply.Reply {
	w := rollbackRequestOf(c)
	if w.env == "" && w.incident == "" && !w.rehearsal {
		if newest := c.View.OnCall().Newest(""); newest != nil {
			w.env, w.incident = newest.Environment, newest.ID
		}
	}
	if i := c.View.State.Incidents[w.incident]; i != nil && w.env == "" {
		w.env = i.Environment
	}
	c.Act.Environment = w.env
	env, refused := canRollBack(c)
	if refused != nil {
		return *refused
	}
	w.env = env
	if newest := c.View.OnCall().Newest(env); newest != nil && w.incident == "" && w.reason == "" && !w.rehearsal {
		w.incident = newest.ID
	}
	plan, err := c.Runs.PlanRollback(ctx, w.env, w.to)
	if err == nil && w.rehearsal {
		err = c.Runs.MayRehearse(c.Latest().State, w.env)
	}
	if err != nil {
		return noRollback(c, w, plan, err)
	}
	before := preflight(ctx, c, plan)
	if c.Act.DryRun {
		return dryRun(fmt.Sprintf("%s back to %s", w.env, plan.To.Version), plan.Steps, before)
	}
	r := confirm(c.View, w, plan, before)
	r.Parts = reply.NonEmpty(append(r.Parts, verb.AsOfLines(c.AsOf)))
	return r
}

// confirm asks for confirmation: from which version and commit to which, and what that
// means.
func confirm(v readiness.View, w rollbackRequest, plan runs.RollbackPlan, before reply.Lines) reply.Reply {
	title := fmt.Sprintf("Roll %s back to %s?", w.env, plan.To.Version)
	if w.rehearsal {
		title = fmt.Sprintf("Rehearse the way back of %s to %s?", w.env, plan.To.Version)
	}
	fields := reply.Fields{
		{Name: "From", Value: wording.Build(plan.From)},
		{Name: "To", Value: append(wording.Build(plan.To.Build), wording.Good(v.State, w.env, plan.To)...)},
	}
	lines := reply.Lines{}
	if i := v.State.Incidents[w.incident]; i != nil {
		fields = append(fields, reply.Field{Name: "Because", Value: reply.Say(i.Title, ", since ", reply.Time(i.Began))})
	} else if w.reason != "" {
		fields = append(fields, reply.Field{Name: "Because", Value: reply.Say(w.reason)})
	}
	if plan.Stops != nil {
		lines = append(lines, reply.Say("⚠ It stops the deployment of ", plan.Stops.Title, ", started ", reply.Time(plan.Stops.Started), reply.By(plan.Stops.By), "."))
	}
	if plan.Lock != nil {
		lines = append(lines, reply.Say("⚠ It overrides the lock", reply.By(plan.Lock.By), ": ", plan.Lock.Reason, "."))
	}
	for _, warning := range plan.Warnings {
		lines = append(lines, reply.Say("⚠ The platform warns: ", strings.TrimSpace(reply.Sentence(reply.Shorten(warning, 300)))))
	}
	for _, other := range plan.Beside {
		lines = append(lines, besideLine(other))
	}
	for _, h := range plan.Passes {
		if h.Incident == "" || h.Incident != w.incident {
			lines = append(lines, wording.PassedHold(h.Passed()))
		}
	}
	if w.rehearsal {
		lines = append(lines, reply.Say("It is a rehearsal: it goes back for real and then out again with ", plan.From.Version, ", by itself. ", plan.From.Version, " is not held afterwards, and approvals stay."))
	} else {
		lines = append(lines, reply.Say(plan.From.Version, " is then held on ", w.env, " and in the environments after it, until somebody lifts the hold."), untilDecided(w.env, plan))
	}
	lines = append(lines, before...)
	confirmed := rollbackRequest{env: w.env, from: plan.From.Version, to: plan.To.Version, incident: w.incident, reason: w.reason, rehearsal: w.rehearsal}
	label := "Roll back to " + plan.To.Version
	if w.rehearsal {
		label = "Rehearse it"
	}
	actions := reply.Actions{{Label: label, Act: confirmed.act("rollback start"), Style: reply.Danger}}
	for _, other := range plan.Others[:min(len(plan.Others), 3)] {
		other := rollbackRequest{env: w.env, to: other.Version, incident: w.incident, reason: w.reason, rehearsal: w.rehearsal}
		actions = append(actions, reply.Button{Label: "Rather to " + other.to, Act: other.act("rollback")})
	}
	return reply.Reply{Title: title, Summary: fmt.Sprintf("%s From %s to %s.", title, plan.From.Version, plan.To.Version), Parts: reply.NonEmpty([]reply.Part{fields, lines, actions})}
}

// untilDecided says what a rollback leaves for a person to decide, and what it doesn't
// change.
func untilDecided(env string, plan runs.RollbackPlan) reply.Text {
	does, that := "keeps ", plan.To.Version
	if plan.Pins {
		does, that = "pins "+plan.To.Version+" and keeps ", "it"
	}
	return reply.Say("It ", does, env, " locked until a person keeps ", that, " or returns to ", plan.From.Version, ". It does not undo what the newer version did to the data.")
}

// besideLine says what a rollback does to another environment of the app.
func besideLine(other runs.Beside) reply.Text {
	text := reply.Say("⚠ It rolls back the whole app, and so ", reply.Bold(other.Environment))
	switch {
	case other.Gets.Version == "":
		return append(text, reply.Say(" to what ran there then; which version that was is not known.")...)
	case other.Gets.Version == other.Now.Version:
		return append(text, reply.Say(", which stays at ", reply.Bold(other.Gets.Version), ".")...)
	}
	return append(text, reply.Say(" from ", reply.Bold(cmp.Or(other.Now.Name(), "what is live there")), " to ", reply.Bold(other.Gets.Version), ".")...)
}

func noRollback(c verb.Call, w rollbackRequest, plan runs.RollbackPlan, err error) reply.Reply {
	var running runs.AlreadyRunning
	var rehearsal runs.NoRehearsal
	switch {
	case errors.As(err, &running):
		return busy(c, running.Run)
	case errors.As(err, &rehearsal):
		return reply.Refuse("No rollback can be rehearsed on "+w.env, reply.Say(reply.Capital(rehearsal.Why), "."))
	case errors.Is(err, runs.ErrOtherPlace):
		return reply.Refuse("That alert is not about "+w.env, reply.Say(reply.Typed("/rollback status"), " shows what fires where; ", reply.Typed("/rollback "+w.env), " goes back without it."))
	case errors.Is(err, runs.ErrNoWayBack) && w.to != "" && w.to == plan.From.Version:
		return reply.Reply{Title: w.to + " is what is live on " + w.env, Parts: []reply.Part{reply.Lines{reply.Say("There is nothing to roll back.")},
			reply.Actions{{Label: "Status", Act: reply.DoOn("deploy status", w.env)}}}}
	case errors.Is(err, runs.ErrSilent):
		return reply.Refuse("The platform does not say whether it still has "+w.to, reply.Say(reply.Capital(reply.Shorten(err.Error(), 300)), "."), reply.Say("Nothing was started. ", reply.Typed("/rollback "+w.env), " rolls back to the last good version without asking; ", reply.Typed("/rollback by-hand "+w.env), " shows the steps at the platform."))
	case errors.Is(err, runs.ErrNoWayBack) && w.to != "" && len(plan.Others) > 0:
		r := reply.Reply{Title: w.to + " was never verified on " + w.env, Refused: true}
		buttons := reply.Actions{}
		for _, good := range plan.Others[:min(len(plan.Others), 5)] {
			buttons = append(buttons, reply.Button{Label: "To " + good.Version, Act: rollbackRequest{env: w.env, to: good.Version, incident: w.incident, reason: w.reason}.act("rollback")})
		}
		r.Parts = []reply.Part{reply.Lines{reply.Say("A rollback goes to a version that was verified or adopted there, or that the platform still has.")}, buttons}
		if c.Host != "" { // a terminal shows no buttons
			r.Parts = append(r.Parts, reply.Lines{reply.Say("Known good there: ", phrase.UpTo(5, versionsOf(plan.Others)), ".")})
		}
		return r
	case errors.Is(err, runs.ErrNoWayBack):
		return nowhereBack(c, w)
	}
	return c.Failed(err)
}

func versionsOf(all []history.Live) (versions []string) {
	for _, l := range all {
		versions = append(versions, l.Version)
	}
	return versions
}

// nowhereBack says that no version is known to be good, and what else there is.
func nowhereBack(c verb.Call, w rollbackRequest) reply.Reply {
	env, command := w.env, "/rollback "
	if c.Host != "" {
		command = "gonogo rollback "
	}
	known := reply.Say("gonogo has verified no other version there. ", reply.Typed("/deploy adopt "+env), " before a deployment records the version that is live then as known good.")
	if version, was := c.View.State.LastWithdrawn(env); version != "" && version != w.to {
		to := reply.Typed("/rollback " + env + " to " + version)
		if c.Host != "" {
			to = reply.Typed("gonogo rollback " + env + " --to " + version)
		}
		known = reply.Say("The other version that gonogo knows there, ", reply.Bold(version), ", was rolled back ", reply.Time(was.At), ". If it is the better one all the same, ", to, " rolls back to it, if the platform still has it.")
	}
	if w.to != "" {
		return reply.Refuse("gonogo can't roll "+env+" back to "+w.to, unknownVersion(w.to), known, reply.Say(reply.Typed(command+"by-hand "+env), " shows the steps at the platform."))
	}
	return reply.Refuse("There is no version to roll back to on "+env, known, reply.Say(reply.Typed(command+"by-hand "+env), " shows the steps at the platform."))
}

// unknownVersion says why a version can't be rolled back to.
func unknownVersion(version string) reply.Text {
	return reply.Say(reply.Bold(version), " was never verified or adopted there, and gonogo doesn't find it at the platform.")
}

// RollbackStart is /rollback start.
func RollbackStart() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "start"}, Usage: "ENV [from VERSION] [to VERSION] [--rehearsal] [because REASON]", Options: "[for INCIDENT]", Permission: "rollback", Precedence: verb.AtOnce, Host: true,
		About: "rolls back at once, without confirmation", Do: startRollback}
}

// startRollback starts a rollback. Two people who press at once start one rollback.
func startRollback(ctx context.Context, c verb.Call) reply.Reply {
	w := rollbackRequestOf(c)
	if w.env == "" {
		return reply.Refuse("Which environment?", reply.Say("Write ", reply.Typed("/rollback start ENV to VERSION because REASON"), "."))
	}
	env, refused := canRollBack(c)
	if refused != nil {
		return *refused
	}
	id, err := c.Runs.RollBack(ctx, runs.RollbackRequest{Key: c.Key, Environment: env, From: w.from, To: w.to,
		Reason: w.reason, Incident: w.incident, Rehearsal: w.rehearsal, By: c.User, Channel: c.Channel, MembershipAsOf: c.AsOf})
	switch {
	case errors.Is(err, runs.ErrOtherRelease):
		return reply.Reply{Title: "Something else is live now", Refused: true, Parts: []reply.Part{
			reply.Lines{reply.Say("Nothing was started. Look again before you go back.")}, reply.Actions{{Label: "Look again", Act: rollbackRequest{env: env, to: w.to, incident: w.incident, reason: w.reason, rehearsal: w.rehearsal}.act("rollback")}}}}
	case unwritten(err):
		return ByHand{Checklist: c.View.Checklist, State: c.View.State, Strategy: strategyOf(c, env), Environment: env, Version: w.to, Why: unwrittenWhy(err), Host: c.Host != ""}.Reply()
	case err != nil:
		plan, _ := c.Runs.PlanRollback(ctx, env, "")
		return noRollback(c, w, plan, err)
	}
	lines := reply.Lines{reply.Say("Follow it in ", c.ThreadOf("run/"+id, cmp.Or(c.OnCall, c.Releases)), ".")}
	return reply.Reply{Title: fmt.Sprintf("Rolling %s back", env), Replace: true, Run: id, Parts: []reply.Part{append(lines, verb.AsOfLines(c.AsOf)...)}}
}

// RollbackStatus is /rollback status.
func RollbackStatus() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "status"}, Options: "[--storm=STORM] [--before=NUMBER]", Look: true,
		About: "firing alerts, rollbacks in progress, and versions to roll back to", Do: rollbackStatus}
}

func rollbackStatus(_ context.Context, c verb.Call) reply.Reply {
	if c.Act.Storm != "" {
		return listStorm(c)
	}
	lines := reply.Lines{}
	for _, i := range c.View.State.FiringIncidents() {
		if !c.View.OnCall().Folded(i) {
			lines = append(lines, c.Cards().AlertLine(i))
		}
	}
	for _, storm := range c.View.OnCall().Storms() {
		if storm.Firing() > 0 {
			lines = append(lines, c.Cards().StormSummary(c.View, storm))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, reply.Say("Nothing fires."))
	}
	t := reply.Table{Title: "Ways back", Header: []string{"Environment", "Live", "Back to", "Now"}}
	actions := reply.Actions{}
	for _, env := range verb.EnvironmentNames(c.View.Checklist) {
		back := reply.Say("nowhere yet")
		if ways := c.View.State.WayBack(env); !rollsBack(c, env) {
			back = reply.Say("not with gonogo")
		} else if len(ways) > 0 {
			back = append(reply.Say(reply.Bold(ways[0].Version)), wording.Good(c.View.State, env, ways[0])...)
			actions = append(actions, reply.Button{Label: "Roll " + env + " back", Act: reply.DoOn("rollback", env), Style: reply.Danger})
		}
		t.Rows = append(t.Rows, []reply.Text{reply.Say(env), wording.Live(c.View, env), back, c.Cards().Doing(c.View, env)})
	}
	for _, d := range c.Checklist.Declarations {
		actions = append(actions, cards.DeclareButton(d))
	}
	return reply.Reply{Title: "Rollback", Parts: reply.NonEmpty([]reply.Part{lines, t, actions})}
}
