package exec

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/gates/program"
	"gonogo/readiness/answer"
)

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"forbidden": 0o600, "nonsense": 0o700} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("\x00\x01"), mode); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, settings string
		verdict        answer.Verdict
		words          []string
	}{
		{"ends well", `run: ["true"]`, answer.Passed, []string{"ended with exit code 0"}},
		{"ends badly", `run: ["false"]`, answer.Failed, []string{"exit code is 1, limit 0"}},
		{"ends as it should", `{run: [sh, -c, exit 3], exit: 3}`, answer.Passed, []string{"exit code 3"}},
		{"is ended", `run: [sh, -c, "kill -TERM $$"]`, answer.Failed, []string{"exit code is signal terminated, limit 0"}},
		{"no shell", `run: [test, "$HOME", "=", "$HO*E"]`, answer.Failed, []string{"exit code is 1"}},
		{"what it says of the release", `run: [test, "{release.version}", "=", "19.0.1"]`, answer.Passed, nil},
		{"what it cannot say", `run: [echo, "{release.commit}"]`, answer.Errored, []string{"{release.commit} is not known here"}},
		{"no program", `run: [no-such-program]`, answer.Errored, []string{"there is no program no-such-program here"}},
		{"no program at a path", `run: [./no/such]`, answer.Errored, []string{"there is no program ./no/such here"}},
		{"no right to it", `run: [./forbidden]`, answer.Errored, []string{"./forbidden may not be run by this user"}},
		{"no program of this machine", `run: [./nonsense]`, answer.Errored, []string{"./nonsense can't be run on this machine"}},
		{"no folder", `{run: ["true"], dir: nowhere}`, answer.Errored, []string{"there is no folder", "nowhere to run true in"}},
		{"too slow", `{run: [sleep, "3600"], timeout: 100ms}`, answer.Errored, []string{"sleep did not end within 100ms", "with all it had started"}},
		{"a number", `{run: [sh, -c, "echo total: 5; echo total: 83.5"], numbers: {total: {match: 'total: (\S+)', limit: ">= 80%"}}}`, answer.Passed, nil},
		{"a number over its limit", `{run: [echo, "took 2.5s"], numbers: {time: {match: 'took (\S+)', limit: "< 2s"}}}`, answer.Failed, []string{"time is 2.5s, limit < 2s"}},
		{"no such number", `{run: [echo, "none"], numbers: {total: {match: 'total: (\d+)', limit: "0"}}}`, answer.Errored, []string{"its output shows no number for total; see whether match fits the lines below"}},
		{"no number there", `{run: [echo, "total: many"], numbers: {total: {match: 'total: (\S+)', limit: "0"}}}`, answer.Errored, []string{`"many" for total`}},
		{"a number in colour", `{run: [printf, 'failed: \033[1m12\033[0m\n'], numbers: {failed: {match: 'failed:\D*(\d+)', limit: "< 5"}}}`, answer.Failed, []string{"failed is 12, limit < 5"}},
		{"a number within colours", `{run: [printf, 'coverage: \033[32m83.5\033[39m%%\n'], numbers: {coverage: {match: 'coverage: ([0-9.]+)%', limit: ">= 80%"}}}`, answer.Passed, nil},
		{"a line that is rewritten", `{run: [printf, '10\r50\r100\n'], numbers: {done: {match: '^(\d+)', limit: "100"}}}`, answer.Passed, nil},
		{"a number that is rubbed out", `{run: [printf, 'failed: 1\b2\n'], numbers: {failed: {match: 'failed: (\d+)', limit: "< 2"}}}`, answer.Failed, []string{"failed is 2"}},
		{"no number but NaN", `{run: [echo, "ratio: NaN"], numbers: {ratio: {match: 'ratio: (\S+)', limit: "!= 0"}}}`, answer.Errored, []string{`its output shows "NaN" for ratio, which can't be compared with a limit; see whether match fits`}},
		{"no number but Infinity", `{run: [echo, "cover: Infinity%"], numbers: {cover: {match: 'cover: (\S+)', limit: ">= 80%"}}}`, answer.Errored, []string{`"Infinity%" for cover`}},
		{"no number since it failed", `{run: ["false"], numbers: {total: {match: 'total: (\d+)', limit: "0"}}}`, answer.Failed, []string{"exit code is 1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ev := kindtest.Measured(t, kindtest.Built(t, Command, test.settings, gates.Deps{Dir: dir}), gates.Scope{Release: "19.0.1"})
			if said := kindtest.Odd(ev, test.verdict, test.words...); said != "" {
				t.Errorf("%s\n%s", said, strings.Join(ev.Details, "\n"))
			}
		})
	}
}

func TestCommandSeesFewVariables(t *testing.T) {
	deps := gates.Deps{Environ: func(name string) (string, bool) {
		values := map[string]string{"PATH": os.Getenv("PATH"), "HOME": "/home", "LANG": "C", "WANTED": "sesame", "OTHER": "other"}
		value, ok := values[name]
		return value, ok
	}}
	ev := kindtest.Measured(t, kindtest.Built(t, Command, `{run: [sh, -c, "env | cut -d= -f1 | sort; echo $WANTED"], env: [WANTED, UNSET]}`, deps), gates.Scope{})
	want := []string{"GONOGO_PROGRAM", "HOME", "LANG", "PATH", "PWD", "WANTED", "[redacted]"}
	if diff := cmp.Diff(want, ev.Details); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
}

func TestCommandOutput(t *testing.T) {
	ev := kindtest.Measured(t, kindtest.Built(t, Command, `run: [sh, -c, 'seq 1 200000; printf "\n\033[31mred\r\n\377\n"; echo last >&2']`, gates.Deps{}), gates.Scope{})
	if n := len(ev.Details); n != tailLines {
		t.Fatalf("got %d lines", n)
	}
	want := []string{"199999", "200000", "red", "?", "last"}
	if diff := cmp.Diff(want, ev.Details[tailLines-5:]); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
}

// TestCommandCutsASecret has more printed than is kept, in one line, so that
// what is kept begins within a secret.
func TestCommandCutsASecret(t *testing.T) {
	environ := func(name string) (string, bool) {
		return map[string]string{"PATH": os.Getenv("PATH"), "SECRET": "onkel-und-tante-und-neffe"}[name], name == "PATH" || name == "SECRET"
	}
	ev := kindtest.Measured(t, kindtest.Built(t, Command, `{run: [sh, -c, 'yes "$SECRET" | head -n 20001 | tr -d "\n"; exit 1'], env: [SECRET]}`, gates.Deps{Environ: environ}), gates.Scope{})
	if len(ev.Details) != 1 || !strings.HasPrefix(ev.Details[0], "[redacted][redacted]") {
		t.Errorf("got %q", ev.Details)
	}
}

// TestCommandLeavesNothing starts processes that do all they can to stay: they
// ignore the request to stop, fork, leave the group, and hold the output open.
func TestCommandLeavesNothing(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("install util-linux to run this test: apt-get install util-linux")
	}
	stubborn := `trap "" TERM; echo $$ >> pids; (trap "" TERM; sh -c 'echo $$ >> pids; exec sleep 3600') & setsid sh -c 'echo $$ >> pids; exec sleep 3600' & `
	// The pipe tells the test that all three are there.
	ready := `while [ $(wc -l < pids) -lt 3 ]; do :; done; echo > ready; `
	for name, end := range map[string]string{"when it is called off": "sleep 3600", "when it has ended": "exit 0"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := syscall.Mkfifo(filepath.Join(dir, "ready"), 0o600); err != nil {
				t.Fatal(err)
			}
			b := kindtest.Built(t, Command, `{run: [sh, -c, `+strconv.Quote(stubborn+ready+end)+`], timeout: 1h}`, gates.Deps{Dir: dir})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			answered := make(chan answer.Evidence)
			go func() { answered <- b.Gate.Check(ctx, gates.Scope{}) }()
			if _, err := os.ReadFile(filepath.Join(dir, "ready")); err != nil {
				t.Fatal(err)
			}
			if end != "exit 0" {
				cancel()
			}
			<-answered
			written, err := os.ReadFile(filepath.Join(dir, "pids"))
			pids := strings.Fields(string(written))
			if err != nil || len(pids) != 3 {
				t.Fatalf("started %q, %v", pids, err)
			}
			for _, text := range pids {
				if pid, _ := strconv.Atoi(text); running(pid) {
					t.Errorf("process %d is still running", pid)
				}
			}
		})
	}
}

// TestCommandDiesWithUs kills a gonogo, as kill -9 does, while a command runs.
func TestCommandDiesWithUs(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a program for a gonogo that was killed")
	}
	pid := killedWith(t, "a test", "echo $$; exec sleep 3600")
	for pid > 0 && running(pid) { // the test's own time-out ends a wait in vain
	}
}

// TestCommandOrphans kills a gonogo while what its command started, and what has
// left the command's group, runs. The next gonogo ends that, and nothing of its
// own or of one that lives.
func TestCommandOrphans(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows the environment of processes")
	}
	ours := exec.Command("sleep", "3600")
	ours.Env = append(os.Environ(), "GONOGO_PROGRAM="+program.Own())
	if err := ours.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ours.Wait() }()
	defer func() { _ = ours.Process.Kill() }()
	pid := killedWith(t, "", "setsid sh -c 'echo $$; exec sleep 3600' & wait")
	program.EndOrphans()
	if running(pid) {
		t.Errorf("process %d of a killed gonogo runs on", pid)
	}
	if !running(ours.Process.Pid) {
		t.Error("a process of a gonogo that lives was ended")
	}
}

// killedWith kills a gonogo that runs a command, and gives the process that the
// command told of first. Without a mark the command gets one of gonogo's own,
// which any gonogo that starts meanwhile may end too.
func killedWith(t *testing.T, mark, command string) int {
	t.Helper()
	gonogo := exec.Command(os.Args[0])
	gonogo.Env = append(os.Environ(), "GATES_TEST_COMMAND="+command, "GATES_TEST_MARK="+mark)
	told, err := gonogo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gonogo.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(told).ReadString('\n')
	pid, notNumber := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || notNumber != nil || !running(pid) {
		t.Errorf("no command runs: %q %v", line, err)
	}
	if err := gonogo.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = gonogo.Wait()
	return pid
}

// runUntilKilled is the gonogo of killedWith: it runs a command and tells its
// process.
func runUntilKilled(script string) {
	mark := os.Getenv("GATES_TEST_MARK")
	if mark == "" {
		mark = program.Own()
	}
	p := program.New(program.Command{Args: []string{"sh", "-c", script}, Env: os.Environ(), Mark: mark}, os.Stdout)
	_ = p.Run(context.Background())
}

// running reports whether a process runs; one that was killed and that nobody
// has asked about yet does not.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

func TestCommandFaults(t *testing.T) {
	tests := []struct{ settings, field string }{
		{`{}`, "run"},
		{`run: [""]`, "run"},
		{`{run: [x], timeout: 0s}`, "timeout"},
		{`{run: [x], env: [A, "B=c"]}`, "env.[1]"},
		{`{run: [x], numbers: {n: {match: "(", limit: "0"}}}`, "numbers.n.match"},
		{`{run: [x], numbers: {n: {match: "no group", limit: "0"}}}`, "numbers.n.match"},
		{`{run: [x], numbers: {n: {match: "(.)", limit: "P95 < 5"}}}`, "numbers.n.limit"},
	}
	for _, test := range tests {
		_, err := kindtest.Build(Command, test.settings, gates.Deps{})
		if faults, _ := err.(gates.Faults); len(faults) != 1 || faults[0].Field != test.field {
			t.Errorf("%s: got %#v, want one at %s", test.settings, err, test.field)
		}
	}
}
