package workspace

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// connectionsOpen returns the URL for one socket. Its ticket can be used once, and expires.
func (w *Workspace) connectionsOpen(c *call) (object, error) {
	forgetExpired(w.tickets, w.now(), func(end time.Time) time.Time { return end })
	ticket := uuid()
	w.tickets[ticket] = w.now().Add(w.opts.TicketLife)
	address := "ws" + strings.TrimPrefix(w.base(), "http")
	return object{"url": address + "/link/?ticket=" + ticket + "&app_id=" + appID}, nil
}

// redeem uses up a ticket, and reports whether it was valid. It takes the lock.
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
		http.Error(rw, "this ticket was already used or has expired; call apps.connections.open for another", http.StatusForbidden)
		return
	}
	// The ticket authorises the connection. The origin can't, because slack-go sends Slack's own.
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	life := w.opts.Refresh
	if query.Get("debug_reconnects") == "true" {
		life = debugLife
	}
	w.runSocket(newSocket(w, conn, life))
}

// runSocket serves a socket until its end. It takes the lock now and then.
func (w *Workspace) runSocket(s *socket) {
	if !w.admit(s) {
		s.conn.Close()
		return
	}
	defer w.work.Done()
	gone := make(chan struct{})
	w.work.Go(func() { s.writeFrames(gone) })
	s.readFrames()
	w.leave(s)
	s.linger()
	close(gone)
	w.remove(s)
}

// admit adds a socket. The eleventh gets a disconnect frame instead of hello; Slack documents the limit of ten but not the refusal.
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
	w.publishConnections()
	return true
}

// leave resends what is unacknowledged on a closed socket. It takes the lock.
func (w *Workspace) leave(s *socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.left = true
	for _, timer := range s.timers {
		if !s.draining {
			timer.cancel()
		}
	}
	w.resend(s)
	w.publishConnections()
}

// remove removes a closed socket from the list. It takes the lock.
func (w *Workspace) remove(s *socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sockets = slices.DeleteFunc(w.sockets, func(other *socket) bool { return other == s })
	w.wakeWatchers()
}

// openSockets counts the connections on which envelopes may be sent.
func (w *Workspace) openSockets() int {
	n := 0
	for _, s := range w.sockets {
		if s.open() {
			n++
		}
	}
	return n
}

// nextOpenSocket is the connection for the next envelope. Slack may choose any; here it is round-robin.
func (w *Workspace) nextOpenSocket() *socket {
	for range w.sockets {
		w.nextSocket = (w.nextSocket + 1) % len(w.sockets)
		if s := w.sockets[w.nextSocket]; s.open() {
			return s
		}
	}
	return nil
}

// publishConnections publishes how many connections the app has.
func (w *Workspace) publishConnections() {
	w.publish("", "app", object{"connections": w.openSockets()})
}

// forgetExpired deletes the entries of a map that have expired.
func forgetExpired[V any](m map[string]V, now time.Time, end func(V) time.Time) {
	for key, value := range m {
		if !now.Before(end(value)) {
			delete(m, key)
		}
	}
}
