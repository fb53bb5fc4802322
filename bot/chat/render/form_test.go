package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Slack refuses errors for inputs it does not know, so they are shown at one it does.
func TestErrorsOnForm(t *testing.T) {
	values := map[string]string{"reason": ""}
	for _, tt := range []struct {
		name         string
		errors, want map[string]string
	}{
		{"none", nil, nil},
		{"known", map[string]string{"reason": "why"}, map[string]string{"reason": "why"}},
		{"known and unknown", map[string]string{"reason": "why", "x": "y"}, map[string]string{"reason": "why"}},
		{"only unknown", map[string]string{"x": "y"}, map[string]string{"reason": "y"}},
	} {
		if diff := cmp.Diff(tt.want, onForm(tt.errors, values), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	var ack struct{ Errors map[string]string }
	if err := json.Unmarshal(FormErrors(map[string]string{"a": strings.Repeat("x", 30_000)}, map[string]string{"a": ""}), &ack); err != nil || len(ack.Errors["a"]) > maxFormError+3 {
		t.Errorf("an error of %d characters, %v; want at most %d", len(ack.Errors["a"]), err, maxFormError)
	}
}
