// Package oncall tells gates who is on call.
//
// A [Roster] has the roles of a configuration, which it gets when that is read
// ([Roster.Configure]). Who holds them only Slack knows: what is connected to it opens
// the Roster ([Roster.Open]), and until then, as in `gonogo check`, nobody can be asked
// ([ErrNotServing]).
//
//	bot/config ── Configure ──▶ Roster ◀── Open ── what knows Slack
//	                              ▲
//	gate ── Alerted, Role, Present ┘
//
// Each configuration has one Roster, which its gates are built with. Nothing is stored.
package oncall

import (
	"context"
	"errors"
	"sync"

	"gonogo/readiness/checklist"
)

// ErrNotServing is the error of a Roster that is not open.
var ErrNotServing = errors.New("who is on call can't be found out, because this gonogo isn't connected to Slack; run the gate from Slack, where gonogo serve is running")

// Lookup lists the active people who hold a role now. Its error is a sentence for people;
// it means that this is not known.
type Lookup func(ctx context.Context, role checklist.Role) (users []string, err error)

// Roster is the roles, and who holds them. Its methods may be called from any goroutine,
// once it is configured.
type Roster struct {
	roles   []checklist.Role
	alerted []string

	mu     sync.RWMutex
	lookup Lookup // nil: nobody can be asked
}

// Configure sets the roles there are, and the IDs of those that handle alerts. It is
// called before gates are built.
func (r *Roster) Configure(roles []checklist.Role, alerted []string) {
	r.roles, r.alerted = roles, alerted
}

// Alerted are the IDs of the roles that handle alerts.
func (r *Roster) Alerted() []string { return r.alerted }

// Names are the IDs of all roles.
func (r *Roster) Names() []string {
	names := make([]string, len(r.roles))
	for i, role := range r.roles {
		names[i] = role.ID
	}
	return names
}

// Role finds a role by its ID.
func (r *Roster) Role(id string) (checklist.Role, bool) {
	for _, role := range r.roles {
		if role.ID == id {
			return role, true
		}
	}
	return checklist.Role{}, false
}

// Open lets gates ask who holds the roles.
func (r *Roster) Open(lookup Lookup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lookup = lookup
}

// Present lists the active people who hold a role now. An error means that this is not
// known.
func (r *Roster) Present(ctx context.Context, role checklist.Role) ([]string, error) {
	r.mu.RLock()
	lookup := r.lookup
	r.mu.RUnlock()
	if lookup == nil {
		return nil, ErrNotServing
	}
	return lookup(ctx, role)
}
