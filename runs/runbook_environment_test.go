package runs_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runbook"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// newShelfOfTwo has a runbook that is run for staging or production, which have
// a variable each of their own, and items that it mends on them and everywhere.
func newShelfOfTwo(t *testing.T, log *storagetest.Memory, steps ...runbook.Step) *shelf {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	both := []string{"staging", "production"}
	gate := func() *checklist.Gate { return &checklist.Gate{Kind: "http", Settings: "s"} }
	checklist := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}, {Name: "production"}},
		Sections: []checklist.Section{{ID: "all", Title: "All", Weight: 1, Items: []*checklist.Item{
			{ID: "modules", Title: "Modules", Fix: "book", FixFor: both, Environments: both, Gate: gate()},
			{ID: "suite", Title: "Suite", Fix: "book", FixFor: both, Gate: gate()},
		}}}}).Index()
	passes := gates.Built{Gate: answers(answer.Passed), Settings: "s"}
	built := map[answer.Key]gates.Built{{Item: "suite"}: passes, {Item: "modules", Environment: "staging"}: passes, {Item: "modules", Environment: "production"}: passes}
	book := runbook.Runbook{ID: "book", Title: "Mend it", Steps: steps, Environments: both,
		Variables: map[string]map[string]string{"staging": {"PLACE": "the-place-of-staging"}, "production": {"PLACE": "the-place-of-production"}}}
	for i := range book.Steps {
		book.Steps[i].Timeout = time.Minute
	}
	dir := t.TempDir()
	return &shelf{t, ledger, runs.New(runs.Options{Ledger: ledger, Checklist: checklist, Gates: built, Runbooks: []runbook.Runbook{book},
		Outputs: filepath.Join(dir, "output"), Environ: os.LookupEnv, Now: time.Now, Log: logger}), dir}
}

// TestRunbookOfEachEnvironment runs a runbook for one of two environments: its
// programs are told which, see that one's variables, and only what is asked of
// that one, or of the release, is measured afterwards.
func TestRunbookOfEachEnvironment(t *testing.T) {
	for environment, mended := range map[string][]string{"staging": {"modules@staging", "suite"}, "production": {"modules@production", "suite"}} {
		t.Run(environment, func(t *testing.T) {
			s := newShelfOfTwo(t, &storagetest.Memory{}, runbook.Step{Env: []string{"PLACE"}, Run: []string{"sh", "-c", `test "$PLACE" = the-place-of-{environment} && echo {environment} is mended at $PLACE`}})
			defer s.open()()
			id, err := s.runs.Fix(t.Context(), runs.FixRequest{Key: "k", Runbook: "book", Environment: environment, By: "U1"})
			if err != nil {
				t.Fatal(err)
			}
			run := s.ended(id)
			if run.Outcome != work.Completed || run.Environment != environment || run.Title != "Mend it on "+environment {
				t.Errorf("it ended %s, %q for %q: %s", run.Outcome, run.Title, run.Environment, run.Reason)
			}
			if got, want := run.Steps[0].Evidence.Details, []string{environment + " is mended at [redacted]"}; !slices.Equal(got, want) {
				t.Errorf("it printed %q, want %q", got, want)
			}
			var measured []string
			for _, other := range s.ledger.State().Runs {
				if other.After == id {
					for _, step := range other.Steps {
						measured = append(measured, step.Name)
					}
				}
			}
			if slices.Sort(measured); !slices.Equal(measured, mended) {
				t.Errorf("afterwards %q were measured, want %q", measured, mended)
			}
		})
	}
}

// TestRunbookForWhich refuses an environment that a runbook is not run for, and
// has one run for each at a time.
func TestRunbookForWhich(t *testing.T) {
	s := newShelfOfTwo(t, &storagetest.Memory{}, runbook.Step{Run: []string{"sleep", "600"}})
	stop := s.open()
	defer stop()
	fix := func(key, environment string) error {
		_, err := s.runs.Fix(context.Background(), runs.FixRequest{Key: key, Runbook: "book", Environment: environment, By: "U1"})
		return err
	}
	for _, environment := range []string{"", "moon"} {
		if err := fix("refused"+environment, environment); !errors.Is(err, runs.ErrNotRunFor) {
			t.Errorf("for %q: got %v, want it refused", environment, err)
		}
	}
	if err := errors.Join(fix("a", "staging"), fix("b", "production")); err != nil {
		t.Errorf("one for each environment: %v", err)
	}
	var running runs.AlreadyRunning
	if err := fix("c", "staging"); !errors.As(err, &running) || running.Run.Environment != "staging" {
		t.Errorf("a second one on staging: got %v, want the first", err)
	}
}

// TestRunbookOfAnEnvironmentGoesOn stops gonogo while a runbook runs for
// production, and has it run again for production.
func TestRunbookOfAnEnvironmentGoesOn(t *testing.T) {
	log, dir := &storagetest.Memory{}, t.TempDir()
	step := runbook.Step{Env: []string{"PLACE"}, Run: []string{"sh", "-c", `test -e ` + dir + `/second || { touch ` + dir + `/second; echo began; sleep 600; }; test "$PLACE" = the-place-of-{environment}`}}
	s := newShelfOfTwo(t, log, step)
	stop := s.open()
	id, err := s.runs.Fix(t.Context(), runs.FixRequest{Key: "k", Runbook: "book", Environment: "production", By: "U1"})
	if err != nil {
		t.Fatal(err)
	}
	s.printed(id)
	stop()

	s = newShelfOfTwo(t, log, step)
	defer s.open()()
	s.await(id, func(r *work.Run) bool { return r.Asked != nil })
	if err := s.runs.Answer(t.Context(), "again", id, work.ChooseContinue, "U1"); err != nil {
		t.Fatal(err)
	}
	if run := s.ended(id); run.Outcome != work.Completed || run.Environment != "production" {
		t.Errorf("it ended %s for %q: %s", run.Outcome, run.Environment, run.Reason)
	}
}
