package gates

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// program is a program that runs for a gate and leaves nothing behind: it gets
// a process group of its own, which is ended as a whole. What has left the
// group is known by a mark in its environment, on Linux.
type program struct {
	cmd    *exec.Cmd
	output *tail
	mark   string
}

func newProgram(cmd *exec.Cmd) *program {
	mark := "GONOGO_GATE=" + rand.Text()
	cmd.Env = append(cmd.Env, mark)
	cmd.SysProcAttr = ownGroup()
	return &program{cmd, &tail{limit: keptOutput}, mark}
}

// run runs the program to its end or, when ctx ends first, to the end it is
// then brought to. The error is nil once it has run, however that went.
//
// Its output goes through a pipe of our own, so that something it started and
// that holds the pipe open does not hold up the gate.
func (p *program) run(ctx context.Context) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	p.cmd.Stdout, p.cmd.Stderr = write, write
	exited, err := p.start()
	write.Close()
	if err != nil {
		return err
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		p.output.readFrom(read)
	}()
	select {
	case err = <-exited:
	case <-ctx.Done():
		err = p.stop(exited)
	}
	p.endRest()
	p.endCopying(read, copied)
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return nil
	}
	return err
}

// start starts the program and tells when it has ended. The kernel ends it
// should the thread that started it die (prctl(2), PR_SET_PDEATHSIG), so that
// thread is kept for it.
func (p *program) start() (exited chan error, err error) {
	started := make(chan error)
	exited = make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			exited <- p.cmd.Wait()
		}
	}()
	return exited, <-started
}

// stop asks the process group to stop and, if that does not help, ends it.
func (p *program) stop(exited <-chan error) error {
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-exited:
		return err
	case <-timer.C:
	}
	p.signal(syscall.SIGKILL)
	return <-exited
}

func (p *program) signal(s syscall.Signal) {
	_ = syscall.Kill(-p.cmd.Process.Pid, s) // nobody left to signal is as good
}

// endRest ends what the program has left running. What is found may just be
// starting others and takes a moment to die, so it looks again until it finds
// nothing, for a second at most.
func (p *program) endRest() {
	p.signal(syscall.SIGKILL)
	for round := range 10 {
		strays := carriers(p.mark)
		for _, pid := range strays {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if len(strays) == 0 {
			return
		}
		time.Sleep(time.Millisecond << round)
	}
}

// endCopying waits for the last of the output, but not for somebody who keeps
// the pipe open.
func (p *program) endCopying(read *os.File, copied <-chan struct{}) {
	timer := time.AfterFunc(patience/4, func() { _ = read.SetReadDeadline(time.Unix(1, 0)) })
	defer timer.Stop()
	<-copied
}

// tail keeps the last bytes of a program's output.
type tail struct {
	limit int

	mu  sync.Mutex
	buf []byte
}

func (t *tail) readFrom(r *os.File) {
	chunk := make([]byte, 16<<10)
	for {
		n, err := r.Read(chunk)
		t.keep(chunk[:n])
		if err != nil {
			return
		}
	}
}

func (t *tail) keep(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buf = append(t.buf, p...); len(t.buf) > 2*t.limit {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-t.limit:]...)
	}
}

// String is the end of the output.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.buf[max(0, len(t.buf)-t.limit):]), "?")
}

// lastLines are the last lines that say something.
func (t *tail) lastLines(n int) []string {
	lines := strings.Split(t.String(), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	return lines[max(0, len(lines)-n):]
}
