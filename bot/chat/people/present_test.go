package people

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/commands/roster"
	"gonogo/playground/workspace"
	"gonogo/readiness/checklist"
)

// Whoever was deactivated isn't present, and neither is anybody in an empty group.
func TestPresent(t *testing.T) {
	mixed := checklist.Role{ID: "mixed", Users: []string{lead, guest}, Usergroup: "S0ONCALL"}
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{groupRole, mixed}}).start()
	w.present(groupRole, onCallHolder)
	w.present(mixed, onCallHolder, lead)
	if err := w.Admin().Deactivate(onCallHolder, true); err != nil {
		t.Fatal(err)
	}
	w.await("gone", func() bool { ids, err := w.people.Present(w.ctx, groupRole); return err == nil && len(ids) == 0 })
	w.present(mixed, lead)
}

func (w *world) present(role checklist.Role, want ...string) {
	w.t.Helper()
	if got, err := w.people.Present(w.ctx, role); err != nil || !slices.Equal(got, want) {
		w.t.Errorf("%s: %v, %v; want %v", role.ID, got, err, want)
	}
}

// unknown wants that it isn't known who is present, for a reason.
func (w *world) unknown(role checklist.Role, why string) {
	w.t.Helper()
	got, err := w.people.Present(w.ctx, role)
	if _, ok := errors.AsType[*roster.Unknown](err); !ok || got != nil || !strings.Contains(err.Error(), why) {
		w.t.Errorf("%s: %v, %v; want %q", role.ID, got, err, why)
	}
}

// Where the app may not read people, a role is held by those whom the configuration
// names. Whether they are active isn't known.
func TestPresentWithoutScope(t *testing.T) {
	role := checklist.Role{ID: "po", Users: []string{owner}}
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{role}})
	w.Fail("users.info", "missing_scope", 1<<20)
	w.start()
	if got, err := w.people.Members(role); err != nil || len(got) != 1 {
		t.Errorf("members = %v, %v", got, err)
	}
	w.unknown(role, "add the scope users:read")
}

// A person who was read long ago is read again. If Slack doesn't answer, nothing is known
// of them, although they still hold their role.
func TestPresentReadsAgain(t *testing.T) {
	c := &clock{}
	role := checklist.Role{ID: "po", Users: []string{owner}}
	w := newWorld(t, unsubscribed(), Options{Roles: []checklist.Role{role}, Now: c.now}).start()
	w.present(role, owner)
	w.Fail("users.info", "internal_error", 1)
	c.advance(11 * time.Minute)
	w.unknown(role, "since Slack doesn't answer")
	if got, err := w.people.Members(role); err != nil || len(got) != 1 {
		t.Errorf("members = %v, %v", got, err)
	}
	w.present(role, owner)
	if err := w.Admin().Deactivate(owner, true); err != nil {
		t.Fatal(err)
	}
	c.advance(11 * time.Minute)
	w.present(role)
}

// A user group that can't be read, doesn't exist or is disabled makes nobody present.
func TestPresentInAnUnknownGroup(t *testing.T) {
	c := &clock{}
	w := newWorld(t, unsubscribed(), Options{Roles: []checklist.Role{groupRole, lostRole}, Now: c.now}).start()
	w.unknown(lostRole, "does not exist: S0LOST")
	c.advance(2 * time.Minute)
	w.unknown(groupRole, "not known at present")
}
