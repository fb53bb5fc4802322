package exec

import (
	"os"
	"regexp"
	"testing"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// TestCommandGainsNoPrivileges has programs say whether set-user-ID bits and file
// capabilities still count for them: only where the settings allow it. As often as
// they take turns, one leaves nothing behind for the next.
func TestCommandGainsNoPrivileges(t *testing.T) {
	flag := regexp.MustCompile(`NoNewPrivs:\s*(\d)`)
	status, err := os.ReadFile("/proc/thread-self/status") // the first thread may be one that started a program
	if err != nil {
		t.Fatal(err)
	}
	ours := flag.FindSubmatch(status)
	if ours == nil {
		t.Fatalf("the kernel doesn't tell:\n%s", status)
	}
	report := `run: [grep, NoNewPrivs, /proc/self/status], numbers: {flag: {match: '` + flag.String() + `', limit: "`
	for range 10 {
		for settings, why := range map[string]string{
			"{" + report + `1"}}}`: "by default",
			"{new_privileges: true, " + report + string(ours[1]) + `"}}}`: "with new_privileges",
		} {
			if ev := kindtest.Measured(t, kindtest.Built(t, Command, settings, gates.Deps{}), gates.Scope{}); ev.Verdict != answer.Passed {
				t.Fatalf("%s: %s %v", why, ev.Summary, ev.Details)
			}
		}
	}
}
