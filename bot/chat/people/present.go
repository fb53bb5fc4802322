package people

import (
	"context"
	"fmt"
	"slices"

	"gonogo/commands/roster"
	"gonogo/readiness/checklist"
)

// Present lists who holds a role now, for a gate that measures whether anybody does. It
// is stricter than Members: nobody is taken on trust. Whoever wasn't read in the last ten
// minutes is read first, and where the app may not read people at all, nothing is known,
// since a deactivated person can't be told from an active one. The error is a
// *roster.Unknown.
func (d *Directory) Present(ctx context.Context, role checklist.Role) ([]string, error) {
	d.AwaitFirst(ctx)
	unread := 0
	for _, id := range d.candidates(role) {
		_, lately := d.seenLately(id)
		if !lately && (ctx.Err() != nil || !d.readNow(ctx, id)) {
			unread++
		}
	}
	ids, err := d.Members(role)
	switch {
	case err != nil:
		return nil, err
	case d.isBlind():
		return nil, &roster.Unknown{Why: fmt.Sprintf("whether the members of %s are active isn't known, since Slack doesn't show people to this app; "+
			"add the scope users:read and reinstall the app", RoleName(role))}
	case unread > 0:
		return nil, &roster.Unknown{Why: fmt.Sprintf("whether the members of %s are active isn't known at present, since Slack doesn't answer; please try again in a moment", RoleName(role))}
	}
	return ids, nil
}

// readNow reads a person, and reports whether that succeeded.
func (d *Directory) readNow(ctx context.Context, id string) bool {
	d.lookAtPerson(ctx, id)
	_, lately := d.seenLately(id)
	return lately
}

// candidates are those whom a role lists, and the members of its user group.
func (d *Directory) candidates(role checklist.Role) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ids := slices.Clone(role.Users)
	if role.Usergroup != "" {
		ids = append(ids, d.groups[role.Usergroup].users...)
	}
	return ids
}

func (d *Directory) isBlind() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.blind
}
