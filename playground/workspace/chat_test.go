package workspace_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"gonogo/playground/workspace"
)

func TestUpdateWithTextAloneRemovesTheBlocks(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	ts := w.post(buttons("go"))
	update := func(options ...slack.MsgOption) workspace.Message {
		t.Helper()
		if _, _, _, err := w.api.UpdateMessageContext(w.ctx, "C0RELEASES", ts, options...); err != nil {
			t.Fatal(err)
		}
		return w.Messages("C0RELEASES")[0]
	}
	m := update(slack.MsgOptionBlocks(slack.NewDividerBlock()))
	if m.Text != "a message" || m.Edited != "" || !strings.Contains(string(m.Blocks), "divider") {
		t.Errorf("after an update of blocks: %+v, want the text kept and no (edited)", m)
	}
	m = update(slack.MsgOptionText("only text", false))
	if m.Text != "only text" || m.Edited == "" || len(m.Blocks) != 0 {
		t.Errorf("after an update of text: %+v, want it edited and without blocks", m)
	}
}

func TestMessagesAreRefused(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true})
	if err := w.Admin().Archive("C0ONCALL"); err != nil {
		t.Fatal(err)
	}
	theirs, err := w.SayTS("U0PO", "C0RELEASES", "", "mine")
	if err != nil {
		t.Fatal(err)
	}
	ours := w.post(buttons("go"))
	big, _ := json.Marshal([]any{section(3000), section(3000), section(3000), section(3000), section(1201)})
	fits, _ := json.Marshal([]any{section(3000), section(3000), section(3000), section(3000), section(1200)})
	for _, test := range []struct {
		name, method string
		fields       map[string]string
		want         any
	}{
		{"nowhere", "chat.postMessage", map[string]string{"channel": "C0NONE", "text": "x"}, "channel_not_found"},
		{"not a member", "chat.postMessage", map[string]string{"channel": "C0GENERAL", "text": "x"}, "not_in_channel"},
		{"archived", "chat.postMessage", map[string]string{"channel": "C0ONCALL", "text": "x"}, "is_archived"},
		{"nothing", "chat.postMessage", map[string]string{"channel": "C0RELEASES"}, "no_text"},
		{"no thread", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "text": "x", "thread_ts": "1.2"}, "thread_not_found"},
		{"longest text", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "text": strings.Repeat("ä", 40_000)}, nil},
		{"longer text", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "text": strings.Repeat("ä", 40_001)}, "msg_too_long"},
		{"most text in blocks", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "blocks": string(fits)}, nil},
		{"more text in blocks", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "blocks": string(big)}, "msg_blocks_too_long"},
		{"blocks no JSON", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "blocks": "[{"}, "invalid_blocks_format"},
		{"blocks no list", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "blocks": "{}"}, "invalid_blocks_format"},
		{"bad blocks", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "blocks": `[{"type":"dance"}]`}, "invalid_blocks"},
		{"both kinds of text", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"},
		{"metadata no object", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "text": "x", "metadata": "[]"}, "invalid_metadata_format"},
		{"metadata without type", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "text": "x", "metadata": "{}"}, "invalid_metadata_schema"},
		{"metadata too large", "chat.postMessage", map[string]string{"channel": "C0RELEASES", "text": "x",
			"metadata": `{"event_type":"e","event_payload":{"x":"` + strings.Repeat("x", 4000) + `"}}`}, "metadata_too_large"},
		{"update of theirs", "chat.update", map[string]string{"channel": "C0RELEASES", "ts": theirs, "text": "x"}, "cant_update_message"},
		{"update of nothing", "chat.update", map[string]string{"channel": "C0RELEASES", "ts": "1.2", "text": "x"}, "message_not_found"},
		{"longest update", "chat.update", map[string]string{"channel": "C0RELEASES", "ts": ours, "text": strings.Repeat("ä", 2000)}, nil},
		{"longer update", "chat.update", map[string]string{"channel": "C0RELEASES", "ts": ours, "text": strings.Repeat("ä", 2000) + "x"}, "msg_too_long"},
		{"deletion of theirs", "chat.delete", map[string]string{"channel": "C0RELEASES", "ts": theirs}, "cant_delete_message"},
		{"ephemeral for nobody", "chat.postEphemeral", map[string]string{"channel": "C0RELEASES", "user": "U0NOBODY", "text": "x"}, "user_not_found"},
		{"link to nothing", "chat.getPermalink", map[string]string{"channel": "C0RELEASES", "message_ts": "1.2"}, "message_not_found"},
		{"reaction to nothing", "reactions.add", map[string]string{"channel": "C0RELEASES", "timestamp": "1.2", "name": "eyes"}, "message_not_found"},
		{"reaction", "reactions.add", map[string]string{"channel": "C0RELEASES", "timestamp": ours, "name": "eyes"}, nil},
		{"reaction twice", "reactions.add", map[string]string{"channel": "C0RELEASES", "timestamp": ours, "name": "eyes"}, "already_reacted"},
		{"reaction taken back", "reactions.remove", map[string]string{"channel": "C0RELEASES", "timestamp": ours, "name": "eyes"}, nil},
		{"reaction taken back twice", "reactions.remove", map[string]string{"channel": "C0RELEASES", "timestamp": ours, "name": "eyes"}, "no_reaction"},
	} {
		if got := w.call(test.method, test.fields)["error"]; got != test.want {
			t.Errorf("%s: %s = %v, want %v", test.name, test.method, got, test.want)
		}
	}
}

func section(length int) map[string]any {
	return map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": strings.Repeat("x", length)}}
}

func TestBadBlocksAreExplained(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	blocks, _ := json.Marshal([]any{map[string]any{"type": "divider"}, section(3001)})
	told := w.call("chat.postMessage", map[string]string{"channel": "C0RELEASES", "blocks": string(blocks)})
	if got, want := messages(told), "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"; got != want {
		t.Errorf("messages = %q, want %q", got, want)
	}
}

func TestABlockGetsAnID(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	ts := w.post(slack.NewDividerBlock())
	history, err := w.api.GetConversationHistoryContext(w.ctx, &slack.GetConversationHistoryParameters{ChannelID: "C0RELEASES"})
	if err != nil {
		t.Fatal(err)
	}
	m := history.Messages[0]
	if m.Timestamp != ts || m.Blocks.BlockSet[0].ID() == "" {
		t.Errorf("message = %+v, want the one posted, its block with an ID", m)
	}
}

func TestThreads(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	root := w.post(buttons("go"))
	reply := func(to, text string) string {
		t.Helper()
		_, ts, err := w.api.PostMessageContext(w.ctx, "C0RELEASES", slack.MsgOptionText(text, false), slack.MsgOptionTS(to))
		if err != nil {
			t.Fatal(err)
		}
		return ts
	}
	first := reply(root, "first")
	reply(first, "second, to a reply")
	if _, err := w.SayTS("U0PO", "C0RELEASES", root, "third"); err != nil {
		t.Fatal(err)
	}
	thread, _, _, err := w.api.GetConversationRepliesContext(w.ctx, &slack.GetConversationRepliesParameters{ChannelID: "C0RELEASES", Timestamp: root})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range thread {
		got = append(got, m.Text)
	}
	if diff := cmp.Diff([]string{"a message", "first", "second, to a reply", "third"}, got); diff != "" {
		t.Errorf("conversations.replies (-want +got):\n%s", diff)
	}
	history, err := w.api.GetConversationHistoryContext(w.ctx, &slack.GetConversationHistoryParameters{ChannelID: "C0RELEASES"})
	if err != nil {
		t.Fatal(err)
	}
	if len(history.Messages) != 1 || history.Messages[0].ReplyCount != 3 {
		t.Errorf("conversations.history = %+v, want the root alone, with three replies", history.Messages)
	}
	if _, _, err := w.api.DeleteMessageContext(w.ctx, "C0RELEASES", first); err != nil {
		t.Fatal(err)
	}
	if got, want := w.Messages("C0RELEASES")[0].Replies, 2; got != want {
		t.Errorf("replies after a deletion = %d, want %d", got, want)
	}
}

func TestPostingToAPersonIsADirectMessage(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	channel, _, err := w.api.PostMessageContext(w.ctx, "U0PO", slack.MsgOptionText("for you", false))
	if err != nil {
		t.Fatal(err)
	}
	got := w.DirectMessages("U0PO")
	if channel != "D0PO" || len(got) != 1 || got[0].Text != "for you" {
		t.Errorf("channel %s holds %+v, want the message", channel, got)
	}
}

func TestEphemeralMessagesAreForOnePerson(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	if _, err := w.api.PostEphemeralContext(w.ctx, "C0RELEASES", "U0PO", slack.MsgOptionText("psst", false)); err != nil {
		t.Fatal(err)
	}
	if got := w.Ephemerals("U0PO"); len(got) != 1 || got[0].Text != "psst" || !got[0].Ephemeral {
		t.Errorf("U0PO sees %+v, want the message", got)
	}
	if got := append(w.Ephemerals("U0TL"), w.Messages("C0RELEASES")...); len(got) != 0 {
		t.Errorf("others see %+v, want nothing", got)
	}
}

func TestPermalink(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	ts := w.post(buttons("go"))
	link, err := w.api.GetPermalinkContext(w.ctx, &slack.PermalinkParameters{Channel: "C0RELEASES", Ts: ts})
	if err != nil {
		t.Fatal(err)
	}
	if want := w.server.URL + "/archives/C0RELEASES/p" + strings.Replace(ts, ".", "", 1); link != want {
		t.Errorf("permalink = %s, want %s", link, want)
	}
	client := *w.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got, want := answer.Header.Get("Location"), "/?channel=C0RELEASES&ts="+ts; got != want {
		t.Errorf("the link leads to %q, want %q", got, want)
	}
}

func TestUpload(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	root := w.post(buttons("go"))
	if _, err := w.api.UploadFileContext(w.ctx, slack.UploadFileParameters{
		Filename: "build.log", FileSize: 11, Content: "line\nline 2", Title: "Log", Channel: "C0RELEASES",
		ThreadTimestamp: root, InitialComment: "the output",
	}); err != nil {
		t.Fatal(err)
	}
	thread := w.Thread("C0RELEASES", root)
	if len(thread) != 2 || thread[1].Text != "the output" || len(thread[1].Files) != 1 {
		t.Fatalf("thread = %+v, want the file in it", thread)
	}
	f := thread[1].Files[0]
	if f.Name != "build.log" || f.Title != "Log" || f.Size != 11 {
		t.Errorf("file = %+v, want it as it was sent", f)
	}
	answer, err := w.server.Client().Get(w.server.URL + f.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got, _ := io.ReadAll(answer.Body); string(got) != "line\nline 2" {
		t.Errorf("content = %q, want what was sent", got)
	}
}

func TestUploadsAreRefused(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	if got := w.call("files.getUploadURLExternal", map[string]string{"filename": "x"})["error"]; got != "invalid_arguments" {
		t.Errorf("without a length: %v, want invalid_arguments", got)
	}
	ticket := w.call("files.getUploadURLExternal", map[string]string{"filename": "x.txt", "length": "5"})
	complete := func() any {
		return w.call("files.completeUploadExternal", map[string]string{"files": `[{"id":"` + ticket["file_id"].(string) + `"}]`})["error"]
	}
	if got := complete(); got != "file_not_found" {
		t.Errorf("completed before the upload: %v, want file_not_found", got)
	}
	for _, step := range []struct {
		content string
		want    int
	}{{"too long", http.StatusBadRequest}, {"right", http.StatusOK}, {"again", http.StatusNotFound}} {
		answer, err := w.server.Client().Post(ticket["upload_url"].(string), "application/octet-stream", strings.NewReader(step.content))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != step.want {
			t.Errorf("uploading %q: status %d, want %d", step.content, answer.StatusCode, step.want)
		}
	}
	if got := complete(); got != nil {
		t.Errorf("completed after the upload: %v, want ok", got)
	}
	if got := complete(); got != "file_not_found" {
		t.Errorf("completed twice: %v, want file_not_found", got)
	}
}

// Where only some may post, the app may still answer in threads, and the channel's
// properties say so until everybody may post again.
func TestPostingIsRestricted(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true})
	root := w.post(buttons("go"))
	restricted := func() []string {
		t.Helper()
		place, err := w.api.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: "C0RELEASES"})
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(place.Properties.PostingRestrictedTo.Type, place.Properties.PostingRestrictedTo.User)
	}
	say := func(options ...slack.MsgOption) error {
		_, _, err := w.api.PostMessage("C0RELEASES", append(options, slack.MsgOptionText("x", false))...)
		return err
	}
	if err := w.Admin().RestrictPosting("C0RELEASES", "U0TL"); err != nil {
		t.Fatal(err)
	}
	if err := say(); err == nil || err.Error() != "restricted_action" {
		t.Errorf("a post: %v, want restricted_action", err)
	}
	if err := say(slack.MsgOptionTS(root)); err != nil {
		t.Errorf("an answer in a thread: %v", err)
	}
	if got := restricted(); !slices.Equal(got, []string{"admin", "U0TL"}) {
		t.Errorf("restricted to %v", got)
	}
	if err := w.Admin().RestrictPosting("C0RELEASES"); err != nil {
		t.Fatal(err)
	}
	if err := say(); err != nil || len(restricted()) > 0 {
		t.Errorf("again open to everybody: %v, restricted to %v", err, restricted())
	}
}
