// Package runstest is what the tests of runs, issues and incidents share: a network
// within the process, with a clock that the test sets, and background work that a test
// can stop.
package runstest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Background runs something until stop is called, which waits for its end.
func Background(t *testing.T, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopped with %v", err)
		}
	}
}

// Network is a network within the process with one server. Whoever dials gets
// that one, whatever the address.
type Network struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

var _ net.Listener = (*Network)(nil)

// NewNetwork makes a network. Its server is whatever accepts connections.
func NewNetwork() *Network {
	return &Network{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial connects to the server.
func (n *Network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.conns <- far:
		return near, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Transport sends requests to the server, each on a connection of its own.
func (n *Network) Transport() *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: n.Dial}
}

// Accept implements [net.Listener].
func (n *Network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.conns:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr implements [net.Listener].
func (n *Network) Addr() net.Addr { return &net.UnixAddr{Name: "network", Net: "unix"} }
