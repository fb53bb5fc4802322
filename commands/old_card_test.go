package commands_test

import (
	"slices"
	"strings"
	"testing"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// pressing is the request of a button with a label that a reply has.
func pressing(t *testing.T, r reply.Reply, user, label string) commands.Request {
	t.Helper()
	for _, part := range r.Parts {
		actions, _ := part.(reply.Actions)
		if i := slices.IndexFunc(actions, func(b reply.Button) bool { return b.Label == label }); i >= 0 {
			value, ok := actions[i].Act.Encode()
			if !ok {
				t.Fatalf("%s does not fit", label)
			}
			return commands.Request{Key: "press/" + label, Pressed: value, User: user}
		}
	}
	t.Fatalf("there is no button %s in\n%s", label, show(r))
	return commands.Request{}
}

// A button that only looks shows the release that its message is about, also
// once another one is open.
func TestOldCardShowsItsRelease(t *testing.T) {
	s := newStage(t, "old-card")
	say := func(key, text string) reply.Reply {
		return s.bot.Handle(t.Context(), commands.Request{Key: key, User: "U0DEV", Text: text})
	}
	say("1", "ready release 1.0 0a1b2c3d")
	say("2", "ready check reviewed https://review/1")
	old := say("3", "ready status all")
	say("4", "ready release 2.0 4e5f6a7b")
	say("5", "ready close 1.0")
	for label, wants := range map[string][]string{
		"Modules":      {"The code is reviewed", "✓", "This is about 1.0, which is no longer open. 2.0 is open: /ready 2.0 status modules."},
		"All sections": {"1/2", "This is about 1.0, which is no longer open."},
	} {
		got := show(s.bot.Handle(t.Context(), pressing(t, old, "U0DEV", label)))
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s of 1.0 lacks %q:\n%s", label, want, got)
			}
		}
	}
	if got := show(say("6", "ready status modules")); strings.Contains(got, "✓") {
		t.Errorf("what is typed is about the newest release:\n%s", got)
	}
}
