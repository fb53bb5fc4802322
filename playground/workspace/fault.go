package workspace

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// fault is what happens to the next calls of a method.
type fault struct {
	times int
	err   apiError    // answered instead of doing anything
	lost  *lostAnswer // the call is done, and this happens to its answer; nil: err is answered
}

// lostAnswer is an error after the effect: what a call did is not what its caller
// is told.
type lostAnswer struct {
	done chan struct{}   // closed once the call has taken effect; nil: nobody waits for that
	hold <-chan struct{} // the answer is kept back until this is closed or the caller is gone; nil: it is a 500
}

// Lose lets the next calls of a method take effect and answers them with status
// 500, as a gateway does that lost the true answer.
func (w *Workspace) Lose(method string, times int) {
	w.plan(method, fault{times: times, lost: &lostAnswer{}})
}

// Hold lets the next call of a method take effect, and keeps its answer back until
// the channel is closed or the caller is gone. What it returns is closed once the
// call has taken effect.
func (w *Workspace) Hold(method string, until <-chan struct{}) (done <-chan struct{}) {
	l := &lostAnswer{done: make(chan struct{}), hold: until}
	w.plan(method, fault{times: 1, lost: l})
	return l.done
}

// RateLimit answers the next calls of a method with 429 and Retry-After.
func (w *Workspace) RateLimit(method string, times int, retryAfter time.Duration) {
	w.plan(method, fault{times: times, err: apiError{code: "ratelimited", retry: max(retryAfter, time.Second)}})
}

// Fail answers the next calls of a method with an error of Slack's, like "fatal_error".
func (w *Workspace) Fail(method, slackError string, times int) {
	w.plan(method, fault{times: times, err: apiError{code: slackError}})
}

// Mend ends the faults of a method that were planned and did not happen yet.
func (w *Workspace) Mend(method string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.faults, method)
}

func (w *Workspace) plan(method string, f fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[method] = append(w.faults[method], f)
}

// planned is the refusal that a call of a method meets, if one was planned.
func (w *Workspace) planned(method string) error {
	if f, ok := w.meet(method, func(f fault) bool { return f.lost == nil }); ok {
		return f.err
	}
	return nil
}

// losing is what happens to the answer of a call that is about to be done, if
// that was planned.
func (w *Workspace) losing(method string) *lostAnswer {
	f, _ := w.meet(method, func(f fault) bool { return f.lost != nil })
	return f.lost
}

// meet takes the next fault of a method once, where it is of the wanted sort.
func (w *Workspace) meet(method string, wanted func(fault) bool) (f fault, ok bool) {
	planned := w.faults[method]
	if len(planned) == 0 || !wanted(planned[0]) {
		return fault{}, false
	}
	if planned[0].times--; planned[0].times <= 0 {
		w.faults[method] = planned[1:]
	}
	return planned[0], true
}

// Slow has every later call of the Web API, and every answer through a response_url,
// wait that long before anything is done with it. Those that are gone by then had no
// effect.
func (w *Workspace) Slow(d time.Duration) { w.slow.Store(int64(d)) }

// wait holds a request of the app up. It takes no lock. It tells whether somebody
// still waits for the answer.
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

// lose withholds the true answer of a call that was done. It tells whether the
// answer may go out after all.
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

// Disconnect tells every open socket to go, as Slack does: "warning" some seconds before the end, then "refresh_requested";
// the other reasons at once. "refresh_requested", "link_disabled" and "too_many_websockets" are known.
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

// Cut drops every TCP connection of every socket without a word.
func (w *Workspace) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range slices.Clone(w.sockets) {
		s.conn.NetConn().Close()
	}
}

// Freeze keeps every socket of this moment open but says nothing more on it, not even a ping, and hears nothing: the
// state in which an app looks connected and is deaf.
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

// Remove takes a member, the bot too, out of a channel.
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

// Delete deletes a message, as a workspace's owner can.
func (a Admin) Delete(id, ts string) error {
	w := a.w
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.channels[id]
	if !ok || c.byTS[ts] == nil {
		return unknown("message", id+" "+ts)
	}
	w.takeAway(c, c.byTS[ts])
	return nil
}

// pingAll pings every socket, and enters the next time.
func (w *Workspace) pingAll() {
	for _, s := range w.sockets {
		s.write(websocket.PingMessage, []byte(fmt.Sprintf("Ping from practice %d", w.now().UnixMilli())))
	}
	w.later(w.opts.PingEvery, w.pingAll)
}
