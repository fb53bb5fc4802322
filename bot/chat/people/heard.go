package people

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/socket"
	"gonogo/readiness/checklist"
)

// settling is for how long after an event Slack's answers may still come from an old
// copy. Slack promises nothing about that, and asking again is cheap.
const settling = 10 * time.Second

// member is a person in a user group.
type member struct{ usergroup, user string }

// IsNews reports whether an event is one that Heard handles.
func IsNews(e *socket.Event) bool {
	return slices.Contains([]string{"subteam_members_changed", "subteam_updated", "user_change"}, e.Type)
}

// Heard applies an event, from memory and at once. A membership that ends counts from
// now on. One that begins counts once Slack was asked, which Run does soon.
func (d *Directory) Heard(e *socket.Event) {
	d.mu.Lock()
	switch {
	case e.Type == "user_change" && e.User.Changed != nil:
		d.personChanged(e.User.Changed)
	case e.Type == "subteam_members_changed":
		d.changed(e.Usergroup, func(g *group) { d.membersChanged(e.Usergroup, g, e.Added, e.Removed) })
	case e.Type == "subteam_updated":
		d.changed(e.Subteam.ID, func(g *group) { d.groupUpdated(g, &e.Subteam) })
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default: // a wake-up is pending already
	}
}

// changed applies a change to a user group that a role names.
func (d *Directory) changed(id string, change func(*group)) {
	if id == "" || !slices.ContainsFunc(d.roles, func(r checklist.Role) bool { return r.Usergroup == id }) {
		return
	}
	g := d.groups[id]
	change(&g)
	g.events++
	d.groups[id] = g
}

// membersChanged removes who left. Where the event doesn't say who, nobody counts as a
// member until the group is read.
func (d *Directory) membersChanged(id string, g *group, added, removed []string) {
	if len(added)+len(removed) == 0 {
		g.doubted, g.due = true, true
		return
	}
	d.leave(id, g, func(user string) bool { return slices.Contains(removed, user) })
	d.join(id, g, added)
}

// groupUpdated applies a user group as Slack's event shows it. A truncated list says
// nothing about those who are not on it.
func (d *Directory) groupUpdated(g *group, now *socket.Subteam) {
	_, disabled := errors.AsType[*DisabledGroup](g.fault)
	switch {
	case now.Disabled > 0:
		*g = group{fault: &DisabledGroup{now.ID, now.Handle}, off: d.now(), events: g.events}
	case disabled:
		g.off, g.due = time.Time{}, true
	case now.Users == nil || len(now.Users) != int(now.Members):
		g.doubted, g.due = true, true
	default:
		d.leave(now.ID, g, func(user string) bool { return !slices.Contains(now.Users, user) })
		d.join(now.ID, g, now.Users)
	}
}

// leave takes members out of a user group.
func (d *Directory) leave(id string, g *group, gone func(user string) bool) {
	var staying []string
	for _, user := range g.users {
		if gone(user) {
			d.left[member{id, user}] = d.now()
		} else {
			staying = append(staying, user)
		}
	}
	g.users = staying
}

// join marks a user group to be read again if somebody in it isn't known to be a member
// yet.
func (d *Directory) join(id string, g *group, users []string) {
	for _, user := range users {
		delete(d.left, member{id, user})
		g.due = g.due || !slices.Contains(g.users, user)
	}
}

// stays removes from an answer those who left after it was asked for, or shortly
// before.
func (d *Directory) stays(id string, users []string, asked time.Time) []string {
	return slices.DeleteFunc(users, func(user string) bool { return contradicted(asked, d.left[member{id, user}]) })
}

// contradicted reports whether an event outweighs an answer that was asked for at a
// time.
func contradicted(asked, event time.Time) bool {
	return !event.IsZero() && asked.Before(event.Add(settling))
}

// personChanged makes a person ineligible who is now deactivated, a guest or of another
// workspace. Somebody else who was not eligible is read again.
func (d *Directory) personChanged(m *socket.Member) {
	eligible := d.mayHoldRoles(&slack.User{
		TeamID: m.TeamID, Deleted: m.Deleted, IsBot: m.IsBot, IsRestricted: m.IsRestricted, IsUltraRestricted: m.IsUltraRestricted,
		IsStranger: m.IsStranger, Enterprise: slack.EnterpriseUser{Teams: m.Enterprise.Teams},
	})
	known, seen := d.profiles[m.ID]
	switch {
	case !eligible:
		d.profiles[m.ID] = profile{at: d.now(), revoked: d.now()}
	case seen && !known.eligible && d.blind: // people can't be read; the configuration is trusted
		delete(d.profiles, m.ID)
	case seen && !known.eligible:
		d.profiles[m.ID] = profile{} // nothing is known of them now
	}
}

// rest waits until the next look is due, or until ctx ends; then ok is false. Meanwhile
// it writes what events change to the file, and reads again what they made doubtful.
func (d *Directory) rest(ctx context.Context, pause time.Duration) (ok bool) {
	over := time.NewTimer(pause)
	defer over.Stop()
	for {
		var again <-chan time.Time
		if d.doubts() {
			again = time.After(time.Until(d.reread.Add(lookAgain)))
		}
		select {
		case <-ctx.Done():
			return false
		case <-over.C:
			return true
		case <-d.wake:
			d.remember()
		case <-again:
			d.reread = time.Now() // Slack's rate limits go by the real clock, not the injected one
			d.lookAtDoubts(ctx)
			d.remember()
		}
	}
}

// doubts reports whether anything must be read before the next look.
func (d *Directory) doubts() bool {
	if unread, _ := d.toRead(); len(unread) > 0 {
		return true
	}
	return len(d.usergroups(func(g group) bool { return g.due })) > 0
}

// lookAtDoubts reads what an event has made doubtful.
func (d *Directory) lookAtDoubts(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	for _, id := range d.usergroups(func(g group) bool { return g.due }) {
		d.lookAtGroup(ctx, id)
	}
	unread, _ := d.toRead()
	for _, id := range unread {
		d.lookAtPerson(ctx, id)
	}
}
