package cards

import (
	"strings"
	"testing"
	"time"

	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// A workflow that gonogo started itself has a card only if gonogo can't answer it: its
// deployment has one.
func TestOwnReview(t *testing.T) {
	at := time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
	s := history.NewState()
	s.Apply(at, event.ReviewFound{Review: "live/7/1", Environment: "live", Run: 7, Attempt: 2, Release: "2.0", Commit: "4f3c2b1a", Title: "Deploy 2.0", URL: "javascript:alert(1)", By: "acme-gonogo", Began: at, Deployment: "r7"})
	v := readiness.View{Checklist: (&checklist.Checklist{Environments: []checklist.Environment{{Name: "live"}}}).Index(), State: s, Now: at}
	b := Builder{Releases: "C0RELEASES"}
	if got := b.reviewCards(v); len(got) > 0 {
		t.Errorf("it has a card: %+v", got)
	}
	s.Apply(at, event.ReviewDelayed{Review: "live/7/1", Why: "GitHub refuses"})
	got := b.reviewCards(v)
	if len(got) != 1 || got[0].Reply.Title != "gonogo's deployment of 2.0 to live waits at GitHub" {
		t.Fatalf("its card is %+v", got)
	}
	var text strings.Builder
	got[0].Reply.Print(&text, time.UTC)
	for _, want := range []string{"Workflow run “Deploy 2.0”, started 2025-11-03 09:00 UTC by acme-gonogo at GitHub, commit 4f3c2b1a, attempt 2.", "Not answered yet: GitHub refuses."} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, text.String())
		}
	}
}
