package chat

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gonogo/playground/workspace"
)

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

// A server that does not answer the close frame, as Slack is known not to, is
// left after a moment.
func TestGoodbyeWithoutAnAnswer(t *testing.T) {
	s := newScript(t, nil)
	c := s.next()
	s.write(c, s.slash("a", "t1", "hello", ""))
	s.read(c)
	s.hook()
	c.SetCloseHandler(func(int, string) error { return nil })
	go s.chat.pool.closeAll()
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the socket ended with %v, want a close frame", err)
	}
	if err := c.NetConn().SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.NetConn().Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after the close frame: %d bytes, %v; want the connection closed", n, err)
	}
}

// An envelope that was taken is acknowledged before the goodbye, whenever that
// is said.
func TestGoodbyeWaitsForTheAcknowledgement(t *testing.T) {
	conns := make(chan *websocket.Conn, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{}
		if conn, err := upgrader.Upgrade(w, r, nil); err == nil && conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello"}`)) == nil {
			conns <- conn
		}
	}))
	defer server.Close()
	taken, free := make(chan struct{}), make(chan struct{})
	h := habits{take: func(string, frame) []byte { close(taken); <-free; return nil }, pingEvery: time.Hour, silence: time.Hour,
		now: time.Now, log: testLog(&logs{}), meter: unmetered{}}
	s, err := h.dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"))
	if err != nil {
		t.Fatal(err)
	}
	go s.read()
	c := <-conns
	defer c.Close()
	if err := c.WriteMessage(websocket.TextMessage, []byte(`{"type":"slash_commands","envelope_id":"e1"}`)); err != nil {
		t.Fatal(err)
	}
	<-taken
	leaving := make(chan struct{})
	go func() { close(leaving); s.letGo() }()
	<-leaving
	close(free)
	if _, ack, err := c.ReadMessage(); err != nil || string(ack) != `{"envelope_id":"e1"}` {
		t.Errorf("read %s, %v; want the acknowledgement", ack, err)
	}
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("read %v, want a close frame", err)
	}
	<-s.done
}

// An acknowledgement goes out on the socket on which its envelope came.
func TestAcknowledgedWhereItCame(t *testing.T) {
	s := newScript(t, func(_ *script, o *Options) { o.Connections = 2 })
	one, other := s.next(), s.next()
	for i, c := range []*websocket.Conn{one, other, one} {
		id := fmt.Sprint("e", i)
		s.write(c, s.slash(id, "t"+id, id, ""))
		if got, want := s.read(c), fmt.Sprintf(`{"envelope_id":%q}`, id); got != want {
			t.Errorf("ack = %s, want %s", got, want)
		}
	}
}

// An envelope whose acknowledgement was lost with its socket comes again on
// another, is acknowledged there, and is done once.
func TestAcknowledgementLostWithItsSocket(t *testing.T) {
	s := newScript(t, nil)
	c := s.next()
	s.write(c, s.slash("a", "t1", "once", ""))
	c.Close()
	c = s.next()
	s.write(c, s.slash("a", "t1", "once", ""))
	if got := s.read(c); got != `{"envelope_id":"a"}` {
		t.Errorf("ack = %s", got)
	}
	if got := s.hook(); got != "You said ready once" || s.bot.texts()["ready once"] != 1 {
		t.Errorf("answered %q, done %d times; want once", got, s.bot.texts()["ready once"])
	}
}

// A disconnect in the place of hello is no socket, and another is tried.
func TestRefusedInPlaceOfHello(t *testing.T) {
	s := newScript(t, nil)
	for _, reason := range []string{"too_many_websockets", "refresh_requested"} {
		c := <-s.conns
		s.write(c, fmt.Sprintf(`{"type":"disconnect","reason":%q}`, reason))
		defer c.Close()
	}
	c := s.next()
	s.write(c, s.slash("a", "t1", "hello", ""))
	s.read(c)
	if got := s.hook(); got != "You said ready hello" {
		t.Errorf("answer = %q", got)
	}
	if n := strings.Count(s.logs.String(), "Slack closed the socket: "); n != 2 {
		t.Errorf("%d refusals logged, want 2", n)
	}
}
