package workspace

import (
	"slices"
	"strconv"
	"time"
)

// mostListed is how many members subteam_updated lists (docs.slack.dev/reference/events/subteam_updated).
const mostListed = 500

// Admin does what owners and administrators of a workspace do on Slack's own pages.
type Admin struct{ w *Workspace }

// Admin returns what administrators can do.
func (w *Workspace) Admin() Admin { return Admin{w} }

// SetGroup sets the members of a user group, and sends the app the events.
func (a Admin) SetGroup(id string, users ...string) error {
	w := a.w
	w.mu.Lock()
	defer w.mu.Unlock()
	group, ok := w.people.group(id)
	if !ok {
		return unknown("user group", id)
	}
	before := group.Users
	group.Users = slices.Clone(users)
	added, removed := without(users, before), without(before, users)
	if len(added)+len(removed) == 0 {
		return nil
	}
	// Slack's own example has the counts as strings; its types for JavaScript have them as numbers.
	w.sendEvent("subteam_members_changed", object{
		"subteam_id": id, "team_id": teamID, "date_previous_update": 1767225600, "date_update": w.now().Unix(), "event_ts": w.stamp(),
		"added_users": added, "added_users_count": strconv.Itoa(len(added)),
		"removed_users": removed, "removed_users_count": strconv.Itoa(len(removed)),
	}, object{"type": "subteam_members_changed"})
	w.sendGroup(group)
	return nil
}

// without are the users of one list that are not in another.
func without(users, others []string) []string {
	left := []string{}
	for _, user := range users {
		if !slices.Contains(others, user) {
			left = append(left, user)
		}
	}
	return left
}

// DisableGroup disables a user group, or enables it again, and sends the app the event. Unless include_disabled is set, a disabled
// group isn't listed, and asking for its members is an error.
func (a Admin) DisableGroup(id string, disabled bool) error {
	w := a.w
	w.mu.Lock()
	defer w.mu.Unlock()
	group, ok := w.people.group(id)
	if !ok {
		return unknown("user group", id)
	}
	group.Disabled = 0
	if disabled {
		group.Disabled = w.now().Unix()
	}
	w.sendGroup(group)
	return nil
}

// sendGroup sends the app the current state of a user group.
func (w *Workspace) sendGroup(g *Group) {
	subteam := wireGroup(g, true)
	if len(g.Users) > mostListed {
		subteam["users"] = g.Users[:mostListed]
	}
	w.sendEvent("subteam_updated", object{"subteam": subteam, "event_ts": w.stamp()}, object{"type": "subteam_updated"})
}

// LiftLimits has the Web API take any number of calls from now on.
func (a Admin) LiftLimits() {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	a.w.opts.Unlimited = true
}

// LiftDeadlines lets the app acknowledge envelopes and use trigger IDs as late as it likes from now on: for tests that
// aren't about Slack's three seconds, which a busy machine may not keep. What an app without a connection is sent still
// fails at once, and what a closed connection left unacknowledged waits for the next one.
func (a Admin) LiftDeadlines() {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	const never = 365 * 24 * time.Hour
	a.w.opts.EnvelopeTimeout, a.w.opts.TriggerLife = never, never
}

// Deactivate deactivates a person's account, or activates it again, and sends the app the event. Here the person can still act, as
// in Slack until their sessions have ended.
func (a Admin) Deactivate(user string, deactivated bool) error {
	return a.w.alter(user, func(u *User) { u.Deleted = deactivated })
}

// Demote makes a person a guest, or a full member again, and sends the app the event.
func (a Admin) Demote(user string, guest bool) error {
	return a.w.alter(user, func(u *User) { u.IsGuest = guest })
}

// SetStatus changes a person's title, and sends the app the same event as for a change of status.
func (w *Workspace) SetStatus(user, title string) error {
	return w.alter(user, func(u *User) { u.Title = title })
}

// alter changes a person, and sends the app the event.
func (w *Workspace) alter(user string, change func(*User)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.people.users, func(u User) bool { return u.ID == user })
	if i < 0 {
		return unknown("person", user)
	}
	change(&w.people.users[i])
	w.sendEvent("user_change", object{"user": wireUser(w.people.users[i]), "cache_ts": w.now().Unix(), "event_ts": w.stamp()}, object{"type": "user_change"})
	return nil
}

// Unarchive unarchives a channel.
func (a Admin) Unarchive(id string) error {
	return a.change(id, func(c *channel) { c.Archived = false })
}

// Invite adds somebody, or the bot, to a channel.
func (a Admin) Invite(id, user string) error {
	return a.change(id, func(c *channel) {
		if !c.has(user) {
			c.Members = append(slices.Clone(c.Members), user)
		}
	})
}

// RestrictPosting lets only administrators and some people post in a channel, except in
// threads; without anybody, everyone may post again.
func (a Admin) RestrictPosting(id string, users ...string) error {
	return a.change(id, func(c *channel) { c.Posting = users })
}

func (a Admin) change(id string, change func(*channel)) error {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	c, ok := a.w.channels[id]
	if !ok {
		return unknown("channel", id)
	}
	change(c)
	a.w.changed()
	return nil
}
