package digitalocean

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Call is a request as it came in.
type Call struct {
	Method string
	Route  string // the operation, such as "PUT /v2/apps/{id}"
	App    string // the app in the path; empty where there is none
	N      int    // how many-th of its route, from 1
	Write  bool   // whether it asks for a change
	At     time.Time
}

// Fault is what a test puts in a call's way. Its zero value is nothing.
//
// The order is: Hold, Before, the effect, After, the answer. With Status or
// Drop the client gets no true answer, and the effect takes place only if Done
// is set.
type Fault struct {
	Hold   <-chan struct{} // nothing happens until it is closed; if the client leaves meanwhile, nothing happens at all
	Before func()
	After  func()

	Status int  // the answer, without a JSON body, as from a proxy in front
	Drop   bool // the connection ends without an answer
	Done   bool // the effect takes place all the same
	Header http.Header

	// Behind lets a reading of the app give as live what was live so long ago,
	// as a copy of the platform's records does that lags.
	Behind time.Duration
}

// Write is a change that was accepted and done.
type Write struct {
	Route      string
	App        string
	Body       json.RawMessage // as it was sent; nil where there was none
	At         time.Time
	Deployment string // the one that it made or canceled; empty where it did neither
}

// OnCall has every later call shown to a function that says what happens to
// it; nil ends that. It may be called from several requests at once.
func (p *Platform) OnCall(fault func(Call) Fault) {
	p.watch.Lock()
	defer p.watch.Unlock()
	p.fault = fault
}

// Calls are all requests so far, whether let in or not.
func (p *Platform) Calls() []Call {
	p.watch.Lock()
	defer p.watch.Unlock()
	return slices.Clone(p.calls)
}

// Writes are all changes so far that were made through the API.
func (p *Platform) Writes() []Write {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.writes)
}

// hear notes a call and asks what is to happen to it.
func (p *Platform) hear(c Call) Fault {
	p.watch.Lock()
	p.count[c.Route]++
	c.N = p.count[c.Route]
	p.calls = append(p.calls, c)
	ask := p.fault
	p.watch.Unlock()
	if ask == nil {
		return Fault{}
	}
	return ask(c)
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
	return true
}

// instead reports whether the fault comes instead of the effect.
func (f Fault) instead() bool { return !f.Done && (f.Status != 0 || f.Drop) }

// fail gives the fault for an answer.
func (p *Platform) fail(w http.ResponseWriter, f Fault) {
	if f.Drop {
		panic(http.ErrAbortHandler) // net/http ends the connection
	}
	p.rate(w.Header())
	maps.Copy(w.Header(), f.Header)
	http.Error(w, http.StatusText(f.Status), f.Status)
}
