package cards

import (
	"testing"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
)

// A rollback whose steps failed says so ahead of its question, and recommends
// neither answer.
func TestQuestionAfterAFailedStep(t *testing.T) {
	run := &readiness.Run{ID: "r", What: readiness.RunRollback, Title: "staging back to 1.0",
		Change: &readiness.Change{Environment: "staging", From: readiness.Build{Version: "2.0"}, To: readiness.Build{Version: "1.0"}},
		Asked:  &readiness.Question{Choices: []string{readiness.ChooseKeep, readiness.ChooseReturn}},
		Steps:  []readiness.Step{{Name: "smoke", Evidence: readiness.Evidence{Verdict: readiness.Passed}}}}
	if got, want := wording.ChangeTitle(run), "Rolling staging back to 1.0: waiting for Keep or Return"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if QuestionActions(run)[0].Style != reply.Primary {
		t.Error("Keep is not recommended though nothing failed")
	}
	run.Steps[0].Evidence.Verdict = readiness.Failed
	if got, want := wording.ChangeTitle(run), "Rolling staging back to 1.0: 1 step failed, waiting for Keep or Return"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if QuestionActions(run)[0].Style == reply.Primary {
		t.Error("Keep is recommended though a step failed")
	}
}
