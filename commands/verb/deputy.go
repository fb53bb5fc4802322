package verb

import (
	"cmp"
	"slices"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/work"
)

// This file decides about deputies, who may act for a role when nobody in the role has
// responded for a while.

// PermitAsk decides whether a person may answer something that has waited since a time;
// zero: it doesn't wait, so deputies don't count. deputy is the role that they act for;
// empty: they hold one of the roles.
func (c Call) PermitAsk(roles []string, since time.Time) (deputy string, denied reply.Reply, ok bool) {
	denied, ok = c.PermitRoles(roles)
	if ok || since.IsZero() {
		return "", denied, ok
	}
	stands := c.StandsInFor(c.User, roles)
	if len(stands) == 0 {
		return "", denied, false
	}
	first := slices.MinFunc(stands, func(x, y checklist.Role) int { return cmp.Compare(x.Deputies.After, y.Deputies.After) })
	if from := since.Add(first.Deputies.After); c.View.Now.Before(from) {
		return "", c.TooEarly(first, from, roles), false
	}
	return first.ID, reply.Reply{}, true
}

// TooEarly tells a deputy when they may act, and who may until then.
func (d *Desk) TooEarly(role checklist.Role, from time.Time, roles []string) reply.Reply {
	return reply.RefuseForNow("You don't count yet, as a deputy",
		reply.Say("You are a deputy for ", reply.Bold(role.Title), " and count from ", reply.Time(from), ", once this has waited for ", readiness.Span(role.Deputies.After), "."),
		reply.Say("Until then it takes ", d.Roster().RolesText(roles), "."))
}

// StandsInFor lists those of some roles that a person is a deputy for. A role whose
// deputies are not known now is left out.
func (d *Desk) StandsInFor(user string, roles []string) []checklist.Role {
	var stands []checklist.Role
	for _, id := range roles {
		role, _ := d.Checklist.Role(id)
		if role.Deputies == nil || user == "" {
			continue
		}
		held, _ := d.Roster().Held(user, role.Deputies.Roles)
		if len(held) > 0 || d.isDeputy(user, role) {
			stands = append(stands, role)
		}
	}
	return stands
}

// isDeputy reports whether a person is named as a deputy and is eligible.
func (d *Desk) isDeputy(user string, role checklist.Role) bool {
	if d.Members == nil || !slices.Contains(role.Deputies.Users, user) {
		return false
	}
	named, err := d.Members.Members(role.Named())
	return err == nil && slices.Contains(named, user)
}

// AskedSince is when a run asked a person; zero: it asks nothing.
func AskedSince(run *work.Run) time.Time {
	if run == nil || run.Asked == nil {
		return time.Time{}
	}
	return run.Asked.At
}
