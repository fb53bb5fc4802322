package gatestest

import (
	"net"
	"testing"
)

// Listener is a server for bare connections.
type Listener struct {
	net.Listener
	Address string
	Asked   chan struct{} // a connection came in
}

// Listen serves each connection with f, then closes it.
func Listen(t *testing.T, f func(net.Conn)) *Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &Listener{l, l.Addr().String(), make(chan struct{}, 100)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			select {
			case server.Asked <- struct{}{}:
			default: // nobody counts so many
			}
			go func() {
				defer conn.Close()
				f(conn)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-over
	})
	return server
}
