package postgres

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// sockets knows the network connections of a log, so that they can be closed whatever
// pgx is still doing with them: after a statement was cut off, it waits up to 15 s in
// the background for the server to close the connection.
type sockets struct {
	mu     sync.Mutex
	open   map[*socket]struct{}
	closed bool
}

// socket is a network connection that is forgotten when it is closed.
type socket struct {
	net.Conn
	of *sockets
}

// Close implements net.Conn.
func (s *socket) Close() error {
	s.of.mu.Lock()
	delete(s.of.open, s)
	s.of.mu.Unlock()
	return s.Conn.Close()
}

// watch wraps a dial function to remember the connections that it opened.
func (s *sockets) watch(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			conn.Close()
			return nil, net.ErrClosed
		}
		if s.open == nil {
			s.open = map[*socket]struct{}{}
		}
		opened := &socket{conn, s}
		s.open[opened] = struct{}{}
		return opened, nil
	}
}

// close closes all connections, and each that is opened later.
func (s *sockets) close() {
	s.mu.Lock()
	s.closed = true
	open := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, conn := range open {
		conn.Close()
	}
}
