package workspace

import (
	"fmt"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// fault is what the next calls of a method answer instead of doing anything.
type fault struct {
	times int
	err   apiError
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

// planned is the fault that a call of a method meets, if one was planned.
func (w *Workspace) planned(method string) error {
	planned := w.faults[method]
	if len(planned) == 0 {
		return nil
	}
	planned[0].times--
	err := planned[0].err
	if planned[0].times <= 0 {
		w.faults[method] = planned[1:]
	}
	return err
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
