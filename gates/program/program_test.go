package program_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonogo/gates/program"
)

// end is a writer that ends a context at the first word.
type end func()

func (e end) Write(p []byte) (int, error) {
	e()
	return len(p), nil
}

// A program whose context is over before it begins does not begin.
func TestNotStarted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	trace := filepath.Join(t.TempDir(), "trace")
	p := program.New(program.Command{Args: []string{"touch", trace}, Mark: t.Name()}, end(func() {}))
	if err := p.Run(ctx); err == nil || !p.Stopped() {
		t.Errorf("it ran: %v, stopped %t", err, p.Stopped())
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("it has left its trace")
	}
}

// says is a writer that passes on what a program prints first, while it runs.
type says func(text string)

func (s says) Write(p []byte) (int, error) {
	s(string(p))
	return len(p), nil
}

// A program leads a process group of its own: a signal to gonogo's group, such as that of
// Ctrl-C in a terminal, doesn't reach it, and one to its group doesn't reach gonogo.
func TestOwnGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := program.New(program.Command{Args: []string{"sh", "-c", "echo $$; exec sleep 3600"}, Env: program.Environ(nil, os.LookupEnv), Mark: t.Name()}, says(func(text string) {
		defer cancel()
		pid, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			t.Error(err)
			return
		}
		if group, err := syscall.Getpgid(pid); err != nil || group != pid {
			t.Errorf("process %d is in the group %d, %v; want one of its own", pid, group, err)
		}
	}))
	if err := p.Run(ctx); err != nil || !p.Stopped() {
		t.Errorf("it ran: %v, stopped %t", err, p.Stopped())
	}
}

// A program that has ended was not stopped, though its context ends while the
// last of its output is awaited: here a child speaks that outlives it.
func TestEndedAtTheLastMoment(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	child := `while kill -0 "$1" 2>/dev/null; do :; done; sleep 0.1; echo late`
	p := program.New(program.Command{Args: []string{"sh", "-c", `env -i PATH="$PATH" setsid sh -c "$0" - $$ & sleep 0.1`, child},
		Env: program.Environ(nil, os.LookupEnv), Mark: t.Name()}, end(cancel))
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() == nil {
		t.Fatal("the child said nothing; the test sees less than it thinks")
	}
	if p.Stopped() || p.State().ExitCode() != 0 {
		t.Errorf("stopped %t, ended with %s", p.Stopped(), program.Ending(p.State()))
	}
}

// TestEndMarkedCatchesTheRestless leaves strays that never hold still: one
// becomes another program again and again, and has for moments no environment
// to be known by; one lives on in a child each time.
func TestEndMarkedCatchesTheRestless(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows the environment of processes")
	}
	for name, script := range map[string]string{
		"becomes another": "#!/bin/sh\nexec \"$0\"\n",
		"lives on":        "#!/bin/sh\ni=0\nwhile [ $i -lt 50000 ]; do i=$((i+1)); done\n\"$0\" &\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "restless")
			if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			for round := range 20 {
				mark := fmt.Sprint(t.Name(), round)
				left := leave(t, path, mark)
				program.EndMarked(mark)
				if _, err := left.Read(make([]byte, 1)); err != io.EOF {
					t.Fatalf("round %d: something is left: %v", round, err)
				}
			}
		})
	}
}

// leave starts a program with a mark and gives a pipe that ends when nothing
// of it is left: all that it starts holds the other end open.
func leave(t *testing.T, path, mark string) *os.File {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close() })
	stray := exec.Command(path)
	stray.Env = append(os.Environ(), "GONOGO_PROGRAM="+mark)
	stray.ExtraFiles = []*os.File{write}
	if err := stray.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	go func() { _ = stray.Wait() }()
	if err := read.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return read
}
