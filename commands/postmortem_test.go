package commands_test

import (
	"strings"
	"testing"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// records writes events to the stage's ledger.
func (s *stage) records(t *testing.T, events ...event.Event) {
	t.Helper()
	if _, err := s.ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		t.Fatal(err)
	}
}

// wantSaid checks the answer to what somebody says.
func (s *stage) wantSaid(t *testing.T, said string, all ...string) {
	t.Helper()
	got := s.play(t, said)
	for _, want := range all {
		if !strings.Contains(got, want) {
			t.Errorf("%s is answered without %q:\n%s", said, want, got)
		}
	}
}

// TestPostmortem plans the postmortem of a rollback, is reminded of it on the day, and ends it.
// Until then, the next deployment's plan begins with it.
func TestPostmortem(t *testing.T) {
	s := newStage(t, "deploy-postmortem")
	s.say(t, "U0DEV: /ready release 2.0 c0ffee1")
	s.wantSaid(t, "U0ONCALL: /rollback postmortem-date", "No rollback waits for a postmortem", "(nothing was done)")
	s.records(t, event.PostmortemOpened{Rollback: "r1", Environment: "production", From: "2.0", To: "1.0"},
		event.PostmortemIssueWritten{Rollback: "r1", Act: event.OpenIssue, Number: 7, URL: "https://git.example/7", Open: true, FollowUps: []string{"Find the cause", "Enlarge the pool"}})
	plan := s.say(t, "U0DEV: /deploy production")
	if !strings.HasPrefix(plan, "Plan: 2.0 to production: NO-GO\n==============================\n\n⚠ Open incident\n2.0 was rolled back to 1.0 on production 2025-11-03") {
		t.Errorf("the plan begins with\n%s", plan)
	}
	for _, want := range []string{"2 open follow-ups, Find the cause, Enlarge the pool.", "No date is set for the postmortem; /rollback postmortem-date production on DATE sets one."} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan doesn't say %q:\n%s", want, plan)
		}
	}
	s.wantSaid(t, "U0PO: /rollback postmortem-date production on 2025-11-05", "You don't have permission for that")
	s.wantSaid(t, "U0ONCALL: /rollback postmortem-date staging on 2025-11-05", "production")
	s.wantSaid(t, "U0ONCALL: /rollback postmortem-date production", "When is the postmortem of production?", "(nothing was done)")
	s.wantSaid(t, "U0ONCALL: /rollback postmortem-date production on 2025-11-02", "That day is in the past; choose a later one.", "(nothing was done)")
	s.wantSaid(t, "U0ONCALL: /rollback postmortem-date production on 2025-11-05", "The postmortem of production is planned", "The postmortem is on Wednesday, 5 November 2025, planned by U0ONCALL.")
	due := "The postmortem of the rollback of production is due"
	s.play(t, "wait 44h")
	if cards := s.play(t, "cards"); strings.Contains(cards, due) {
		t.Errorf("it is due before its day:\n%s", cards)
	}
	s.play(t, "wait 1h")
	s.wantSaid(t, "cards", due, "[Set the date]", "[Done]")
	s.play(t, "told")
	s.play(t, "wait 25h")
	s.wantSaid(t, "cards", "⚠ The postmortem was planned for 5 November 2025, and nobody has said that it took place.")
	s.wantSaid(t, "U0ONCALL: /rollback postmortem-done production the pool was too small", "The postmortem of production is done", "by U0ONCALL: the pool was too small.")
	s.wantSaid(t, "cards", "Done 2025-11-06")
	s.wantSaid(t, "U0ONCALL: /rollback postmortem-done production", "No rollback waits for a postmortem")
	if plan := s.say(t, "U0DEV: /deploy production"); strings.Contains(plan, "Open incident") {
		t.Errorf("after the postmortem, the plan says\n%s", plan)
	}
	s.wantSaid(t, "U0DEV: /ready history", "Postmortem of a rollback planned for 2025-11-05", "Postmortem of a rollback ended: the pool was too small", "Issue of a rollback")
}
