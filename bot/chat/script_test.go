package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// script is a Slack of which the test writes every frame itself.
type script struct {
	t      *testing.T
	ctx    context.Context
	server *httptest.Server
	bot    *bot
	logs   *logs
	chat   *Chat
	conns  chan *websocket.Conn // as they connect, not yet greeted
	hooks  chan string          // what came to response_urls
}

func newScript(t *testing.T, configure func(*script, *Options)) *script {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	s := &script{t: t, ctx: ctx, bot: newBot(), logs: &logs{}, conns: make(chan *websocket.Conn, 64), hooks: make(chan string, 64)}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/auth.test", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"ok":true,"team_id":"T1","user_id":"U0BOT"}`)
	})
	mux.HandleFunc("/api/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link?ticket=secret"}`, strings.TrimPrefix(s.server.URL, "http"))
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":false,"error":"unknown_method"}`) })
	mux.HandleFunc("/hook", func(w http.ResponseWriter, r *http.Request) {
		var a answer
		json.NewDecoder(r.Body).Decode(&struct {
			Text *string `json:"text"`
		}{&a.Text})
		s.hooks <- a.Text
	})
	mux.HandleFunc("/link", func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{}
		if conn, err := upgrader.Upgrade(w, r, nil); err == nil {
			s.conns <- conn
		}
	})
	s.server = httptest.NewServer(mux)
	opts := Options{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: s.server.URL + "/api", Connections: 1, Log: testLog(s.logs)}
	if configure != nil {
		configure(s, &opts)
	}
	s.chat = New(NewWorkspace(opts), s.bot)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.chat.Run(running) }()
	t.Cleanup(func() {
		stop()
		s.hangUp()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		cancel()
		s.server.Close()
	})
	return s
}

// hangUp closes what connected and was not taken by the test.
func (s *script) hangUp() {
	for {
		select {
		case c := <-s.conns:
			c.Close()
		default:
			return
		}
	}
}

// next takes the next connection and greets it.
func (s *script) next() *websocket.Conn {
	s.t.Helper()
	select {
	case c := <-s.conns:
		s.t.Cleanup(func() { c.Close() })
		s.write(c, `{"type":"hello","num_connections":1,"connection_info":{"app_id":"A1"}}`)
		return c
	case <-s.ctx.Done():
		s.t.Fatalf("no connection\n%s", s.logs)
		return nil
	}
}

func (s *script) write(c *websocket.Conn, frame string) {
	s.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		s.t.Fatal(err)
	}
}

// read reads the next acknowledgement.
func (s *script) read(c *websocket.Conn) string {
	s.t.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, data, err := c.ReadMessage()
	if err != nil {
		s.t.Fatalf("reading an acknowledgement: %v\n%s", err, s.logs)
	}
	return string(data)
}

// hook waits for the next answer.
func (s *script) hook() string {
	s.t.Helper()
	select {
	case text := <-s.hooks:
		return text
	case <-s.ctx.Done():
		s.t.Fatalf("no answer\n%s", s.logs)
		return ""
	}
}

// slash is a slash command's frame.
func (s *script) slash(envelope, trigger, text, more string) string {
	return fmt.Sprintf(`{"type":"slash_commands","envelope_id":%q,"accepts_response_payload":true,"payload":{"command":"/ready","text":%q,"user_id":"U1",`+
		`"channel_id":"C1","trigger_id":%q,"response_url":"%s/hook"%s}}`, envelope, text, trigger, s.server.URL, more)
}
