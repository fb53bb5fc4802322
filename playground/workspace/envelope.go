package workspace

import (
	"context"
	"encoding/json"
	"time"
)

// The kinds of envelopes (docs.slack.dev/apis/events-api/using-socket-mode).
const (
	kindEvent       = "events_api"
	kindSlash       = "slash_commands"
	kindInteraction = "interactive"
)

// What a person is told when the app did not take what they did.
const (
	operationTimeout = "operation_timeout" // the app did not acknowledge in time
	dispatchFailed   = "dispatch_failed"   // the app has no connection
)

// maxAck is the size from which an acknowledgement is dropped without a word. Slack does not document it; slack-go's
// socketmode package states 20 KB from tests against the real service.
const maxAck = 20 * 1024

// A Delivery is one thing on its way to the app: a command, a press, an event.
type Delivery struct {
	EnvelopeID string
	TriggerID  string // empty for events
	Sent       time.Time

	done    chan struct{}
	outcome Outcome // written before done is closed, never after
}

// An Outcome is what became of a Delivery.
type Outcome struct {
	Acked   bool
	Error   string            // operation_timeout or dispatch_failed, when it was not acknowledged
	After   time.Duration     // from sending to the acknowledgement, by the workspace's clock
	Payload json.RawMessage   // what the acknowledgement carried
	Errors  map[string]string // block_id → what is wrong, when a modal was refused
}

// Done is closed when the delivery is acknowledged or given up.
func (d *Delivery) Done() <-chan struct{} { return d.done }

// Wait waits for the outcome, or for the end of ctx.
func (d *Delivery) Wait(ctx context.Context) (Outcome, error) {
	select {
	case <-d.done:
		return d.outcome, nil
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	}
}

// envelope is a delivery that has not been acknowledged.
type envelope struct {
	delivery *Delivery
	kind     string
	payload  json.RawMessage
	responds bool           // the acknowledgement may carry a payload
	attempt  int            // 0 at first
	socket   *socket        // where it went; nil when that connection is gone and there was no other
	resting  bool           // between two attempts
	alarm    *appointment   // its time limit, or its next attempt
	settle   func(*Outcome) // does what the outcome means; the lock is held
}

// deliver sends a payload to the app. settle is called once, with the outcome. A command or an interaction
// that finds no connection fails at once; an event is tried again later.
func (w *Workspace) deliver(kind string, payload object, responds bool, settle func(*Outcome)) *Delivery {
	data, err := json.Marshal(payload)
	if err != nil {
		panic("workspace: a payload that cannot be written: " + err.Error()) // payloads are built here, from JSON values only
	}
	trigger, _ := payload["trigger_id"].(string)
	e := &envelope{
		delivery: &Delivery{EnvelopeID: uuid(), TriggerID: trigger, Sent: w.now(), done: make(chan struct{})},
		kind:     kind, payload: data, responds: responds, settle: settle,
	}
	if kind != kindEvent && w.openSockets() == 0 {
		w.finish(e, Outcome{Error: dispatchFailed})
		return e.delivery
	}
	w.waiting[e.delivery.EnvelopeID] = e
	w.dispatch(e)
	return e.delivery
}

// dispatch makes one attempt: it sends the envelope and sets its time limit.
func (w *Workspace) dispatch(e *envelope) {
	e.resting = false
	w.send(e)
	e.alarm = w.later(w.opts.EnvelopeTimeout, func() { w.expire(e) })
}

// send puts an envelope on the connection whose turn it is. Without one it waits for the next connection, within its time.
func (w *Workspace) send(e *envelope) {
	e.socket = w.turn()
	if e.socket != nil {
		e.socket.send(e.frame())
	}
}

// frame is the envelope as it goes over the socket.
func (e *envelope) frame() object {
	f := object{
		"envelope_id": e.delivery.EnvelopeID, "type": e.kind, "payload": e.payload,
		"accepts_response_payload": e.responds,
	}
	if e.kind == kindEvent {
		f["retry_attempt"], f["retry_reason"] = e.attempt, ""
		if e.attempt > 0 {
			f["retry_reason"] = "timeout"
		}
	}
	return f
}

// expire ends an attempt that was not acknowledged. An event gets its next attempt; the rest is given up, since Slack redelivers
// nothing but events.
func (w *Workspace) expire(e *envelope) {
	if e.kind != kindEvent || e.attempt >= len(w.opts.Redeliver) {
		delete(w.waiting, e.delivery.EnvelopeID)
		w.finish(e, Outcome{Error: operationTimeout})
		return
	}
	wait := w.opts.Redeliver[e.attempt]
	e.attempt++
	if wait == 0 {
		w.dispatch(e)
		return
	}
	e.resting, e.socket = true, nil
	e.alarm = w.later(wait, func() { w.dispatch(e) })
}

// acknowledge takes an app's acknowledgement, on whichever connection it comes. One that is late, unknown or too large
// is dropped without a word.
func (w *Workspace) acknowledge(frame []byte) {
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if len(frame) >= maxAck || json.Unmarshal(frame, &ack) != nil {
		return
	}
	e, ok := w.waiting[ack.EnvelopeID]
	if !ok {
		return
	}
	delete(w.waiting, ack.EnvelopeID)
	e.alarm.cancel()
	outcome := Outcome{Acked: true, After: w.now().Sub(e.delivery.Sent)}
	if e.responds && string(ack.Payload) != "null" {
		outcome.Payload = ack.Payload
	}
	w.finish(e, outcome)
}

// finish does what the outcome means, then lets everyone know it.
func (w *Workspace) finish(e *envelope, outcome Outcome) {
	if e.settle != nil {
		e.settle(&outcome)
	}
	e.delivery.outcome = outcome
	close(e.delivery.done)
	w.stir()
}

// forward sends what a dead connection left unacknowledged over another one, under the same envelope_id. Without another one it
// waits for the next, as long as its time lasts.
func (w *Workspace) forward(from *socket) {
	for _, e := range w.waiting {
		if e.socket == from && !e.resting {
			w.send(e)
		}
	}
}
