package chat

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/chat/socket"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
	"gonogo/readiness/checklist"
)

var groupRole = checklist.Role{ID: "on-call", Usergroup: "S0ONCALL"}

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
	w.chat.people.AwaitFirst(w.ctx)
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
				return w.Admin().SetGroup("S0ONCALL", onCallHolder)
			}
			return w.Admin().SetGroup("S0ONCALL")
		},
		"group disabled": func(w *world, back bool) error { return w.Admin().DisableGroup("S0ONCALL", !back) },
		"deactivated":    func(w *world, back bool) error { return w.Admin().Deactivate(onCallHolder, !back) },
		"made a guest":   func(w *world, back bool) error { return w.Admin().Demote(onCallHolder, !back) },
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

// An event for another app or from another workspace changes nothing. One that is for
// us counts, and nothing but its arrival is acknowledged.
func TestForeignEventChangesNothing(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{groupRole}}).start()
	w.chat.people.AwaitFirst(w.ctx)
	for _, tt := range []struct {
		name, app, team string
		want            []string
	}{
		{"another app", "A2", "T0PRACTICE", []string{onCallHolder}},
		{"another workspace", "A1", "T2", []string{onCallHolder}},
		{"ours", "A1", "T0PRACTICE", []string{}},
	} {
		event := socket.Event{Type: "subteam_members_changed", Usergroup: "S0ONCALL", Removed: []string{onCallHolder}}
		ack := w.chat.intake.take("A1", &socket.Envelope{Type: "events_api", ID: tt.name, Payload: socket.Payload{AppID: tt.app, TeamID: tt.team, Event: event}})
		if got, err := w.chat.Members(groupRole); err != nil || !cmp.Equal(got, tt.want) || ack != nil {
			t.Errorf("%s: members = %v, %v, acknowledged with %q; want %v", tt.name, got, err, ack, tt.want)
		}
	}
}
