package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gonogo/bot/chat/socket/sockettest"
)

// script is a Slack of which the test writes every frame itself.
type script struct {
	*sockettest.Server
	server *httptest.Server
	bot    *bot
	chat   *Chat
	hooks  chan string // what came to response_urls
}

func newScript(t *testing.T, configure func(*script, *Options)) *script {
	t.Helper()
	ctx, cancel := sockettest.Context(t)
	s := &script{Server: sockettest.New(ctx, t), bot: newBot(), hooks: make(chan string, 64)}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/auth.test", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"ok":true,"team_id":"T1","user_id":"U0BOT"}`)
	})
	mux.HandleFunc("/api/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link?ticket=secret"}`, strings.TrimPrefix(s.server.URL, "http"))
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":false,"error":"unknown_method"}`) })
	mux.HandleFunc("/hook", func(w http.ResponseWriter, r *http.Request) {
		var a urlResponse
		json.NewDecoder(r.Body).Decode(&struct {
			Text *string `json:"text"`
		}{&a.Text})
		s.hooks <- a.Text
	})
	mux.Handle("/link", s)
	s.server = httptest.NewServer(mux)
	opts := Options{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: s.server.URL + "/api", Connections: 1, Log: s.Log.Logger()}
	if configure != nil {
		configure(s, &opts)
	}
	s.chat = New(NewWorkspace(opts), s.bot)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.chat.Run(running) }()
	t.Cleanup(func() {
		stop()
		s.HangUp()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		cancel()
		s.server.Close()
	})
	return s
}

// hook waits for the next answer.
func (s *script) hook() string {
	s.T.Helper()
	select {
	case text := <-s.hooks:
		return text
	case <-s.Ctx.Done():
		s.T.Fatalf("no answer\n%s", s.Log)
		return ""
	}
}

// slash is a slash command's frame.
func (s *script) slash(envelope, trigger, text, more string) string {
	return fmt.Sprintf(`{"type":"slash_commands","envelope_id":%q,"accepts_response_payload":true,"payload":{"command":"/ready","text":%q,"user_id":"U1",`+
		`"channel_id":"C1","trigger_id":%q,"response_url":"%s/hook"%s}}`, envelope, text, trigger, s.server.URL, more)
}
