package chat

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

var runTests = reply.Act{Verb: "ready run", Items: []string{"tests"}}

// What people say, press and mention reaches Commands as plain requests, and
// the answer comes back where it was asked for.
func TestRequestsAndAnswers(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{})
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		return reply.Reply{Title: "You said " + saidBy(r), Parts: []reply.Part{reply.Actions{{Label: "Again", Act: runTests}}}}
	}
	w.start()

	if o := w.must(w.Slash(owner, releases, "/ready", "status <now> & https://example.com/a?b=1&c=2")); o.Payload != nil {
		t.Errorf("the acknowledgement carries %s, want nothing", o.Payload)
	}
	said := "ready status <now> & https://example.com/a?b=1&c=2"
	answer := w.whisper(owner, "You said ready status")

	w.must(w.Press(owner, releases, answer.TS, "gonogo:0"))
	w.whisper(owner, "You said ready run tests")

	for _, text := range []string{"<@U0GONOGO> run mentioned", "<@U0GONOGO> ready run mentioned"} {
		if err := w.Say(owner, releases, "", text); err != nil {
			t.Fatal(err)
		}
	}
	w.await("an answer in each thread", func() bool {
		n := 0
		for _, m := range w.Messages(releases) {
			if m.ThreadTS != "" && m.IsBot && mentions(m, "You said ready run mentioned") {
				n++
			}
		}
		return n == 2
	})

	want := []commands.Request{
		{Text: said, User: owner, Channel: releases},
		{Pressed: `{"verb":"ready run","items":["tests"]}`, User: owner, Channel: releases},
		{Text: "ready run mentioned", User: owner, Channel: releases, Shared: true},
		{Text: "ready run mentioned", User: owner, Channel: releases, Shared: true},
	}
	got := w.bot.requests()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(commands.Request{}, "Key")); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for i, prefix := range []string{"slash/", "press/", "mention/", "mention/"} {
		if i < len(got) && !strings.HasPrefix(got[i].Key, prefix) {
			t.Errorf("key %d = %q, want %s…", i, got[i].Key, prefix)
		}
	}
}

func TestPublicAndReplacedAnswers(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{})
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		switch r.Text {
		case "ready public":
			return reply.Reply{Title: "For everyone", Public: true}
		case "ready menu":
			return reply.Reply{Title: "Menu", Parts: []reply.Part{reply.Actions{{Label: "Next", Act: reply.Act{Verb: "ready next"}}}}}
		}
		return reply.Reply{Title: "Next page", Replace: true}
	}
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "public"))
	w.await("a public answer", func() bool { return mentions(last(w.Messages(releases)), "For everyone") })

	w.must(w.Slash(owner, releases, "/ready", "menu"))
	menu := w.whisper(owner, "Menu")
	w.must(w.Press(owner, releases, menu.TS, "gonogo:0"))
	w.whisper(owner, "Next page")
	if n := len(w.Ephemerals(owner)); n != 1 {
		t.Errorf("%d private messages, want the menu replaced", n)
	}
}

// A command in a channel that the bot is not in is answered all the same.
func TestAnswersWhereTheBotIsNotAMember(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.must(w.Slash(owner, general, "/ready", "hello"))
	w.whisper(owner, "You said ready hello")
}

func TestPanicIsToldAndSurvived(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{})
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		if r.Text == "ready boom" {
			panic("a canary")
		}
		return reply.Reply{Title: "Still here"}
	}
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "boom"))
	w.whisper(owner, "Something went wrong inside gonogo")
	w.must(w.Slash(owner, releases, "/ready", "status"))
	w.whisper(owner, "Still here")
	if log := w.logs.String(); !strings.Contains(log, "a canary") || !strings.Contains(log, "chat_test.go") {
		t.Errorf("the log lacks the panic or its stack:\n%s", log)
	}
}

// When the queue is full the person is told, by whichever way, and told the truth.
func TestBusy(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{QueueSize: 1, Workers: 1})
	free := make(chan struct{})
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		if strings.HasPrefix(r.Text, "ready block") {
			<-free
		}
		return reply.Reply{Title: "Done " + r.Text}
	}
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "block 1"))
	w.await("the worker is taken", func() bool { return w.bot.texts()["ready block 1"] == 1 })
	w.must(w.Slash(owner, releases, "/ready", "block 2"))
	w.must(w.Slash(owner, releases, "/ready", "too much"))
	w.whisper(owner, busySentence)
	w.must(w.Press(lead, releases, pressable(w), "gonogo:0"))
	w.whisper(lead, busySentence)
	if err := w.Say(lead, releases, "", "<@U0GONOGO> run mentioned"); err != nil {
		t.Fatal(err)
	}
	w.await("a mention is told, too", func() bool {
		told := w.Ephemerals(lead)
		return len(told) == 2 && mentions(last(told), busySentence)
	})

	close(free)
	w.whisper(owner, "Done ready block 2")
	for _, never := range []string{"ready too much", "ready pressed", "ready run mentioned"} {
		if n := w.bot.texts()[never]; n != 0 {
			t.Errorf("%s was handled %d times after its person was told that nothing was done", never, n)
		}
	}
}

// pressable posts a public message with a button, for somebody else to press.
func pressable(w *world) string {
	w.t.Helper()
	ts, err := w.chat.web.post(w.ctx, releases, "", reply.Reply{Title: "Public", Parts: []reply.Part{reply.Actions{{Label: "Press", Act: reply.Act{Verb: "ready pressed"}}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return ts
}

// A press is answered where the pressed message is: in a thread only if the message is a
// reply there. Slack gives the first message of a thread its own timestamp as thread_ts.
func TestPressesAreAnsweredWhereTheMessageIs(t *testing.T) {
	for name, answer := range map[string]reply.Reply{"private": {Title: "Answer"}, "public": {Title: "Answer", Public: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, workspace.Options{}, Options{})
			w.bot.handle = func(context.Context, commands.Request) reply.Reply { return answer }
			w.start()
			root := pressable(w)
			inThread, err := w.chat.web.post(w.ctx, releases, root, reply.Reply{Title: "Reply", Parts: []reply.Part{
				reply.Actions{{Label: "Press", Act: reply.Act{Verb: "ready pressed"}}},
			}})
			if err != nil {
				t.Fatal(err)
			}
			for pressed, want := range map[string]string{root: "", inThread: root} {
				before := len(w.answers(owner, "Answer"))
				w.must(w.Press(owner, releases, pressed, "gonogo:0"))
				w.await("the answer", func() bool { return len(w.answers(owner, "Answer")) > before })
				if got := last(w.answers(owner, "Answer")).ThreadTS; got != want {
					t.Errorf("a press on message %s of thread %s is answered in thread %q, want %q", pressed, root, got, want)
				}
			}
		})
	}
}

// answers are the messages of gonogo that mention something, with those that only one
// person sees.
func (w *world) answers(user, text string) []workspace.Message {
	return slices.DeleteFunc(slices.Concat(w.Messages(releases), w.Ephemerals(user)), func(m workspace.Message) bool { return !mentions(m, text) })
}

// What was taken before the end is finished, and answered, after it.
func TestShutdownFinishesWhatWasTaken(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{})
	begun, free := make(chan struct{}), make(chan struct{})
	w.bot.handle = func(ctx context.Context, r commands.Request) reply.Reply {
		close(begun)
		<-free
		if ctx.Err() != nil {
			return reply.Reply{Title: "Cut off"}
		}
		return reply.Reply{Title: "Finished"}
	}
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "slow"))
	<-begun
	w.stop()
	w.await("the sockets are closed", func() bool { return w.Sockets() == 0 })
	close(free)
	w.quit()
	if got := last(w.Ephemerals(owner)); !mentions(got, "Finished") {
		t.Errorf("the person was told %q, want Finished", got.Text)
	}
}

// A token that is refused at start ends Run with the sentence that mends it.
func TestRefusedTokens(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts Options
		want string
	}{
		{"bot token", Options{BotToken: "xoxb-wrong"}, "the bot token is refused by Slack (invalid_auth): copy the token again from the app's page at api.slack.com/apps, and restart gonogo"},
		{"app token", Options{AppToken: "xapp-wrong"}, "the app token is refused by Slack (invalid_auth): copy the token again from the app's page at api.slack.com/apps, and restart gonogo"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{}, tt.opts)
			w.launch()
			err := <-w.result
			w.result = nil
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Run = %v, want %s…", err, tt.want)
			}
		})
	}
}

// Slack being away at start is waited out.
func TestSlackAwayAtStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{})
	w.Fail("auth.test", "internal_error", 2)
	w.Fail("apps.connections.open", "internal_error", 2)
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "hello"))
	w.whisper(owner, "You said ready hello")
}

func TestHealth(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	if h := w.chat.Health(); h.Sockets < 1 || time.Since(h.LastInbound) > time.Minute || h.QueueSize != 8192 || h.Trouble != "" {
		t.Errorf("health = %+v", h)
	}
	w.quit()
	if h := w.chat.Health(); h.Sockets != 0 || h.LastInbound.IsZero() {
		t.Errorf("health after the end = %+v, want no sockets, and when we last heard", h)
	}
}
