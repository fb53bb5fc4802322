package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// places are those of the connections at one listener. When they run short, the least
// important one is closed for the new one: strangers before senders who have shown the
// token, and waiting ones before those being served. So holding connections open keeps
// nobody out. A connection that has shown the token and is being served stays; if all
// are such, a few more are let in, for health checks alone.
type places struct {
	net.Listener
	limits  limits
	members bool // whoever can connect here is no stranger: the local listener
	log     *slog.Logger
	short   rate.Sometimes // says that places run short

	mu    sync.Mutex
	taken map[*place]bool
	turn  uint64 // counts events, so that it is known which came first
}

// place is one connection. All but the connection is guarded by places.mu.
type place struct {
	net.Conn
	among *places

	doing doing
	since uint64 // the turn in which it began that
	known bool   // it has shown the token
	spare bool   // it is one of the few more
}

// doing is what a connection does, according to the server.
type doing int

const (
	asking  doing = iota // it is new, or sends a request's headers
	waiting              // between two requests
	served               // its request is answered, or its body still comes
	checked              // the same of a request for health
)

func newPlaces(l net.Listener, limits limits, members bool, log *slog.Logger) *places {
	return &places{Listener: l, limits: limits, members: members, log: log, taken: map[*place]bool{}, short: rate.Sometimes{Interval: time.Minute}}
}

// Accept waits for a connection for which there is a place.
func (p *places) Accept() (net.Conn, error) {
	for {
		conn, err := p.Listener.Accept()
		if err != nil {
			return nil, err
		}
		here, gone := p.admit(conn)
		if gone != nil {
			p.short.Do(func() {
				p.log.Warn("connections run short: those that can best be missed are closed", "at", p.Addr().String(), "open", p.limits.connections)
			})
			gone.Close()
		}
		if here != nil {
			return here, nil
		}
	}
}

// admit finds a place for a connection, and returns the connection to close: another
// one or, if none can be, this one.
func (p *places) admit(conn net.Conn) (here *place, gone net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	usual, spare := p.count()
	if usual >= p.limits.connections {
		if least := p.least(); least != nil {
			delete(p.taken, least)
			gone = least.Conn
			usual, spare = p.count()
		}
	}
	here = &place{Conn: conn, among: p, known: p.members, spare: usual >= p.limits.connections}
	if here.spare && spare >= p.limits.spare {
		return nil, conn
	}
	here.set(asking)
	p.taken[here] = true
	return here, gone
}

func (p *places) count() (usual, spare int) {
	for one := range p.taken {
		if one.spare {
			spare++
		} else {
			usual++
		}
	}
	return usual, spare
}

// least is the place that can best be missed, of equal ones the one that has been so
// for longest; nil: none can.
func (p *places) least() *place {
	var least *place
	for one := range p.taken {
		if one.rank() != stays && (least == nil || cmp.Or(cmp.Compare(one.rank(), least.rank()), cmp.Compare(one.since, least.since)) < 0) {
			least = one
		}
	}
	return least
}

// stays is the rank of a place that is not given up.
const stays = 5

// rank is how important a place is. A stranger's request takes an instant, so those
// that ask and those that are served rank alike: the one that takes longest is closed,
// and a new one has time to ask.
func (one *place) rank() int {
	if one.known {
		return map[doing]int{waiting: 2, asking: 3, served: stays, checked: stays}[one.doing]
	}
	return map[doing]int{waiting: 0, asking: 1, served: 1, checked: 4}[one.doing]
}

// set notes what a connection does. places.mu must be held.
func (one *place) set(now doing) {
	one.among.turn++
	one.doing, one.since = now, one.among.turn
}

// Close closes the connection and gives its place up.
func (one *place) Close() error {
	one.among.mu.Lock()
	delete(one.among.taken, one)
	one.among.mu.Unlock()
	return one.Conn.Close()
}

// follow is called by the server with a connection's state, see
// [http.Server.ConnState].
func (p *places) follow(conn net.Conn, state http.ConnState) {
	one, ok := conn.(*place)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch state {
	case http.StateActive:
		one.set(asking)
	case http.StateIdle:
		one.set(waiting)
	}
}

// placeKey is the context key of a connection's place.
type placeKey struct{}

func withPlace(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, placeKey{}, conn)
}

// trust notes that a request has shown the token.
func trust(ctx context.Context) {
	if one, ok := ctx.Value(placeKey{}).(*place); ok {
		one.among.mu.Lock()
		defer one.among.mu.Unlock()
		one.known = true
	}
}

var errNoRoom = errors.New("gonogo has no room for more connections now; send this again")

// admitted lets requests in whose headers are complete, on one of the few more
// connections only those for health.
func admitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		looks := (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.ContentLength == 0
		health := looks && slices.Contains([]string{"/healthz", "/readyz", "/metrics"}, r.URL.Path)
		if one, ok := r.Context().Value(placeKey{}).(*place); ok && !one.serve(health) {
			w.Header().Set("Connection", "close")
			w.Header().Set("Retry-After", "5")
			refuse(w, http.StatusServiceUnavailable, errNoRoom)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serve notes that a connection's request is being answered, and reports whether it may
// be.
func (one *place) serve(health bool) bool {
	one.among.mu.Lock()
	defer one.among.mu.Unlock()
	one.set(served)
	if health {
		one.set(checked)
	}
	return health || !one.spare
}
