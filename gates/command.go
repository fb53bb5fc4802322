package gates

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"gonogo/readiness"
)

var commandKind = Kind{
	Name: "command", About: "a program's exit code, and numbers picked from its output",
	Example: `run: [sh, -c, "echo coverage: 83.5"]
timeout: 1m
numbers: { coverage: { match: 'coverage: ([0-9.]+)', limit: ">= 80" } }`,
	New: newCommand,
}

// commandSettings are the settings of kind command.
type commandSettings struct {
	Run     []string                 `yaml:"run"` // program and arguments; no shell
	Dir     string                   `yaml:"dir"`
	Env     []string                 `yaml:"env"`     // names of variables that the program may see, besides PATH, HOME and LANG
	Timeout Duration                 `yaml:"timeout"` // 1m unless said otherwise
	Exit    int                      `yaml:"exit"`    // expected exit code
	Numbers map[string]commandNumber `yaml:"numbers"`
}

// commandNumber picks a number from the output.
type commandNumber struct {
	Match string `yaml:"match"` // regular expression with one group, the number; its last match counts
	Limit Limit  `yaml:"limit"`
}

const (
	maxOutput = 1 << 20         // bytes of output that are kept, the last ones
	tailLines = 20              // of the output that evidence shows
	patience  = 2 * time.Second // between asking a program to stop and ending it
)

type commandGate struct {
	settings commandSettings
	patterns map[string]*regexp.Regexp
	dir      string
	environ  func(string) (string, bool)
}

func newCommand(decode func(any) error, around Surroundings) (Built, error) {
	s := commandSettings{Timeout: Duration(time.Minute)}
	if err := decode(&s); err != nil {
		return Built{}, err
	}
	var faults Faults
	if len(s.Run) == 0 || s.Run[0] == "" {
		faults = append(faults, Fault{"run", "run is missing; it is a list: the program, then its arguments"})
	}
	if s.Timeout <= 0 {
		faults = append(faults, Fault{"timeout", "timeout is a time above zero"})
	}
	patterns := map[string]*regexp.Regexp{}
	for name, n := range s.Numbers {
		pattern, err := regexp.Compile(n.Match)
		if err != nil || pattern.NumSubexp() != 1 {
			faults = append(faults, Fault{"numbers." + name + ".match", "match is no regular expression with exactly one group, such as total: ([0-9.]+)"})
		}
		patterns[name] = pattern
	}
	if len(faults) > 0 {
		return Built{}, faults
	}
	environ := around.Environ
	if environ == nil {
		environ = os.LookupEnv
	}
	g := &commandGate{settings: s, patterns: patterns, dir: cmp.Or(s.Dir, around.Dir), environ: environ}
	return Built{Gate: g, Settings: settingsHash("command", s), Secrets: g.secrets()}, nil
}

// secrets are the values of the variables that the program may see.
func (g *commandGate) secrets() []string {
	var secrets []string
	for _, name := range g.settings.Env {
		if value, ok := g.environ(name); ok && len(value) >= 4 {
			secrets = append(secrets, value)
		}
	}
	return secrets
}

// Deadline implements [Unhurried].
func (g *commandGate) Deadline() time.Duration {
	return time.Duration(g.settings.Timeout) + patience + time.Second
}

// Check implements [Gate]. The program gets a process group of its own, which
// is ended as a whole, so that nothing it started outlives the gate.
func (g *commandGate) Check(ctx context.Context, _ Scope) readiness.Evidence {
	within, cancel := context.WithTimeout(ctx, time.Duration(g.settings.Timeout))
	defer cancel()
	output := &tail{limit: maxOutput}
	cmd := exec.Command(g.settings.Run[0], g.settings.Run[1:]...)
	cmd.Dir, cmd.Env = g.dir, g.environment()
	cmd.SysProcAttr = ownGroup()
	err := runGroup(within, cmd, output)
	switch {
	case ctx.Err() != nil:
		return withTail(errored("cut off before it had ended"), output)
	case within.Err() != nil:
		return withTail(errored("did not end within %s; it was stopped, with all it had started", readiness.Span(time.Duration(g.settings.Timeout))), output)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return errored("there is no program %s here; install it, or name it by its whole path", g.settings.Run[0])
	case errors.Is(err, os.ErrPermission):
		return errored("%s may not be run by this user", g.settings.Run[0])
	}
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return errored("%s could not be run", g.settings.Run[0])
	}
	return withTail(g.judge(cmd.ProcessState, output.text()), output)
}

func (g *commandGate) environment() []string {
	var env []string
	for _, name := range slices.Concat([]string{"PATH", "HOME", "LANG"}, g.settings.Env) {
		if value, ok := g.environ(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// runGroup runs a command and, when ctx ends first, ends its whole process
// group: asked to stop, then made to. Pipes that a straggler holds open do not
// hold it up, since the output goes through a pipe of our own.
func runGroup(ctx context.Context, cmd *exec.Cmd, output *tail) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = write, write
	exited, err := start(cmd)
	write.Close()
	if err != nil {
		read.Close()
		return err
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = output.ReadFrom(read)
	}()
	select {
	case err = <-exited:
	case <-ctx.Done():
		err = stopGroup(cmd.Process.Pid, exited)
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // whatever it left running
	drain := time.AfterFunc(patience, func() { read.Close() })
	<-copied
	drain.Stop()
	read.Close()
	return err
}

// start starts a program and tells when it has ended. The goroutine keeps its
// thread all the while: the kernel binds the program's death signal to the
// thread that started it (prctl(2), PR_SET_PDEATHSIG), not to the process.
func start(cmd *exec.Cmd) (<-chan error, error) {
	started, exited := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			exited <- cmd.Wait()
		}
	}()
	return exited, <-started
}

// stopGroup asks a process group to stop and, if it does not, ends it.
func stopGroup(pid int, exited <-chan error) error {
	_ = syscall.Kill(-pid, syscall.SIGTERM)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-exited:
		return err
	case <-timer.C:
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	return <-exited
}

func (g *commandGate) judge(ended *os.ProcessState, output string) readiness.Evidence {
	measures := []readiness.Measure{{Name: "exit code", Value: strconv.Itoa(ended.ExitCode()), Limit: strconv.Itoa(g.settings.Exit), OK: ended.ExitCode() == g.settings.Exit}}
	for _, name := range slices.Sorted(mapKeys(g.settings.Numbers)) {
		found := g.patterns[name].FindAllStringSubmatch(output, -1)
		if len(found) == 0 {
			ev := judged(measures, "")
			if ev.Verdict == readiness.Passed {
				ev = errored("the output has no %s; look at it below", name)
				ev.Measures = measures
			}
			return ev
		}
		text := found[len(found)-1][1]
		value, err := strconv.ParseFloat(text, 64)
		l := g.settings.Numbers[name].Limit
		measures = append(measures, readiness.Measure{Name: name, Value: short(text), Limit: l.Text, OK: err == nil && (!l.Set() || l.Number(value))})
	}
	return judged(measures, fmt.Sprintf("ended with exit code %d", ended.ExitCode()))
}

// withTail adds the last lines of the output.
func withTail(ev readiness.Evidence, output *tail) readiness.Evidence {
	lines := strings.Split(strings.TrimRight(output.text(), "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	ev.Details = lines[max(0, len(lines)-tailLines):]
	return ev
}

// tail keeps the last bytes of what is written to it.
type tail struct {
	mu    sync.Mutex // the program's output arrives while evidence is made
	limit int
	buf   []byte
}

// ReadFrom keeps the end of what r gives.
func (t *tail) ReadFrom(r interface{ Read([]byte) (int, error) }) (int64, error) {
	var total int64
	chunk := make([]byte, 32<<10)
	for {
		n, err := r.Read(chunk)
		t.keep(chunk[:n])
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
}

func (t *tail) keep(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.ToValidUTF8(t.buf, []byte("?")))
}
