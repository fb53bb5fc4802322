package people

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/chat/socket"
	"gonogo/playground/workspace"
	"gonogo/readiness/checklist"
)

// taken waits until the app has acknowledged every event.
func (w *world) taken(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	w.await("that the events are acknowledged", func() bool { return w.Waiting() == 0 })
}

// A status that changes, as they do all the time, neither asks Slack nor keeps a role
// from anybody.
func TestStatusChangesNothing(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{groupRole}}).start()
	before := w.Calls("users.info")
	w.taken(w.SetStatus(onCallHolder, "On a train"))
	w.taken(w.SetStatus("U0NEW", "At lunch"))
	if got, err := w.people.Members(groupRole); err != nil || !cmp.Equal(got, []string{onCallHolder}) {
		t.Errorf("members = %v, %v; want %s", got, err, onCallHolder)
	}
	if got := w.Calls("users.info"); got != before {
		t.Errorf("%d calls of users.info for a status", got-before)
	}
}

// stale answers a method with what it said before an event, as often as it is asked.
// release lets the answers go.
func (w *world) stale(method string) (asked <-chan struct{}, release func()) {
	first, let := make(chan struct{}, 64), make(chan struct{})
	old := make(chan []byte, 1)
	w.guard(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/"+method) {
			return false
		}
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err != nil || method == "users.info" && !strings.Contains(string(body), onCallHolder) {
			return false
		}
		select {
		case kept := <-old:
			old <- kept
		default:
			said := httptest.NewRecorder()
			w.Handler().ServeHTTP(said, r)
			old <- said.Body.Bytes()
		}
		first <- struct{}{}
		<-let
		kept := <-old
		old <- kept
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write(kept)
		return true
	})
	return first, func() { close(let) }
}

// An answer to what was asked before a change does not undo it, and neither does one
// that Slack gives from an old copy right after it. Later answers count.
func TestOldAnswerDoesNotUndoAnEvent(t *testing.T) {
	for name, tt := range map[string]struct {
		method string
		change func(w *world) error
	}{
		"removed":     {"usergroups.users.list", func(w *world) error { return w.Admin().SetGroup("S0ONCALL") }},
		"disabled":    {"usergroups.users.list", func(w *world) error { return w.Admin().DisableGroup("S0ONCALL", true) }},
		"deactivated": {"users.info", func(w *world) error { return w.Admin().Deactivate(onCallHolder, true) }},
	} {
		t.Run(name, func(t *testing.T) {
			c := &clock{}
			w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{groupRole}, Now: c.now}).start()
			holds := func() bool {
				holders, err := w.people.Members(groupRole)
				return err == nil && slices.Contains(holders, onCallHolder)
			}
			c.advance(recheck)
			asked, release := w.stale(tt.method)
			looked := make(chan bool)
			go func() { looked <- w.people.look(w.ctx) }()
			<-asked
			w.taken(tt.change(w))
			release()
			<-looked
			if holds() {
				t.Error("an answer from before the change undid it")
			}
			w.people.look(w.ctx)
			if holds() {
				t.Error("an answer from an old copy undid the change right after it")
			}
			c.advance(max(settling, recheck))
			w.people.look(w.ctx)
			if !holds() {
				t.Error("what Slack still says later does not count")
			}
		})
	}
}

// Who left is written down with the event, so that a restart while Slack does not
// tell brings nobody back.
func TestWhoLeftIsWrittenAtOnce(t *testing.T) {
	c := &clock{}
	file := filepath.Join(t.TempDir(), "gonogo.db.members")
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{groupRole}, Now: c.now, File: file})
	w.start()
	holds := func() bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), onCallHolder)
	}
	if !holds() {
		t.Fatal("the file lacks a member")
	}
	before := w.Calls("usergroups.users.list")
	w.taken(w.Admin().SetGroup("S0ONCALL"))
	w.await("that the file lacks who left", func() bool { return !holds() })
	if asked := w.Calls("usergroups.users.list") - before; asked != 0 {
		t.Errorf("the file was written after Slack had been asked %d times, want with the event", asked)
	}
	w.mute()
	c.advance(2 * time.Minute)
	w.restart()
	if got, _ := w.lastHeld(groupRole); len(got) != 0 {
		t.Errorf("the role was held by %v, want nobody", got)
	}
}

// Every shape that Slack gives these events is understood, and what is not told in
// full lets nobody through until Slack was asked.
func TestHeard(t *testing.T) {
	many := `"` + strings.Repeat(`U0X","`, 499) + `U0ONCALL"`
	for _, tt := range []struct {
		name, event string
		want        []string // nil: not known
	}{
		{"removed", `{"type":"subteam_members_changed","subteam_id":"S0ONCALL","team_id":"T1","added_users":[],"added_users_count":"0","removed_users":["U0ONCALL"],"removed_users_count":"1"}`, []string{lead}},
		{"removed, with numbers", `{"type":"subteam_members_changed","subteam_id":"S0ONCALL","added_users_count":0,"removed_users":["U0ONCALL"],"removed_users_count":1}`, []string{lead}},
		{"added", `{"type":"subteam_members_changed","subteam_id":"S0ONCALL","added_users":["U0NEW"],"removed_users":[]}`, []string{onCallHolder, lead}},
		{"added or removed, but not who", `{"type":"subteam_members_changed","subteam_id":"S0ONCALL","removed_users_count":"700"}`, nil},
		{"another group", `{"type":"subteam_members_changed","subteam_id":"S0OTHER","removed_users":["U0ONCALL"]}`, []string{onCallHolder, lead}},
		{"updated", `{"type":"subteam_updated","subteam":{"id":"S0ONCALL","date_delete":0,"users":["U0TL","U0NEW"],"user_count":"2"}}`, []string{lead}},
		{"updated, with a number", `{"type":"subteam_updated","subteam":{"id":"S0ONCALL","date_delete":null,"users":["U0TL"],"user_count":1}}`, []string{lead}},
		{"renamed", `{"type":"subteam_updated","subteam":{"id":"S0ONCALL","name":"Ops","users":["U0TL","U0ONCALL"],"user_count":2}}`, []string{onCallHolder, lead}},
		{"emptied", `{"type":"subteam_updated","subteam":{"id":"S0ONCALL","users":[],"user_count":0}}`, []string{}},
		{"more than Slack lists", `{"type":"subteam_updated","subteam":{"id":"S0ONCALL","users":[` + many + `],"user_count":501}}`, nil},
		{"no list", `{"type":"subteam_updated","subteam":{"id":"S0ONCALL"}}`, nil},
		{"disabled", `{"type":"subteam_updated","subteam":{"id":"S0ONCALL","handle":"on-call","date_delete":1595814882,"users":["U0TL","U0ONCALL"],"user_count":2}}`, nil},
		{"deactivated", `{"type":"user_change","user":{"id":"U0ONCALL","team_id":"T1","deleted":true}}`, []string{lead}},
		{"deactivated, and odd", `{"type":"user_change","user":{"id":"U0ONCALL","deleted":true,"is_bot":"no","profile":7}}`, []string{lead}},
		{"a guest", `{"type":"user_change","user":{"id":"U0ONCALL","team_id":"T1","is_restricted":true}}`, []string{lead}},
		{"a guest of one channel", `{"type":"user_change","user":{"id":"U0ONCALL","team_id":"T1","is_restricted":true,"is_ultra_restricted":true}}`, []string{lead}},
		{"moved to another workspace", `{"type":"user_change","user":{"id":"U0ONCALL","team_id":"T2"}}`, []string{lead}},
		{"in the organisation", `{"type":"user_change","user":{"id":"U0ONCALL","team_id":"T2","enterprise_user":{"teams":["T1"]}}}`, []string{onCallHolder, lead}},
		{"a new name", `{"type":"user_change","user":{"id":"U0ONCALL","team_id":"T1","real_name":"O"}}`, []string{onCallHolder, lead}},
		{"by ID alone", `{"type":"user_change","user":"U0ONCALL"}`, []string{onCallHolder, lead}},
		{"nobody", `{"type":"user_change","user":null}`, []string{onCallHolder, lead}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := New(Options{Roles: []checklist.Role{groupRole}, Now: time.Now})
			d.team = "T1"
			d.groups["S0ONCALL"] = group{users: []string{lead, onCallHolder}, at: d.now()}
			d.profiles[lead], d.profiles[onCallHolder] = profile{eligible: true, at: d.now()}, profile{eligible: true, at: d.now()}
			var e socket.Envelope
			if err := json.Unmarshal([]byte(`{"type":"events_api","envelope_id":"e1","payload":{"type":"event_callback","team_id":"T1","api_app_id":"A1","event":`+tt.event+`}}`), &e); err != nil {
				t.Fatal(err)
			}
			if !IsNews(&e.Payload.Event) {
				t.Fatal("it is not taken for news of people")
			}
			d.Heard(&e.Payload.Event)
			got, err := d.Members(groupRole)
			if !cmp.Equal(got, tt.want) || (err != nil) != (tt.want == nil) {
				t.Errorf("members = %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// Holders of roles are read again at each look, the ones read longest ago first, so
// many at a time as Slack's limit has room for.
func TestHoldersAreReadAgain(t *testing.T) {
	c := &clock{}
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{{ID: "po", Users: []string{owner, lead}}}, Now: c.now}).start()
	c.advance(recheck)
	before := w.Calls("users.info")
	w.people.look(w.ctx)
	if got := w.Calls("users.info") - before; got != 2 {
		t.Errorf("%d people were read again, want both", got)
	}
}

// Where more people hold roles than one look has room for, those go first who were
// read longest ago.
func TestHoldersAreReadInTurn(t *testing.T) {
	d, many := New(Options{Now: time.Now}), []string{}
	for i := range 3 * mostReread {
		id := fmt.Sprint("U", i)
		many = append(many, id)
		d.profiles[id] = profile{eligible: true, at: d.now().Add(-time.Hour - time.Duration(i)*time.Second)}
	}
	d.roles = []checklist.Role{{ID: "po", Users: many}, {ID: "qa", Users: append([]string{"U0NEW"}, many...)}}
	oldest := slices.Clone(many[2*mostReread:])
	slices.Reverse(oldest)
	if unread, again := d.toRead(); !cmp.Equal(unread, []string{"U0NEW"}) || !cmp.Equal(again, oldest) {
		t.Errorf("read: %v and again %v; want U0NEW, and again %v", unread, again, oldest)
	}
}

// Who cannot be looked up for an hour is not known any more.
func TestSayIsNotTrustedForEver(t *testing.T) {
	c := &clock{}
	role := checklist.Role{ID: "po", Users: []string{owner}}
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{role}, Now: c.now}).start()
	w.mute()
	for _, tt := range []struct {
		later time.Duration
		known bool
	}{{trusted - time.Minute, true}, {2 * time.Minute, false}} {
		c.advance(tt.later)
		w.people.look(w.ctx)
		if got, err := w.people.Members(role); (err == nil) != tt.known {
			t.Errorf("after another %s: %v, %v; want known %t", tt.later, got, err, tt.known)
		}
	}
	if last, _ := w.lastHeld(role); !cmp.Equal(last, []string{owner}) {
		t.Errorf("last held by %v, want %s", last, owner)
	}
}
