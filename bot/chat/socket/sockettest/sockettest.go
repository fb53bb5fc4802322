// Package sockettest is Slack's end of Socket Mode for tests that write every frame
// themselves. A Server is the handler behind the address that apps.connections.open
// gives out. A Log collects what the code under test logs; a test that times out shows
// it.
package sockettest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Context bounds how long a test waits for something that never comes, so that it can
// say what: it ends shortly before go test ends them all. That is as late as possible,
// because a busy machine may take ten times as long as an idle one.
func Context(t *testing.T) (context.Context, context.CancelFunc) {
	end, ok := t.Deadline()
	if !ok {
		return context.WithTimeout(context.Background(), time.Hour)
	}
	return context.WithDeadline(context.Background(), end.Add(-30*time.Second))
}

// Server is Slack's end of the sockets. The test takes each connection and greets it.
type Server struct {
	T     *testing.T
	Ctx   context.Context // bounds how long to wait for a connection
	Log   *Log
	Conns chan *websocket.Conn // as they connect, not yet greeted
}

// New is a Server that nobody has connected to yet.
func New(ctx context.Context, t *testing.T) *Server {
	return &Server{T: t, Ctx: ctx, Log: &Log{}, Conns: make(chan *websocket.Conn, 64)}
}

// ServeHTTP lets a socket connect.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{}
	if conn, err := upgrader.Upgrade(w, r, nil); err == nil {
		s.Conns <- conn
	}
}

// HangUp closes what connected and was not taken by the test.
func (s *Server) HangUp() {
	for {
		select {
		case c := <-s.Conns:
			c.Close()
		default:
			return
		}
	}
}

// Next takes the next connection and greets it.
func (s *Server) Next() *websocket.Conn {
	s.T.Helper()
	select {
	case c := <-s.Conns:
		s.T.Cleanup(func() { c.Close() })
		s.Write(c, `{"type":"hello","num_connections":1,"connection_info":{"app_id":"A1"}}`)
		return c
	case <-s.Ctx.Done():
		s.T.Fatalf("no connection\n%s", s.Log)
		return nil
	}
}

// Write sends a frame.
func (s *Server) Write(c *websocket.Conn, frame string) {
	s.T.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		s.T.Fatal(err)
	}
}

// Read reads the next acknowledgement.
func (s *Server) Read(c *websocket.Conn) string {
	s.T.Helper()
	if end, ok := s.Ctx.Deadline(); ok {
		c.SetReadDeadline(end)
	}
	_, data, err := c.ReadMessage()
	if err != nil {
		s.T.Fatalf("reading an acknowledgement: %v\n%s", err, s.Log)
	}
	return string(data)
}

// Log collects what was logged. It may be used from any goroutine.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Logger logs everything to l.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is what was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
