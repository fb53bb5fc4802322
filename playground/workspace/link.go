package workspace

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// connectionsOpen hands out the address of one socket. It can be used once, and not for long.
func (w *Workspace) connectionsOpen(c *call) (object, error) {
	forgetExpired(w.tickets, w.now(), func(end time.Time) time.Time { return end })
	ticket := uuid()
	w.tickets[ticket] = w.now().Add(w.opts.TicketLife)
	address := "ws" + strings.TrimPrefix(w.base(), "http")
	return object{"url": address + "/link/?ticket=" + ticket + "&app_id=" + appID}, nil
}

// redeem takes a ticket; each is good for one socket. It takes the lock.
func (w *Workspace) redeem(ticket string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	expires, ok := w.tickets[ticket]
	delete(w.tickets, ticket)
	return ok && !w.closed && w.now().Before(expires)
}

// serveLink serves one socket of the app, from its ticket to its end.
func (w *Workspace) serveLink(rw http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if !w.redeem(query.Get("ticket")) {
		http.Error(rw, "this ticket was used or has expired; call apps.connections.open for another", http.StatusForbidden)
		return
	}
	// The ticket says who may connect. slack-go sends Slack's own origin along, so the origin says nothing.
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	life := w.opts.Refresh
	if query.Get("debug_reconnects") == "true" {
		life = debugLife
	}
	w.attend(newSocket(w, conn, life))
}

// attend serves a socket until its end. It takes the lock now and then.
func (w *Workspace) attend(s *socket) {
	if !w.admit(s) {
		s.conn.Close()
		return
	}
	defer w.work.Done()
	gone := make(chan struct{})
	w.work.Go(func() { s.speak(gone) })
	s.listen()
	w.leave(s)
	s.linger()
	close(gone)
	w.forget(s)
}

// admit takes a socket in. The eleventh is told that there are too many instead of hello; Slack documents the limit of ten and not the refusal.
// It takes the lock.
func (w *Workspace) admit(s *socket) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.work.Add(1)
	full := w.openSockets() >= maxSockets
	w.sockets = append(w.sockets, s)
	if full {
		s.dismiss(reasonTooMany)
		return true
	}
	s.greet()
	w.greeted++
	w.tellConnections()
	return true
}

// leave hands on what a socket has not acknowledged. It takes the lock.
func (w *Workspace) leave(s *socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.left = true
	for _, timer := range s.timers {
		if !s.draining {
			timer.cancel()
		}
	}
	w.forward(s)
	w.tellConnections()
}

// forget takes a socket that is over out of the list. It takes the lock.
func (w *Workspace) forget(s *socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sockets = slices.DeleteFunc(w.sockets, func(other *socket) bool { return other == s })
	w.stir()
}

// openSockets counts the connections that envelopes may go to.
func (w *Workspace) openSockets() int {
	n := 0
	for _, s := range w.sockets {
		if s.open() {
			n++
		}
	}
	return n
}

// turn is the connection that gets the next envelope: any one of them, as Slack promises no more. Here they take turns.
func (w *Workspace) turn() *socket {
	for range w.sockets {
		w.nextSocket = (w.nextSocket + 1) % len(w.sockets)
		if s := w.sockets[w.nextSocket]; s.open() {
			return s
		}
	}
	return nil
}

// tellConnections tells the page how many connections the app has.
func (w *Workspace) tellConnections() {
	w.tell("", "app", object{"connections": w.openSockets()})
}

// forgetExpired drops what is no longer good from a map of things with an end.
func forgetExpired[V any](m map[string]V, now time.Time, end func(V) time.Time) {
	for key, value := range m {
		if !now.Before(end(value)) {
			delete(m, key)
		}
	}
}
