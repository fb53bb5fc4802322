package deploying

import (
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/runs"
	"strings"
	"testing"
)

// TestBesideLine says what each other environment of an app gets.
func TestBesideLine(t *testing.T) {
	for _, tt := range []struct{ now, gets, want string }{
		{"2.0", "1.0", "so api from 2.0 to 1.0."},
		{"1.0", "1.0", "so api, which stays at 1.0."},
		{"", "1.0", "so api from what is live there to 1.0."},
		{"2.0", "", "which version that was is not known."},
	} {
		line := besideLine(runs.Beside{Environment: "api", Now: history.Live{Build: build.Build{Version: tt.now}}, Gets: build.Build{Version: tt.gets}})
		var said strings.Builder
		for _, span := range line {
			said.WriteString(span.Text)
		}
		if !strings.Contains(said.String(), tt.want) {
			t.Errorf("from %q to %q: %q, want %q", tt.now, tt.gets, said.String(), tt.want)
		}
	}
}
