package cards

import (
	"strings"
	"testing"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
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

// The title of a rollback that has ended says first what is live, and begins like a
// sentence.
func TestTitleOfARollbackThatEnded(t *testing.T) {
	for choice, want := range map[string]string{work.ChooseKeep: "Staging back to 1.0: done, 1.0 is kept", work.ChooseReturn: "Staging returned to 2.0 after a rollback to 1.0"} {
		run := &work.Run{ID: "r", What: work.Rollback, Title: "staging back to 1.0", Outcome: work.Completed,
			Change: &work.Change{Environment: "staging", From: build.Build{Version: "2.0"}, To: build.Build{Version: "1.0"}},
			Steps:  []work.Step{{Name: "decide", Role: work.RoleDecide}}, Answers: []work.Answer{{Step: "decide", Choice: choice}}}
		if got := wording.ChangeTitle(run); got != want {
			t.Errorf("after %s: %q, want %q", choice, got, want)
		}
	}
}

// A silence that is lost during a cutover is said once, in the thread.
func TestUnsilenced(t *testing.T) {
	run := &work.Run{ID: "r", What: work.Deployment, Title: "2.0 to staging", Change: &work.Change{Environment: "staging"}}
	x := history.Silence{ID: "r/detach", Run: "r", Sources: map[string]history.SilenceAt{"am:9093": {ID: "s"}}}
	said := func() (texts []string) {
		v := readiness.View{State: &history.State{Silences: map[string]history.Silence{x.ID: x}}}
		for _, card := range (Builder{Releases: "C1"}).changeCards(v, run) {
			if card.Subject == "run/r/unsilenced" && card.Parent == "run/r" && card.Final {
				texts = append(texts, card.Reply.Title+": "+card.Reply.Parts[0].(reply.Lines)[0].Raw())
			}
		}
		return texts
	}
	if got := said(); len(got) > 0 {
		t.Errorf("while it is in force: %q", got)
	}
	x.Sources["am:9093"] = history.SilenceAt{ID: "s", Gone: true, Lost: true}
	const want = "The alerts of staging aren't silenced during this cutover: ⚠ Somebody ended it in Alertmanager, or Alertmanager lost it. gonogo doesn't silence them again."
	if got := said(); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The bar of a deployment has a sign for each step, and says when it is usually done.
func TestProgressLine(t *testing.T) {
	began := time.Date(2025, 11, 3, 12, 0, 0, 0, time.UTC)
	change := &work.Change{Environment: "staging", To: build.Build{Version: "2.0"}}
	run := &work.Run{ID: "r", What: work.Deployment, Started: began, Change: change}
	for range 8 {
		run.Steps = append(run.Steps, work.Step{Name: "step"})
	}
	for i := range 3 {
		run.Steps[i].Started, run.Steps[i].Ended = began, began
	}
	v := readiness.View{State: history.NewState(), Now: began}
	if got, want := progressLine(v, run).Raw(), "▰▰▰▱▱▱▱▱ 3 of 8 steps."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	v.State.Runs["before"] = &work.Run{ID: "before", What: work.Deployment, Outcome: work.Completed, Started: began.Add(-time.Hour), Ended: began.Add(-50 * time.Minute), Change: change}
	if got, want := progressLine(v, run).Raw(), "▰▰▰▱▱▱▱▱ 3 of 8 steps, usually done after 10m, ."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for range 92 {
		run.Steps = append(run.Steps, work.Step{Name: "step"})
	}
	if got, want := progressLine(v, run).Raw(), "▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 3 of 100 steps"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
