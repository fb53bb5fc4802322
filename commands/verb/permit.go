package verb

import (
	"errors"
	"slices"
	"time"

	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/commands/roster"
)

// PermitRoles decides whether a person holds one of the roles.
func (c Call) PermitRoles(roles []string) (reply.Reply, bool) {
	if len(roles) == 0 {
		return reply.Refuse("Nobody may do that", reply.Say("The configuration gives no role the permission for ", reply.Typed("/"+grammar.Join(c.Verb.Words)), ". Add it under ", reply.Typed("permissions"), ".")), false
	}
	held, unknown := c.Roster().Held(c.User, roles)
	switch {
	case len(held) > 0:
		return reply.Reply{}, true
	case unknown != nil:
		return reply.RefuseForNow("Can't look up who may do that at the moment", reply.Say(whyUnknown(unknown))), false
	}
	lines := []reply.Text{reply.Say(reply.Typed("/"+grammar.Join(c.Verb.Words)), " takes ", c.Roster().RolesText(roles), ".")}
	return reply.RefuseForNow("You don't have permission for that", lines...), false
}

// Admit decides about a call by a permission; "" needs none. The returned call says for
// which role the person acts as a deputy, or when the membership that permits it was read:
// an urgent act is permitted to whoever held the role when Slack last answered, since a
// user group that can't be read must not keep on-call from rolling back.
func (c Call) Admit(permission string) (Call, reply.Reply, bool) {
	if permission == "" || c.Host != "" {
		return c, reply.Reply{}, true
	}
	roles := c.Checklist.Permissions[permission]
	var since time.Time
	if c.Verb.Pending != nil {
		since = c.Verb.Pending(c)
	}
	deputy, denied, ok := c.PermitAsk(roles, since)
	if c.Deputy = deputy; ok || c.Verb.Precedence != AtOnce {
		return c, denied, ok
	}
	asOf, held := c.HeldLately(c.User, roles)
	if !held {
		return c, denied, false
	}
	c.AsOf = asOf
	return c, reply.Reply{}, true
}

// AsOfLines is [roster.AsOf] as seen by the person themselves.
func AsOfLines(asOf time.Time) reply.Lines {
	if asOf.IsZero() {
		return nil
	}
	return reply.Lines{reply.Say("Slack can't be asked who holds the role now; you were judged by membership as of ", reply.Time(asOf), ".")}
}

// whyUnknown says why it is not known who has a role.
func whyUnknown(err error) string {
	var unknown *roster.Unknown
	if errors.As(err, &unknown) {
		return "Nothing was done: " + unknown.Why + "."
	}
	return "Slack didn't say who is in the user group, so nothing was done. Try again in a minute."
}

// LastingMembership is how long the last known members of a user group count for what
// is AtOnce while Slack can't be asked.
const LastingMembership = 24 * time.Hour

// HeldLately reports whether a person held one of the roles when Slack last answered,
// if that is recent enough, and when that was. It is for roles whose members are not
// known now.
func (d *Desk) HeldLately(user string, roles []string) (asOf time.Time, held bool) {
	for _, id := range roles {
		_, err := d.Roster().Holders(id)
		last, ok := lastKnown(err)
		if ok && user != "" && slices.Contains(last.Last, user) && d.Now().Sub(last.AsOf) <= LastingMembership && last.AsOf.After(asOf) {
			asOf = last.AsOf
		}
	}
	return asOf, !asOf.IsZero()
}

// lastKnown is what an error of Members says about earlier members.
func lastKnown(err error) (last *roster.Unknown, ok bool) {
	ok = errors.As(err, &last) && !last.AsOf.IsZero()
	return last, ok
}
