package cards

import (
	"testing"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// A rollback with failed steps says so before its question, and recommends neither
// answer.
func TestQuestionAfterAFailedStep(t *testing.T) {
	run := &work.Run{ID: "r", What: work.Rollback, Title: "staging back to 1.0",
		Change: &work.Change{Environment: "staging", From: build.Build{Version: "2.0"}, To: build.Build{Version: "1.0"}},
		Asked:  &work.Question{Choices: []string{work.ChooseKeep, work.ChooseReturn}},
		Steps:  []work.Step{{Name: "smoke", Evidence: answer.Evidence{Verdict: answer.Passed}}}}
	if got, want := wording.ChangeTitle(run), "Rolling staging back to 1.0: waiting for Keep or Return"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if QuestionActions(run)[0].Style != reply.Primary {
		t.Error("Keep is not recommended though nothing failed")
	}
	run.Steps[0].Evidence.Verdict = answer.Failed
	if got, want := wording.ChangeTitle(run), "Rolling staging back to 1.0: 1 step failed, waiting for Keep or Return"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if QuestionActions(run)[0].Style == reply.Primary {
		t.Error("Keep is recommended though a step failed")
	}
}
