package socket

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gonogo/bot/chat/socket/sockettest"
	"gonogo/playground/workspace"
)

// A warned socket serves until its replacement has said hello, and a while on.
func TestReplacementComesFirst(t *testing.T) {
	s := newScript(t, nil)
	old := s.Next()
	s.Write(old, slash("a", "before"))
	s.Read(old)
	s.Write(old, `{"type":"disconnect","reason":"warning"}`)
	select { // the replacement has dialled, and is not yet greeted
	case c := <-s.Conns:
		s.Conns <- c
	case <-s.Ctx.Done():
		t.Fatal("no replacement")
	}
	s.Write(old, slash("b", "meanwhile"))
	if got := s.Read(old); got != `{"envelope_id":"b"}` {
		t.Errorf("ack on the warned socket = %s", got)
	}
	fresh := s.Next()
	s.Write(fresh, slash("c", "after"))
	s.Read(fresh)
	s.Write(old, slash("d", "a straggler"))
	if got := s.Read(old); got != `{"envelope_id":"d"}` {
		t.Errorf("ack of a straggler = %s", got)
	}
}

// What Slack sends instead of hello, or when Socket Mode is switched off, is reported
// with how to fix it.
func TestSwitchedOff(t *testing.T) {
	s := newScript(t, nil)
	c := s.Next()
	s.Write(c, `{"type":"disconnect","reason":"link_disabled"}`)
	s.until("trouble is told", func() bool { return s.pool.Status().Trouble != "" })
	if got := s.pool.Status().Trouble; !strings.Contains(got, "switch it on at api.slack.com/apps") {
		t.Errorf("trouble = %q", got)
	}
	if n := s.opens.Load(); n != 1 {
		t.Errorf("%d connections asked for, want no second one at once", n)
	}
}

// A lasting refusal after a good start doesn't end Run; it is reported.
func TestTokenRevokedLater(t *testing.T) {
	s := newScript(t, func(s *script, _ *Options) {
		s.answer = func(n int64) string {
			if n > 1 {
				return `{"ok":false,"error":"token_revoked"}`
			}
			return fmt.Sprintf(`{"ok":true,"url":"ws%s/link"}`, strings.TrimPrefix(s.server.URL, "http"))
		}
	})
	s.Next().Close()
	s.until("trouble is told", func() bool { return strings.Contains(s.pool.Status().Trouble, "the token was revoked") })
}

// A socket on which nothing comes in any more, not even an answer to our
// pings, is replaced, however open it looks. A quiet one that answers is kept.
func TestDeafSocketIsReplaced(t *testing.T) {
	inTownWith(t, workspace.Options{PingEvery: 24 * time.Hour}, func(t *testing.T, w *town) {
		p, stop := w.gonogo(1)
		defer stop()
		began := time.Now()
		after(45 * time.Second) // longer than a silent socket gets, and before the first count
		if heard, n := p.Status().LastInbound.Sub(began), len(w.opened(began)); heard <= 30*time.Second || n != 1 {
			t.Errorf("last heard after %s, %d connections asked for; want a quiet socket that answers pings kept", heard, n)
		}
		w.Freeze()
		after(40 * time.Second)
		if n := p.Status().Open; n != 1 || w.Sockets() != 1 {
			t.Errorf("%d sockets open, Slack has %d; want the replacement alone", n, w.Sockets())
		}
		d, err := w.Slash("U0PO", "C0RELEASES", "/ready", "hello")
		if err != nil {
			t.Fatal(err)
		}
		if o, err := d.Wait(t.Context()); err != nil || !o.Acked || w.acts.String() != "hello" {
			t.Errorf("a command on the new socket: %+v, %v, done: %s", o, err, w.acts)
		}
	})
}

// If Slack counts more sockets than ours, another process is suspected. Once a second
// greeting says the same some time later, Status reports it until Slack counts only
// ours. Whoever was counted alone before needs no second greeting.
func TestStrayProcess(t *testing.T) {
	var ahead atomic.Int64
	s := newScript(t, func(s *script, o *Options) {
		o.Now = func() time.Time { return time.Unix(1e9+ahead.Load(), 0) }
		o.Recount = time.Millisecond
	})
	alone := func() bool {
		s.pool.mu.Lock()
		defer s.pool.mu.Unlock()
		return len(s.pool.open) == 1
	}
	for i, step := range []struct{ later, counts, want int }{
		{0, 3, 0},    // a killed process's, perhaps
		{60, 4, 2},   // one of the four is what counts them: the others are still there
		{60, 5, 3},   // one more
		{60, 2, 0},   // ours alone
		{60, 4, 2},   // nobody else was there before, so this is certain
		{1, 2, 0},    // ours alone
		{0, 3, 0},    // Slack may still count the one before
		{60, 12, 10}, // a second pool and a third
	} {
		ahead.Add(int64(step.later))
		c := <-s.Conns
		t.Cleanup(func() { c.Close() })
		s.Write(c, fmt.Sprintf(`{"type":"hello","num_connections":%d,"connection_info":{"app_id":"A1"}}`, step.counts))
		if i > 0 {
			if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Fatalf("a socket that was opened to count ended with %v, want a close frame", err)
			}
		}
		s.until("only the one that serves is open", alone)
		if got := s.pool.Status(); got.Strays != step.want || got.Open != 1 {
			t.Errorf("step %d: %d strays, want %d; %d open, want one", i, got.Strays, step.want, got.Open)
		}
	}
	for says, want := range map[string]int{"another process seems to be connected": 3, "no other process is connected": 2} {
		if n := strings.Count(s.Log.String(), says); n != want {
			t.Errorf("the log says %d times %q, want %d\n%s", n, says, want, s.Log)
		}
	}
}

// At the end the socket is closed with a close frame.
func TestCloseFrame(t *testing.T) {
	s := newScript(t, nil)
	c := s.Next()
	s.Write(c, slash("a", "hello"))
	s.Read(c)
	go s.pool.closeAll()
	_, _, err := c.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the socket ended with %v, want a close frame", err)
	}
}

// If a server doesn't answer the close frame, as Slack is known not to, the socket ends
// after a moment.
func TestCloseWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	s := newScript(t, nil)
	c := s.Next()
	s.Write(c, slash("a", "hello"))
	s.Read(c)
	c.SetCloseHandler(func(int, string) error { return nil })
	go s.pool.closeAll()
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the socket ended with %v, want a close frame", err)
	}
	end, _ := s.Ctx.Deadline()
	if err := c.NetConn().SetReadDeadline(end); err != nil {
		t.Fatal(err)
	}
	if n, err := c.NetConn().Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after the close frame: %d bytes, %v; want the connection closed", n, err)
	}
}

// An envelope that was taken is acknowledged before the close frame, whenever that
// is sent.
func TestCloseWaitsForTheAcknowledgement(t *testing.T) {
	conns := make(chan *websocket.Conn, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{}
		if conn, err := upgrader.Upgrade(w, r, nil); err == nil && conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello"}`)) == nil {
			conns <- conn
		}
	}))
	defer server.Close()
	taken, free := make(chan struct{}), make(chan struct{})
	h := config{handle: func(string, *Envelope) []byte { close(taken); <-free; return nil }, pingEvery: time.Hour, silence: time.Hour,
		now: time.Now, log: (&sockettest.Log{}).Logger(), meter: unmetered{}, dialer: usualDialer}
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
	closing := make(chan struct{})
	go func() { close(closing); s.close() }()
	<-closing
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
	t.Parallel()
	s := newScript(t, func(_ *script, o *Options) { o.Connections = 2 })
	one, other := s.Next(), s.Next()
	for i, c := range []*websocket.Conn{one, other, one} {
		id := fmt.Sprint("e", i)
		s.Write(c, slash(id, id))
		if got, want := s.Read(c), fmt.Sprintf(`{"envelope_id":%q}`, id); got != want {
			t.Errorf("ack = %s, want %s", got, want)
		}
	}
}

// A disconnect in the place of hello is no socket, and another is tried.
func TestRefusedInPlaceOfHello(t *testing.T) {
	s := newScript(t, nil)
	for _, reason := range []string{"too_many_websockets", "refresh_requested"} {
		c := <-s.Conns
		s.Write(c, fmt.Sprintf(`{"type":"disconnect","reason":%q}`, reason))
		defer c.Close()
	}
	c := s.Next()
	s.Write(c, slash("a", "hello"))
	s.Read(c)
	if got := s.acts.String(); got != "hello" {
		t.Errorf("done: %s; want the command that came on the third socket", got)
	}
	if n := strings.Count(s.Log.String(), "Slack closed the socket: "); n != 2 {
		t.Errorf("%d refusals logged, want 2", n)
	}
}
