package upstream

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestSecurityScan looks at the files that each state leaves.
func TestSecurityScan(t *testing.T) {
	p := newPlace(t)
	u := practiceIn(t, p, testReports)
	dir := u.Variables[0].Value
	for _, tt := range []struct {
		state           string
		leaks, failures int
		older           bool
	}{{"clean", 0, 0, false}, {"secret-found", 1, 0, false}, {"tool-failed", 0, 1, false}, {"stale", 0, 0, true}} {
		turn(t, u, "security-scan", tt.state)
		leaks, lint := scanned(t, filepath.Join(dir, secretsName)), scanned(t, filepath.Join(dir, lintName))
		if len(leaks.Results) != tt.leaks || len(lint.Invocations) != tt.failures {
			t.Errorf("%s: %d leaks and %d failures", tt.state, len(leaks.Results), len(lint.Invocations))
		}
		info, err := os.Stat(filepath.Join(dir, secretsName))
		if err != nil || info.ModTime().Before(p.Now().AddDate(0, 0, -20)) != tt.older {
			t.Errorf("%s: written %v (%v)", tt.state, info.ModTime(), err)
		}
	}
	turn(t, u, "security-scan", "not-run")
	if _, err := os.Stat(filepath.Join(dir, secretsName)); err == nil {
		t.Error("there is a report of a scan that was not made")
	}
	// A world that was stopped in the middle of a scan writes its reports again.
	turn(t, u, "security-scan", "clean")
	if err := os.Remove(filepath.Join(dir, lintName)); err != nil {
		t.Fatal(err)
	}
	p.Position = func(string) string { return "clean" }
	practiceIn(t, p, testReports)
	scanned(t, filepath.Join(dir, lintName))
}

// scanned is the run in a report.
func scanned(t *testing.T, file string) sarifRun {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(text, &log); err != nil || len(log.Runs) != 1 {
		t.Fatalf("%s: %v", file, err)
	}
	return log.Runs[0]
}
