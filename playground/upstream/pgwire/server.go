package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// limit is how many sessions there can be at once, as max_connections has it
// by default.
const limit = 100

// Options say which database a server is.
type Options struct {
	Database, User, Password string
	Ordinary                 bool // the user isn't a superuser
	Statements               []Statement
	Size                     int                  // of the database, in bytes
	Delay                    func() time.Duration // how long a statement that reads tables is held up; nil: not at all
	Log                      *slog.Logger
}

// Server is a PostgreSQL server with one database and one user.
type Server struct {
	opts      Options
	catalogue catalogue
	verifier  verifier

	mu       sync.Mutex // guards what follows
	sessions map[uint32]*session
	lastPID  uint32
	refusing bool
}

// New makes a server. It serves nothing until told to.
func New(opts Options) *Server {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		opts:      opts,
		catalogue: newCatalogue(opts.Statements, opts.Ordinary),
		verifier:  newVerifier(opts.Password),
		sessions:  map[uint32]*session{},
		lastPID:   1000,
	}
}

// Serve answers connections until ctx ends. It closes ln, tells every session
// that the server goes down, and returns when all are over.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	var sessions sync.WaitGroup
	defer sessions.Wait()
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			sessions.Go(func() { s.attend(ctx, conn) })
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			// Out of file descriptors, say: it passes.
			s.opts.Log.Warn("accepting a database connection failed", "error", err)
			pause(ctx, 50*time.Millisecond)
		}
	}
}

// Sessions counts the connections that have logged in.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Refuse makes the server turn new connections away, and ends those it has, the
// way a server does that is being restarted; or lets them in again.
func (s *Server) Refuse(refuse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusing = refuse
	if !refuse {
		return
	}
	for _, one := range s.sessions {
		one.end()
	}
}

// open is a fault while the server refuses connections.
func (s *Server) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusing {
		return errStarting
	}
	return nil
}

// attend is the whole life of one connection.
func (s *Server) attend(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	ctx, end := context.WithCancel(ctx)
	defer end()
	one := newSession(ctx, end, s, conn)
	// A session waits in a read or a write; an end wakes it, with a moment left
	// to say good-bye.
	defer context.AfterFunc(ctx, func() {
		conn.SetReadDeadline(time.Unix(1, 0))
		conn.SetWriteDeadline(time.Now().Add(time.Second))
	})()
	if err := one.live(); err != nil {
		s.opts.Log.Debug("database session ended with an error", "pid", one.pid, "error", err)
	}
}

// enter registers a session that has logged in and gives it the key by which
// its statements can be cancelled.
func (s *Server) enter(one *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.refusing:
		return errStarting
	case len(s.sessions) >= limit:
		return fatal("53300", "sorry, too many clients already")
	}
	s.lastPID++
	one.pid = s.lastPID
	one.secret = make([]byte, 4)
	rand.Read(one.secret)
	s.sessions[one.pid] = one
	return nil
}

func (s *Server) leave(one *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, one.pid)
}

// cancel stops what the session with this key is doing. A wrong key is not
// answered, as the protocol wants it.
func (s *Server) cancel(pid uint32, secret []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.sessions[pid]
	if one == nil || subtle.ConstantTimeCompare(one.secret, secret) != 1 {
		return
	}
	select {
	case one.cancelled <- struct{}{}:
	default:
	}
}

// pause waits, but not beyond the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
