package socket

import (
	"bytes"
	"encoding/json"
	"errors"
)

// frame is one message from a Socket Mode socket: an envelope, or a message about the
// connection itself. All of Slack's kinds are decoded into this one type in a single
// pass: their fields don't collide, and unused ones are skipped. See
// https://docs.slack.dev/apis/events-api/using-socket-mode.
type frame struct {
	Envelope
	Reason         string  `json:"reason"`          // of a disconnect
	NumConnections int     `json:"num_connections"` // of a hello
	ConnectionInfo appInfo `json:"connection_info"` // of a hello
}

type appInfo struct {
	AppID string `json:"app_id"`
}

// parse reads a frame as far as it can be read. A field of an unexpected type
// is skipped, since a newer kind of envelope must still be acknowledged; so
// must one that is no JSON, if its ID can be made out.
func parse(raw []byte) (f frame, err error) {
	err = json.Unmarshal(raw, &f)
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) {
		return f, nil
	}
	if err != nil {
		return frame{Envelope: Envelope{ID: findEnvelopeID(raw)}}, err
	}
	return f, nil
}

// findEnvelopeID picks the envelope's ID out of a frame that is not JSON.
func findEnvelopeID(raw []byte) string {
	_, rest, found := bytes.Cut(raw, []byte(`"envelope_id"`))
	if !found {
		return ""
	}
	rest = bytes.TrimLeft(rest, ": \t\r\n")
	rest, quoted := bytes.CutPrefix(rest, []byte(`"`))
	id, _, closed := bytes.Cut(rest, []byte(`"`))
	if !quoted || !closed {
		return ""
	}
	return string(id)
}

// maxAckBytes is the size from which Slack drops an acknowledgement without a word.
const maxAckBytes = 20_000

// appendAck writes the acknowledgement of an envelope. A payload that is too
// large is left out: the bare acknowledgement matters more.
func appendAck(b []byte, id string, payload []byte) []byte {
	b = append(b, `{"envelope_id":`...)
	quoted, _ := json.Marshal(id) // a string always can be
	b = append(b, quoted...)
	if len(payload) > 0 && len(payload)+len(b) < maxAckBytes-20 {
		b = append(b, `,"payload":`...)
		b = append(b, payload...)
	}
	return append(b, '}')
}
