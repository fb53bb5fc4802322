package commands_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// TestAnyActSurvives makes acts of every verb with any of its parameters and the
// oddest free text: each comes back from Slack, and from being typed, as it was.
func TestAnyActSurvives(t *testing.T) {
	s := newStage(t, "readiness")
	s.say(t, "U0DEV: /ready release 19.0.1")
	text := rapid.OneOf(rapid.SampledFrom([]string{"commit 0a1b2c3d4e5f breaks login", "--digest=000 is wrong", "-- two", "because", "until 2026-01-01",
		`"quoted"`, `say "so" twice`, "two\nlines", "tests", "— an aside", "to 1.0", "“", "{}", "reviewed"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		verb := rapid.SampledFrom(commands.Verbs()).Draw(t, "verb")
		act := reply.Act{Verb: verb}
		takes := commands.Takes(verb)
		slices.Sort(takes)
		for _, name := range takes {
			value := rapid.StringMatching(`x[a-z0-9_.-]{0,12}`).Draw(t, name)
			switch {
			case !rapid.Bool().Draw(t, "with "+name):
				continue
			case name == "REASON":
				value = strings.TrimSpace(strings.ToValidUTF8(text.Draw(t, "text"), ""))
			case name == "VERSION":
				value = "19.0.1"
			case name == "ITEM":
				value = rapid.SampledFrom([]string{"reviewed", "tests", "login-page@staging", "all", "unknown"}).Draw(t, "item")
			}
			act = commands.With(act, name, value)
		}
		value, ok := act.Encode()
		if back, err := commands.DecodeAct(value); ok && !cmp.Equal(act, back, cmpopts.EquateEmpty()) {
			t.Fatalf("%s: %v\n%s", value, err, cmp.Diff(act, back))
		}
		typed, err := s.bot.ReadTyped(commands.AsTyped(act))
		if diff := cmp.Diff(act, typed, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("/%s: %v (-act +typed):\n%s", commands.AsTyped(act), err, diff)
		}
	})
}

// A reason may begin with a word that has a meaning to the command.
func TestReasonThatBeginsWithAWord(t *testing.T) {
	s := newStage(t, "readiness")
	act := reply.Act{Verb: "deploy freeze", Environment: "staging", Text: "until 2026-01-01"}
	typed, err := s.bot.ReadTyped(commands.AsTyped(act))
	if diff := cmp.Diff(act, typed, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("/%s: %v (-act +typed):\n%s", commands.AsTyped(act), err, diff)
	}
}

// TestLongTextIsKept asks back about an order whose comment is longer than a button
// can carry: a form has it.
func TestLongTextIsKept(t *testing.T) {
	s := newStage(t, "readiness")
	s.say(t, "U0DEV: /ready release 19.0.1")
	comment := strings.Repeat("broken ", 400) + "twice"
	r := s.bot.Handle(t.Context(), commands.Request{Key: "1", User: "U0TL", Text: "/ready skip login-page " + comment})
	if r.Form == nil {
		t.Fatalf("no form in %+v", r)
	}
	if _, ok := commands.Carried(r.Form).Encode(); !ok {
		t.Error("the form is too long itself")
	}
	var choices []string
	for _, in := range r.Form.Inputs {
		for _, o := range in.Options {
			choices = append(choices, o.Value)
		}
	}
	if diff := cmp.Diff([]string{"login-page@staging", "login-page@production"}, choices); diff != "" || r.Form.Inputs[1].Initial != comment {
		t.Errorf("choices (-want +got):\n%s\ntext %q", diff, r.Form.Inputs[1].Initial)
	}
	value, _ := commands.Carried(r.Form).Encode()
	done := s.bot.Handle(t.Context(), commands.Request{Key: "2", User: "U0TL", Pressed: value, Form: map[string]string{"item": "login-page@staging", "reason": comment}})
	if want := "login-page@staging is skipped"; done.Title != want {
		t.Errorf("submitted: %q, want %q", done.Title, want)
	}
}

// TestDecodeActIsStrict refuses what this version did not write, and reads what
// the one before wrote.
func TestDecodeActIsStrict(t *testing.T) {
	for _, value := range []string{
		`{"verb":"ready run","items":["tests"],"force":true}`, `{"verb":"ready dance"}`, `{"verb":"ready run","digest":"0"}`, `{"verb":"ready run"} {}`,
		`{"verb":"ready run","items":"tests"}`, `{`, `{}`, "ready dance", "deploy cancel staging 1 2", "",
	} {
		if act, err := commands.DecodeAct(value); err == nil {
			t.Errorf("%s is read as %+v", value, act)
		}
	}
	for sentence, want := range map[string]reply.Act{
		"ready approve production 19.0.1 0a1b2c3d4e5f":        {Verb: "ready approve", Environment: "production", Release: "19.0.1", Digest: "0a1b2c3d4e5f"},
		"ready reject production":                             {Verb: "ready reject", Environment: "production"},
		"deploy start staging 2.0 4eff09545583":               {Verb: "deploy start", Environment: "staging", Release: "2.0", Plan: "4eff09545583"},
		"deploy withdraw staging 4eff09545583":                {Verb: "deploy withdraw", Environment: "staging", Plan: "4eff09545583"},
		"rollback keep staging d634555c":                      {Verb: "rollback keep", Environment: "staging", Run: "d634555c"},
		"rollback start staging from 2.0 to 1.0 for i1":       {Verb: "rollback start", Environment: "staging", From: "2.0", To: "1.0", Incident: "i1"},
		"rollback start staging to 1.0 because of  the error": {Verb: "rollback start", Environment: "staging", To: "1.0", Text: "of  the error"},
		"ready start seed db0196aa9d98-244098e8":              {Verb: "ready start", Runbook: "seed", Plan: "db0196aa9d98", Digest: "244098e8"},
		"ready history tests before 120":                      {Verb: "ready history", Items: []string{"tests"}, Before: "120"},
		"ready status":                                        {Verb: "ready status"},
	} {
		if got, err := commands.DecodeAct(sentence); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s: %v (-want +got):\n%s", sentence, err, cmp.Diff(want, got))
		}
	}
}
