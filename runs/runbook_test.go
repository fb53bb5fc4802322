package runs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runbook"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// shelf is runs with one runbook, whose programs really run.
type shelf struct {
	t      *testing.T
	ledger *storage.Ledger
	runs   *runs.Runs
	dir    string
}

const shelfSecret = "s3cr3t of the test"

// newShelf has a runbook named book and an item that it mends.
func newShelf(t *testing.T, log storage.Log, dir string, steps ...runbook.Step) *shelf {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	checklist := (&checklist.Checklist{Sections: []checklist.Section{{ID: "all", Title: "All", Weight: 1, Items: []*checklist.Item{
		{ID: "mended", Title: "It is mended", Fix: "book", Gate: &checklist.Gate{Kind: "http", Settings: "s"}},
		{ID: "other", Title: "Something else", Gate: &checklist.Gate{Kind: "http", Settings: "s"}},
		{ID: "by-hand", Title: "A person looked", Fix: "book", Manual: &checklist.Manual{}},
	}}}}).Index()
	passes := gates.Built{Gate: answers(answer.Passed), Settings: "s"}
	for i := range steps {
		if steps[i].Timeout == 0 {
			steps[i].Timeout = time.Minute
		}
	}
	environ := func(name string) (string, bool) {
		if name == "SHELF_TOKEN" {
			return shelfSecret, true
		}
		return os.LookupEnv(name)
	}
	return &shelf{t, ledger, runs.New(runs.Options{Ledger: ledger, Checklist: checklist, Gates: map[answer.Key]gates.Built{{Item: "mended"}: passes, {Item: "other"}: passes},
		Runbooks: []runbook.Runbook{{ID: "book", Title: "Mend it", Steps: steps}}, Outputs: filepath.Join(dir, "output"), Environ: environ,
		Secrets: []string{"hidden word"}, Now: time.Now, Log: logger}), dir}
}

// open starts the ledger and the runs; the returned function stops them.
func (s *shelf) open() (stop func()) {
	ledger, work := runstest.Background(s.t, s.ledger.Run), runstest.Background(s.t, s.runs.Run)
	if _, err := s.ledger.Update(context.Background(), func(state *history.State, _ time.Time) ([]event.Event, error) {
		if state.Open != "" {
			return nil, nil
		}
		return []event.Event{event.ReleaseOpened{Version: "1"}}, nil
	}); err != nil {
		s.t.Fatal(err)
	}
	return func() { work(); ledger() }
}

// fix begins the runbook. Its run has an ID of this test's own: programs are found by
// it, and those of a test beside this one must not be ended.
func (s *shelf) fix(key string) string {
	s.t.Helper()
	id, err := s.runs.Fix(context.Background(), runs.FixRequest{Key: s.t.Name() + "/" + key, Runbook: "book", By: "U1"})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// await waits until a run is so, and gives it.
func (s *shelf) await(id string, so func(*work.Run) bool) *work.Run {
	s.t.Helper()
	changes, stop := s.ledger.Watch()
	defer stop()
	for {
		if run := s.ledger.State().Runs[id]; so(run) {
			return run
		}
		select {
		case <-changes:
		case <-s.t.Context().Done():
			s.t.Fatal("it never came")
		}
	}
}

func (s *shelf) ended(id string) *work.Run {
	s.t.Helper()
	return s.await(id, func(r *work.Run) bool { return !r.Open() })
}

// printed waits until a run has printed a line, and gives its last one.
func (s *shelf) printed(id string) string {
	s.t.Helper()
	for s.t.Context().Err() == nil {
		if lines := s.runs.Printing(id); len(lines) > 0 {
			return lines[len(lines)-1]
		}
		s.await(id, func(*work.Run) bool { return true })
	}
	s.t.Fatal("nothing was printed")
	return ""
}

func (s *shelf) output(step work.Step) string {
	s.t.Helper()
	data, err := os.ReadFile(s.runs.OutputOf(step).Path)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

func sh(script string) runbook.Step {
	return runbook.Step{Run: []string{"sh", "-c", script}}
}

func TestRunbook(t *testing.T) {
	dir := t.TempDir()
	echoes := sh(`echo "$0 $SHELF_TOKEN"; env | sed 's/=.*//' | sort`)
	echoes.Run = append(echoes.Run, "a hidden word")
	echoes.Env, echoes.Dir = []string{"SHELF_TOKEN", "SHELF_UNSET"}, dir
	s := newShelf(t, storagetest.NewMemory(), dir, echoes, sh(`pwd >&2`))
	defer s.open()()

	run := s.ended(s.fix("k"))
	if run.Outcome != work.Completed {
		t.Fatalf("ended as %s, %s", run.Outcome, run.Reason)
	}
	want := "a [redacted] [redacted]\nGONOGO_PROGRAM\nHOME\nPATH\nPWD\nSHELF_TOKEN\n"
	if got := strings.Replace(s.output(run.Steps[0]), "LANG\n", "", 1); got != want {
		t.Errorf("it printed %q, want %q", got, want)
	}
	for _, step := range run.Steps {
		if all := fmt.Sprintf("%+v", step); strings.Contains(all, shelfSecret) || strings.Contains(all, "hidden word") {
			t.Errorf("a secret stands in the ledger: %s", all)
		}
	}
	if info, err := os.Stat(s.runs.OutputOf(run.Steps[0]).Path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the output's file: %v, %v", info.Mode(), err)
	}
	after := s.ledger.State().Runs
	var measured []string
	for _, r := range after {
		if r.After == run.ID {
			measured = append(measured, r.Steps[0].Name, fmt.Sprint(len(r.Steps)))
		}
	}
	if diff := cmp.Diff([]string{"mended", "1"}, measured); diff != "" {
		t.Errorf("measured again (-want +got):\n%s", diff)
	}
}

func TestRunbookFails(t *testing.T) {
	slow := sh("echo begun; sleep 1000")
	slow.Timeout = 50 * time.Millisecond
	elsewhere := sh("true")
	elsewhere.Dir = "/no/such/folder"
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, summary string
		step          runbook.Step
	}{
		{"exit code", "ended with exit code 3", sh("echo oh; exit 3")},
		{"signal", "was ended by signal terminated", sh("kill $$")},
		{"no program", "did not start: there is no program /no/such here; install it, or write its whole path", runbook.Step{Run: []string{"/no/such"}}},
		{"no folder", "did not start: there is no folder /no/such/folder to run sh in", elsewhere},
		{"no interpreter", "did not start: what runs " + script + ", the interpreter that its first line names or its loader, is not installed here", runbook.Step{Run: []string{script}}},
		{"too many arguments", "did not start: the arguments and variables of echo are longer than this machine takes", runbook.Step{Run: []string{"echo", strings.Repeat("a", 1<<20)}}},
		{"an argument that is none", "did not start: an argument or variable of echo has a NUL character in it, which no program can be given", runbook.Step{Run: []string{"echo", "a\x00b"}}},
		{"too long", "did not end within 50ms and was stopped, with all it had started", slow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t, storagetest.NewMemory(), t.TempDir(), tt.step, sh("true"))
			defer s.open()()
			run := s.ended(s.fix("k"))
			if got := run.Steps[0].Evidence; got.Verdict != answer.Failed || got.Summary != tt.summary {
				t.Errorf("got %s, %q, want %q", got.Verdict, got.Summary, tt.summary)
			}
			if !strings.HasSuffix(run.Reason, "” "+tt.summary) || len(run.Reason) > len(tt.summary)+120 {
				t.Errorf("the reason is %q, want a short one that ends in %q", run.Reason, tt.summary)
			}
			if run.Outcome != work.Unsuccessful || !run.Steps[1].Started.IsZero() {
				t.Errorf("ended as %s, and the next step began at %s", run.Outcome, run.Steps[1].Started)
			}
		})
	}
}

func TestRunbookCancel(t *testing.T) {
	s := newShelf(t, storagetest.NewMemory(), t.TempDir(), sh("setsid sleep 1000 & sh -c 'echo $$; exec sleep 1000'"), sh("true"))
	defer s.open()()
	id := s.fix("k")
	if _, err := s.runs.Fix(t.Context(), runs.FixRequest{Key: "k2", Runbook: "book", By: "U2"}); !errors.As(err, &runs.AlreadyRunning{}) {
		t.Errorf("a second start said %v", err)
	}
	pid := number(t, s.printed(id))
	if err := s.runs.Cancel(t.Context(), "c", id, "U2"); err != nil {
		t.Fatal(err)
	}
	run := s.ended(id)
	if run.Outcome != work.Cancelled || run.Steps[0].Evidence.Summary != "was stopped, with all it had started" || !run.Steps[1].Started.IsZero() {
		t.Errorf("got %s and %+v", run.Outcome, run.Steps)
	}
	if runs := carriersOf("runbook/" + id + "/step-1"); alive(pid) || len(runs) > 0 {
		t.Errorf("process %d lives: %t; others: %v", pid, alive(pid), runs)
	}
}

// TestRunbookInterrupted stops gonogo while a step runs, in both ways that a
// person may then decide.
func TestRunbookInterrupted(t *testing.T) {
	for choice, outcome := range map[string]work.Outcome{work.ChooseContinue: work.Completed, work.ChooseAbandon: work.Interrupted} {
		t.Run(choice, func(t *testing.T) {
			log, dir := storagetest.NewMemory(), t.TempDir()
			flag := filepath.Join(dir, "flag")
			step := func() runbook.Step {
				return sh("echo x >> " + flag + "; echo run; test -e " + flag + ".done || sleep 1000")
			}
			s := newShelf(t, log, dir, step())
			stop := s.open()
			id := s.fix("k")
			s.printed(id)
			stop()
			stray := leftBy(t, id)
			if err := os.WriteFile(flag+".done", nil, 0o600); err != nil {
				t.Fatal(err)
			}

			s = newShelf(t, log, dir, step())
			defer s.open()()
			asked := s.await(id, func(r *work.Run) bool { return r.Asked != nil })
			if want := "gonogo was stopped while “sh -c 'echo x"; !strings.HasPrefix(asked.Asked.Why, want) || !strings.HasSuffix(asked.Asked.Why, "what was left of it was ended") {
				t.Errorf("it asks: %s", asked.Asked.Why)
			}
			_ = stray.Wait() // it was ended
			if err := s.runs.Answer(t.Context(), "a", id, choice, "U1"); err != nil {
				t.Fatal(err)
			}
			run := s.ended(id)
			ran, err := os.ReadFile(flag)
			if run.Outcome != outcome || err != nil || (len(ran) == 4) != (choice == work.ChooseContinue) {
				t.Errorf("it ended as %s after running %d times (%v)", run.Outcome, len(ran)/2, err)
			}
			if choice == work.ChooseContinue && s.output(run.Steps[0]) != "run\nrun\n" {
				t.Errorf("its output is %q, want that of both times", s.output(run.Steps[0]))
			}
		})
	}
}

// TestRunbookDies has gonogo die at every append of a runbook, and goes on with
// another that answers to run a step again.
func TestRunbookDies(t *testing.T) {
	whole := storagetest.NewMemory()
	s := newShelf(t, whole, t.TempDir(), sh("echo one"), sh("echo two"))
	stop := s.open()
	s.ended(s.fix("k"))
	stop()
	for n := range len(whole.Records()) {
		log, dir := storagetest.NewMemory(), t.TempDir()
		if _, err := log.Append(t.Context(), storage.Fence{}, whole.Records()[:n]...); err != nil {
			t.Fatal(err)
		}
		s := newShelf(t, log, dir, sh("echo one"), sh("echo two"))
		stop := s.open()
		id := s.fix("k")
		run := s.await(id, func(r *work.Run) bool { return r.Asked != nil || !r.Open() })
		if run.Asked != nil {
			if err := s.runs.Answer(t.Context(), "a", id, work.ChooseContinue, "U1"); err != nil {
				t.Fatal(err)
			}
		}
		run = s.ended(id)
		after := 0
		for _, r := range s.ledger.State().Runs {
			if r.After == id {
				after++
				s.ended(r.ID)
			}
		}
		if run.Outcome != work.Completed || after != 1 {
			t.Errorf("after %d records it ended as %s, measured %d times", n, run.Outcome, after)
		}
		stop()
	}
}

func TestRunbookChanged(t *testing.T) {
	log := storagetest.NewMemory()
	s := newShelf(t, log, t.TempDir(), sh("echo; sleep 1000"))
	book, _ := s.runs.Runbook("book")
	stop := s.open()
	if _, err := s.runs.Fix(t.Context(), runs.FixRequest{Key: "x", Runbook: "book", Digest: "00000000"}); !errors.Is(err, runs.ErrRunbookChanged) {
		t.Errorf("another digest than %s: %v", book.Digest(), err)
	}
	id := s.fix("k")
	s.await(id, func(r *work.Run) bool { return !r.Steps[0].Started.IsZero() })
	stop()
	s = newShelf(t, log, t.TempDir(), sh("rm -rf something"))
	defer s.open()()
	if run := s.ended(id); run.Outcome != work.Interrupted || run.Reason != "its runbook was changed or removed since it began" {
		t.Errorf("got %s, %s", run.Outcome, run.Reason)
	}
}

func TestRunbookPrintsWithoutEnd(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "output", "00000000-step-1.txt")
	if err := errors.Join(os.Mkdir(filepath.Dir(old), 0o700), os.WriteFile(old, nil, 0o600), os.WriteFile(old+".mine", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	s := newShelf(t, storagetest.NewMemory(), dir, sh("head -c 12000000 /dev/zero | tr '\\0' x; echo; echo the end"))
	defer s.open()()
	step := s.ended(s.fix("k")).Steps[0]
	out := s.runs.OutputOf(step)
	info, err := os.Stat(out.Path)
	if err != nil || info.Size() != 10<<20 || out.Bytes != 12000009 || out.Lost != "only its first 10 MiB were kept" {
		t.Errorf("of %d bytes %d were kept (%v), %q", out.Bytes, info.Size(), err, out.Lost)
	}
	if last := step.Evidence.Details; !slices.Contains(last, "the end") || len(strings.Join(last, "")) > 10_000 {
		t.Errorf("its last lines are %.200q", last)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the output of a forgotten run is still there: %v", err)
	}
	if _, err := os.Stat(old + ".mine"); err != nil {
		t.Errorf("a file that is not ours is gone: %v", err)
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// alive reports whether a process is there and no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

func carriersOf(mark string) (pids []string) {
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		if data, err := os.ReadFile(path); err == nil && strings.Contains(string(data), "GONOGO_PROGRAM="+mark+"\x00") {
			pids = append(pids, path)
		}
	}
	return pids
}
