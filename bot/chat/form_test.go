package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonogo/bot/chat/socket"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

// waiver is a form with every kind of input.
var waiver = reply.Form{
	Title: "Waive an item of the long list", Submit: "Waive", Act: reply.Act{Verb: "ready waive", Items: []string{"tests"}},
	Intro: []reply.Text{reply.Say("This lets ", reply.Bold("tests"), " count as met.")},
	Inputs: []reply.Input{
		{Name: "reason", Label: "Reason", Kind: reply.LongText, Hint: "Others will read it"},
		{Name: "title", Label: "Title", Kind: reply.ShortText, Initial: "A title", Optional: true},
		{Name: "link", Label: "Ticket", Kind: reply.URL, Optional: true},
		{Name: "until", Label: "Until", Kind: reply.Date, Initial: "2026-12-01"},
		{Name: "environment", Label: "Environment", Kind: reply.Choice, Initial: "production",
			Options: []reply.Option{{Value: "staging", Label: "Staging"}, {Value: "production", Label: "Production"}}},
	},
}

// filled are the values of waiver as a person fills them in.
func filled(reason string) workspace.Values {
	return workspace.Values{
		"reason": {"value": {reason}}, "title": {"value": {"A title"}},
		"until": {"value": {"2026-12-24"}}, "environment": {"value": {"staging"}},
	}
}

// formBot opens waiver, and wants a reason.
func formBot(w *world) {
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		switch {
		case r.Form == nil:
			return reply.Reply{Title: "Waive tests", Form: &waiver}
		case r.Form["reason"] == "late":
			return reply.Reply{Title: "The release has moved on", Refused: true}
		}
		return reply.Reply{Title: "Waived because " + r.Form["reason"]}
	}
	w.bot.validate = func(r commands.Request) map[string]string {
		switch r.Form["reason"] {
		case "bad":
			return map[string]string{"reason": "Say more", "unknown": "never shown"}
		case "boom":
			panic("a canary")
		}
		return nil
	}
}

func TestForm(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{})
	formBot(w)
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "waive tests"))
	w.await("the form is open", func() bool { return len(w.Views(owner)) == 1 })
	form := w.Views(owner)[0]

	want := map[string]string{"reason": "Say more"}
	if o := w.must(w.SubmitView(owner, form.ID, filled("bad"))); !cmp.Equal(o.Errors, want) {
		t.Errorf("errors = %v, want %v", o.Errors, want)
	}
	if o := w.must(w.SubmitView(owner, form.ID, filled("boom"))); len(o.Errors) != 1 {
		t.Errorf("errors after a panic = %v, want one that says so", o.Errors)
	}
	if o := w.must(w.SubmitView(owner, form.ID, filled("because"))); o.Errors != nil {
		t.Errorf("errors = %v, want none", o.Errors)
	}
	w.whisper(owner, "Waived because because")
	if n := len(w.Views(owner)); n != 0 {
		t.Errorf("%d forms are open, want it closed", n)
	}
	wanted := commands.Request{
		Key: "view/" + form.ID, Pressed: `{"verb":"ready waive","items":["tests"]}`, User: owner, Channel: releases,
		Form: map[string]string{"reason": "because", "title": "A title", "link": "", "until": "2026-12-24", "environment": "staging"},
	}
	requests := w.bot.requests()
	ignoreEmpty := cmpopts.IgnoreMapEntries(func(_, v string) bool { return v == "" })
	if diff := cmp.Diff(wanted, requests[len(requests)-1], ignoreEmpty); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if n := len(requests); n != 2 {
		t.Errorf("%d requests, want the command and the valid form", n)
	}
}

// What can be refused only after the form is closed is told by direct message.
func TestLateRefusal(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{})
	formBot(w)
	w.start()
	w.must(w.Slash(owner, releases, "/ready", "waive tests"))
	w.await("the form is open", func() bool { return len(w.Views(owner)) == 1 })
	w.must(w.SubmitView(owner, w.Views(owner)[0].ID, filled("late")))
	w.await("a direct message", func() bool { return mentions(last(w.DirectMessages(owner)), "The release has moved on") })
}

// A form that the version before opened carries a sentence; it still works.
func TestFormOfAnEarlierVersion(t *testing.T) {
	p := socket.Payload{User: socket.Person{ID: owner}, View: socket.View{ID: "V1", PrivateMetadata: `{"command":"ready waive tests staging","channel":"C1","key":"slash/1"}`}}
	p.View.State.Values = map[string]map[string]socket.Input{"reason": {"value": {Value: "known"}}}
	got := understand(&socket.Envelope{Type: "interactive", Payload: p}, &identity{})
	if got != nil {
		t.Fatalf("a payload without a type is understood as %+v", got)
	}
	p.Type = "view_submission"
	got = understand(&socket.Envelope{Type: "interactive", Payload: p}, &identity{})
	want := commands.Request{Key: "view/V1", Pressed: "ready waive tests staging", User: owner, Channel: "C1", Form: map[string]string{"reason": "known"}}
	if diff := cmp.Diff(want, got.request); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// Where a form cannot be opened, a button for it comes instead.
func TestFormByButton(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{})
	formBot(w)
	w.start()
	if err := w.Say(owner, releases, "", "<@U0GONOGO> waive tests"); err != nil {
		t.Fatal(err)
	}
	w.await("the button", func() bool { return mentions(last(w.Messages(releases)), "Open the form") })
	w.must(w.Press(lead, releases, last(w.Messages(releases)).TS, "gonogo:0"))
	w.await("the form is open", func() bool { return len(w.Views(lead)) == 1 })

	w.Fail("views.open", "expired_trigger_id", 1)
	w.must(w.Slash(owner, releases, "/ready", "waive tests"))
	button := w.whisper(owner, "Open the form")
	w.must(w.Press(owner, releases, button.TS, "gonogo:0"))
	w.await("the form is open", func() bool { return len(w.Views(owner)) == 1 })
}

// A text that is too long for a button is in the form that the button opens,
// also where gonogo was restarted meanwhile: its message carries it.
func TestNothingLongIsLost(t *testing.T) {
	note := strings.Repeat("long & <wide> `ä`\n", 130) + "the end of it" // 2,353 characters
	act := reply.Act{Verb: "ready check", Items: []string{"read@staging"}, Text: note}
	for _, tt := range []struct {
		name string
		ask  func(t *testing.T, w *world) (channel string, m workspace.Message) // until the button is there
	}{
		{"a mention", func(t *testing.T, w *world) (string, workspace.Message) {
			if err := w.Say(owner, releases, "", "<@U0GONOGO> check"); err != nil {
				t.Fatal(err)
			}
			w.await("the button", func() bool { return mentions(last(w.Messages(releases)), "Open the form") })
			return releases, last(w.Messages(releases))
		}},
		{"a command whose trigger is over", func(_ *testing.T, w *world) (string, workspace.Message) {
			w.Fail("views.open", "expired_trigger_id", 1)
			w.must(w.Slash(owner, releases, "/ready", "check"))
			w.await("the button", func() bool { return mentions(last(w.DirectMessages(owner)), "Open the form") })
			m := last(w.DirectMessages(owner))
			return m.Channel, m
		}},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restarted: %t", tt.name, restarts), func(t *testing.T) {
				w := newWorld(t, workspace.Options{}, Options{})
				w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
					form := waiver
					form.Act, form.Inputs = act, []reply.Input{{Name: "note", Label: "Note", Kind: reply.LongText, Initial: note}}
					return reply.Reply{Title: "For which environment?", Form: &form}
				}
				w.start()
				channel, m := tt.ask(t, w)
				if !mentions(m, "the end of it") {
					t.Errorf("the message does not show what was written: %s", m.Blocks)
				}
				if restarts {
					w.quit()
					w.start()
				}
				before := len(w.bot.requests())
				w.must(w.Press(owner, channel, m.TS, "gonogo:0"))
				w.await("the form is open", func() bool { return len(w.Views(owner)) == 1 })
				if got, err := commands.DecodeAct(w.bot.requests()[before].Pressed); err != nil || !cmp.Equal(got, act) {
					t.Errorf("pressed (-want +got), %v:\n%s", err, cmp.Diff(act, got))
				}
			})
		}
	}
}

// A button whose message does not show its text does nothing, and says so.
func TestButtonWithoutItsText(t *testing.T) {
	p := socket.Payload{Type: "block_actions", User: socket.Person{ID: owner}, Actions: []socket.Action{{ActionID: "gonogo:0", Value: "said:" + `{"verb":"ready check","items":["read"]}`}}}
	for blocks, refused := range map[string]bool{
		"": true, "[]": true, `[{"type":"section"}]`: true, `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"}]}]}]`: true,
		`[{"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"text","text":"a"}]}]}]`: false,
	} {
		p.Message.Blocks = json.RawMessage(blocks)
		a := understand(&socket.Envelope{Type: "interactive", Payload: p}, &identity{})
		if got := a.refusal == goneSentence; got != refused || !refused && a.request.Pressed != `{"verb":"ready check","items":["read"],"text":"a"}` {
			t.Errorf("with the blocks %s it is refused: %t, want %t; pressed %s", blocks, got, refused, a.request.Pressed)
		}
	}
}

// A form is within Slack's limits whatever it is made of, or is not shown.
func TestFormLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{})
	long := strings.Repeat("Äx", 5000)
	f := reply.Form{Title: long, Submit: long, Act: reply.Act{Verb: "ready x"}, Intro: []reply.Text{reply.Say(long), reply.Say(long)}}
	for i := range 130 {
		f.Inputs = append(f.Inputs, reply.Input{Name: strings.Repeat("n", i), Label: long, Hint: long, Kind: reply.LongText})
	}
	f.Inputs[9].Initial = long[:3000] // 2,000 letters, some of two bytes
	options := make([]reply.Option, 300)
	for i := range options {
		options[i] = reply.Option{Value: strings.Repeat("v", i), Label: long}
	}
	f.Inputs = append([]reply.Input{
		{Name: "choice", Kind: reply.Choice, Options: options}, {Name: "choice", Kind: reply.ShortText},
		{Name: "empty", Kind: reply.Choice}, {Name: "date", Kind: reply.Date, Initial: "tomorrow"},
	}, f.Inputs...)
	var opened []string
	w.bot.handle = func(context.Context, commands.Request) reply.Reply { return reply.Reply{Form: &f} }
	w.start()
	for _, form := range []reply.Form{f, {Act: reply.Act{Verb: "ready x"}}, {Title: "Only a title", Act: reply.Act{Verb: "ready x"}}} {
		f = form
		w.must(w.Slash(owner, releases, "/ready", "form"))
		w.await("the form is open", func() bool { return len(w.Views(owner)) == 1 })
		view := w.Views(owner)[0]
		opened = append(opened, view.ID)
		if _, err := w.CloseView(owner, view.ID); err != nil {
			t.Fatal(err)
		}
	}
	large := f
	large.Inputs = nil
	for i := range 90 {
		large.Inputs = append(large.Inputs, reply.Input{Name: strings.Repeat("n", i+1), Initial: long})
	}
	begun := reply.Form{Act: reply.Act{Verb: "ready x"}, Inputs: []reply.Input{{Name: "note", Kind: reply.LongText, Initial: long}}} // half of it would pass for the whole
	for _, form := range []reply.Form{{Act: reply.Act{Verb: "ready x", Text: long}}, large, begun} {
		f = form
		told := len(w.Ephemerals(owner))
		w.must(w.Slash(owner, releases, "/ready", "form"))
		w.await("a refusal", func() bool { return len(w.Ephemerals(owner)) > told })
		w.whisper(owner, "too long for a form")
	}
	if len(opened) != 3 {
		t.Errorf("opened %v", opened)
	}
}
