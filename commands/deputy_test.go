package commands_test

import (
	"strings"
	"testing"

	"gonogo/readiness"
)

// A deputy counts for whatever has asked a person for their time and nobody has
// answered, and it is recorded for which role.
func TestDeputiesAnswerWhatWaits(t *testing.T) {
	staging := &readiness.Change{Environment: "staging", From: readiness.Build{Version: "2.0"}, To: readiness.Build{Version: "1.0"}}
	interrupted := []readiness.Event{
		readiness.RunStarted{Run: "d", What: readiness.RunRollback, Title: "staging back to 1.0", Change: staging},
		readiness.RunAsked{Run: "d", Step: "update", Why: "did it happen?", Choices: []string{readiness.ChooseContinue, readiness.ChooseAbandon}, Interrupted: true}}
	runbook := []readiness.Event{
		readiness.RunStarted{Run: "d", What: readiness.RunRunbook, Title: "Calm things down", Runbook: "calm"},
		readiness.RunAsked{Run: "d", Step: "1", Why: "did it happen?", Choices: []string{readiness.ChooseContinue, readiness.ChooseAbandon}, Interrupted: true}}
	pin := []readiness.Event{
		readiness.RunStarted{Run: "d", What: readiness.RunRollback, Title: "staging back to 1.0", Change: staging},
		readiness.RunEnded{Run: "d", Outcome: readiness.Unsuccessful},
		readiness.EnvironmentLocked{Environment: "staging", Claim: readiness.PinClaim("staging")}}
	for _, tt := range []struct {
		name, said, answer string
		before             []readiness.Event
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
