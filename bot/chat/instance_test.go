package chat

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

// A press on what another gonogo posted does nothing and says who posted it. What an
// older one posted, which did not say who it was, and our own, still work.
func TestPressOnWhatAnotherPosted(t *testing.T) {
	var instance atomic.Pointer[string]
	become := func(name string) { instance.Store(&name) }
	w := newWorld(t, workspace.Options{}, Options{Instance: func() string { return *instance.Load() }})
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		return reply.Reply{Title: "You said " + saidBy(r), Parts: []reply.Part{reply.Actions{{Label: "Again", Act: runTests}}}}
	}
	become("")
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "older"))
	older := w.whisper(owner, "You said ready older")
	become("0a1b2c3d")
	w.must(w.Slash(owner, releases, "/ready", "theirs"))
	theirs := w.whisper(owner, "You said ready theirs")
	become("e4f5a6b7")
	w.must(w.Slash(owner, releases, "/ready", "ours"))
	ours := w.whisper(owner, "You said ready ours")
	before := len(w.bot.requests())

	w.must(w.Press(owner, releases, theirs.TS, "gonogo:0:0a1b2c3d"))
	refusal := w.whisper(owner, "Nothing was done")
	if want := "Another gonogo with the same Slack app posted this (0a1b2c3d; this one is e4f5a6b7)"; !strings.Contains(refusal.Text, want) {
		t.Errorf("it says %q, want %q in it", refusal.Text, want)
	}
	if got := w.bot.requests()[before:]; len(got) != 0 {
		t.Errorf("it was done: %v", got)
	}
	w.must(w.Press(owner, releases, older.TS, "gonogo:0"))
	w.await("the older one's", func() bool { return len(w.bot.requests()) == before+1 })
	w.must(w.Press(owner, releases, ours.TS, "gonogo:0:e4f5a6b7"))
	w.await("our own", func() bool { return len(w.bot.requests()) == before+2 })
}

// The same holds for a form that another gonogo opened: nothing is lost, since the
// person is told.
func TestFormThatAnotherOpened(t *testing.T) {
	var instance atomic.Pointer[string]
	become := func(name string) { instance.Store(&name) }
	become("0a1b2c3d")
	w := newWorld(t, workspace.Options{}, Options{Instance: func() string { return *instance.Load() }})
	formBot(w)
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "waive tests"))
	w.await("the form", func() bool { return len(w.Views(owner)) == 1 })
	become("e4f5a6b7")
	before := len(w.bot.requests())
	w.must(w.SubmitView(owner, w.Views(owner)[0].ID, filled("it is known")))
	w.await("the refusal", func() bool {
		for _, m := range append(w.Ephemerals(owner), w.DirectMessages(owner)...) {
			if strings.Contains(m.Text, "Another gonogo with the same Slack app posted this") {
				return true
			}
		}
		return false
	})
	if got := w.bot.requests()[before:]; len(got) != 0 {
		t.Errorf("it was done: %v", got)
	}
}
