package workspace_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"gonogo/playground/workspace"
)

func text(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject("plain_text", s, false, false)
}

// asking is a modal with one input.
func asking(title string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: "asking", Title: text(title), Submit: text("Send"), NotifyOnClose: true,
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("why", text("Why?"), nil, slack.NewPlainTextInputBlockElement(nil, "reason")),
		}},
	}
}

// opened is a world in which U0TL has a modal open.
func opened(t *testing.T) (*world, *link, string) {
	t.Helper()
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	view, err := w.api.OpenViewContext(w.ctx, w.trigger(l), asking("First"))
	if err != nil {
		t.Fatal(err)
	}
	return w, l, view.View.ID
}

// trigger is a fresh trigger_id of U0TL's.
func (w *world) trigger(l *link) string {
	w.t.Helper()
	d := w.slash("U0TL", "C0RELEASES", "/ready", "")
	l.ack(l.next(), nil)
	w.outcome(d)
	return d.TriggerID
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestTriggers(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	open := func(trigger string) string {
		_, err := w.api.OpenViewContext(w.ctx, trigger, asking("Form"))
		return code(err)
	}
	used, late := w.trigger(l), w.trigger(l)
	for _, test := range []struct {
		name, trigger, want string
		wait                time.Duration
	}{
		{"fresh", used, "", 2999 * time.Millisecond},
		{"used", used, "exchanged_trigger_id", 0},
		{"late", late, "expired_trigger_id", time.Millisecond},
		{"made up", "1.2.abc", "invalid_trigger_id", 0},
	} {
		w.pass(test.wait)
		if got := open(test.trigger); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestABadViewDoesNotUseTheTrigger(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	trigger := w.trigger(l)
	bad := asking(strings.Repeat("x", 25))
	if _, err := w.api.OpenViewContext(w.ctx, trigger, bad); code(err) == "" || !strings.HasPrefix(code(err), "invalid_arguments") {
		t.Errorf("a title of 25: %v, want invalid_arguments", err)
	}
	if _, err := w.api.OpenViewContext(w.ctx, trigger, asking("Form")); err != nil {
		t.Errorf("the same trigger with a good view: %v", err)
	}
}

func TestTheStackOfModals(t *testing.T) {
	w, l, _ := opened(t)
	push := func() string {
		_, err := w.api.PushViewContext(w.ctx, w.trigger(l), asking("Next"))
		return code(err)
	}
	for i, want := range []string{"", "", "push_limit_reached"} {
		if got := push(); got != want {
			t.Errorf("push %d = %q, want %q", i+1, got, want)
		}
	}
	if got, want := len(w.Views("U0TL")), 3; got != want {
		t.Errorf("%d modals are open, want %d", got, want)
	}
}

func TestViewsUpdate(t *testing.T) {
	w, _, id := opened(t)
	hash := w.Views("U0TL")[0].Body["hash"].(string)
	update := func(external, hash, id string) string {
		_, err := w.api.UpdateViewContext(w.ctx, asking("Second"), external, hash, id)
		return code(err)
	}
	for _, test := range []struct{ name, hash, id, want string }{
		{"right hash", hash, id, ""},
		{"old hash", hash, id, "hash_conflict"},
		{"no hash", "", id, ""},
		{"no such view", "", "V0NONE", "not_found"},
	} {
		if got := update("", test.hash, test.id); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestViewsAreRefused(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	for _, test := range []struct{ name, view, want string }{
		{"no view", ``, "invalid_arguments"},
		{"no JSON", `{`, "invalid_arguments"},
		{"a home", `{"type":"home","blocks":[]}`, "invalid_arguments"},
		{"too large", `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[],"private_metadata":"` + strings.Repeat("x", 250*1024) + `"}`, "view_too_large"},
		{"an input without submit", `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"plain_text_input"}}]}`, "invalid_arguments"},
	} {
		if got := w.call("views.open", map[string]string{"trigger_id": w.trigger(l), "view": test.view})["error"]; got != test.want {
			t.Errorf("%s: %v, want %s", test.name, got, test.want)
		}
	}
}

func TestHome(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	if _, err := w.OpenHome("U0PO"); err != nil {
		t.Fatal(err)
	}
	event, _ := l.next().Payload["event"].(map[string]any)
	if event["type"] != "app_home_opened" || event["tab"] != "home" || event["user"] != "U0PO" {
		t.Errorf("event = %v, want app_home_opened of U0PO", event)
	}
	publish := func(hash *string) (*slack.ViewResponse, error) {
		return w.api.PublishViewContext(w.ctx, slack.PublishViewContextRequest{
			UserID: "U0PO", Hash: hash, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{buttons("go")}}},
		})
	}
	first, err := publish(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := publish(&first.Hash); err != nil {
		t.Errorf("with the right hash: %v", err)
	}
	if _, err := publish(&first.Hash); code(err) != "hash_conflict" {
		t.Errorf("with an old hash: %v, want hash_conflict", err)
	}
	if _, err := w.PressView("U0PO", first.ID, "buttons", "go"); err != nil {
		t.Fatal(err)
	}
	got := decode[slack.InteractionCallback](t, l.next())
	if got.Container.ViewID != first.ID || got.View.Type != "home" || got.ActionCallback.BlockActions[0].Value != "value of go" {
		t.Errorf("payload = %+v, want a press in the Home tab", got)
	}
}

func TestSubmit(t *testing.T) {
	pushed := map[string]any{"type": "modal", "title": map[string]any{"type": "plain_text", "text": "Then"}, "blocks": []any{}}
	for name, test := range map[string]struct {
		ack    any
		left   string // callback_ids and titles of the modals that are open afterwards
		errors int
		notice bool
	}{
		"nothing closes it":        {nil, "", 0, false},
		"clear closes all":         {map[string]any{"response_action": "clear"}, "", 0, false},
		"errors keep it":           {map[string]any{"response_action": "errors", "errors": map[string]any{"why": "Too short"}}, "First", 1, false},
		"errors of no input":       {map[string]any{"response_action": "errors", "errors": map[string]any{"reason": "Too short"}}, "First", 0, true},
		"update replaces it":       {map[string]any{"response_action": "update", "view": pushed}, "Then", 0, false},
		"push goes on top":         {map[string]any{"response_action": "push", "view": pushed}, "First Then", 0, false},
		"push of a view too bad":   {map[string]any{"response_action": "push", "view": map[string]any{"type": "modal"}}, "First", 0, true},
		"an action there is not":   {map[string]any{"response_action": "dance"}, "First", 0, true},
		"a payload that is a text": {"dance", "First", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			w, l, id := opened(t)
			d, err := w.SubmitView("U0TL", id, workspace.Values{"why": {"reason": {"because"}}})
			if err != nil {
				t.Fatal(err)
			}
			e := l.next()
			if got := decode[slack.InteractionCallback](t, e); !e.Accepts || got.Type != "view_submission" || got.View.State.Values["why"]["reason"].Value != "because" {
				t.Errorf("payload = %+v, want what was entered", got.View.State)
			}
			l.ack(e, test.ack)
			o := w.outcome(d)
			if len(o.Errors) != test.errors {
				t.Errorf("errors = %v, want %d", o.Errors, test.errors)
			}
			var titles []string
			for _, v := range w.Views("U0TL") {
				title, _ := v.Body["title"].(map[string]any)
				titles = append(titles, title["text"].(string))
			}
			if got := strings.Join(titles, " "); got != test.left {
				t.Errorf("open modals = %q, want %q", got, test.left)
			}
			if got := len(w.Notices("U0TL")) > 0; got != test.notice {
				t.Errorf("notices = %q, want some: %v", w.Notices("U0TL"), test.notice)
			}
		})
	}
}

func TestAnIncompleteFormIsNotSubmitted(t *testing.T) {
	w, l, id := opened(t)
	d, err := w.SubmitView("U0TL", id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := w.outcome(d); o.Errors["why"] == "" {
		t.Errorf("outcome = %+v, want an objection to the empty input", o)
	}
	l.none()
}

func TestASubmissionNobodyTakes(t *testing.T) {
	w, _, id := opened(t)
	d, err := w.SubmitView("U0TL", id, workspace.Values{"why": {"reason": {"because"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.pass(3 * time.Second)
	if o := w.outcome(d); o.Error != "operation_timeout" {
		t.Errorf("outcome = %+v, want operation_timeout", o)
	}
	if len(w.Views("U0TL")) != 1 || len(w.Notices("U0TL")) != 1 {
		t.Error("want the modal still open, and a notice")
	}
}

func TestClosingTellsTheApp(t *testing.T) {
	w, l, id := opened(t)
	if _, err := w.CloseView("U0TL", id); err != nil {
		t.Fatal(err)
	}
	if got := decode[slack.InteractionCallback](t, l.next()); got.Type != "view_closed" || got.View.CallbackID != "asking" {
		t.Errorf("payload = %+v, want view_closed", got)
	}
	if _, err := w.CloseView("U0TL", id); err == nil {
		t.Error("a closed view was closed again")
	}
}
