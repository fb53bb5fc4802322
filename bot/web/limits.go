package web

import (
	"net"
	"sync"
	"time"
)

// limits keep clients that are slow, hung or many from holding up the bot.
type limits struct {
	headers     time.Duration // for a request's headers; a client that trickles them is cut off
	request     time.Duration // for a whole public request
	write       time.Duration // for a public answer, and for each piece of a local one
	idle        time.Duration // between the requests of one connection
	alive       time.Duration // for the ledger to answer /healthz: a slow disk alone should have nothing restarted
	drain       time.Duration // for what is under way when the server is told to stop
	headerBytes int
	bodyBytes   int64
	alertBytes  int64         // of a public request: alerts are longer than what the local door takes
	alertHeld   int64         // bytes that count of a delivery, since no more of it is held at once
	alertTime   time.Duration // from a delivery's arrival until its alerts are durable
	deliveries  int           // of alerts under way at once; more are told to come back
	underWay    int64         // bytes of the deliveries under way at once; more wait, and are then told to come back
	connections int           // at a door at once; more wait to be accepted
}

var usualLimits = limits{
	headers: 5 * time.Second, request: 10 * time.Second, write: 30 * time.Second, idle: time.Minute, alive: 8 * time.Second, drain: 5 * time.Second,
	headerBytes: 16 << 10, bodyBytes: 64 << 10,
	// Alertmanager gives a notification at least 10 s, repeats within them
	// included (its notify.MinTimeout). 32 MiB are some 20,000 alerts of one group
	// with long descriptions. A delivery is read as it comes in, and what is held
	// of it is bounded (see pile); while it is judged that takes up to four times
	// as much memory.
	alertBytes: 32 << 20, alertHeld: mostDetails, alertTime: 8 * time.Second, deliveries: 64, underWay: 8 << 20,
	connections: 128,
}

// narrow is a listener that lets so many connections be open at once as free
// has room for, so that a flood cannot use up the process's files.
type narrow struct {
	net.Listener
	free   chan struct{}
	closed chan struct{}
	close  func()
}

func narrowed(l net.Listener, connections int) *narrow {
	n := &narrow{Listener: l, free: make(chan struct{}, connections), closed: make(chan struct{})}
	n.close = sync.OnceFunc(func() { close(n.closed) })
	return n
}

// Accept waits for room, then for a connection.
func (n *narrow) Accept() (net.Conn, error) {
	select {
	case n.free <- struct{}{}:
	case <-n.closed:
		return nil, net.ErrClosed
	}
	conn, err := n.Listener.Accept()
	if err != nil {
		<-n.free
		return nil, err
	}
	return &counted{Conn: conn, release: sync.OnceFunc(func() { <-n.free })}, nil
}

// Close ends a waiting Accept too.
func (n *narrow) Close() error {
	n.close()
	return n.Listener.Close()
}

// counted gives its place back when it is closed.
type counted struct {
	net.Conn
	release func()
}

// Close closes the connection and makes room for another.
func (c *counted) Close() error {
	defer c.release()
	return c.Conn.Close()
}
