package workspace

import (
	"context"
	"encoding/json"
	"time"
)

// object is a JSON object.
type object = map[string]any

// feedLength is how many missed events a browser window can at least catch up on without reloading.
const feedLength = 1024

// feed has the latest events for the browser windows, numbered so that each window can read at its own pace. It is guarded by
// Workspace.mu.
type feed struct {
	events []event
	last   int64         // number of the newest event
	more   chan struct{} // closed and replaced at every change
}

// event is one change, for one person or, if user is empty, for everyone.
type event struct {
	seq  int64
	user string
	data json.RawMessage
}

// newFeed starts numbering at the clock's microseconds. So numbers from an earlier process are always smaller, and its windows
// notice that they have missed something. The numbers fit into a JavaScript number.
func newFeed(now time.Time) *feed {
	return &feed{last: now.UnixMicro(), more: make(chan struct{})}
}

// publish adds an event of a kind for a person, or for everyone if user is empty.
func (w *Workspace) publish(user, kind string, fields object) {
	f := w.feed
	f.last++
	fields["kind"], fields["seq"] = kind, f.last
	data, err := json.Marshal(fields)
	if err != nil {
		w.log.Error("couldn't send an event to the page", "kind", kind, "error", err)
		return
	}
	f.events = append(f.events, event{seq: f.last, user: user, data: data})
	if len(f.events) > 2*feedLength {
		f.events = append([]event(nil), f.events[feedLength:]...)
	}
	w.wakeWatchers()
}

// wakeWatchers wakes all goroutines that wait for a change.
func (w *Workspace) wakeWatchers() {
	close(w.feed.more)
	w.feed.more = make(chan struct{})
}

// Publish sends an event of the given kind to every window, with v under the kind's name.
func (w *Workspace) Publish(kind string, v any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.publish("", kind, object{kind: v})
}

// since are the events after a number that a user may see, and the number of the last event. ok is false if some of
// them are no longer stored, or if the number is from another process.
func (f *feed) since(after int64, user string) (events []event, last int64, ok bool) {
	if after > f.last || after < f.last-int64(len(f.events)) {
		return nil, f.last, false
	}
	for _, e := range f.events[len(f.events)-int(f.last-after):] {
		if e.user == "" || e.user == user {
			events = append(events, e)
		}
	}
	return events, f.last, true
}

// Changed is closed at the next change of anything: messages, views, sockets, acknowledgements, calls.
func (w *Workspace) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.feed.more
}

// Await waits until holds returns true; it calls it after every change. It returns ctx's error if ctx ends first.
func (w *Workspace) Await(ctx context.Context, holds func() bool) error {
	for {
		changed := w.Changed()
		if holds() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
