package commands_test

import (
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"strings"
	"testing"
)

// A deputy counts for whatever has asked a person for their time and nobody has
// answered, and it is recorded for which role.
func TestDeputiesAnswerWhatWaits(t *testing.T) {
	staging := &work.Change{Environment: "staging", From: build.Build{Version: "2.0"}, To: build.Build{Version: "1.0"}}
	interrupted := []event.Event{
		event.RunStarted{Run: "d", What: work.Rollback, Title: "staging back to 1.0", Change: staging},
		event.RunAsked{Run: "d", Step: "update", Why: "did it happen?", Choices: []string{work.ChooseContinue, work.ChooseAbandon}, Interrupted: true}}
	runbook := []event.Event{
		event.RunStarted{Run: "d", What: work.Runbook, Title: "Calm things down", Runbook: "calm"},
		event.RunAsked{Run: "d", Step: "1", Why: "did it happen?", Choices: []string{work.ChooseContinue, work.ChooseAbandon}, Interrupted: true}}
	pin := []event.Event{
		event.RunStarted{Run: "d", What: work.Rollback, Title: "staging back to 1.0", Change: staging},
		event.RunEnded{Run: "d", Outcome: work.Unsuccessful},
		event.EnvironmentLocked{Environment: "staging", Claim: history.PinClaim("staging")}}
	for _, tt := range []struct {
		name, said, answer string
		before             []event.Event
	}{
		{"continue a rollback", "/deploy continue staging", "Looking again", interrupted},
		{"abandon a rollback", "/deploy abandon staging", "Left as it is", interrupted},
		{"continue a runbook", "/ready continue d", "Running the step again", runbook},
		{"abandon a runbook", "/ready abandon d", "Left as it is", runbook},
		{"keep what a rollback left pinned", "/rollback keep staging", "Keeping the current version", pin},
		{"return from what a rollback left pinned", "/rollback return staging it was the load test", "Returning", pin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, "deploy-night-deputies")
			s.bot.Options().Checklist.Permissions["fix"] = []string{"on_call"}
			s.play(t, "U0DEV: /ready release 2.0")
			for _, event := range tt.before {
				s.happened(t, event)
			}
			if got := s.play(t, "U0DEP: "+tt.said); !strings.Contains(got, "You don't count yet, as a deputy") {
				t.Fatalf("at once a deputy is told\n%s", got)
			}
			s.play(t, "wait 20m")
			if got := s.play(t, "U0NOBODY: "+tt.said); !strings.Contains(got, "You don't have permission for that") {
				t.Errorf("an outsider is told\n%s", got)
			}
			if got, _, _ := strings.Cut(s.play(t, "U0DEP: "+tt.said), "\n"); got != tt.answer {
				t.Fatalf("after 20m a deputy is told %q, want %q", got, tt.answer)
			}
			if got := s.play(t, "U0DEV: /ready history"); !strings.Contains(got, "U0DEP as deputy for On call") {
				t.Errorf("the history does not say so:\n%s", got)
			}
		})
	}
}
