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

// settling is for how long after an event an answer of Slack's that contradicts it may
// come from an old copy. Slack promises nothing about that, and to ask again is cheap.
const settling = 10 * time.Second

// member is a person in a user group.
type member struct{ usergroup, user string }

// IsNews tells whether an event is one of those that Heard takes.
func IsNews(e *socket.Event) bool {
	return slices.Contains([]string{"subteam_members_changed", "subteam_updated", "user_change"}, e.Type)
}

// Heard takes over what an event tells, from memory alone and at once. What takes
// somebody's say counts from now on. What gives it counts once Slack was asked, which
// Run does soon.
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
	case d.stirred <- struct{}{}:
	default: // it is known already
	}
}

// changed changes the picture of a user group that a role names.
func (d *Directory) changed(id string, change func(*group)) {
	if id == "" || !slices.ContainsFunc(d.roles, func(r checklist.Role) bool { return r.Usergroup == id }) {
		return
	}
	g := d.groups[id]
	change(&g)
	g.events++
	d.groups[id] = g
}

// membersChanged takes out who left. Where it is not told who, nobody is known to be
// a member.
func (d *Directory) membersChanged(id string, g *group, added, removed []string) {
	if len(added)+len(removed) == 0 {
		g.doubted, g.due = true, true
		return
	}
	d.leave(id, g, func(user string) bool { return slices.Contains(removed, user) })
	d.join(id, g, added)
}

// groupUpdated takes over a user group as Slack shows it. A list that is cut says
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

// join has a user group read again in which somebody is not known to be a member yet.
func (d *Directory) join(id string, g *group, users []string) {
	for _, user := range users {
		delete(d.left, member{id, user})
		g.due = g.due || !slices.Contains(g.users, user)
	}
}

// stays leaves out of an answer who left since it was asked for, or shortly before.
func (d *Directory) stays(id string, users []string, asked time.Time) []string {
	return slices.DeleteFunc(users, func(user string) bool { return contradicted(asked, d.left[member{id, user}]) })
}

// contradicted tells whether an event outweighs the answer to what was asked at a time.
func contradicted(asked, event time.Time) bool {
	return !event.IsZero() && asked.Before(event.Add(settling))
}

// personChanged takes a person's say who is deactivated, a guest or of another
// workspace now. Who is none of it, and had no say, is read again.
func (d *Directory) personChanged(m *socket.Member) {
	say := d.hasSay(&slack.User{
		TeamID: m.TeamID, Deleted: m.Deleted, IsBot: m.IsBot, IsRestricted: m.IsRestricted, IsUltraRestricted: m.IsUltraRestricted,
		IsStranger: m.IsStranger, Enterprise: slack.EnterpriseUser{Teams: m.Enterprise.Teams},
	})
	known, seen := d.profiles[m.ID]
	switch {
	case !say:
		d.profiles[m.ID] = profile{at: d.now(), told: d.now()}
	case seen && !known.say && d.blind: // nobody is read; the configuration is trusted
		delete(d.profiles, m.ID)
	case seen && !known.say:
		d.profiles[m.ID] = profile{} // of which nothing is known
	}
}

// rest waits until the next look is due, or ctx ends; then ok is false. What events
// change meanwhile is written to the file and, where it must be, read again.
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
		case <-d.stirred:
			d.remember()
		case <-again:
			d.reread = time.Now() // how often Slack may be asked is not the injected clock's business
			d.lookAtDoubts(ctx)
			d.remember()
		}
	}
}

// doubts tells whether anything is to be read before the next look.
func (d *Directory) doubts() bool {
	if unread, _ := d.toRead(); len(unread) > 0 {
		return true
	}
	return len(d.usergroups(func(g group) bool { return g.due })) > 0
}

// lookAtDoubts reads what an event has put in doubt.
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
