package commands_test

import (
	"encoding/json"
	"testing"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// FuzzForm submits whatever form comes, and presses whatever button. Each fault
// names an input and says something, and what is read from a button is written as
// it was read.
func FuzzForm(f *testing.F) {
	for _, verb := range commands.Verbs() {
		act := reply.Act{Verb: verb}
		for _, name := range commands.Takes(verb) {
			act = commands.With(act, name, "x")
		}
		if value, ok := act.Encode(); ok {
			f.Add(value, `{"reason":"because","item":"login-page@staging","until":"2026-01-01 10:00","version":"19.0.1","comment":""}`)
		}
	}
	f.Add("ready skip login-page", `{"reason":"\u202e"}`)
	s := newStage(f, "readiness")
	s.say(f, "U0DEV: /ready release 19.0.1")
	f.Fuzz(func(t *testing.T, pressed, inputs string) {
		var form map[string]string
		_ = json.Unmarshal([]byte(inputs), &form)
		r := commands.Request{Key: "view/1", User: "U0TL", Pressed: pressed, Form: form}
		for name, fault := range s.bot.Validate(r) {
			if name == "" || fault == "" {
				t.Errorf("the fault %q of input %q says nothing", fault, name)
			}
		}
		s.bot.Precedence(r)
		s.bot.Stops(r)
		act, err := commands.DecodeAct(pressed)
		if err != nil {
			return
		}
		if value, ok := act.Encode(); ok {
			if again, err := commands.DecodeAct(value); err != nil || again.Verb != act.Verb {
				t.Errorf("%q is written as %q and read as %+v, %v", pressed, value, again, err)
			}
		}
	})
}
