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

// The errors that Slack shows to a person if the app didn't acknowledge.
const (
	operationTimeout = "operation_timeout" // the app did not acknowledge in time
	dispatchFailed   = "dispatch_failed"   // the app has no connection
)

// maxAck is the size from which an acknowledgement is silently dropped. Slack doesn't document it; slack-go's
// socketmode package states 20 KB from tests against the real service.
const maxAck = 20 * 1024

// A Delivery is a command, an interaction or an event that is sent to the app.
type Delivery struct {
	EnvelopeID string
	TriggerID  string // empty for events
	Sent       time.Time

	done    chan struct{}
	outcome Outcome // written before done is closed, never after
}

// An Outcome is the outcome of a Delivery.
type Outcome struct {
	Acked   bool
	Error   string            // operation_timeout or dispatch_failed, if it wasn't acknowledged
	After   time.Duration     // from sending to the acknowledgement, by the workspace's clock
	Payload json.RawMessage   // of the acknowledgement
	Errors  map[string]string // block_id → error, if a modal was refused
}

// Done is closed once the delivery has an outcome.
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
	socket   *socket        // the connection that it was sent on; nil if there was none
	resting  bool           // between two attempts
	alarm    *task          // its time limit, or its next attempt
	settle   func(*Outcome) // handles the outcome; the lock is held
}

// deliver sends a payload to the app. settle is called once, with the outcome. Without a connection, a command or an
// interaction fails at once; an event is tried again later.
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

// send sends an envelope on the next connection. Without one the envelope waits for a new connection, until its timeout.
func (w *Workspace) send(e *envelope) {
	e.socket = w.nextOpenSocket()
	if e.socket != nil {
		e.socket.send(e.frame())
	}
}

// frame is the envelope in the form that is sent over the socket.
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

// expire ends an attempt that wasn't acknowledged in time. Only events get another attempt, because Slack redelivers nothing else.
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

// acknowledge handles an app's acknowledgement, from any connection. One that is late, unknown or too large is silently
// dropped.
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

// finish handles the outcome of a delivery, then makes it known.
func (w *Workspace) finish(e *envelope, outcome Outcome) {
	if e.settle != nil {
		e.settle(&outcome)
	}
	e.delivery.outcome = outcome
	close(e.delivery.done)
	w.wakeWatchers()
}

// resend sends what is unacknowledged on a closed connection over another one, with the same envelope_id; from is nil for
// envelopes without a connection.
func (w *Workspace) resend(from *socket) {
	for _, e := range w.waiting {
		if e.socket == from && !e.resting {
			w.send(e)
		}
	}
}
