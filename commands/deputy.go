package commands

import (
	"cmp"
	"slices"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
)

// This file judges deputies: who stands in for a role where something waits that
// nobody in the role has answered for a while.

// permitAsk judges whether a person may answer something that has waited since
// a moment; zero: it does not wait, so deputies do not count. deputy is the role
// that they stand in for; empty: they hold one of the roles.
func (c call) permitAsk(roles []string, since time.Time) (deputy string, denied reply.Reply, ok bool) {
	denied, ok = c.permitRoles(roles)
	if ok || since.IsZero() {
		return "", denied, ok
	}
	stands := c.standsInFor(c.User, roles)
	if len(stands) == 0 {
		return "", denied, false
	}
	first := slices.MinFunc(stands, func(x, y readiness.Role) int { return cmp.Compare(x.Deputies.After, y.Deputies.After) })
	if from := since.Add(first.Deputies.After); c.view.Now.Before(from) {
		return "", c.tooEarly(first, from, roles), false
	}
	return first.ID, reply.Reply{}, true
}

// tooEarly tells a deputy from when they count, and who counts until then.
func (d *desk) tooEarly(role readiness.Role, from time.Time, roles []string) reply.Reply {
	return reply.RefuseForNow("You don't count yet, as a deputy",
		reply.Say("You are a deputy for ", reply.Bold(role.Title), " and count from ", reply.Time(from), ", once this has waited for ", readiness.Span(role.Deputies.After), "."),
		reply.Say("Until then it takes ", d.roster().RolesText(roles), "."))
}

// standsInFor lists the roles that a person is a deputy for, in their order. One
// whose deputies cannot be told now is left out.
func (d *desk) standsInFor(user string, roles []string) []readiness.Role {
	var stands []readiness.Role
	for _, id := range roles {
		role, _ := d.Checklist.Role(id)
		if role.Deputies == nil || user == "" {
			continue
		}
		held, _ := d.roster().Held(user, role.Deputies.Roles)
		if len(held) > 0 || d.isDeputy(user, role) {
			stands = append(stands, role)
		}
	}
	return stands
}

// isDeputy reports whether a person is named as a deputy, and may have a say.
func (d *desk) isDeputy(user string, role readiness.Role) bool {
	if d.Members == nil || !slices.Contains(role.Deputies.Users, user) {
		return false
	}
	named, err := d.Members.Members(role.Named())
	return err == nil && slices.Contains(named, user)
}

// whoeverFor names who did something in the history.
func whoeverFor(c call, user, role string) reply.Text {
	return reply.Say(whoever(user), c.roster().AsDeputy(role))
}

// alertSince is since when an incident waits for somebody to acknowledge it;
// zero: it does not.
func alertSince(i *readiness.Incident) time.Time {
	if i == nil || !i.Firing() || i.AckBy != "" || i.Dismissed() {
		return time.Time{}
	}
	return i.Heard
}

// pendingAck is since when what somebody acknowledges has waited.
func pendingAck(c call) time.Time {
	if run := c.view.State.Runs[c.act.Run]; run != nil {
		u, _ := c.view.Waits("run/" + run.ID)
		return u.Since
	}
	return alertSince(c.view.State.Incidents[ackIncident(c)])
}

// pendingDecision is since when it waits whether to keep or return: what a rollback
// asks, or a pin that one left.
func pendingDecision(c call) time.Time {
	env, refused := c.environment(c.withOpenRuns())
	if refused != nil {
		return time.Time{}
	}
	if run := c.view.State.Changing(env); run != nil {
		return askedSince(run)
	}
	holds := c.view.Holds(env)
	if i := slices.IndexFunc(holds, func(h readiness.Hold) bool { return h.Kind == readiness.HeldByPin }); i >= 0 {
		return holds[i].Since
	}
	return time.Time{}
}

// pendingRun is since when the run of a call has asked a person.
func pendingRun(c call) time.Time { return askedSince(c.view.State.Runs[c.act.Run]) }

// askedSince is since when a run has asked a person; zero: it does not.
func askedSince(run *readiness.Run) time.Time {
	if run == nil || run.Asked == nil {
		return time.Time{}
	}
	return run.Asked.At
}

// liftSince is since when what a hold is about waits for somebody.
func liftSince(s *readiness.State, h readiness.Hold) time.Time {
	switch h.Kind {
	case readiness.HeldByAlert:
		return alertSince(s.Incidents[h.Incident])
	case readiness.HeldByPin:
		return h.Since
	}
	return time.Time{}
}

// signOffSince is since when a sign-off waits for a role; zero: it does not.
func signOffSince(a readiness.Approval, role string) time.Time {
	for _, r := range a.Roles {
		if r.Role.ID != role || a.Asked == nil || r.Approved() || r.Rejected() {
			continue
		}
		if r.SignOff != nil && r.SignOff.At.After(a.Asked.At) {
			return r.SignOff.At
		}
		return a.Asked.At
	}
	return time.Time{}
}

// deputyFor lists the roles of a sign-off for which a person stands in now.
// early is the one that they stand in for next, and from when.
func deputyFor(c call, a readiness.Approval) (now []string, early *readiness.Role, from time.Time) {
	for _, role := range c.standsInFor(c.User, a.Rule.Roles) {
		since := signOffSince(a, role.ID)
		switch at := since.Add(role.Deputies.After); {
		case since.IsZero():
		case !c.view.Now.Before(at):
			now = append(now, role.ID)
		case early == nil || at.Before(from):
			early, from = &role, at
		}
	}
	return now, early, from
}
