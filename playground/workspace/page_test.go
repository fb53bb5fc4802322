package workspace_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"gonogo/playground/workspace"
)

// page calls the page's API.
func (w *world) page(path, body string) (int, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.server.URL+"/_/"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var told map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, told
}

func (w *world) state(user string) map[string]any {
	w.t.Helper()
	answer, err := w.server.Client().Get(w.server.URL + "/_/state?user=" + user)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var told map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		w.t.Fatal(err)
	}
	return told
}

// window is a person's window, whose events the test reads one by one.
type window struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (w *world) open(user string, after any) *window {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	w.t.Cleanup(cancel)
	address := fmt.Sprintf("%s/_/events?user=%s&after=%.0f", w.server.URL, user, after)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { answer.Body.Close() })
	return &window{w.t, bufio.NewScanner(answer.Body)}
}

func (v *window) next() map[string]any {
	v.t.Helper()
	for v.lines.Scan() {
		data, ok := strings.CutPrefix(v.lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e map[string]any
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			v.t.Fatal(err)
		}
		return e
	}
	v.t.Fatalf("the events ended: %v", v.lines.Err())
	return nil
}

// acking acknowledges the next envelopes with these payloads, while the test waits for the page's answer.
func (w *world) acking(l *link, payloads ...any) <-chan struct{} {
	acked := make(chan struct{})
	go func() {
		defer close(acked)
		for _, payload := range payloads {
			select {
			case e := <-l.frames:
				l.ack(e, payload)
			case <-w.ctx.Done():
				return
			}
		}
	}()
	return acked
}

func TestState(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	w.connect()
	w.post(buttons("go"))
	if _, err := w.api.PostEphemeralContext(w.ctx, "C0RELEASES", "U0PO", slack.MsgOptionText("psst", false)); err != nil {
		t.Fatal(err)
	}
	s := w.state("U0PO")
	var channels []string
	for _, c := range s["channels"].([]any) {
		channels = append(channels, c.(map[string]any)["id"].(string))
	}
	if diff := cmp.Diff([]string{"C0RELEASES", "C0ONCALL", "C0GENERAL", "D0PO"}, channels); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
	m := s["messages"].(map[string]any)["C0RELEASES"].([]any)[0].(map[string]any)
	got := []any{m["channel"], m["user"], m["username"], m["is_bot"], m["text"], m["ephemeral"], len(m["blocks"].([]any))}
	if diff := cmp.Diff([]any{"C0RELEASES", "U0GONOGO", "gonogo", true, "a message", false, 1}, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	counts := []int{len(s["users"].([]any)), len(s["usergroups"].([]any)), len(s["commands"].([]any)), len(s["ephemerals"].([]any))}
	if diff := cmp.Diff([]int{9, 2, 3, 1}, counts); diff != "" {
		t.Errorf("users, groups, commands, ephemerals (-want +got):\n%s", diff)
	}
	if got := s["app"].(map[string]any)["connections"]; got != 1.0 {
		t.Errorf("connections = %v, want 1", got)
	}
	if s["view"] != nil || s["home"] != nil {
		t.Errorf("view %v and home %v, want neither", s["view"], s["home"])
	}
	if got := w.state("U0NOBODY")["error"]; got == nil {
		t.Error("a stranger was shown the workspace")
	}
}

func TestEventsReachTheWindowsTheyAreFor(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	seq := w.state("U0PO")["seq"]
	po, tl := w.open("U0PO", seq), w.open("U0TL", seq)
	if _, err := w.api.PostEphemeralContext(w.ctx, "C0RELEASES", "U0PO", slack.MsgOptionText("psst", false)); err != nil {
		t.Fatal(err)
	}
	w.post(buttons("go"))
	w.Publish("panel", map[string]any{"groups": []any{}})
	for name, test := range map[string]struct {
		window *window
		want   []any
	}{
		"U0PO": {po, []any{"ephemeral", "message", "panel"}},
		"U0TL": {tl, []any{"message", "panel"}},
	} {
		var got []any
		for range test.want {
			got = append(got, test.window.next()["kind"])
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s heard (-want +got):\n%s", name, diff)
		}
	}
	if e := w.open("U0TL", seq).next(); e["kind"] != "message" {
		t.Errorf("a window that comes back hears %v first, want what it missed", e["kind"])
	}
	if e := w.open("U0TL", 12345.0).next(); e["kind"] != "reset" {
		t.Errorf("a window of an earlier process hears %v, want reset", e["kind"])
	}
}

func TestThePageActs(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	if status, told := w.page("say", `{"user":"U0TL","channel":"C0RELEASES","text":"hello <all>"}`); status != http.StatusOK || told["ts"] == "" {
		t.Errorf("say: %d %v", status, told)
	}
	ts := w.post(buttons("go"))
	acked := w.acking(l, nil)
	press := fmt.Sprintf(`{"user":"U0TL","channel":"C0RELEASES","ts":"%s","block_id":"buttons","action_id":"go"}`, ts)
	if status, told := w.page("press", press); status != http.StatusOK || len(told) != 0 {
		t.Errorf("press: %d %v", status, told)
	}
	<-acked
	if status, _ := w.page("home", `{"user":"U0TL"}`); status != http.StatusOK {
		t.Errorf("home: %d", status)
	}
	if event, _ := l.next().Payload["event"].(map[string]any); event["type"] != "app_home_opened" {
		t.Errorf("event = %v, want app_home_opened", event)
	}
}

func TestThePageSubmits(t *testing.T) {
	w, l, id := opened(t)
	submit := func(value string) map[string]any {
		t.Helper()
		_, told := w.page("view/submit", fmt.Sprintf(`{"user":"U0TL","view_id":"%s","values":{"why":{"reason":{"type":"plain_text_input","value":"%s"}}}}`, id, value))
		return told
	}
	acked := w.acking(l, map[string]any{"response_action": "errors", "errors": map[string]any{"why": "Too short"}}, nil)
	want := map[string]any{"errors": map[string]any{"why": "Too short"}}
	if diff := cmp.Diff(want, submit("no")); diff != "" {
		t.Errorf("a refused form (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{}, submit("because")); diff != "" {
		t.Errorf("a good form (-want +got):\n%s", diff)
	}
	<-acked
	if got := w.state("U0TL")["view"]; got != nil {
		t.Errorf("view = %v, want it closed", got)
	}
}

func TestThePageIsRefused(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	for _, test := range []struct{ path, body, want string }{
		{"say", `{`, "no JSON"},
		{"say", `{"user":"U0NOBODY","channel":"C0RELEASES","text":"x"}`, `no person "U0NOBODY"`},
		{"say", `{"user":"U0GONOGO","channel":"C0RELEASES","text":"x"}`, `no person "U0GONOGO"`},
		{"say", `{"user":"U0TL","channel":"C0NONE","text":"x"}`, `no channel "C0NONE"`},
		{"say", `{"user":"U0TL","channel":"D0PO","text":"x"}`, `no channel "D0PO"`},
		{"say", `{"user":"U0TL","channel":"C0RELEASES","text":" "}`, "the message is empty"},
		{"press", `{"user":"U0TL","channel":"C0RELEASES","ts":"1.2","action_id":"go"}`, `no message "1.2"`},
		{"view/submit", `{"user":"U0TL","view_id":"V0"}`, `no open view "V0"`},
		{"view/close", `{"user":"U0TL","view_id":"V0"}`, `no open view "V0"`},
		{"home", `{"user":"U0NOBODY"}`, `no person "U0NOBODY"`},
	} {
		status, told := w.page(test.path, test.body)
		got, _ := told["error"].(string)
		if status != http.StatusBadRequest || !strings.Contains(got, test.want) {
			t.Errorf("%s %s: %d %q, want %q", test.path, test.body, status, got, test.want)
		}
	}
}

func TestOtherSitesCannotAct(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.server.URL+"/_/say", strings.NewReader(`{"user":"U0TL","channel":"C0RELEASES","text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := w.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusBadRequest || len(w.Messages("C0RELEASES")) != 0 {
		t.Errorf("status %d, messages %v: want the call refused", answer.StatusCode, w.Messages("C0RELEASES"))
	}
}
