package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"gonogo/playground/workspace"
)

// Fifty forced reconnects under load: each command is done once and each
// person answered, whether sockets are announced to close or cut. On announced
// ones there is never a moment without a socket.
func TestReconnectsUnderLoad(t *testing.T) {
	for _, tt := range []struct {
		name      string
		disturb   func(w *world)
		announced bool
	}{
		{"warning", func(w *world) { w.Disconnect("warning") }, true},
		{"refresh", func(w *world) { w.Disconnect("refresh_requested") }, false},
		{"cut", func(w *world) { w.Cut() }, false},
	} {
		t.Run(tt.name, func(t *testing.T) { reconnectUnderLoad(t, tt.disturb, tt.announced) })
	}
}

func reconnectUnderLoad(t *testing.T, disturb func(*world), announced bool) {
	w := newWorld(t, workspace.Options{Unlimited: true, WarnBefore: 2 * time.Second}, Options{}).start()
	w.await("both sockets are open", w.steady)
	stop := make(chan struct{})
	var load, watch sync.WaitGroup
	var sent atomic.Int64
	load.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
			if w.Sockets() == 0 {
				continue // Slack itself fails a command when there is nobody; that is counted below
			}
			if d, err := w.Slash(owner, releases, "/ready", fmt.Sprintf("n%d", n)); err != nil {
				t.Error(err)
			} else if o, err := d.Wait(w.ctx); err == nil && o.Acked {
				sent.Add(1)
			} else if announced || o.Error != "dispatch_failed" {
				t.Errorf("command %d: %+v, %v", n, o, err)
			}
		}
	})
	var alone atomic.Int64
	watch.Go(func() {
		for {
			changed := w.Changed()
			if w.Sockets() == 0 {
				alone.Add(1)
			}
			select {
			case <-stop:
				return
			case <-changed:
			}
		}
	})
	for i := range 50 {
		opened, asked := w.Calls("apps.connections.open"), len(w.bot.requests())
		disturb(w)
		w.await(fmt.Sprintf("new sockets, and load on them, after disturbance %d", i), func() bool {
			return w.Calls("apps.connections.open") >= opened+2 && w.steady() && len(w.bot.requests()) > asked+10
		})
	}
	close(stop)
	load.Wait()
	watch.Wait()
	w.await("everything is answered", func() bool { return len(w.Ephemerals(owner)) >= int(sent.Load()) })
	for text, n := range w.bot.texts() {
		if n != 1 {
			t.Errorf("%s was done %d times, want once", text, n)
		}
	}
	if got := len(w.bot.requests()); got != int(sent.Load()) || got != len(w.Ephemerals(owner)) {
		t.Errorf("%d acknowledged, %d done, %d answered; want the same of each", sent.Load(), got, len(w.Ephemerals(owner)))
	}
	if announced && alone.Load() > 0 {
		t.Errorf("%d moments without a socket, want none", alone.Load())
	}
}

// steady tells whether every socket that was asked for was opened or failed.
func (w *world) steady() bool {
	asked, log := w.Calls("apps.connections.open"), w.logs.String()
	return asked >= 2 && strings.Count(log, "connected to Slack")+strings.Count(log, "no connection to Slack") == asked
}

// script is a Slack of which the test writes every frame itself.
type script struct {
	t      *testing.T
	ctx    context.Context
	server *httptest.Server
	bot    *bot
	logs   *logs
	chat   *Chat
	conns  chan *websocket.Conn // as they connect, not yet greeted
	opens  atomic.Int64
	answer func(n int64) string // what apps.connections.open says; nil: a socket
	hooks  chan string          // what came to response_urls
}

func newScript(t *testing.T, configure func(*script, *Options)) *script {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	s := &script{t: t, ctx: ctx, bot: newBot(), logs: &logs{}, conns: make(chan *websocket.Conn, 64), hooks: make(chan string, 64)}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/auth.test", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"ok":true,"team_id":"T1","user_id":"U0BOT"}`)
	})
	mux.HandleFunc("/api/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		if n := s.opens.Add(1); s.answer != nil {
			fmt.Fprint(w, s.answer(n))
			return
		}
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
	opts := Options{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: s.server.URL + "/api", Connections: 1, Commands: s.bot, Log: testLog(s.logs)}
	if configure != nil {
		configure(s, &opts)
	}
	s.chat = New(opts)
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

// until waits for something to hold.
func (s *script) until(what string, holds func() bool) {
	s.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			s.t.Fatalf("waited in vain until %s\n%s", what, s.logs)
		}
	}
}

// slash is a slash command's frame.
func (s *script) slash(envelope, trigger, text, more string) string {
	return fmt.Sprintf(`{"type":"slash_commands","envelope_id":%q,"accepts_response_payload":true,"payload":{"command":"/ready","text":%q,"user_id":"U1",`+
		`"channel_id":"C1","trigger_id":%q,"response_url":"%s/hook"%s}}`, envelope, text, trigger, s.server.URL, more)
}

// Every envelope is acknowledged, whatever is in it, and nothing but what
// people asked for is handled.
func TestEveryEnvelopeIsAcknowledged(t *testing.T) {
	s := newScript(t, nil)
	c := s.next()
	for _, tt := range []struct{ name, frame, ack string }{
		{"a kind from the future", `{"type":"telepathy","envelope_id":"e1","payload":{"thought":true}}`, `{"envelope_id":"e1"}`},
		{"an unknown event", `{"type":"events_api","envelope_id":"e2","payload":{"event":{"type":"user_change","user":{"id":"U1"}}}}`, `{"envelope_id":"e2"}`},
		{"fields of other types", `{"type":"slash_commands","envelope_id":"e3","payload":{"actions":"none","view":7,"user":"U1"}}`, `{"envelope_id":"e3"}`},
		{"no JSON", `{"type":"slash_commands", "envelope_id": "e4", oops`, `{"envelope_id":"e4"}`},
		{"an odd ID", `{"type":"x","envelope_id":"e\"5"}`, `{"envelope_id":"e\"5"}`},
		{"a bot's mention", `{"type":"events_api","envelope_id":"e6","payload":{"event_id":"Ev1","event":{"type":"app_mention","bot_id":"B1","user":"U1","text":"<@U0BOT> run"}}}`, `{"envelope_id":"e6"}`},
		{"another app's button", `{"type":"interactive","envelope_id":"e7","payload":{"type":"block_actions","actions":[{"action_id":"x","value":"ready run"}]}}`, `{"envelope_id":"e7"}`},
		{"another app's form", `{"type":"interactive","envelope_id":"e8","payload":{"type":"view_submission","view":{"id":"V1","private_metadata":"{}"}}}`, `{"envelope_id":"e8"}`},
		{"no enterprise flag", s.slash("e9", "t9", "hello", ""), `{"envelope_id":"e9"}`},
	} {
		s.write(c, tt.frame)
		if got := s.read(c); got != tt.ack {
			t.Errorf("%s: ack = %s, want %s", tt.name, got, tt.ack)
		}
	}
	if got := s.hook(); got != "You said ready hello" {
		t.Errorf("answer = %q", got)
	}
	if n := len(s.bot.requests()); n != 1 {
		t.Errorf("%d requests, want only the command: %+v", n, s.bot.requests())
	}
}

// A repeat is acknowledged and not done again, whichever of its keys is the
// same, even on another socket; so is one that comes while the first is
// still being handled.
func TestRepeatsAreDoneOnce(t *testing.T) {
	s := newScript(t, nil)
	c := s.next()
	mention := `{"type":"events_api","envelope_id":%q,"retry_attempt":%d,"payload":{"event_id":"Ev1","event":{"type":"app_mention","user":"U1","channel":"C1","ts":"1.1","text":"<@U0BOT> run"}}}`
	press := `{"type":"interactive","envelope_id":%q,"payload":{"type":"block_actions","user":{"id":"U1"},"response_url":"` + s.server.URL + `/hook",
		"container":{"message_ts":"1.1","channel_id":"C1"},"actions":[{"action_id":"gonogo:0","action_ts":"2.2","value":"ready pressed"}]}}`
	for i, frame := range []string{
		s.slash("a", "t1", "one", ""), s.slash("a", "t1", "one", ""), s.slash("b", "t1", "one", ""), s.slash("a", "t2", "one", ""),
		fmt.Sprintf(mention, "c", 0), fmt.Sprintf(mention, "d", 1), fmt.Sprintf(press, "e"), fmt.Sprintf(press, "f"),
	} {
		if i == 2 {
			c.Close() // the rest comes on a new connection
			c = s.next()
		}
		s.write(c, frame)
		s.read(c)
	}
	s.write(c, s.slash("z", "t3", "last", ""))
	for s.hook() != "You said ready last" {
	}
	for _, text := range []string{"ready one", "ready run", "ready pressed"} {
		if n := s.bot.texts()[text]; n != 1 {
			t.Errorf("%q was done %d times, want once", text, n)
		}
	}
}

// Envelopes for another app or from another workspace are acknowledged,
// refused and logged; what they don't tell is let be.
func TestOutsiders(t *testing.T) {
	s := newScript(t, nil)
	c := s.next()
	refused := `,"payload":{"response_type":"ephemeral","text":"` + foreignSentence + `"}}`
	for i, tt := range []struct{ name, more, ack string }{
		{"nothing told", ``, `}`},
		{"ours", `,"api_app_id":"A1","team_id":"T1"`, `}`},
		{"another app", `,"api_app_id":"A2","team_id":"T1"`, refused},
		{"another workspace", `,"api_app_id":"A1","team_id":"T2"`, refused},
		{"a visitor", `,"user":{"id":"U1","team_id":"T2"}`, refused},
	} {
		id := fmt.Sprintf("e%d", i)
		s.write(c, s.slash(id, "t"+id, tt.name, tt.more))
		if got, want := s.read(c), `{"envelope_id":"`+id+`"`+tt.ack; got != want {
			t.Errorf("%s: ack = %s, want %s", tt.name, got, want)
		}
	}
	s.write(c, `{"type":"interactive","envelope_id":"p","payload":{"type":"block_actions","user":{"id":"U9","team_id":"T2"},"team":{"id":"T1"},
		"response_url":"`+s.server.URL+`/hook","container":{"message_ts":"1.1"},"actions":[{"action_id":"gonogo:0","action_ts":"2.2","value":"ready approve"}]}}`)
	s.read(c)
	told := map[string]bool{s.hook(): true, s.hook(): true, s.hook(): true}
	if !told[foreignSentence] {
		t.Errorf("answers = %v, want a visitor's press refused", told)
	}
	if got := s.bot.texts(); len(got) != 2 || got["ready nothing told"] != 1 || got["ready ours"] != 1 {
		t.Errorf("handled %v, want only ours", got)
	}
	if n := strings.Count(s.logs.String(), "refused an envelope"); n != 4 {
		t.Errorf("%d refusals logged, want 4", n)
	}
}

// A warned socket serves until its replacement has said hello, and a while on.
func TestReplacementComesFirst(t *testing.T) {
	s := newScript(t, nil)
	old := s.next()
	s.write(old, s.slash("a", "t1", "before", ""))
	s.read(old)
	s.write(old, `{"type":"disconnect","reason":"warning"}`)
	select { // the replacement has dialled, and is not yet greeted
	case c := <-s.conns:
		s.conns <- c
	case <-s.ctx.Done():
		t.Fatal("no replacement")
	}
	s.write(old, s.slash("b", "t2", "meanwhile", ""))
	if got := s.read(old); got != `{"envelope_id":"b"}` {
		t.Errorf("ack on the warned socket = %s", got)
	}
	fresh := s.next()
	s.write(fresh, s.slash("c", "t3", "after", ""))
	s.read(fresh)
	s.write(old, s.slash("d", "t4", "a straggler", ""))
	if got := s.read(old); got != `{"envelope_id":"d"}` {
		t.Errorf("ack of a straggler = %s", got)
	}
}

// Sockets that are over as soon as they are opened are replaced after growing
// pauses; one that served, or lived for a while, at once.
func TestHotLoopIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, growing := &pool{habits: habits{now: time.Now}}, newPauses()
		wait := func(s *socket, reason string) time.Duration {
			began := time.Now()
			p.breathe(t.Context(), s, reason, growing)
			return time.Since(began)
		}
		atMost := firstPause
		for i := range 12 {
			got := wait(&socket{opened: time.Now()}, "refresh_requested")
			if got < atMost/2 || got > atMost {
				t.Errorf("pause %d = %v, want %v to %v", i, got, atMost/2, atMost)
			}
			atMost = min(2*atMost, longestPause)
		}
		if got := wait(&socket{opened: time.Now()}, warned); got > afterWarning {
			t.Errorf("pause after a warning = %v, want less than what Slack grants", got)
		}
		served := &socket{opened: time.Now()}
		served.served.Store(1)
		if got := wait(served, ""); got != 0 {
			t.Errorf("pause after one that served = %v, want none", got)
		}
		if got := wait(&socket{opened: time.Now()}, ""); got > firstPause {
			t.Errorf("pause after that = %v, want the first again", got)
		}
	})
}

// What Slack says in place of hello, or when it switches Socket Mode off, is
// told with the sentence that mends it.
func TestSwitchedOff(t *testing.T) {
	s := newScript(t, nil)
	c := s.next()
	s.write(c, `{"type":"disconnect","reason":"link_disabled"}`)
	s.until("trouble is told", func() bool { return s.chat.Health().Trouble != "" })
	if got := s.chat.Health().Trouble; !strings.Contains(got, "switch it on at api.slack.com/apps") {
		t.Errorf("trouble = %q", got)
	}
	if n := s.opens.Load(); n != 1 {
		t.Errorf("%d connections asked for, want no second one at once", n)
	}
}

// A lasting refusal after a good start does not end Run; it is told.
func TestTokenRevokedLater(t *testing.T) {
	s := newScript(t, func(s *script, _ *Options) {
		s.answer = func(n int64) string {
			if n > 1 {
				return `{"ok":false,"error":"token_revoked"}`
			}
			return fmt.Sprintf(`{"ok":true,"url":"ws%s/link"}`, strings.TrimPrefix(s.server.URL, "http"))
		}
	})
	s.next().Close()
	s.until("trouble is told", func() bool { return strings.Contains(s.chat.Health().Trouble, "the token was revoked") })
}

// A socket on which nothing comes in any more, not even an answer to our
// pings, is replaced, however open it looks. A quiet one that answers is kept.
func TestDeafSocketIsReplaced(t *testing.T) {
	w := newWorld(t, workspace.Options{PingEvery: time.Hour}, Options{Connections: 1})
	w.tune = func(c *Chat) { c.pool.pingEvery, c.pool.silence = 20*time.Millisecond, time.Second }
	w.start()
	began := w.chat.Health().LastInbound
	w.await("longer than a silent socket gets", func() bool { return w.chat.Health().LastInbound.Sub(began) > 1500*time.Millisecond })
	if n := w.Calls("apps.connections.open"); n != 1 {
		t.Errorf("%d connections asked for, want a quiet socket that answers pings kept", n)
	}
	w.Freeze()
	w.await("a replacement", func() bool {
		return w.Calls("apps.connections.open") == 2 && w.Sockets() > 0 && w.chat.Health().Sockets > 0
	})
	w.must(w.Slash(owner, releases, "/ready", "hello"))
	w.whisper(owner, "You said ready hello")
}

// A second process with the same token is warned of, once.
func TestStrayProcess(t *testing.T) {
	s := newScript(t, nil)
	c := <-s.conns
	defer c.Close()
	s.write(c, `{"type":"hello","num_connections":3,"connection_info":{"app_id":"A1"}}`)
	s.write(c, s.slash("a", "t1", "hello", ""))
	s.read(c)
	if n := strings.Count(s.logs.String(), "another process is connected"); n != 1 {
		t.Errorf("%d warnings, want one\n%s", n, s.logs)
	}
}

// At the end the socket is closed with a close frame.
func TestGoodbye(t *testing.T) {
	s := newScript(t, nil)
	c := s.next()
	s.write(c, s.slash("a", "t1", "hello", ""))
	s.read(c)
	s.hook()
	go s.chat.pool.closeAll()
	_, _, err := c.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the socket ended with %v, want a close frame", err)
	}
}

func TestBusyAck(t *testing.T) {
	in := newIntake(Options{QueueSize: 1, Commands: newBot(), Log: testLog(&logs{})}.withDefaults())
	in.self.Store(&identity{team: "T1", user: "U0BOT"})
	f := func(n string) frame {
		return frame{Type: "slash_commands", EnvelopeID: n, AcceptsPayload: true, Payload: payload{Command: "/ready", UserID: "U1", TriggerID: n}}
	}
	if ack := in.take("A1", f("1")); ack != nil {
		t.Errorf("the first: %s, want a bare acknowledgement", ack)
	}
	for range 2 { // a repeat of one that was turned away is turned away, even when there is room
		if ack := in.take("A1", f("2")); !strings.Contains(string(ack), busySentence) {
			t.Errorf("the second: %s, want busy", ack)
		}
		select {
		case <-in.queue:
		default:
		}
	}
	in.close()
	if ack := in.take("A1", f("3")); !strings.Contains(string(ack), busySentence) {
		t.Errorf("after the end: %s, want busy", ack)
	}
}
