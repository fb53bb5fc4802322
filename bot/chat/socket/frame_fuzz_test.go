package socket

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzFrame reads whatever a socket brings. Read twice it says the same, and its
// acknowledgement is JSON that names the envelope, whatever the answer is.
func FuzzFrame(f *testing.F) {
	for _, frame := range []string{
		`{"type":"hello","num_connections":2,"connection_info":{"app_id":"A1"},"debug_info":{"approximate_connection_time":18060}}`,
		`{"type":"disconnect","reason":"warning"}`,
		`{"type":"slash_commands","envelope_id":"e1","accepts_response_payload":true,"payload":{"command":"/ready","text":"status","user_id":"U1"}}`,
		`{"type":"events_api","envelope_id":"e2","payload":{"event":{"type":"user_change","user":{"id":"U1","deleted":true}}}}`,
		`{"type":"events_api","envelope_id":"e3","payload":{"event":{"type":"subteam_updated","subteam":{"id":"S1","date_delete":"0","user_count":7}}}}`,
		`{"type":"slash_commands", "envelope_id": "e4", oops`,
		`{"type":"x","envelope_id":"e\"5"}`,
	} {
		f.Add([]byte(frame), []byte(`{"text":"done"}`))
	}
	f.Fuzz(func(t *testing.T, raw, answer []byte) {
		got, err := parse(raw)
		again, errAgain := parse(raw)
		if (err == nil) != (errAgain == nil) || !reflect.DeepEqual(got, again) {
			t.Fatal("read twice, it says different things")
		}
		if !json.Valid(answer) {
			answer = nil
		}
		var ack struct {
			ID string `json:"envelope_id"`
		}
		written := appendAck(nil, got.Envelope.ID, answer)
		if err := json.Unmarshal(written, &ack); err != nil {
			t.Fatalf("the acknowledgement is no JSON: %v\n%s", err, written)
		}
		if err == nil && ack.ID != got.Envelope.ID {
			t.Fatalf("acknowledged %q, want %q", ack.ID, got.Envelope.ID)
		}
	})
}
