package runs_test

import (
	"os"
	"strings"
	"testing"

	"gonogo/readiness/work"
	"gonogo/runs/runbook"
	"gonogo/storage/storagetest"
)

// TestRunbookGainsNoPrivileges has the programs of a runbook say whether
// set-user-ID bits and file capabilities still count for them.
func TestRunbookGainsNoPrivileges(t *testing.T) {
	status, err := os.ReadFile("/proc/thread-self/status") // the first thread may be one that started a program
	if err != nil {
		t.Fatal(err)
	}
	ours := "NoNewPrivs:\t0"
	if strings.Contains(string(status), "NoNewPrivs:\t1") {
		ours = "NoNewPrivs:\t1"
	}
	ask := func(want string) []string { return []string{"grep", want, "/proc/self/status"} }
	s := newShelf(t, storagetest.NewMemory(), t.TempDir(), runbook.Step{Run: ask("NoNewPrivs:\t1")}, runbook.Step{Run: ask(ours), NewPrivileges: true})
	defer s.open()()
	run := s.await(s.fix("1"), func(run *work.Run) bool { return run != nil && !run.Open() })
	if run.Outcome != work.Completed {
		t.Errorf("it ended %s: %+v", run.Outcome, run.Steps)
	}
}
