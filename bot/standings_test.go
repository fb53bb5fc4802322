package main

import (
	"strings"
	"testing"

	"gonogo/commands"
)

// TestStandings prints each step once and each failure once, also of steps that began
// and ended between two looks.
func TestStandings(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := standings{out: &out}
	look := commands.Step{Line: "step 1 of 5: Look", Failed: "it timed out"}
	send := commands.Step{Line: "step 2 of 5: Send"}
	health := commands.Step{Line: "step 3 of 5: Health", Doing: "healthy 1 of 2 times in a row"}
	for _, steps := range [][]commands.Step{
		{look, send},
		{look, send},
		{look, send, health},
		{look, send, {Line: health.Line, Failed: "it was never healthy"}, {Line: "step 4 of 5: Verify", Failed: "503"}, {Line: "step 5 of 5: Ask", Doing: "failed: 500"}},
		{look, send, {Line: health.Line, Failed: "it was never healthy"}, {Line: "step 4 of 5: Verify", Failed: "503"}, {Line: "step 5 of 5: Ask", Failed: "500"}},
	} {
		s.tell(commands.RunStanding{Steps: steps})
	}
	want := `step 1 of 5: Look
    failed: it timed out
step 2 of 5: Send
step 3 of 5: Health
    healthy 1 of 2 times in a row
    failed: it was never healthy
step 4 of 5: Verify
    failed: 503
step 5 of 5: Ask
    failed: 500
`
	if got := out.String(); got != want {
		t.Errorf("printed:\n%s\nwant:\n%s", got, want)
	}
}
