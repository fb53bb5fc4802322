package workspace

import (
	"encoding/json"
	"io"
	"time"

	"github.com/gorilla/websocket"
)

// Reasons of a disconnect frame. The first three are documented (docs.slack.dev/apis/events-api/using-socket-mode);
// too_many_websockets is in the tests of Slack's own Node SDK.
const (
	reasonWarning = "warning"
	reasonRefresh = "refresh_requested"
	reasonTooMany = "too_many_websockets"
)

const (
	// maxSockets is how many connections an app may have.
	maxSockets = 10
	// maxFrame is the largest frame from an app, in bytes.
	maxFrame = 1 << 20
	// writeTimeout is how long a client may take to read a frame before its connection is closed.
	writeTimeout = 10 * time.Second
	// debugLife is the life of a connection that was opened with debug_reconnects=true.
	debugLife = 360 * time.Second
	// usualLife is the life that hello names if Options.Refresh isn't set.
	usualLife = time.Hour
)

// socket is one WebSocket of the app. Its fields are guarded by Workspace.mu; the connection is read by the handler's
// goroutine (listen) and written by one other (speak).
type socket struct {
	w     *Workspace
	conn  *websocket.Conn
	life  time.Duration // 0: forever
	queue []frame
	more  chan struct{} // one slot: there is something in the queue

	warned   bool
	draining bool // was disconnected: gets nothing new, may still acknowledge
	left     bool // the app has closed its side
	frozen   bool // see Freeze
	timers   []*task
}

type frame struct {
	kind int
	data []byte
}

func newSocket(w *Workspace, conn *websocket.Conn, life time.Duration) *socket {
	s := &socket{w: w, conn: conn, life: life, more: make(chan struct{}, 1)}
	conn.SetReadLimit(maxFrame)
	conn.SetPingHandler(s.pong)
	return s
}

// pong answers the app's ping; readFrames calls it. It takes the lock.
func (s *socket) pong(data string) error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.write(websocket.PongMessage, []byte(data))
	return nil
}

// open reports whether envelopes may be sent on it.
func (s *socket) open() bool { return !s.draining && !s.left }

// greet sends hello, schedules the socket's end, and sends the envelopes that wait for a connection.
func (s *socket) greet() {
	life := usualLife
	if s.life > 0 {
		life = s.life
		s.timers = append(s.timers, s.w.later(max(life-s.w.opts.WarnBefore, 0), s.warn))
	}
	s.send(object{
		"type": "hello", "num_connections": s.w.openSockets(),
		"connection_info": object{"app_id": appID},
		"debug_info": object{
			"host": "applink-practice", "build_number": 1, "approximate_connection_time": int(life.Seconds()),
		},
	})
	s.w.resend(nil)
}

// warn tells the app that the socket will be closed soon.
func (s *socket) warn() {
	if s.warned || s.draining {
		return
	}
	s.warned = true
	s.send(disconnect(reasonWarning))
	s.timers = append(s.timers, s.w.later(s.w.opts.WarnBefore, func() { s.dismiss(reasonRefresh) }))
}

// dismiss sends a disconnect frame and closes the WebSocket. As in Slack, the TCP connection stays open for a while, unless the app
// closes it.
func (s *socket) dismiss(reason string) {
	if s.draining {
		return
	}
	s.send(disconnect(reason))
	s.draining = true
	s.write(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, reason))
	s.timers = append(s.timers, s.w.later(s.w.opts.Linger, func() { s.conn.Close() }))
	s.w.publishConnections()
}

func disconnect(reason string) object {
	return object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-practice"}}
}

// send queues a JSON frame.
func (s *socket) send(v object) {
	data, err := json.Marshal(v)
	if err != nil {
		panic("workspace: a frame that cannot be written: " + err.Error()) // frames are built here, from JSON values only
	}
	s.write(websocket.TextMessage, data)
}

// write queues a frame. It never blocks.
func (s *socket) write(kind int, data []byte) {
	if s.draining && kind != websocket.CloseMessage || s.left {
		return
	}
	s.queue = append(s.queue, frame{kind, data})
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// take empties the queue. It takes the lock.
func (s *socket) take() []frame {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.frozen {
		return nil
	}
	queue := s.queue
	s.queue = nil
	return queue
}

// writeFrames writes queued frames until gone is closed or the client doesn't read. It takes the lock now and then.
func (s *socket) writeFrames(gone <-chan struct{}) {
	for {
		select {
		case <-gone:
			return
		case <-s.more:
		}
		for _, f := range s.take() {
			s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if err := s.conn.WriteMessage(f.kind, f.data); err != nil {
				s.conn.Close()
				return
			}
		}
	}
}

// readFrames reads acknowledgements until the app closes its side. It takes the lock now and then.
func (s *socket) readFrames() {
	for {
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		s.w.mu.Lock()
		if !s.frozen {
			s.w.acknowledge(data)
		}
		s.w.mu.Unlock()
	}
}

// linger keeps the TCP connection of a disconnected socket open until the app closes it or Options.Linger is over.
// It takes the lock.
func (s *socket) linger() {
	s.w.mu.Lock()
	draining := s.draining
	s.w.mu.Unlock()
	if draining {
		io.Copy(io.Discard, s.conn.NetConn()) // only to wait for the end
	}
	s.conn.Close()
}
