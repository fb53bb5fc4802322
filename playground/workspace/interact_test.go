package workspace_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"gonogo/playground/workspace"
)

func TestSlashPayload(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	w.slash("U0TL", "C0RELEASES", "/ready", "check @priya in #general <b> & https://a.b/c?d=1")
	e := l.next()
	if e.Type != "slash_commands" || !e.Accepts {
		t.Errorf("envelope = %+v, want a command that takes an answer", e)
	}
	// slack-go refuses a payload whose is_enterprise_install is not the string "false".
	got := decode[slack.SlashCommand](t, e)
	if got.TriggerID == "" || !strings.HasPrefix(got.ResponseURL, w.server.URL+"/hooks/") {
		t.Errorf("trigger_id %q and response_url %q, want both", got.TriggerID, got.ResponseURL)
	}
	got.TriggerID, got.ResponseURL = "", ""
	want := slack.SlashCommand{
		Token: "practice-verification-token", TeamID: "T0PRACTICE", TeamDomain: "insightpulse", APIAppID: "A0GONOGO",
		ChannelID: "C0RELEASES", ChannelName: "releases", UserID: "U0TL", UserName: "tomas", Command: "/ready",
		Text: "check <@U0PO|priya> in <#C0GENERAL|general> &lt;b&gt; &amp; <https://a.b/c?d=1>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
}

func TestACommandNotInTheManifestComesAsTyped(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	if err := w.Say("U0TL", "C0RELEASES", "", "/other @priya & co"); err != nil {
		t.Fatal(err)
	}
	got := decode[slack.SlashCommand](t, l.next())
	if got.Command != "/other" || got.Text != "@priya & co" {
		t.Errorf("command %q with %q, want it as typed", got.Command, got.Text)
	}
}

func TestNoCommandsInThreads(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	root := w.post(buttons("go"))
	err := w.Say("U0TL", "C0RELEASES", root, "/ready")
	if err == nil || !strings.Contains(err.Error(), "not supported in threads") {
		t.Errorf("error = %v, want Slack's refusal", err)
	}
}

func TestWhatASlashAckShows(t *testing.T) {
	for name, test := range map[string]struct {
		payload         any
		private, public string
		notice          string
	}{
		"nothing":       {nil, "", "", ""},
		"text":          {map[string]any{"text": "hello"}, "hello", "", ""},
		"for everyone":  {map[string]any{"text": "hello", "response_type": "in_channel"}, "", "hello", ""},
		"a bad payload": {map[string]any{"blocks": "dance"}, "", "", `/ready failed with the error "invalid_command_response"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{})
			l := w.connect()
			d := w.slash("U0TL", "C0RELEASES", "/ready", "")
			l.ack(l.next(), test.payload)
			w.outcome(d)
			got := []string{texts(w.Ephemerals("U0TL")), texts(w.Messages("C0RELEASES")), strings.Join(w.Notices("U0TL"), "\n")}
			if diff := cmp.Diff([]string{test.private, test.public, test.notice}, got); diff != "" {
				t.Errorf("shown privately, publicly, as a notice (-want +got):\n%s", diff)
			}
		})
	}
}

func texts(messages []workspace.Message) string {
	var all []string
	for _, m := range messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, "\n")
}

func TestPressPayload(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	ts := w.post(buttons("stop", "go"))
	press(w, ts, "go")
	e := l.next()
	if e.Type != "interactive" || e.Accepts {
		t.Errorf("envelope = %+v, want an interaction that takes no answer", e)
	}
	got := decode[slack.InteractionCallback](t, e)
	if got.Message.Timestamp != ts || got.Message.User != "U0GONOGO" || len(got.Message.Blocks.BlockSet) != 1 {
		t.Errorf("message = %+v, want the pressed one", got.Message)
	}
	action := *got.ActionCallback.BlockActions[0]
	told := []string{string(got.Type), got.APIAppID, got.Team.ID, got.User.ID, got.User.Name, got.Channel.ID, got.Container.MessageTs,
		got.Container.ChannelID, action.ActionID, action.BlockID, action.Value, string(action.Type)}
	want := []string{"block_actions", "A0GONOGO", "T0PRACTICE", "U0TL", "tomas", "C0RELEASES", ts,
		"C0RELEASES", "go", "buttons", "value of go", "button"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
	if got.TriggerID == "" || got.ResponseURL == "" || action.ActionTs == "" || got.Container.IsEphemeral {
		t.Errorf("payload = %+v, want a trigger, a response_url and an action_ts", got)
	}
}

func press(w *world, ts, action string, values ...string) *workspace.Delivery {
	w.t.Helper()
	d, err := w.Press("U0TL", "C0RELEASES", ts, action, values...)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// TestAPressOnAnEarlierVersion presses what a person saw before the app updated the message, which gave the block another ID.
func TestAPressOnAnEarlierVersion(t *testing.T) {
	unnamed := func(value string) slack.Block {
		return slack.NewActionBlock("", slack.NewButtonBlockElement("go", value, slack.NewTextBlockObject("plain_text", "Go", false, false)))
	}
	for name, test := range map[string]struct {
		now     slack.Block
		pressed bool
	}{
		"the same button":      {unnamed("19.0.1"), true},
		"another value":        {unnamed("19.0.2"), false},
		"another button":       {buttons("stop"), false},
		"no button any longer": {slack.NewDividerBlock(), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{})
			l := w.connect()
			ts := w.post(unnamed("19.0.1"))
			before := blockID(t, w.Messages("C0RELEASES")[0])
			if _, _, _, err := w.api.UpdateMessage("C0RELEASES", ts, slack.MsgOptionBlocks(test.now)); err != nil {
				t.Fatal(err)
			}
			_, err := w.PressIn("U0TL", "C0RELEASES", ts, before, "go", "19.0.1")
			if !test.pressed {
				if err == nil || !strings.Contains(err.Error(), "look at it again") {
					t.Errorf("error = %v, want the reason and the next step", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			action := decode[slack.InteractionCallback](t, l.next()).ActionCallback.BlockActions[0]
			if want := blockID(t, w.Messages("C0RELEASES")[0]); action.BlockID != want || action.Value != "19.0.1" {
				t.Errorf("the app got %+v, want the button in the block %s", action, want)
			}
		})
	}
}

func blockID(t *testing.T, m workspace.Message) string {
	t.Helper()
	var blocks []struct {
		ID string `json:"block_id"`
	}
	if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	return blocks[0].ID
}

func TestAPressInAnEphemeralMessageCarriesNoMessage(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	ts, err := w.api.PostEphemeralContext(w.ctx, "C0RELEASES", "U0TL", slack.MsgOptionBlocks(buttons("go")))
	if err != nil {
		t.Fatal(err)
	}
	press(w, ts, "go")
	e := l.next()
	if _, ok := e.Payload["message"]; ok || !decode[slack.InteractionCallback](t, e).Container.IsEphemeral {
		t.Errorf("payload = %v, want container.is_ephemeral and no message", e.Payload)
	}
	if _, err := w.Press("U0PO", "C0RELEASES", ts, "go"); err == nil {
		t.Error("someone else pressed what only U0TL sees")
	}
}

func TestWhatWasChosenInAMessage(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	option := func(v string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(v, slack.NewTextBlockObject("plain_text", v, false, false), nil)
	}
	ts := w.post(slack.NewActionBlock("choices",
		slack.NewOptionsSelectBlockElement("static_select", nil, "env", option("staging"), option("production")),
		slack.NewDatePickerBlockElement("day")))
	press(w, ts, "env", "production")
	l.ack(l.next(), nil)
	press(w, ts, "day", "2026-03-02")
	got := decode[slack.InteractionCallback](t, l.next())
	if a := got.ActionCallback.BlockActions[0]; a.SelectedDate != "2026-03-02" {
		t.Errorf("action = %+v, want the date", a)
	}
	values := got.BlockActionState.Values["choices"]
	if values["env"].SelectedOption.Value != "production" || values["day"].SelectedDate != "2026-03-02" {
		t.Errorf("state = %+v, want both choices", values)
	}
	if _, err := w.Press("U0TL", "C0RELEASES", ts, "env", "mars"); err == nil {
		t.Error("an option was chosen that is not there")
	}
}

// respond answers through a response_url.
func (w *world) respond(url, answer string) (int, string) {
	w.t.Helper()
	r, err := w.server.Client().Post(url, "application/json", strings.NewReader(answer))
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Body.Close()
	var told struct{ Error string }
	if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
		w.t.Fatal(err)
	}
	return r.StatusCode, told.Error
}

func TestResponseURL(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	ts := w.post(buttons("go"))
	press(w, ts, "go")
	url := decode[slack.InteractionCallback](t, l.next()).ResponseURL
	for _, answer := range []string{
		`{"text":"private"}`,
		`{"text":"public","response_type":"in_channel"}`,
		`{"text":"replaced","replace_original":true}`,
	} {
		if status, code := w.respond(url, answer); status != http.StatusOK {
			t.Fatalf("%s: status %d, %s", answer, status, code)
		}
	}
	if got, want := texts(w.Messages("C0RELEASES"))+"|"+texts(w.Ephemerals("U0TL")), "replaced\npublic|private"; got != want {
		t.Errorf("messages = %q, want %q", got, want)
	}
	if status, _ := w.respond(url, `{"delete_original":true}`); status != http.StatusOK {
		t.Fatalf("delete_original: status %d", status)
	}
	if status, code := w.respond(url, `{"blocks":[{"type":"dance"}]}`); status != http.StatusBadRequest || code != "invalid_blocks" {
		t.Errorf("bad blocks: status %d, %s, want invalid_blocks", status, code)
	}
	if status, code := w.respond(url, `{"text":"sixth"}`); status != http.StatusNotFound || code != "used_url" {
		t.Errorf("sixth answer: status %d, %s, want used_url", status, code)
	}
	if got, want := texts(w.Messages("C0RELEASES")), "public"; got != want {
		t.Errorf("messages at the end = %q, want %q", got, want)
	}
}

// An answer through the response_url of a message in a thread shows in the channel unless it names the thread.
func TestAResponseURLNamesTheThread(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	root := w.post(buttons("root"))
	_, reply, err := w.api.PostMessageContext(w.ctx, "C0RELEASES", slack.MsgOptionTS(root), slack.MsgOptionText("a reply", false), slack.MsgOptionBlocks(buttons("reply")))
	if err != nil {
		t.Fatal(err)
	}
	for _, pressed := range []struct{ ts, action string }{{root, "root"}, {reply, "reply"}} {
		press(w, pressed.ts, pressed.action)
		got := decode[slack.InteractionCallback](t, l.next())
		if got.Container.ThreadTs != root {
			t.Errorf("the press on %s comes with the thread %q, want %q", pressed.action, got.Container.ThreadTs, root)
		}
		for answer, want := range map[string]string{`{"text":"here"}`: "", `{"text":"there","thread_ts":"` + root + `"}`: root} {
			if status, code := w.respond(got.ResponseURL, answer); status != http.StatusOK {
				t.Fatalf("%s: status %d, %s", answer, status, code)
			}
			shown := w.Ephemerals("U0TL")
			if m := shown[len(shown)-1]; m.ThreadTS != want {
				t.Errorf("the answer %s to a press on %s is in thread %q, want %q", answer, pressed.action, m.ThreadTS, want)
			}
		}
	}
}

func TestAResponseURLExpires(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	w.slash("U0TL", "C0RELEASES", "/ready", "")
	url := decode[slack.SlashCommand](t, l.next()).ResponseURL
	w.pass(30*time.Minute - time.Second)
	if status, code := w.respond(url, `{"text":"just in time"}`); status != http.StatusOK {
		t.Errorf("before the end: status %d, %s", status, code)
	}
	w.pass(time.Second)
	if status, code := w.respond(url, `{"text":"late"}`); status != http.StatusNotFound || code != "expired_url" {
		t.Errorf("after the end: status %d, %s, want expired_url", status, code)
	}
}

func TestMentions(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	root := w.post(buttons("go"))
	ts, err := w.SayTS("U0TL", "C0RELEASES", root, "@gonogo is it <b>safe</b>?")
	if err != nil {
		t.Fatal(err)
	}
	e := l.next()
	event, _ := e.Payload["event"].(map[string]any)
	got := []any{e.Payload["type"], e.Payload["api_app_id"], event["type"], event["user"], event["channel"], event["ts"], event["thread_ts"], event["text"]}
	want := []any{"event_callback", "A0GONOGO", "app_mention", "U0TL", "C0RELEASES", ts, root, "<@U0GONOGO> is it &lt;b&gt;safe&lt;/b&gt;?"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	if err := w.Say("U0TL", "C0GENERAL", "", "@gonogo hello"); err != nil {
		t.Fatal(err)
	}
	l.none()
	if got := w.Notices("U0TL"); len(got) != 1 || !strings.Contains(got[0], "isn't in #general") {
		t.Errorf("notices = %q, want that the app isn't in the channel", got)
	}
}

func TestOnlySubscribedEventsCome(t *testing.T) {
	w := newWorld(t, workspace.Options{Events: []string{"message.channels", "message.im"}})
	l := w.connect()
	for _, channel := range []string{"C0RELEASES", "D0TL"} {
		if err := w.Say("U0TL", channel, "", "@gonogo"); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"channel", "im"} {
		event, _ := l.next().Payload["event"].(map[string]any)
		if event["type"] != "message" || event["channel_type"] != want {
			t.Errorf("event = %v, want a message in a channel of type %s", event, want)
		}
	}
	if _, err := w.OpenHome("U0TL"); err != nil {
		t.Fatal(err)
	}
	l.none()
}
