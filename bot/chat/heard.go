package chat

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

// isAboutPeople tells whether an event is one of those that heard takes.
func isAboutPeople(e *socket.Event) bool {
	return slices.Contains([]string{"subteam_members_changed", "subteam_updated", "user_change"}, e.Type)
}

// heard takes over what an event tells, from memory alone and at once. What takes
// somebody's say counts from now on. What gives it counts once Slack was asked, which
// run does soon.
func (p *people) heard(e *socket.Event) {
	p.mu.Lock()
	switch {
	case e.Type == "user_change" && e.User.Changed != nil:
		p.personChanged(e.User.Changed)
	case e.Type == "subteam_members_changed":
		p.changed(e.Usergroup, func(g *group) { p.membersChanged(e.Usergroup, g, e.Added, e.Removed) })
	case e.Type == "subteam_updated":
		p.changed(e.Subteam.ID, func(g *group) { p.groupUpdated(g, &e.Subteam) })
	}
	p.mu.Unlock()
	select {
	case p.stirred <- struct{}{}:
	default: // it is known already
	}
}

// changed changes the picture of a user group that a role names.
func (p *people) changed(id string, change func(*group)) {
	if id == "" || !slices.ContainsFunc(p.roles, func(r checklist.Role) bool { return r.Usergroup == id }) {
		return
	}
	g := p.groups[id]
	change(&g)
	g.events++
	p.groups[id] = g
}

// membersChanged takes out who left. Where it is not told who, nobody is known to be
// a member.
func (p *people) membersChanged(id string, g *group, added, removed []string) {
	if len(added)+len(removed) == 0 {
		g.doubted, g.due = true, true
		return
	}
	p.leave(id, g, func(user string) bool { return slices.Contains(removed, user) })
	p.join(id, g, added)
}

// groupUpdated takes over a user group as Slack shows it. A list that is cut says
// nothing about those who are not on it.
func (p *people) groupUpdated(g *group, now *socket.Subteam) {
	_, disabled := errors.AsType[*disabledGroup](g.fault)
	switch {
	case now.Disabled > 0:
		*g = group{fault: &disabledGroup{now.ID, now.Handle}, off: p.now(), events: g.events}
	case disabled:
		g.off, g.due = time.Time{}, true
	case now.Users == nil || len(now.Users) != int(now.Members):
		g.doubted, g.due = true, true
	default:
		p.leave(now.ID, g, func(user string) bool { return !slices.Contains(now.Users, user) })
		p.join(now.ID, g, now.Users)
	}
}

// leave takes members out of a user group.
func (p *people) leave(id string, g *group, gone func(user string) bool) {
	var staying []string
	for _, user := range g.users {
		if gone(user) {
			p.left[member{id, user}] = p.now()
		} else {
			staying = append(staying, user)
		}
	}
	g.users = staying
}

// join has a user group read again in which somebody is not known to be a member yet.
func (p *people) join(id string, g *group, users []string) {
	for _, user := range users {
		delete(p.left, member{id, user})
		g.due = g.due || !slices.Contains(g.users, user)
	}
}

// stays leaves out of an answer who left since it was asked for, or shortly before.
func (p *people) stays(id string, users []string, asked time.Time) []string {
	return slices.DeleteFunc(users, func(user string) bool { return contradicted(asked, p.left[member{id, user}]) })
}

// contradicted tells whether an event outweighs the answer to what was asked at a time.
func contradicted(asked, event time.Time) bool {
	return !event.IsZero() && asked.Before(event.Add(settling))
}

// personChanged takes a person's say who is deactivated, a guest or of another
// workspace now. Who is none of it, and had no say, is read again.
func (p *people) personChanged(m *socket.Member) {
	say := p.hasSay(&slack.User{
		TeamID: m.TeamID, Deleted: m.Deleted, IsBot: m.IsBot, IsRestricted: m.IsRestricted, IsUltraRestricted: m.IsUltraRestricted,
		IsStranger: m.IsStranger, Enterprise: slack.EnterpriseUser{Teams: m.Enterprise.Teams},
	})
	known, seen := p.profiles[m.ID]
	switch {
	case !say:
		p.profiles[m.ID] = profile{at: p.now(), told: p.now()}
	case seen && !known.say && p.blind: // nobody is read; the configuration is trusted
		delete(p.profiles, m.ID)
	case seen && !known.say:
		p.profiles[m.ID] = profile{} // of which nothing is known
	}
}

// rest waits until the next look is due, or ctx ends; then ok is false. What events
// change meanwhile is written to the file and, where it must be, read again.
func (p *people) rest(ctx context.Context, pause time.Duration) (ok bool) {
	over := time.NewTimer(pause)
	defer over.Stop()
	for {
		var again <-chan time.Time
		if p.doubts() {
			again = time.After(time.Until(p.reread.Add(lookAgain)))
		}
		select {
		case <-ctx.Done():
			return false
		case <-over.C:
			return true
		case <-p.stirred:
			p.remember()
		case <-again:
			p.reread = time.Now() // how often Slack may be asked is not the injected clock's business
			p.lookAtDoubts(ctx)
			p.remember()
		}
	}
}

// doubts tells whether anything is to be read before the next look.
func (p *people) doubts() bool {
	if unread, _ := p.toRead(); len(unread) > 0 {
		return true
	}
	return len(p.usergroups(func(g group) bool { return g.due })) > 0
}

// lookAtDoubts reads what an event has put in doubt.
func (p *people) lookAtDoubts(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	for _, id := range p.usergroups(func(g group) bool { return g.due }) {
		p.lookAtGroup(ctx, id)
	}
	unread, _ := p.toRead()
	for _, id := range unread {
		p.lookAtPerson(ctx, id)
	}
}
