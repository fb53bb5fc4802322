package people

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/commands"
	"gonogo/commands/roster"
	"gonogo/readiness/checklist"
)

// remembering is a world whose Directory keeps members in a file.
func remembering(t *testing.T, c *clock, roles ...checklist.Role) (w *world, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "gonogo.db.members")
	return newWorld(t, unsubscribed(), Options{Roles: roles, Now: c.now, File: file}), file
}

// mute has Slack tell neither who is in a user group nor who a person is.
func (w *world) mute() {
	for _, method := range []string{"usergroups.users.list", "usergroups.list", "users.info"} {
		w.Fail(method, "internal_error", 1<<20)
	}
}

// lastHeld is who a role's error says held it, and whether that may count.
func (w *world) lastHeld(role checklist.Role) (last []string, counts bool) {
	w.t.Helper()
	users, err := w.people.Members(role)
	var unknown *roster.Unknown
	if !errors.As(err, &unknown) {
		w.t.Fatalf("members of %s = %v, %v; want that it is not known", role.ID, users, err)
	}
	return unknown.Last, !unknown.AsOf.IsZero() && w.opts.Now().Sub(unknown.AsOf) <= commands.LastingMembership
}

// After a restart while Slack tells nothing, a role is not known, and its error
// says who held it before: its user group's members and its listed people, though
// no guest and no bot. After a day nobody did.
func TestMembersOutliveARestart(t *testing.T) {
	c := &clock{}
	w, _ := remembering(t, c, poRole, groupRole)
	w.start()
	w.mute()
	c.advance(23 * time.Hour)
	w.restart()
	for role, want := range map[*checklist.Role][]string{&poRole: {owner}, &groupRole: {"U0ONCALL"}} {
		if got, counts := w.lastHeld(*role); !cmp.Equal(got, want) || !counts {
			t.Errorf("%s was held by %v, counts %t; want %v", role.ID, got, counts, want)
		}
	}
	if w.people.MayLook(w.ctx, "U0ONCALL") {
		t.Error("a person whom Slack does not tell about may look by what the file says")
	}
	c.advance(time.Hour + time.Minute)
	for _, role := range []checklist.Role{poRole, groupRole} {
		if got, counts := w.lastHeld(role); counts {
			t.Errorf("after a day and a minute %s is held by %v", role.ID, got)
		}
	}
}

// A person who left a user group is not known to be in it after a restart.
func TestWhoLeftIsForgotten(t *testing.T) {
	c := &clock{}
	w, _ := remembering(t, c, groupRole)
	if err := w.Admin().SetGroup("S0ONCALL", lead, "U0ONCALL"); err != nil {
		t.Fatal(err)
	}
	w.start()
	if err := w.Admin().SetGroup("S0ONCALL", lead); err != nil {
		t.Fatal(err)
	}
	w.people.look(w.ctx)
	w.people.remember()
	w.mute()
	c.advance(2 * time.Minute)
	w.restart()
	if got, _ := w.lastHeld(groupRole); !cmp.Equal(got, []string{lead}) {
		t.Errorf("the role was held by %v, want %s", got, lead)
	}
}

// The file holds user IDs and times, and only its owner may read it.
func TestFileHoldsNoMoreThanNeeded(t *testing.T) {
	w, file := remembering(t, &clock{}, poRole, groupRole, lostRole)
	w.start()
	info, err := os.Stat(file)
	if err != nil || info.Mode() != 0o600 {
		t.Fatalf("%v, %v; want a file with mode 0600", info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Workspace string
		Groups    map[string]struct {
			Users []string
			AsOf  time.Time `json:"as_of"`
		}
		People map[string]time.Time
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Groups) != 1 || !cmp.Equal(got.Groups["S0ONCALL"].Users, []string{"U0ONCALL"}) || len(got.People) != 2 || got.People[owner].IsZero() || got.People["U0ONCALL"].IsZero() {
		t.Errorf("the file holds %s", text)
	}
}

// A file that cannot be used is as none, and the log says so. So are times that
// lie ahead, as after the clock was set back.
func TestUnusableFile(t *testing.T) {
	c := &clock{}
	valid := func(team, at string) string {
		return `{"workspace":"` + team + `","groups":{"S0ONCALL":{"users":["U0ONCALL"],"as_of":"` + at + `"}},"people":{"U0ONCALL":"` + at + `"}}`
	}
	now, ahead := c.now().Format(time.RFC3339), c.now().Add(time.Hour).Format(time.RFC3339)
	for name, tt := range map[string]struct {
		text, warns string
		known       bool
	}{
		"whole":             {valid("T0PRACTICE", now), "", true},
		"empty":             {"", "can't use the file", false},
		"torn":              {valid("T0PRACTICE", now)[:60], "it is incomplete or was changed", false},
		"of other fields":   {`{"workspace":"T0PRACTICE","names":["Ann"]}`, "it is incomplete or was changed", false},
		"another workspace": {valid("T0OTHER", now), "another workspace", false},
		"from the future":   {valid("T0PRACTICE", ahead), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			w, file := remembering(t, c, groupRole)
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			w.mute()
			w.start()
			c.advance(2 * time.Minute)
			if got, counts := w.lastHeld(groupRole); counts != tt.known {
				t.Errorf("held by %v, counts %t; want %t", got, counts, tt.known)
			}
			if logged := w.logs.String(); strings.Contains(logged, "can't use the file") != (tt.warns != "") || !strings.Contains(logged, tt.warns) {
				t.Errorf("logged\n%s\nwant %q", logged, tt.warns)
			}
		})
	}
}

// A file that is younger than a picture may be makes nobody a member either, also
// where Slack does not tell about people, so that the configuration is trusted.
func TestFileMakesNobodyAMember(t *testing.T) {
	c := &clock{}
	w, file := remembering(t, c, groupRole)
	now := c.now().Format(time.RFC3339)
	text := `{"workspace":"T0PRACTICE","groups":{"S0ONCALL":{"users":["U0ONCALL"],"as_of":"` + now + `"}},"people":{}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Fail("usergroups.users.list", "internal_error", 1<<20)
	w.Fail("users.info", "missing_scope", 1<<20)
	w.start()
	if got, counts := w.lastHeld(groupRole); !cmp.Equal(got, []string{"U0ONCALL"}) || !counts {
		t.Errorf("held by %v, counts %t; want U0ONCALL", got, counts)
	}
}

// Where the file cannot be written the log says so once, and roles are judged as
// ever.
func TestUnwritableFile(t *testing.T) {
	c := &clock{}
	w, _ := remembering(t, c, groupRole)
	w.opts.File = filepath.Join(t.TempDir(), "no such folder", "members")
	w.start()
	c.advance(rewriteAfter)
	w.people.look(w.ctx)
	if got, err := w.people.Members(groupRole); err != nil || len(got) != 1 {
		t.Errorf("members = %v, %v", got, err)
	}
	w.quit()
	w.people.remember()
	if n := strings.Count(w.logs.String(), "couldn't save role members"); n != 1 {
		t.Errorf("the log says %d times that the file cannot be written, want once", n)
	}
}
