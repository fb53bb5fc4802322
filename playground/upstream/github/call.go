package github

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Call is a request to the API as it came in.
type Call struct {
	Method string
	Route  string // the operation as GitHub documents it, such as "PATCH /repos/{owner}/{repo}/issues/{number}"
	Path   string // below the API's address, such as "/repos/shop/odoo/issues/7"
	N      int    // how many-th of its route, from 1
	Write  bool   // whether it asks for a change of the repository
	At     time.Time
}

// Fault is what a test puts in a call's way. Its zero value is nothing.
//
// The order is: Hold, Before, the effect, After, the answer. With Status or
// Drop the client gets no true answer, and the effect takes place only if Done
// is set. Mode is as if [Host.SetMode] had been told it for this call alone.
type Fault struct {
	Hold   <-chan struct{} // nothing happens until it is closed; if the client leaves meanwhile, nothing happens at all
	Before func()
	After  func()

	Status int  // the answer, without a JSON body, as from a proxy in front
	Drop   bool // the connection ends without an answer
	Done   bool // the effect takes place all the same
	Header http.Header

	Mode Mode
}

// Write is a change that was accepted and done.
type Write struct {
	Route  string
	Number int             // the issue that it made or changed; 0 where it did neither
	Body   json.RawMessage // as it was sent
	At     time.Time
}

// OnCall has every later call shown to a function that says what happens to
// it, one at a time; nil ends that.
func (h *Host) OnCall(fault func(Call) Fault) {
	h.watch.Lock()
	defer h.watch.Unlock()
	h.fault = fault
}

// Calls are all requests to the API so far, whether let in or not.
func (h *Host) Calls() []Call {
	h.watch.Lock()
	defer h.watch.Unlock()
	return slices.Clone(h.calls)
}

// Writes are all changes so far that were made through the API.
func (h *Host) Writes() []Write {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.writes)
}

// hear notes a call and asks what is to happen to it.
func (h *Host) hear(c Call) Fault {
	h.watch.Lock()
	h.count[c.Route]++
	c.N = h.count[c.Route]
	h.calls = append(h.calls, c)
	ask, mode := h.fault, h.mode
	h.watch.Unlock()
	var f Fault
	if ask != nil {
		h.asking.Lock()
		f = ask(c)
		h.asking.Unlock()
	}
	f.Mode = Mode(cmp.Or(string(f.Mode), string(mode)))
	return f
}

// hold waits as the fault says, and does what comes before the effect. It is
// false when the client has left.
func (f Fault) hold(ctx context.Context) bool {
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-ctx.Done():
			return false
		}
	}
	if f.Before != nil {
		f.Before()
	}
	return f.Mode != Slow || wait(ctx, slowness)
}

// instead reports whether the fault comes instead of the effect.
func (f Fault) instead() bool { return !f.Done && (f.Status != 0 || f.Drop) }

// wait is false when the client has left before the time was over.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
