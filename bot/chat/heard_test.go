package chat

import (
	"bytes"
	"context"
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
	"gonogo/bot/chat/socket/sockettest"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
	"gonogo/readiness/checklist"
)

// onCallHolder holds groupRole in the practice workspace.
const onCallHolder = "U0ONCALL"

// authority is a world that answers a command with whether who gave it holds groupRole.
func authority(t *testing.T, slackOpts workspace.Options, opts Options) *world {
	t.Helper()
	opts.Roles = []checklist.Role{groupRole}
	w := newWorld(t, slackOpts, opts)
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		if holders, err := w.chat.Members(groupRole); err == nil && slices.Contains(holders, r.User) {
			return reply.Reply{Title: "Approved by " + r.Text}
		}
		return reply.Reply{Title: "Refused to " + r.Text}
	}
	w.start()
	w.chat.people.awaitFirst(w.ctx)
	return w
}

// asks gives a command and waits for what it says.
func (w *world) asks(user, attempt string, approved bool) {
	w.t.Helper()
	w.must(w.Slash(user, releases, "/ready", attempt))
	says := "Refused to ready " + attempt
	if approved {
		says = "Approved by ready " + attempt
	}
	w.whisper(user, says)
}

// taken waits until the app has acknowledged every event.
func (w *world) taken(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	w.await("that the events are acknowledged", func() bool { return w.Waiting() == 0 })
}

// What Slack tells of a change takes somebody's say at once, without a question to
// Slack; what gives it back counts once Slack was asked.
func TestSayEndsWithTheEvent(t *testing.T) {
	for name, change := range map[string]func(w *world, back bool) error{
		"removed from the group": func(w *world, back bool) error {
			if back {
				return w.SetGroup("S0ONCALL", onCallHolder)
			}
			return w.SetGroup("S0ONCALL")
		},
		"group disabled": func(w *world, back bool) error { return w.DisableGroup("S0ONCALL", !back) },
		"deactivated":    func(w *world, back bool) error { return w.Deactivate(onCallHolder, !back) },
		"made a guest":   func(w *world, back bool) error { return w.Demote(onCallHolder, !back) },
	} {
		t.Run(name, func(t *testing.T) {
			w := authority(t, workspace.Options{}, Options{})
			asked := func() [3]int {
				return [3]int{w.Calls("usergroups.users.list"), w.Calls("usergroups.list"), w.Calls("users.info")}
			}
			w.asks(onCallHolder, "first", true)
			before := asked()
			w.taken(change(w, false))
			w.asks(onCallHolder, "second", false)
			if after := asked(); after != before {
				t.Errorf("Slack was asked in between: %v calls, before %v", after, before)
			}
			w.taken(change(w, true))
			w.await("that the say is back", func() bool {
				holders, err := w.chat.Members(groupRole)
				return err == nil && slices.Contains(holders, onCallHolder)
			})
		})
	}
}

// A status that changes, as they do all the time, neither asks Slack nor keeps a role
// from anybody.
func TestStatusChangesNothing(t *testing.T) {
	w := authority(t, workspace.Options{}, Options{})
	before := w.Calls("users.info")
	w.taken(w.SetStatus(onCallHolder, "On a train"))
	w.taken(w.SetStatus("U0NEW", "At lunch"))
	w.asks(onCallHolder, "now", true)
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
		"removed":     {"usergroups.users.list", func(w *world) error { return w.SetGroup("S0ONCALL") }},
		"disabled":    {"usergroups.users.list", func(w *world) error { return w.DisableGroup("S0ONCALL", true) }},
		"deactivated": {"users.info", func(w *world) error { return w.Deactivate(onCallHolder, true) }},
	} {
		t.Run(name, func(t *testing.T) {
			c := &clock{}
			w := authority(t, workspace.Options{}, Options{Now: c.now})
			holds := func() bool {
				holders, err := w.chat.Members(groupRole)
				return err == nil && slices.Contains(holders, onCallHolder)
			}
			c.advance(recheck)
			asked, release := w.stale(tt.method)
			looked := make(chan bool)
			go func() { looked <- w.chat.people.look(w.ctx) }()
			<-asked
			w.taken(tt.change(w))
			release()
			<-looked
			if holds() {
				t.Error("an answer from before the change undid it")
			}
			w.chat.people.look(w.ctx)
			if holds() {
				t.Error("an answer from an old copy undid the change right after it")
			}
			c.advance(max(settling, recheck))
			w.chat.people.look(w.ctx)
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
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{groupRole}, Now: c.now, MembersFile: file})
	w.start()
	w.chat.people.awaitFirst(w.ctx)
	holds := func() bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), onCallHolder)
	}
	if !holds() {
		t.Fatal("the file lacks a member")
	}
	before := w.Calls("usergroups.users.list")
	w.taken(w.SetGroup("S0ONCALL"))
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
			w := NewWorkspace(Options{Roles: []checklist.Role{groupRole}, Log: (&sockettest.Log{}).Logger()})
			w.self.Store(&identity{team: "T1", user: "U0BOT"})
			p := w.people
			p.team = "T1"
			p.groups["S0ONCALL"] = group{users: []string{lead, onCallHolder}, at: p.now()}
			p.profiles[lead], p.profiles[onCallHolder] = profile{say: true, at: p.now()}, profile{say: true, at: p.now()}
			var e socket.Envelope
			if err := json.Unmarshal([]byte(`{"type":"events_api","envelope_id":"e1","payload":{"type":"event_callback","team_id":"T1","api_app_id":"A1","event":`+tt.event+`}}`), &e); err != nil {
				t.Fatal(err)
			}
			in := newIntake(w, newBot(), nil)
			defer in.close()
			if ack := in.take("A1", &e); ack != nil {
				t.Errorf("the acknowledgement carries %s", ack)
			}
			got, err := w.Members(groupRole)
			if !cmp.Equal(got, tt.want) || (err != nil) != (tt.want == nil) {
				t.Errorf("members = %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// An event for another app or from another workspace changes nothing.
func TestForeignEventChangesNothing(t *testing.T) {
	w := NewWorkspace(Options{Roles: []checklist.Role{groupRole}, Log: (&sockettest.Log{}).Logger()})
	w.self.Store(&identity{team: "T1", user: "U0BOT"})
	w.people.groups["S0ONCALL"] = group{users: []string{lead}, at: w.people.now()}
	w.people.profiles[lead] = profile{say: true, at: w.people.now()}
	in := newIntake(w, newBot(), nil)
	for name, p := range map[string]socket.Payload{"another app": {AppID: "A2", TeamID: "T1"}, "another workspace": {AppID: "A1", TeamID: "T2"}} {
		p.Event = socket.Event{Type: "subteam_members_changed", Usergroup: "S0ONCALL", Removed: []string{lead}}
		in.take("A1", &socket.Envelope{Type: "events_api", ID: name, Payload: p})
		if got, err := w.Members(groupRole); err != nil || !cmp.Equal(got, []string{lead}) {
			t.Errorf("%s: members = %v, %v", name, got, err)
		}
	}
}

// Holders of roles are read again at each look, the ones read longest ago first, so
// many at a time as Slack's limit has room for.
func TestHoldersAreReadAgain(t *testing.T) {
	c := &clock{}
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{{ID: "po", Users: []string{owner, lead}}}, Now: c.now}).start()
	w.chat.people.awaitFirst(w.ctx)
	c.advance(recheck)
	before := w.Calls("users.info")
	w.chat.people.look(w.ctx)
	if got := w.Calls("users.info") - before; got != 2 {
		t.Errorf("%d people were read again, want both", got)
	}
}

// Where more people hold roles than one look has room for, those go first who were
// read longest ago.
func TestHoldersAreReadInTurn(t *testing.T) {
	w := NewWorkspace(Options{Log: (&sockettest.Log{}).Logger()})
	p, many := w.people, []string{}
	for i := range 3 * mostReread {
		id := fmt.Sprint("U", i)
		many = append(many, id)
		p.profiles[id] = profile{say: true, at: p.now().Add(-time.Hour - time.Duration(i)*time.Second)}
	}
	p.roles = []checklist.Role{{ID: "po", Users: many}, {ID: "qa", Users: append([]string{"U0NEW"}, many...)}}
	oldest := slices.Clone(many[2*mostReread:])
	slices.Reverse(oldest)
	if unread, again := p.toRead(); !cmp.Equal(unread, []string{"U0NEW"}) || !cmp.Equal(again, oldest) {
		t.Errorf("read: %v and again %v; want U0NEW, and again %v", unread, again, oldest)
	}
}

// Who cannot be looked up for an hour is not known any more.
func TestSayIsNotTrustedForEver(t *testing.T) {
	c := &clock{}
	role := checklist.Role{ID: "po", Users: []string{owner}}
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{role}, Now: c.now}).start()
	w.chat.people.awaitFirst(w.ctx)
	w.mute()
	for _, tt := range []struct {
		later time.Duration
		known bool
	}{{trusted - time.Minute, true}, {2 * time.Minute, false}} {
		c.advance(tt.later)
		w.chat.people.look(w.ctx)
		if got, err := w.chat.Members(role); (err == nil) != tt.known {
			t.Errorf("after another %s: %v, %v; want known %t", tt.later, got, err, tt.known)
		}
	}
	if last, _ := w.lastHeld(role); !cmp.Equal(last, []string{owner}) {
		t.Errorf("last held by %v, want %s", last, owner)
	}
}
