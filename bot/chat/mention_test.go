package chat

import (
	"context"
	"strings"
	"testing"

	"gonogo/bot/chat/socket"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

// A mention is a command only at the start of a message, said once. Whoever
// mentions gonogo elsewhere is told so, and nobody else sees that.
func TestMentionIsACommandOnlyAtTheStart(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"at the start", "<@U0GONOGO> release 5.0.0", "ready release 5.0.0"},
		{"after white space", " \n <@U0GONOGO> release 5.0.0", "ready release 5.0.0"},
		{"in a sentence", "please do not <@U0GONOGO> release 5.0.0", ""},
		{"quoted", "> <@U0GONOGO> release 5.0.0", ""},
		{"in code", "`<@U0GONOGO> release 5.0.0`", ""},
		{"in a block of code", "```\n<@U0GONOGO> release 5.0.0\n```", ""},
		{"in a list", "• <@U0GONOGO> release 5.0.0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{}, Options{}).start()
			if err := w.Say(owner, releases, "", tt.text); err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				w.whisper(owner, notFirstSentence)
			} else {
				w.await("an answer", func() bool { return mentions(last(w.Messages(releases)), "You said "+tt.want) })
			}
			got := w.bot.requests()
			if tt.want == "" && len(got) != 0 || tt.want != "" && (len(got) != 1 || got[0].Text != tt.want) {
				t.Errorf("requests = %+v, want %q", got, tt.want)
			}
		})
	}
}

// An edit of a message is never a command: neither of one that was, which would
// be done again, nor of one that was none.
func TestEditedMentionDoesNothing(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	ordered, err := w.SayTS(owner, releases, "", "<@U0GONOGO> release 1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	w.await("an answer", func() bool { return mentions(last(w.Messages(releases)), "You said ready release 1.0.0") })
	talk, err := w.SayTS(lead, releases, "", "release 5.0.0")
	if err != nil {
		t.Fatal(err)
	}
	for ts, user := range map[string]string{ordered: owner, talk: lead} {
		if err := w.Edit(user, releases, ts, "<@U0GONOGO> release 5.0.0"); err != nil {
			t.Fatal(err)
		}
	}
	w.whisper(lead, editedSentence)
	if got := w.bot.requests(); len(got) != 1 || got[0].Text != "ready release 1.0.0" {
		t.Errorf("requests = %+v, want the first message's alone", got)
	}
	if got := w.Ephemerals(owner); len(got) != 0 {
		t.Errorf("whoever edited what was done was told %+v, want nothing", got)
	}
}

// In a Slack Connect channel events come through the partner's workspace: our
// own members are known by whom the event is for, and strangers stay refused.
func TestSlackConnect(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	if err := w.Share(releases, "T0PARTNER", workspace.User{ID: "U0STRANGER", Name: "stig"}); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"U0STRANGER", owner} {
		if err := w.Say(user, releases, "", "<@U0GONOGO> run "+user); err != nil {
			t.Fatal(err)
		}
	}
	told := func(says string) func() bool {
		return func() bool {
			for _, m := range w.Messages(releases) {
				if mentions(m, says) {
					return true
				}
			}
			return false
		}
	}
	w.await("the member's answer", told("You said ready run "+owner))
	if refusal := w.whisper("U0STRANGER", foreignSentence); strings.Contains(string(refusal.Blocks), `"button"`) {
		t.Errorf("the stranger is offered a button: %s", refusal.Blocks)
	}
	if got := w.bot.texts(); len(got) != 1 || got["ready run "+owner] != 1 {
		t.Errorf("handled %v, want the member's alone", got)
	}
}

// Whose an event is has to be known where it comes through another workspace.
func TestConnectPayloads(t *testing.T) {
	self := &identity{team: "T1", enterprise: "E1", user: "U0BOT"}
	us := []socket.Authorization{{TeamID: "T1"}}
	for _, tt := range []struct {
		name string
		p    socket.Payload
		want string
	}{
		{"a member, through the partner", socket.Payload{TeamID: "T2", Authorizations: us, Event: socket.Event{Team: "T1", UserTeam: "T1"}}, ""},
		{"a stranger, through the partner", socket.Payload{TeamID: "T2", Authorizations: us, Event: socket.Event{Team: "T2"}}, "it comes from a person of another workspace"},
		{"a stranger, through us", socket.Payload{TeamID: "T1", Authorizations: us, Event: socket.Event{UserTeam: "T2"}}, "it comes from a person of another workspace"},
		{"nobody knows whose, through the partner", socket.Payload{TeamID: "T2", Authorizations: us}, "it comes from a person of another workspace"},
		{"another installation", socket.Payload{TeamID: "T1", Authorizations: []socket.Authorization{{TeamID: "T2"}}, Event: socket.Event{Team: "T1"}}, "it comes from another workspace"},
		{"an organisation's installation", socket.Payload{TeamID: "T1", Authorizations: []socket.Authorization{{EnterpriseID: "E1"}}, Event: socket.Event{Team: "T1"}}, ""},
		{"an empty authorization", socket.Payload{TeamID: "T2", Authorizations: []socket.Authorization{{}}, Event: socket.Event{Team: "T1"}}, "it comes from another workspace"},
	} {
		if got := outsider(&tt.p, "", self); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Whoever is not heard gets no hint either.
func TestStrangersGetNoHint(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{})
	w.bot.handle = func(context.Context, commands.Request) reply.Reply { return reply.Reply{Title: "Done"} }
	w.start()
	if err := w.Share(releases, "T0PARTNER", workspace.User{ID: "U0STRANGER", Name: "stig"}); err != nil {
		t.Fatal(err)
	}
	for _, said := range []struct{ user, text string }{{"U0STRANGER", "ask <@U0GONOGO>"}, {owner, "<@U0GONOGO> help"}} {
		if err := w.Say(said.user, releases, "", said.text); err != nil {
			t.Fatal(err)
		}
	}
	w.await("an answer", func() bool { return mentions(last(w.Messages(releases)), "Done") })
	if got := w.Ephemerals("U0STRANGER"); len(got) != 0 {
		t.Errorf("a stranger was told %+v, want nothing", got)
	}
}

// A mention that is no command is answered privately with what may have been
// meant as a button, which does it.
func TestRefusedMentionOffersTheCommand(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"in a sentence", "let us <@U0GONOGO> release 5.0.0", "/ready release 5.0.0"},
		{"in code", "`<@U0GONOGO> release 5.0.0`", "/ready release 5.0.0"},
		{"in a list", "• <@U0GONOGO> release 5.0.0\n• and then lunch", "/ready release 5.0.0"},
		{"what is no command", "ask <@U0GONOGO> about 5.0.0", ""},
		{"nothing", "ask <@U0GONOGO>", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{}, Options{}).start()
			if err := w.Say(owner, releases, "", tt.text); err != nil {
				t.Fatal(err)
			}
			hint := w.whisper(owner, notFirstSentence)
			if tt.want == "" {
				if strings.Contains(string(hint.Blocks), `"button"`) {
					t.Errorf("there is a button: %s", hint.Blocks)
				}
				return
			}
			if !mentions(hint, tt.want) {
				t.Fatalf("no button says %s: %s", tt.want, hint.Blocks)
			}
			w.must(w.Press(owner, releases, hint.TS, "gonogo:0"))
			w.await("the press", func() bool { return len(w.bot.requests()) == 1 })
			act, err := commands.DecodeAct(w.bot.requests()[0].Pressed)
			if err != nil || commands.AsTyped(act) != "ready release 5.0.0" {
				t.Errorf("pressed %+v, %v", act, err)
			}
		})
	}
}

// An edited command comes back as a button, too.
func TestEditedMentionOffersTheCommand(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	ts, err := w.SayTS(owner, releases, "", "release 5.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Edit(owner, releases, ts, "<@U0GONOGO> release 5.0.0"); err != nil {
		t.Fatal(err)
	}
	if hint := w.whisper(owner, editedSentence); !mentions(hint, "/ready release 5.0.0") {
		t.Errorf("the hint has no button: %s", hint.Blocks)
	}
}

// What is refused to a mention is answered privately, in the thread if it was said
// in one, and nobody else sees it. Where the same can be asked again, the command
// is offered as a button.
func TestRefusedMentionIsAnsweredPrivately(t *testing.T) {
	for _, tt := range []struct {
		name   string
		reply  reply.Reply
		button bool
	}{
		{"for want of a role", reply.Reply{Title: "Not you", Refused: true, Again: true}, true},
		{"for another reason", reply.Reply{Title: "Not you", Refused: true}, false},
		{"though it was for everyone", reply.Reply{Title: "Not you", Refused: true, Public: true}, false},
		{"with buttons of its own", reply.Reply{Title: "Not you", Refused: true, Again: true,
			Parts: []reply.Part{reply.Actions{{Label: "Other", Act: reply.Act{Verb: "ready status"}}}}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{}, Options{})
			w.bot.handle = func(context.Context, commands.Request) reply.Reply { return tt.reply }
			w.start()
			root, err := w.SayTS(lead, releases, "", "who releases it?")
			if err != nil {
				t.Fatal(err)
			}
			for _, thread := range []string{"", root} {
				before := len(w.Ephemerals(owner))
				if err := w.Say(owner, releases, thread, "<@U0GONOGO> release 5.0.0"); err != nil {
					t.Fatal(err)
				}
				w.await("the answer", func() bool { return len(w.Ephemerals(owner)) > before })
				m := last(w.Ephemerals(owner))
				if m.ThreadTS != thread || mentions(m, "/ready release 5.0.0") != tt.button {
					t.Errorf("in thread %q the answer stands in %q: %s", thread, m.ThreadTS, m.Blocks)
				}
			}
			for _, m := range w.Messages(releases) {
				if m.IsBot {
					t.Errorf("everyone sees %q", m.Text)
				}
			}
		})
	}
}

// A person for whom there is no room is told so privately, with what they asked as
// a button.
func TestBusyMentionIsAnsweredPrivately(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{})
	free := newGate()
	w.bot.handle = func(context.Context, commands.Request) reply.Reply {
		free.pass()
		return reply.Reply{Title: "Done"}
	}
	w.start()
	t.Cleanup(free.release)
	w.send(owner, "/ready first")
	w.await("it has begun", func() bool { return len(w.bot.requests()) == 1 })
	w.send(owner, numbered(mostEach, "/ready wait")...)
	if err := w.Say(owner, releases, "", "<@U0GONOGO> release 5.0.0"); err != nil {
		t.Fatal(err)
	}
	if m := w.whisper(owner, crowdedSentence); !mentions(m, "/ready release 5.0.0") {
		t.Errorf("the answer has no button: %s", m.Blocks)
	}
}
