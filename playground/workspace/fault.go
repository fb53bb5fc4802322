package workspace

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// fault is a planned fault of the next calls of a method.
type fault struct {
	times int
	err   apiError    // the error, if the call has no effect
	lost  *lostAnswer // what happens to the response, if the call takes effect; nil: err is the response
}

// lostAnswer is a fault after the effect: the call takes effect, but its caller doesn't
// get the response.
type lostAnswer struct {
	done chan struct{}   // closed once the call has taken effect; nil: nobody waits for that
	hold <-chan struct{} // the response is held until this is closed or the caller is gone; nil: it is a 500
}

// Lose lets the next calls of a method take effect and answers them with status 500,
// like a gateway that has lost the response.
func (w *Workspace) Lose(method string, times int) {
	w.plan(method, fault{times: times, lost: &lostAnswer{}})
}

// Hold lets the next call of a method take effect, and holds its response until the
// channel is closed or the caller is gone. The channel that it returns is closed once
// the call has taken effect.
func (w *Workspace) Hold(method string, until <-chan struct{}) (done <-chan struct{}) {
	l := &lostAnswer{done: make(chan struct{}), hold: until}
	w.plan(method, fault{times: 1, lost: l})
	return l.done
}

// RateLimit answers the next calls of a method with 429 and Retry-After.
func (w *Workspace) RateLimit(method string, times int, retryAfter time.Duration) {
	w.plan(method, fault{times: times, err: apiError{code: "ratelimited", retry: max(retryAfter, time.Second)}})
}

// Fail answers the next calls of a method with one of Slack's errors, like "fatal_error".
func (w *Workspace) Fail(method, slackError string, times int) {
	w.plan(method, fault{times: times, err: apiError{code: slackError}})
}

// ClearFaults removes the planned faults of a method.
func (w *Workspace) ClearFaults(method string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.faults, method)
}

func (w *Workspace) plan(method string, f fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[method] = append(w.faults[method], f)
}

// planned is the planned error for a call of a method, if there is one.
func (w *Workspace) planned(method string) error {
	if f, ok := w.nextFault(method, func(f fault) bool { return f.lost == nil }); ok {
		return f.err
	}
	return nil
}

// plannedLoss is the planned loss of a response to a call of a method, if there is one.
func (w *Workspace) plannedLoss(method string) *lostAnswer {
	f, _ := w.nextFault(method, func(f fault) bool { return f.lost != nil })
	return f.lost
}

// nextFault uses up the next fault of a method once, if it is of the wanted kind.
func (w *Workspace) nextFault(method string, wanted func(fault) bool) (f fault, ok bool) {
	planned := w.faults[method]
	if len(planned) == 0 || !wanted(planned[0]) {
		return fault{}, false
	}
	if planned[0].times--; planned[0].times <= 0 {
		w.faults[method] = planned[1:]
	}
	return planned[0], true
}

// Slow delays every later call of the Web API, and every request to a response_url,
// before it takes effect. If the client is gone by then, it has no effect.
func (w *Workspace) Slow(d time.Duration) { w.slow.Store(int64(d)) }

// wait delays a request of the app as Slow says, and reports whether the client is
// still there. It takes no lock.
func (w *Workspace) wait(r *http.Request) bool {
	d := time.Duration(w.slow.Load())
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// lose withholds the response to a call that took effect. It reports whether the
// response should be sent after all.
func (l *lostAnswer) lose(rw http.ResponseWriter, r *http.Request) (answer bool) {
	if l.done != nil {
		close(l.done)
	}
	if l.hold == nil {
		rw.WriteHeader(http.StatusInternalServerError)
		return false
	}
	select {
	case <-l.hold:
		return true
	case <-r.Context().Done():
		return false
	}
}

// Disconnect sends every open socket a disconnect frame. After "warning" a socket gets "refresh_requested" some seconds later, and is
// closed; after any other reason, such as "refresh_requested", "link_disabled" or "too_many_websockets", it is closed at once.
func (w *Workspace) Disconnect(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range slices.Clone(w.sockets) {
		switch {
		case s.draining:
		case reason == reasonWarning:
			s.warn()
		default:
			s.dismiss(reason)
		}
	}
}

// Cut closes the TCP connection of every socket without a close frame.
func (w *Workspace) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range slices.Clone(w.sockets) {
		s.conn.NetConn().Close()
	}
}

// Freeze keeps all current sockets open but sends nothing more on them, not even pings, and ignores what the app sends: the
// app looks connected but isn't.
func (w *Workspace) Freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sockets {
		s.frozen = true
	}
}

// Archive archives a channel.
func (a Admin) Archive(id string) error {
	w := a.w
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.channels[id]
	if !ok {
		return unknown("channel", id)
	}
	c.Archived = true
	w.changed()
	return nil
}

// Remove removes somebody, or the bot, from a channel.
func (a Admin) Remove(id, user string) error {
	w := a.w
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.channels[id]
	if !ok {
		return unknown("channel", id)
	}
	c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(m string) bool { return m == user })
	w.changed()
	return nil
}

// Delete deletes anyone's message, as a workspace's owner can.
func (a Admin) Delete(id, ts string) error {
	w := a.w
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.channels[id]
	if !ok || c.byTS[ts] == nil {
		return unknown("message", id+" "+ts)
	}
	w.deleteMessage(c, c.byTS[ts])
	return nil
}

// pingAll pings every socket, and schedules the next pings.
func (w *Workspace) pingAll() {
	for _, s := range w.sockets {
		s.write(websocket.PingMessage, []byte(fmt.Sprintf("Ping from practice %d", w.now().UnixMilli())))
	}
	w.later(w.opts.PingEvery, w.pingAll)
}
