package people

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"gonogo/bot/chat/slackerr"
	"gonogo/commands/roster"
	"gonogo/playground/workspace"
	"gonogo/readiness/checklist"
)

// clock is a clock that the test moves.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// unsubscribed is the workspace of an app that was installed before its manifest asked
// for the events about people.
func unsubscribed() workspace.Options {
	return workspace.Options{Events: []string{"app_home_opened", "app_mention"}}
}

var (
	poRole    = checklist.Role{ID: "po", Title: "Product Owner", Users: []string{owner, guest, "U0GONOGO", "U0NOBODY", owner}}
	groupRole = checklist.Role{ID: "on-call", Usergroup: "S0ONCALL"}
	lostRole  = checklist.Role{ID: "lost", Usergroup: "S0LOST"}
)

// Listed users and user groups count; guests, bots and the unknown do not.
func TestMembers(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{poRole, groupRole, lostRole}}).start()
	for _, tt := range []struct {
		role checklist.Role
		want []string
		err  string
	}{
		{poRole, []string{owner}, ""},
		{groupRole, []string{"U0ONCALL"}, ""},
		{lostRole, nil, "does not exist: S0LOST"},
		{checklist.Role{ID: "new", Usergroup: "S0NEW"}, nil, "not known at present"},
		{checklist.Role{ID: "nobody"}, []string{}, ""},
	} {
		got, err := w.people.Members(tt.role)
		if !cmp.Equal(got, tt.want) || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: members = %v, %v; want %v, %s", tt.role.ID, got, err, tt.want, tt.err)
		}
	}
}

// A picture of a user group that cannot be renewed is good for a minute; then
// nobody has a say, until it can be renewed.
func TestStaleGroupRefuses(t *testing.T) {
	c := &clock{}
	w := newWorld(t, unsubscribed(), Options{Roles: []checklist.Role{groupRole}, Now: c.now}).start()
	w.Fail("usergroups.users.list", "internal_error", 1)
	c.advance(50 * time.Second)
	if w.people.look(w.ctx) {
		t.Error("a failed look says that it is complete")
	}
	if got, err := w.people.Members(groupRole); err != nil || len(got) != 1 {
		t.Errorf("after 50 s: %v, %v; want the old picture", got, err)
	}
	c.advance(15 * time.Second)
	got, err := w.people.Members(groupRole)
	var unknown *roster.Unknown
	if !errors.As(err, &unknown) || !cmp.Equal(unknown.Last, []string{"U0ONCALL"}) || c.now().Sub(unknown.AsOf) < freshFor {
		t.Errorf("after 65 s: %v, %+v; want a refusal that says who it was", got, err)
	}
	if err := w.Admin().SetGroup("S0ONCALL", lead); err != nil {
		t.Fatal(err)
	}
	w.people.look(w.ctx)
	if got, err := w.people.Members(groupRole); err != nil || !cmp.Equal(got, []string{lead}) {
		t.Errorf("renewed: %v, %v; want %s", got, err, lead)
	}
}

// slept is a time as a machine tells it that was asleep for so long before: its calendar
// went on, and the clock with which Go measures durations stood still.
func slept(t time.Time, asleep time.Duration) time.Time {
	const secondsShift = 30 // where seconds begin in a time with a monotonic reading, see the source of package time
	(*struct{ wall uint64 })(unsafe.Pointer(&t)).wall += uint64(asleep/time.Second) << secondsShift
	return t
}

// What was known before a laptop went to sleep is as old as the sleep was long: whoever
// left a user group meanwhile has no say, although little time was measured.
func TestMembersAfterASleep(t *testing.T) {
	var asleep atomic.Int64
	now := func() time.Time { return slept(time.Now(), time.Duration(asleep.Load())) }
	w := newWorld(t, unsubscribed(), Options{Roles: []checklist.Role{groupRole}, Now: now}).start()
	if got, err := w.people.Members(groupRole); err != nil || len(got) != 1 {
		t.Fatalf("at first: %v, %v", got, err)
	}
	before := now()
	asleep.Store(int64(3 * time.Hour))
	if after := now(); after.Sub(before) > time.Hour || after.Round(0).Sub(before.Round(0)) < 3*time.Hour {
		t.Fatalf("nobody slept: from %v to %v", before, after)
	}
	got, err := w.people.Members(groupRole)
	var unknown *roster.Unknown
	if !errors.As(err, &unknown) || !cmp.Equal(unknown.Last, []string{"U0ONCALL"}) {
		t.Errorf("after a sleep of three hours: %v, %v; want a refusal that says who it was", got, err)
	}
	asleep.Store(int64(25 * time.Hour))
	if _, err = w.people.Members(groupRole); !errors.As(err, &unknown) || len(unknown.Last) > 0 {
		t.Errorf("after a sleep of 25 hours: %v; want that it isn't known who it was", err)
	}
	if err := w.Admin().SetGroup("S0ONCALL", lead); err != nil {
		t.Fatal(err)
	}
	w.people.look(w.ctx)
	if got, err := w.people.Members(groupRole); err != nil || !cmp.Equal(got, []string{lead}) {
		t.Errorf("renewed: %v, %v; want %s", got, err, lead)
	}
}

// A disabled user group is called so by its name, and its members have no say
// from then on; whether Slack gives it no members or no existence is all one.
func TestDisabledGroup(t *testing.T) {
	w := newWorld(t, unsubscribed(), Options{Roles: []checklist.Role{groupRole}}).start()
	for _, disable := range []func() error{
		func() error { return w.Admin().DisableGroup("S0ONCALL", true) },
		func() error {
			return errors.Join(w.Admin().SetGroup("S0ONCALL"), w.Admin().DisableGroup("S0ONCALL", true))
		},
	} {
		if err := disable(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w.people.look(w.ctx)
		}
		_, err := w.people.Members(groupRole)
		var unknown *roster.Unknown
		if errors.As(err, &unknown) && !unknown.AsOf.IsZero() {
			t.Errorf("disabled: %v held it at %v, want nobody", unknown.Last, unknown.AsOf)
		}
		if want := "the user group @on-call (S0ONCALL) is disabled, so nobody is on-call; enable it in Slack, or configure another user group"; err == nil || err.Error() != want {
			t.Errorf("members: %v, want %s", err, want)
		}
		if err := errors.Join(w.Admin().DisableGroup("S0ONCALL", false), w.Admin().SetGroup("S0ONCALL", lead)); err != nil {
			t.Fatal(err)
		}
		w.people.look(w.ctx)
		if got, err := w.people.Members(groupRole); err != nil || !cmp.Equal(got, []string{lead}) {
			t.Errorf("enabled again: %v, %v; want %s", got, err, lead)
		}
	}
	if got := w.Calls("usergroups.list"); got != 2 {
		t.Errorf("all groups were listed %d times, want once for each time it was disabled", got)
	}
}

// Whether a person is a guest must be known before they count, unless Slack
// never tells: then the configuration is trusted.
func TestUnknownPeople(t *testing.T) {
	for _, tt := range []struct {
		name, fault string
		want        []string
	}{
		{"a failure refuses", "internal_error", nil},
		{"a missing scope trusts the configuration", "missing_scope", []string{guest, owner}},
		{"an unknown method, too", "unknown_method", []string{guest, owner}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			role := checklist.Role{ID: "po", Users: []string{owner, guest}}
			w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{role}})
			w.Fail("users.info", tt.fault, 1<<20)
			w.start()
			got, err := w.people.Members(role)
			if !cmp.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("members = %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestHasSay(t *testing.T) {
	d := &Directory{team: "T1"}
	for name, tt := range map[string]struct {
		user slack.User
		want bool
	}{
		"member":             {slack.User{TeamID: "T1"}, true},
		"team not told":      {slack.User{}, true},
		"guest":              {slack.User{TeamID: "T1", IsRestricted: true}, false},
		"one-channel guest":  {slack.User{TeamID: "T1", IsUltraRestricted: true}, false},
		"bot":                {slack.User{TeamID: "T1", IsBot: true}, false},
		"deactivated":        {slack.User{TeamID: "T1", Deleted: true}, false},
		"stranger":           {slack.User{TeamID: "T1", IsStranger: true}, false},
		"other workspace":    {slack.User{TeamID: "T2"}, false},
		"same organisation":  {slack.User{TeamID: "T2", Enterprise: slack.EnterpriseUser{Teams: []string{"T1", "T2"}}}, true},
		"other organisation": {slack.User{TeamID: "T2", Enterprise: slack.EnterpriseUser{Teams: []string{"T2"}}}, false},
	} {
		if got := d.mayHoldRoles(&tt.user); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// The sentence of a refusal says what to do about it.
func TestUnknownGroupSentence(t *testing.T) {
	d := &Directory{}
	for fault, want := range map[string]string{
		"missing_scope":         "usergroups:read",
		"plan_upgrade_required": "list the role's people",
		"no_such_subteam":       "S0LOST",
		"internal_error":        "try again",
	} {
		err := d.unknown(lostRole, slack.SlackErrorResponse{Err: fault})
		if !strings.Contains(err.Error(), want) || slackerr.Code(err) != fault {
			t.Errorf("%s: %v, want mention of %s", fault, err, want)
		}
	}
	if err := d.unknown(lostRole, nil); errors.Unwrap(err) != nil {
		t.Errorf("no fault: %v wraps one", err)
	}
}
