package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/slackerr"
)

// group is the members of a user group, and when they were read.
type group struct {
	users    []string
	at       time.Time
	restored bool  // read by an earlier run: nobody is a member by it
	fault    error // of the last attempt

	events  int       // that changed it, see Heard
	due     bool      // an event says that there is more to read
	doubted bool      // an event did not tell who is a member now
	off     time.Time // when an event told that it is disabled
}

// lookAtGroup reads one user group. A failure keeps the old picture, which
// then grows stale; that of a disabled group is dropped at once.
func (d *Directory) lookAtGroup(ctx context.Context, id string) group {
	d.mu.RLock()
	before := d.groups[id]
	d.mu.RUnlock()
	asked := d.now()
	users, err := d.readGroup(ctx, id, before)
	var off *DisabledGroup
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.groups[id]
	switch {
	case err == nil && contradicted(asked, g.off):
	case err == nil && g.events == before.events:
		g = group{users: d.stays(id, users, asked), at: asked, events: g.events}
	case err == nil: // what came meanwhile is still to be read
		g = group{users: d.stays(id, users, asked), at: asked, events: g.events, due: g.due, doubted: g.doubted}
	case ctx.Err() == nil || g.fault == nil:
		if g.fault == nil {
			d.log.Warn("couldn't read a user group; retrying", "usergroup", id, "error", slackerr.WithoutURL(err))
		}
		if g.fault = err; errors.As(err, &off) {
			g = group{fault: err, off: g.off, events: g.events}
		}
	}
	d.groups[id] = g
	return g
}

// readGroup reads the members of a user group. Slack may tell of a disabled one
// that it does not exist, or has no members; all groups are listed to find that
// out, though only once as long as the answer stays the same.
func (d *Directory) readGroup(ctx context.Context, id string, before group) (users []string, err error) {
	err = d.calls.Call(ctx, "usergroups.users.list", "", func() (err error) {
		users, err = d.api.GetUserGroupMembersContext(ctx, id)
		return err
	})
	var off *DisabledGroup
	switch {
	case !absent(users, err):
		return users, err
	case errors.As(before.fault, &off):
		return nil, off
	case slackerr.Code(err) != "" && slackerr.Code(err) == slackerr.Code(before.fault), err == nil && before.fault == nil && !before.at.IsZero() && len(before.users) == 0:
		return users, err
	}
	_ = d.calls.Call(ctx, "usergroups.list", "", func() (err error) { // without it, what was said stands
		off, err = findDisabled(ctx, d.api, id)
		return err
	})
	if off != nil {
		return nil, off
	}
	return users, err
}

// absent tells whether an answer about a user group may be that of a disabled one.
func absent(users []string, err error) bool {
	return slackerr.Code(err) == "no_such_subteam" || slackerr.Code(err) == "subteam_not_found" || err == nil && len(users) == 0
}

// DisabledGroup is the error of a user group that somebody disabled in Slack.
type DisabledGroup struct{ ID, Handle string }

// Error implements error.
func (g *DisabledGroup) Error() string {
	return fmt.Sprintf("the user group @%s (%s) is disabled", g.Handle, g.ID)
}

// findDisabled tells whether a user group is a disabled one; nil: it is not.
func findDisabled(ctx context.Context, api *slack.Client, id string) (*DisabledGroup, error) {
	groups, err := api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeDisabled(true))
	for _, g := range groups {
		if g.ID == id && g.DateDelete != 0 {
			return &DisabledGroup{id, g.Handle}, nil
		}
	}
	return nil, err
}

// ReadGroup reads the members of a user group once, without regard to Slack's limits.
// The error is Slack's, or a *DisabledGroup.
func ReadGroup(ctx context.Context, api *slack.Client, id string) (users []string, err error) {
	users, err = api.GetUserGroupMembersContext(ctx, id)
	if !absent(users, err) {
		return users, err
	}
	if off, _ := findDisabled(ctx, api, id); off != nil { // without it, what was said stands
		return nil, off
	}
	return users, err
}
