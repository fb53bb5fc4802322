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
	restored bool      // restored from the file: nobody is a member because of it
	fault    error     // of the last attempt
	answered time.Time // when Slack was last asked and answered, be it with an error

	events  int       // events that changed it, see Heard
	due     bool      // an event says that there is more to read
	doubted bool      // an event left open who is a member now
	off     time.Time // when an event said that it was disabled
}

// lookAtGroup reads one user group. A failure keeps the old members until they are too
// old; those of a disabled group are dropped at once.
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
	if g.answered = before.answered; ctx.Err() == nil {
		g.answered = asked
	}
	d.groups[id] = g
	return g
}

// readGroup reads the members of a user group. For a disabled group Slack may answer
// that it does not exist, or has no members; only listing all groups tells that apart,
// which is done once as long as the answer stays the same.
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
	_ = d.calls.Call(ctx, "usergroups.list", "", func() (err error) { // on an error the first answer counts
		off, err = findDisabled(ctx, d.api, id)
		return err
	})
	if off != nil {
		return nil, off
	}
	return users, err
}

// absent reports whether an answer about a user group may be about a disabled one.
func absent(users []string, err error) bool {
	return slackerr.Code(err) == "no_such_subteam" || slackerr.Code(err) == "subteam_not_found" || err == nil && len(users) == 0
}

// DisabledGroup is the error of a user group that somebody disabled in Slack.
type DisabledGroup struct{ ID, Handle string }

// Error implements error.
func (g *DisabledGroup) Error() string {
	return fmt.Sprintf("the user group @%s (%s) is disabled", g.Handle, g.ID)
}

// findDisabled returns a user group if it is disabled, and nil if not.
func findDisabled(ctx context.Context, api *slack.Client, id string) (*DisabledGroup, error) {
	groups, err := api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeDisabled(true))
	for _, g := range groups {
		if g.ID == id && g.DateDelete != 0 {
			return &DisabledGroup{id, g.Handle}, nil
		}
	}
	return nil, err
}

// ReadGroup reads the members of a user group once, without rate limiting. The error is
// Slack's, or a *DisabledGroup.
func ReadGroup(ctx context.Context, api *slack.Client, id string) (users []string, err error) {
	users, err = api.GetUserGroupMembersContext(ctx, id)
	if !absent(users, err) {
		return users, err
	}
	if off, _ := findDisabled(ctx, api, id); off != nil { // on an error the first answer counts
		return nil, off
	}
	return users, err
}
