package socket

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"gonogo/bot/chat/slackerr"
)

const (
	handshakeTimeout = 10 * time.Second // to dial, and again to be greeted
	writeTimeout     = 5 * time.Second
	closeTimeout     = time.Second // Slack may not close the connection after our close frame

	maxFrameBytes = 4 << 20
)

// Reasons for the end of a socket that need more than a replacement, in the
// words of Slack's disconnect frame.
const (
	reasonWarning = "warning"
	reasonRefresh = "refresh_requested"
	reasonTooMany = "too_many_websockets"
	reasonOff     = slackerr.SocketModeOff
)

// writeBuffers lets sockets share the large buffers that an acknowledgement
// with a payload needs, instead of keeping one each.
var writeBuffers sync.Pool

var usualDialer = &websocket.Dialer{
	Proxy:            http.ProxyFromEnvironment,
	HandshakeTimeout: handshakeTimeout,
	ReadBufferSize:   8 << 10,
	WriteBufferSize:  32 << 10,
	WriteBufferPool:  &writeBuffers,
}

// config is what all sockets have in common.
type config struct {
	handle    func(app string, e *Envelope) (ackPayload []byte) // decides what to do with an envelope
	pingEvery time.Duration                                     // our own pings; their pongs prove the way back
	silence   time.Duration                                     // nothing at all came in for so long: the socket is dead
	recount   time.Duration                                     // between two looks whether another process is connected
	now       func() time.Time
	log       *slog.Logger
	meter     Meter
	dialer    *websocket.Dialer
}

// socket is one greeted Socket Mode connection. The goroutine in read is the
// only one that writes acknowledgements; control frames may come from others.
type socket struct {
	config
	conn        *websocket.Conn
	app         string // the app ID that Slack greeted us with
	connections int    // how many connections Slack counted then
	opened      time.Time
	passing     bool // opened only to be greeted

	announced chan string   // gets the reason when Slack announces that it will close; holds one
	reason    string        // that reason; only the goroutine in read uses it
	done      chan struct{} // closed when read is over
	acking    sync.Mutex    // held from taking an envelope until it is acknowledged
	caughtUp  chan struct{} // gets a word when the other side answers a ping of catchUp; holds one
	closing   atomic.Bool   // what still comes in is left to another socket; set while acking is held
	served    atomic.Int64  // envelopes acknowledged
	lastIn    atomic.Int64  // unix nanoseconds
}

// dial opens a socket at an address that Slack gave out and waits for its
// greeting.
func (c config) dial(ctx context.Context, address string) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	conn, response, err := c.dialer.DialContext(ctx, address, nil)
	if response != nil {
		response.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("opening a socket: %w", slackerr.WithoutURL(err))
	}
	s := &socket{config: c, conn: conn, opened: c.now(), announced: make(chan string, 1), caughtUp: make(chan struct{}, 1), done: make(chan struct{})}
	conn.SetReadLimit(maxFrameBytes)
	conn.SetPingHandler(s.pong)
	conn.SetPongHandler(s.ponged)
	if err := s.awaitHello(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// awaitHello reads until Slack's greeting. A socket that is refused gets a disconnect
// instead.
func (s *socket) awaitHello(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { s.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		_, raw, err := s.conn.ReadMessage()
		if err != nil {
			return fmt.Errorf("waiting for Slack's greeting: %w", err)
		}
		switch f, _ := parse(raw); f.Type {
		case "hello":
			s.app, s.connections = f.ConnectionInfo.AppID, f.NumConnections
			s.noteInbound()
			return nil
		case "disconnect":
			return refusal(f.Reason)
		}
	}
}

// refusal is the error of a socket that Slack closed in place of a greeting.
type refusal string

func (r refusal) Error() string { return "Slack closed the socket: " + string(r) }

// noteInbound notes that something came in, and allows for another silence.
func (s *socket) noteInbound() {
	now := time.Now() // deadlines are the kernel's business, not the injected clock's
	s.lastIn.Store(now.UnixNano())
	s.conn.SetReadDeadline(now.Add(s.silence))
}

// pong answers a ping. A failure shows at the next read.
func (s *socket) pong(data string) error {
	s.noteInbound()
	_ = s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeTimeout))
	return nil
}

// ponged notes the answer to a ping.
func (s *socket) ponged(data string) error {
	s.noteInbound()
	if data == catchingUp {
		select {
		case s.caughtUp <- struct{}{}:
		default:
		}
	}
	return nil
}

// read serves the socket until it ends, and says why it did.
func (s *socket) read() error {
	defer close(s.done)
	defer s.conn.Close()
	pings := s.startPings()
	defer pings.Stop()
	var raw, ack []byte
	for {
		_, r, err := s.conn.NextReader()
		if err != nil {
			return err
		}
		if raw, err = readInto(raw[:0], r); err != nil {
			return err
		}
		s.noteInbound()
		if ack, err = s.serve(raw, ack[:0]); err != nil {
			return err
		}
	}
}

// serve handles one frame and acknowledges it. Once the socket is left, frames stay
// unanswered, since nothing may be sent after a close frame: Slack brings events to
// another socket. What still comes in on the socket of a count is done all the same. Slack
// sends commands and presses once, and would otherwise lose some at every count.
func (s *socket) serve(raw, ack []byte) ([]byte, error) {
	arrived := time.Now() // how long we took is the machine's business, not the injected clock's
	f, err := parse(raw)
	if err != nil {
		s.log.Warn("can't parse a frame from Slack", "bytes", len(raw), "error", err)
	}
	if f.Type == "disconnect" {
		s.reason = f.Reason
		select {
		case s.announced <- f.Reason:
		default: // said before
		}
		return ack, nil
	}
	s.acking.Lock()
	defer s.acking.Unlock()
	switch {
	case f.ID == "" || s.closing.Load() && !s.passing:
		return ack, nil
	case s.closing.Load():
		s.handle(s.app, &f.Envelope)
		return ack, nil
	}
	ack = appendAck(ack, f.ID, s.handle(s.app, &f.Envelope))
	s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err := s.conn.WriteMessage(websocket.TextMessage, ack); err != nil {
		return ack, err
	}
	s.served.Add(1)
	s.meter.Acknowledged(time.Since(arrived))
	return ack, nil
}

// awaitEnd waits until the socket ends, or Slack announces that it will, and returns
// the reason that Slack gave, if any. It reports whether that came before the end of
// ctx.
func (s *socket) awaitEnd(ctx context.Context) (reason string, ended bool) {
	select {
	case <-ctx.Done():
		return "", false
	case reason = <-s.announced:
	case <-s.done:
		select { // a word and the end often come in one packet
		case reason = <-s.announced:
		default:
		}
	}
	if reason != "" {
		s.log.Info("Slack announced that it will close a socket", "reason", reason)
	}
	return reason, true
}

// startPings pings the other side now and then until the timer is stopped.
func (s *socket) startPings() *time.Timer {
	var timer *time.Timer
	var ready sync.WaitGroup
	ready.Add(1)
	timer = time.AfterFunc(s.pingEvery, func() {
		ready.Wait()
		if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) == nil {
			timer.Reset(s.pingEvery)
		}
	})
	ready.Done()
	return timer
}

// passed reports whether the socket was opened only to be greeted, and closed by us.
func (s *socket) passed() bool { return s.passing && s.closing.Load() }

// close sends a close frame and ends the socket after at most a second. Slack is known
// not to close its side, which is why its own Node client terminates connections after
// a second.
func (s *socket) close() {
	s.sendClose()
	overdue := time.NewTimer(closeTimeout)
	defer overdue.Stop()
	select {
	case <-s.done:
	case <-overdue.C:
		s.conn.Close()
	}
}

// catchingUp is what the ping of catchUp carries.
const catchingUp = "catching up"

// catchUp waits, at most a second, until everything is served that Slack had sent when it
// got a ping: frames arrive in order, so the pong comes after them.
func (s *socket) catchUp() {
	if s.conn.WriteControl(websocket.PingMessage, []byte(catchingUp), time.Now().Add(closeTimeout)) != nil {
		return
	}
	overdue := time.NewTimer(closeTimeout)
	defer overdue.Stop()
	select {
	case <-s.caughtUp:
	case <-s.done:
	case <-overdue.C:
	}
}

// sendClose sends a close frame, once. Nothing may be sent after it, so it waits for
// the current envelope: what was accepted is acknowledged.
func (s *socket) sendClose() {
	s.acking.Lock()
	defer s.acking.Unlock()
	if !s.closing.CompareAndSwap(false, true) {
		return
	}
	closeFrame := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if s.conn.WriteControl(websocket.CloseMessage, closeFrame, time.Now().Add(closeTimeout)) != nil {
		s.conn.Close()
	}
}

// readInto reads r to its end into b, growing it where needed.
func readInto(b []byte, r io.Reader) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}
