// Package roster knows who holds which role, and names people.
//
// A [Roster] combines the configuration's roles with [Members], which asks Slack who is
// in them. Commands use [Roster.Held] to judge whether somebody may do something;
// package cards uses [Roster.RolesText] and [Roster.ByDeputy] to show who may, and who
// did. While it is unknown who holds a role, nobody holds it, and an [Unknown] says
// why.
package roster

import (
	"cmp"
	"slices"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
)

// Members knows who holds a role. An error means that it is not known now, and then
// nobody does; an *Unknown says why.
type Members interface {
	Members(role checklist.Role) (users []string, err error)
}

// Unknown is the error of Members that says why it is not known who holds a role.
type Unknown struct {
	Why   string    // a sentence for whoever is refused, with the next step
	Cause error     // for the log; may be nil
	Last  []string  // who held it when that was last known
	AsOf  time.Time // when that was; zero: never, or too long ago to count
}

// Error implements error.
func (u *Unknown) Error() string { return u.Why }

// Unwrap gives the cause.
func (u *Unknown) Unwrap() error { return u.Cause }

// Roster is who holds which role.
type Roster struct {
	Checklist *checklist.Checklist
	Members   Members // nil: nobody holds any role, as in a terminal
}

// Held lists which of the roles a person holds, in their order. unknown says why some
// are not known.
func (p Roster) Held(user string, roles []string) (held []string, unknown error) {
	for _, id := range roles {
		users, err := p.Holders(id)
		if err != nil {
			unknown = err
			continue
		}
		if user != "" && slices.Contains(users, user) {
			held = append(held, id)
		}
	}
	return held, unknown
}

// Holders are the people who hold a role.
func (p Roster) Holders(role string) ([]string, error) {
	r, ok := p.Checklist.Role(role)
	if !ok || p.Members == nil {
		return nil, nil
	}
	return p.Members.Members(r)
}

// RolesText names roles and who holds them: "Deployer (@a, @b) or On call (@c)".
func (p Roster) RolesText(roles []string) reply.Text {
	var text reply.Text
	for i, id := range roles {
		if i > 0 {
			text = append(text, reply.Say(" or ")...)
		}
		role, _ := p.Checklist.Role(id)
		text = append(text, reply.Bold(role.Title))
		text = append(text, p.HoldersText(role)...)
	}
	return text
}

// HoldersText lists who holds a role, or what the role is when that is not known.
func (p Roster) HoldersText(role checklist.Role) reply.Text {
	users, err := p.Holders(role.ID)
	switch {
	case err != nil && role.Usergroup != "":
		return reply.Say(" (", reply.Usergroup(role.Usergroup), ")")
	case err != nil:
		return reply.Say(" (not known right now)")
	case len(users) == 0:
		return reply.Say(" (nobody)")
	}
	text := reply.Say(" (")
	for i, user := range users {
		if i == 5 {
			text = append(text, reply.Say(" and others")...)
			break
		}
		if i > 0 {
			text = append(text, reply.Say(", ")...)
		}
		text = append(text, reply.User(user))
	}
	return append(text, reply.Say(")")...)
}

// AsOf says that a person was permitted because of old knowledge of a role; nil: it was
// current.
func AsOf(asOf time.Time) reply.Text {
	if asOf.IsZero() {
		return nil
	}
	return reply.Say(", judged by membership as of ", reply.Time(asOf))
}

// Checkers lists the roles that may answer an item by hand.
func (p Roster) Checkers(it *checklist.Item) []string {
	if it.Manual != nil && len(it.Manual.By) > 0 {
		return it.Manual.By
	}
	return p.Checklist.Permissions["check"]
}

// ByDeputy names who did something, and for whom: " by @bob as deputy for Technical Lead".
func (p Roster) ByDeputy(user, role string) reply.Text {
	if user == "" {
		return nil
	}
	return reply.Say(reply.By(user), p.AsDeputy(role))
}

// AsDeputy says for which role somebody stood in; nil for none.
func (p Roster) AsDeputy(role string) reply.Text {
	if role == "" {
		return nil
	}
	r, _ := p.Checklist.Role(role)
	return reply.Say(" as deputy for ", cmp.Or(r.Title, role))
}

// Calling names people so that Slack tells them: each person and user group of
// some roles, once. While Slack cannot be asked who still has a say, all whom the
// configuration names are: being called gives nobody a say.
func (p Roster) Calling(roles []checklist.Role) reply.Text {
	var text reply.Text
	var named []reply.Span
	for _, role := range roles {
		users := role.Users
		if role.Usergroup != "" {
			named = append(named, reply.Usergroup(role.Usergroup)) // Slack tells its members by itself
		} else if known, err := p.Holders(role.ID); err == nil {
			users = known
		}
		for _, user := range users {
			named = append(named, reply.User(user))
		}
	}
	for i, span := range named {
		if !slices.Contains(named[:i], span) {
			if len(text) > 0 {
				text = append(text, reply.Say(" ")...)
			}
			text = append(text, span)
		}
	}
	return text
}
