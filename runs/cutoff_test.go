package runs_test

import (
	"context"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/runbook"
	"gonogo/runs/runstest"
	"gonogo/storage/storagetest"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// cutOff is a log that ends while the first step of a runbook was under way
// and had printed a line, and a stray that this step left running.
func cutOff(t *testing.T, dir string, step runbook.Step) (log *storagetest.Memory, id string, strayEnded func()) {
	t.Helper()
	log = storagetest.NewMemory()
	s := newShelf(t, log, dir, step)
	stop := s.open()
	id = s.fix("k")
	s.printed(id)
	stop()
	stray := leftBy(t, id)
	return log, id, func() {
		t.Helper()
		if left := carriersOf("runbook/" + id + "/step-1"); len(left) > 0 {
			t.Errorf("what the step left is running yet: %v", left)
			_ = stray.Process.Kill()
		}
		_ = stray.Wait()
	}
}

// leftBy starts a program as the first step of a runbook may have left it.
func leftBy(t *testing.T, run string) *exec.Cmd {
	t.Helper()
	stray := exec.Command("sleep", "1000")
	stray.Env = []string{"GONOGO_PROGRAM=runbook/" + run + "/step-1"}
	if err := stray.Start(); err != nil {
		t.Fatal(err)
	}
	return stray
}

// write appends events to a log, as a process that died right after would have.
func write(t *testing.T, s *shelf, events ...event.Event) {
	t.Helper()
	stop := runstest.Background(t, s.ledger.Run)
	defer stop()
	if _, err := s.ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		t.Fatal(err)
	}
}

// However a run comes to its end after its step was cut off, nothing of the
// step stays running, and what it printed can be read.
func TestRunbookCutOff(t *testing.T) {
	step := sh("echo the last words; sleep 1000")
	asked := event.RunAsked{Step: "step-1", Why: "why", Interrupted: true, Choices: []string{work.ChooseContinue, work.ChooseAbandon}}
	tests := []struct {
		name    string
		next    runbook.Step
		written func(run string) []event.Event // before gonogo died again
		outcome work.Outcome
	}{
		{"changed", sh("rm -rf something"), nil, work.Interrupted},
		{"cancelled", step, func(run string) []event.Event {
			return []event.Event{event.RunCancelAsked{Run: run, By: "U2"}}
		}, work.Cancelled},
		{"abandoned", step, func(run string) []event.Event {
			asked.Run = run
			return []event.Event{asked, event.RunAnswered{Run: run, Step: "step-1", Choice: work.ChooseAbandon, By: "U2"}}
		}, work.Interrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			log, id, strayEnded := cutOff(t, dir, step)
			if tt.written != nil {
				write(t, newShelf(t, log, dir, step), tt.written(id)...)
			}
			s := newShelf(t, log, dir, tt.next)
			defer s.open()()
			run := s.await(id, func(r *work.Run) bool { return !r.Open() || r.Asked != nil })
			if run.Outcome != tt.outcome {
				t.Errorf("it ended %q and asks %+v, want that it ends as %s", run.Outcome, run.Asked, tt.outcome)
			}
			strayEnded()
			ended := run.Steps[0].Evidence
			if ended.Summary != "was cut off when gonogo was stopped" || strings.Join(ended.Details, " ") != "the last words" {
				t.Errorf("the step ended as %+v", ended)
			}
			if got := s.output(run.Steps[0]); got != "the last words\n" {
				t.Errorf("its output is %q", got)
			}
		})
	}
}

// A step that is run again and prints nothing keeps what it printed before.
func TestRunbookOutputOfBothTimes(t *testing.T) {
	dir := t.TempDir()
	step := sh("test -e " + dir + "/output/again && exit; echo first; sleep 1000")
	log, id, strayEnded := cutOff(t, dir, step)
	if err := exec.Command("touch", dir+"/output/again").Run(); err != nil {
		t.Fatal(err)
	}
	s := newShelf(t, log, dir, step)
	defer s.open()()
	s.await(id, func(r *work.Run) bool { return r.Asked != nil })
	strayEnded()
	if err := s.runs.Answer(context.Background(), "a", id, work.ChooseContinue, "U1"); err != nil {
		t.Fatal(err)
	}
	run := s.ended(id)
	if got := s.output(run.Steps[0]); run.Outcome != work.Completed || got != "first\n" {
		t.Errorf("it ended as %s, and its output is %q", run.Outcome, got)
	}
}
