package wording

import (
	"gonogo/readiness/work"
	"strings"
	"testing"
)

// TestLateText says who had ended the run whose build went live after all.
func TestLateText(t *testing.T) {
	run := &work.Run{What: work.Deployment, Outcome: work.Cancelled, CancelledBy: "U0TL"}
	var said strings.Builder
	for _, span := range lateText(run) {
		said.WriteString(span.Text)
	}
	if got, want := said.String(), "; its deployment (cancelled by U0TL) went live after all"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
}
