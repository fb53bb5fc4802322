package socket

import (
	"encoding/json"
	"strings"
	"testing"
)

// Slack drops an acknowledgement of 20 KB without a word, so a payload that
// would make it that is left out.
func TestLargeAcknowledgements(t *testing.T) {
	for _, tt := range []struct {
		payload int
		kept    bool
	}{{0, false}, {10, true}, {19_000, true}, {19_930, true}, {20_000, false}, {1 << 20, false}} {
		payload := []byte(nil)
		if tt.payload > 0 {
			payload = []byte(`"` + strings.Repeat("x", tt.payload-2) + `"`)
		}
		ack := appendAck(nil, "e1", payload)
		var got map[string]any
		if err := json.Unmarshal(ack, &got); err != nil || got["envelope_id"] != "e1" {
			t.Errorf("with a payload of %d bytes: %v, %.60s", tt.payload, err, ack)
		}
		if _, kept := got["payload"]; kept != tt.kept || len(ack) >= maxAckBytes {
			t.Errorf("with a payload of %d bytes: kept %t, %d bytes; want kept %t", tt.payload, kept, len(ack), tt.kept)
		}
	}
}
