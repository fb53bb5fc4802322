package workspace_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gonogo/playground/workspace"
)

func TestHello(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	w.connect()
	_, hello := w.dial("")
	if got, want := hello.NumConnections, 2; got != want {
		t.Errorf("num_connections = %d, want %d", got, want)
	}
	if got, want := hello.ConnectionInfo["app_id"], "A0GONOGO"; got != want {
		t.Errorf("app_id = %v, want %v", got, want)
	}
	if got, want := hello.DebugInfo["approximate_connection_time"], 3600.0; got != want {
		t.Errorf("approximate_connection_time = %v, want %v", got, want)
	}
}

func TestTheEleventhConnectionIsRefused(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	for range 10 {
		w.connect()
	}
	_, first := w.dial("")
	if first.Type != "disconnect" || first.Reason != "too_many_websockets" {
		t.Errorf("the eleventh connection got %+v, want a disconnect with too_many_websockets", first)
	}
	if got, want := w.Sockets(), 10; got != want {
		t.Errorf("sockets = %d, want %d", got, want)
	}
}

func TestATicketIsUsedOnce(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	_, address, err := w.api.StartSocketModeContext(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	refused(t, address)
	_, late, err := w.api.StartSocketModeContext(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute)
	refused(t, late)
}

func refused(t *testing.T, address string) {
	t.Helper()
	_, answer, err := websocket.DefaultDialer.Dial(address, nil)
	if err == nil || answer == nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("dialling with a ticket that is no good: error %v, want status 403", err)
	}
}

func TestEachEnvelopeGoesToOneConnection(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	links := []*link{w.connect(), w.connect(), w.connect()}
	for i := range 9 {
		w.slash("U0TL", "C0RELEASES", "/ready", fmt.Sprint(i))
	}
	seen := map[string]int{}
	for _, l := range links {
		for range 3 {
			seen[l.next().EnvelopeID]++
		}
		l.none()
	}
	if len(seen) != 9 {
		t.Errorf("%d different envelopes came, want 9", len(seen))
	}
}

func TestPings(t *testing.T) {
	w := newWorld(t, workspace.Options{PingEvery: 5 * time.Second})
	l := w.connect()
	for range 3 {
		w.pass(5 * time.Second)
		select {
		case <-l.pings:
		case <-time.After(patience):
			t.Fatal("no ping came")
		}
	}
}

// A socket's end is announced, then asked for, then the WebSocket is closed; the TCP connection stays.
func TestRefresh(t *testing.T) {
	for name, test := range map[string]struct {
		opts  workspace.Options
		query string
		life  time.Duration
	}{
		"by its age":                {workspace.Options{Refresh: time.Hour}, "", time.Hour},
		"with debug_reconnects":     {workspace.Options{}, "&debug_reconnects=true", 360 * time.Second},
		"debug is shorter than age": {workspace.Options{Refresh: time.Hour}, "&debug_reconnects=true", 360 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.opts)
			l, _ := w.dial(test.query)
			w.pass(test.life - 11*time.Second)
			l.none()
			w.pass(time.Second)
			if got := l.next(); got.Type != "disconnect" || got.Reason != "warning" {
				t.Fatalf("frame = %+v, want a warning", got)
			}
			w.slash("U0TL", "C0RELEASES", "/ready", "")
			l.ack(l.next(), nil)
			w.pass(10 * time.Second)
			if got := l.next(); got.Reason != "refresh_requested" {
				t.Fatalf("frame = %+v, want refresh_requested", got)
			}
			if err := <-l.ended; !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("the connection ended with %v, want a normal closure", err)
			}
			w.await("the socket counts no more", func() bool { return w.Sockets() == 0 })
		})
	}
}

func TestTCPStaysAfterAClose(t *testing.T) {
	w := newWorld(t, workspace.Options{Linger: 10 * time.Second})
	l := w.connect()
	w.Disconnect("refresh_requested")
	l.next()
	<-l.ended
	// After the close handshake a read ends only when the server closes TCP.
	closed := make(chan error, 1)
	go func() {
		_, err := l.conn.NetConn().Read(make([]byte, 1))
		closed <- err
	}()
	w.pass(9 * time.Second)
	select {
	case err := <-closed:
		t.Fatalf("TCP was closed within the time to linger: %v", err)
	default:
	}
	w.pass(time.Second)
	select {
	case <-closed:
	case <-time.After(patience):
		t.Error("TCP was never closed")
	}
}

func TestDisconnectReasons(t *testing.T) {
	for _, reason := range []string{"refresh_requested", "link_disabled", "too_many_websockets"} {
		t.Run(reason, func(t *testing.T) {
			w := newWorld(t, workspace.Options{})
			l := w.connect()
			w.Disconnect(reason)
			if got := l.next(); got.Type != "disconnect" || got.Reason != reason {
				t.Errorf("frame = %+v, want a disconnect with %s", got, reason)
			}
			if err := <-l.ended; !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("the connection ended with %v, want a normal closure", err)
			}
		})
	}
}

// What a dead connection left is delivered again under the same envelope_id, over another one.
func TestACutConnectionLosesNothing(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	first := w.connect()
	d := w.slash("U0TL", "C0RELEASES", "/ready", "")
	lost := first.next()
	w.Cut()
	if err := <-first.ended; websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the connection ended with %v, want no word of closing", err)
	}
	second := w.connect()
	again := second.next()
	if again.EnvelopeID != lost.EnvelopeID {
		t.Errorf("envelope_id = %q, want %q again", again.EnvelopeID, lost.EnvelopeID)
	}
	second.ack(again, nil)
	if o := w.outcome(d); !o.Acked {
		t.Errorf("outcome = %+v, want acknowledged", o)
	}
}

func TestALeftConnectionHandsOn(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	first, second := w.connect(), w.connect()
	w.slash("U0TL", "C0RELEASES", "/ready", "one")
	w.slash("U0TL", "C0RELEASES", "/ready", "two")
	a, b := first.next(), second.next()
	first.conn.Close()
	if got := second.next(); got.EnvelopeID != a.EnvelopeID || got.EnvelopeID == b.EnvelopeID {
		t.Errorf("the second connection got %q, want the first one's %q", got.EnvelopeID, a.EnvelopeID)
	}
}

// After three seconds without a connection a command is lost, and the person is told.
func TestACommandNobodyTakes(t *testing.T) {
	for name, test := range map[string]struct {
		connected bool
		want      string
	}{
		"no connection":      {false, `/ready failed with the error "dispatch_failed"`},
		"no acknowledgement": {true, `/ready failed with the error "operation_timeout"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{})
			if test.connected {
				w.connect()
			}
			d := w.slash("U0TL", "C0RELEASES", "/ready", "")
			w.pass(3 * time.Second)
			if o := w.outcome(d); o.Acked || !strings.Contains(test.want, o.Error) {
				t.Errorf("outcome = %+v, want %s", o, test.want)
			}
			if got := strings.Join(w.Notices("U0TL"), "\n"); got != test.want {
				t.Errorf("notices = %q, want %q", got, test.want)
			}
		})
	}
}

func TestACommandIsNotRedelivered(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	w.slash("U0TL", "C0RELEASES", "/ready", "")
	late := l.next()
	w.pass(time.Hour)
	l.ack(late, "too late")
	l.none()
	if got := w.Ephemerals("U0TL"); len(got) != 0 {
		t.Errorf("a late acknowledgement showed %+v, want nothing", got)
	}
}

// An event is tried four times: at once, again at once, after a minute and after five.
func TestAnEventIsRedelivered(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	if err := w.Say("U0TL", "C0RELEASES", "", "@gonogo help"); err != nil {
		t.Fatal(err)
	}
	first := l.next()
	if first.Type != "events_api" || first.Accepts || first.RetryAttempt != 0 {
		t.Fatalf("first = %+v, want an event that takes no answer", first)
	}
	for i, wait := range []time.Duration{0, time.Minute, 5 * time.Minute} {
		w.pass(2 * time.Second)
		l.none()
		w.pass(time.Second)
		if wait > 0 {
			w.pass(wait - time.Second)
			l.none()
			w.pass(time.Second)
		}
		again := l.next()
		if again.EnvelopeID != first.EnvelopeID || again.RetryAttempt != i+1 || again.RetryReason != "timeout" {
			t.Errorf("try %d = %+v, want the same envelope with its number", i+2, again)
		}
	}
	w.pass(time.Hour)
	l.none()
	if got := w.Waiting(); got != 0 {
		t.Errorf("%d envelopes wait, want none after the last try", got)
	}
}

func TestAnEventReachesALaterConnection(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	if err := w.Say("U0TL", "C0RELEASES", "", "@gonogo help"); err != nil {
		t.Fatal(err)
	}
	w.pass(3 * time.Second)
	w.pass(3 * time.Second)
	l := w.connect()
	l.none()
	w.pass(time.Minute)
	got := l.next()
	if got.RetryAttempt != 2 {
		t.Errorf("retry_attempt = %d, want 2: the first two found nobody", got.RetryAttempt)
	}
	l.ack(got, nil)
	w.await("it is acknowledged", func() bool { return w.Waiting() == 0 })
}

func TestALargeAcknowledgementIsDropped(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	d := w.slash("U0TL", "C0RELEASES", "/ready", "")
	e := l.next()
	l.ack(e, map[string]any{"text": strings.Repeat("x", 20*1024)})
	l.none()
	if got := w.Waiting(); got != 1 {
		t.Fatalf("%d envelopes wait, want the one whose acknowledgement was too large", got)
	}
	l.ack(e, map[string]any{"text": strings.Repeat("x", 19*1024)})
	if o := w.outcome(d); !o.Acked {
		t.Errorf("outcome = %+v, want acknowledged", o)
	}
}

func TestAFrozenWorkspaceSaysNothing(t *testing.T) {
	w := newWorld(t, workspace.Options{PingEvery: time.Second})
	l := w.connect()
	w.Freeze()
	d := w.slash("U0TL", "C0RELEASES", "/ready", "")
	w.pass(3 * time.Second)
	if o := w.outcome(d); o.Error != "operation_timeout" {
		t.Errorf("outcome = %+v, want operation_timeout", o)
	}
	if got := w.Sockets(); got != 1 {
		t.Errorf("sockets = %d, want 1: it looks connected", got)
	}
	w.Cut()
	<-l.ended // everything that was said has arrived
	if len(l.pings) != 0 || len(l.frames) != 0 {
		t.Error("a frozen workspace spoke")
	}
	w.connect() // what comes after the freeze works
}

func TestAFrozenWorkspaceHearsNothing(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	w.slash("U0TL", "C0RELEASES", "/ready", "")
	e := l.next()
	w.Freeze()
	l.ack(e, nil)
	l.conn.Close()
	w.await("the connection is gone", func() bool { return w.Sockets() == 0 })
	if got := w.Waiting(); got != 1 {
		t.Errorf("%d envelopes wait, want the one that was acknowledged in vain", got)
	}
}

func TestRunEndsEverySocket(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if err := <-l.ended; err == nil || errors.Is(err, w.ctx.Err()) {
		t.Errorf("the connection ended with %v, want it closed", err)
	}
	_, _, err := w.api.StartSocketModeContext(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
}
