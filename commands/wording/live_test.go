package wording

import (
	"strings"
	"testing"

	"gonogo/readiness"
)

// TestLateText says who had ended the run whose build went live after all.
func TestLateText(t *testing.T) {
	run := &readiness.Run{What: readiness.RunDeployment, Outcome: readiness.Cancelled, CancelledBy: "U0TL"}
	var said strings.Builder
	for _, span := range lateText(run) {
		said.WriteString(span.Text)
	}
	if got, want := said.String(), "; its deployment (cancelled by U0TL) went live after all"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
}
