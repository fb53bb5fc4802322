// Package program runs other people's programs, for gates and runbooks, and leaves no
// process of theirs behind.
//
// There is no shell: a [Command] names a program and its arguments. The program sees
// only the variables of [Environ]. It runs in its own process group, which is ended as
// a whole: with SIGTERM first, and by force after [Patience]. On Linux, it gains no
// privileges from set-user-ID bits or file capabilities unless its command allows that,
// processes that have left the group are found by a mark in their environment, the
// kernel ends the program itself when gonogo is killed, and [EndMarked] and [EndOrphans]
// end what that left.
package program

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Patience is how long a program that was asked to stop may take.
const Patience = 2 * time.Second

// mostLooks is how often to look for what a program left, if the machine never settles
// because processes come and go; that takes some two seconds.
const mostLooks = 40

// Command is a program to run.
type Command struct {
	Args []string // the program and its arguments
	Dir  string   // working directory; empty: gonogo's
	Env  []string // all its variables, as NAME=value
	Mark string   // identifies it and what it starts; unique on the machine

	// NewPrivileges has set-user-ID and set-group-ID bits and file capabilities
	// count, which sudo and some builds of ping need. Without it they don't, on
	// Linux, for the program and all that it starts.
	NewPrivileges bool
}

// raisers are programs whose purpose is to run others with more privileges.
var raisers = []string{"sudo", "su", "doas", "pkexec", "runuser"}

// NeedsPrivileges reports whether a program, by its name or path, is known to do
// nothing without gaining privileges.
func NeedsPrivileges(name string) bool { return slices.Contains(raisers, filepath.Base(name)) }

// alwaysSeen are the variables that every program needs.
var alwaysSeen = []string{"PATH", "HOME", "LANG"}

// Environ is a program's environment: PATH, HOME and LANG, and the named variables that
// are set.
func Environ(names []string, lookup func(string) (string, bool)) []string {
	env := []string{}
	for _, name := range slices.Concat(alwaysSeen, names) {
		if value, ok := lookup(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// markVariable is the variable in which programs carry their marks.
const markVariable = "GONOGO_PROGRAM"

// Program is a command about to run.
type Program struct {
	cmd     *exec.Cmd
	output  io.Writer
	mark    string
	setuid  bool // it may gain privileges
	stopped bool
}

// New prepares a program, whose output, of both kinds, goes to a writer.
func New(c Command, output io.Writer) *Program {
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = c.Dir, append(slices.Clone(c.Env), markVariable+"="+c.Mark), ownGroup()
	return &Program{cmd: cmd, output: output, mark: c.Mark, setuid: c.NewPrivileges}
}

// State is how the program ended; nil before it has.
func (p *Program) State() *os.ProcessState { return p.cmd.ProcessState }

// Stopped reports whether the program was stopped, or not even started, because
// its context ended. One that ended by itself at the last moment was not.
func (p *Program) Stopped() bool { return p.stopped }

// Run runs the program to its end or, when ctx ends first, to the end it is
// then brought to. The error is nil once it has run, however that went.
//
// Its output goes through a pipe of our own, so that something it started and
// that holds the pipe open does not hold gonogo up.
func (p *Program) Run(ctx context.Context) error {
	if p.stopped = ctx.Err() != nil; p.stopped {
		return ctx.Err()
	}
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
		_, _ = io.Copy(p.output, read) // a writer that is full loses the rest
		_, _ = io.Copy(io.Discard, read)
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

// errPrivileges says that a program wasn't started, since nothing would have kept
// it from gaining privileges.
var errPrivileges = errors.New("the kernel can't keep it from gaining privileges; set new_privileges: true if it may gain them")

// start starts the program; exited reports its end. The kernel ends it if the thread
// that started it dies (prctl(2), PR_SET_PDEATHSIG), so that thread is kept. A thread
// that forbids privileges can't allow them again, so it does nothing else: it stays
// locked, and ends with the goroutine.
func (p *Program) start() (exited chan error, err error) {
	started := make(chan error)
	exited = make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if p.setuid {
			defer runtime.UnlockOSThread()
		} else if err := forbidPrivileges(); err != nil {
			started <- fmt.Errorf("%w: %w", errPrivileges, err)
			return
		}
		err := p.cmd.Start()
		started <- err
		if err == nil {
			exited <- p.cmd.Wait()
		}
	}()
	return exited, <-started
}

// stop asks the process group to stop and, if that does not help, ends it.
func (p *Program) stop(exited <-chan error) error {
	select {
	case err := <-exited:
		return err
	default:
		p.stopped = true
	}
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case err := <-exited:
		return err
	case <-timer.C:
	}
	p.signal(syscall.SIGKILL)
	return <-exited
}

func (p *Program) signal(s syscall.Signal) {
	_ = syscall.Kill(-p.cmd.Process.Pid, s) // no process left to signal is fine too
}

// endRest ends the processes that the program left running.
func (p *Program) endRest() {
	p.signal(syscall.SIGKILL)
	EndMarked(p.mark)
}

// EndMarked ends what programs of a mark have left running, such as those of a
// gonogo that was killed, and says how many processes that were.
func EndMarked(mark string) int {
	return endCarriers(func(other string) bool { return other == mark })
}

// ownMark begins the marks of Own.
const ownMark = "own"

// Own is a new mark, which names this process: [EndOrphans] of a later gonogo
// knows by it what this one has left, should it be killed.
func Own() string {
	return strings.Join([]string{ownMark, namespace(), strconv.Itoa(os.Getpid()), born(os.Getpid()), rand.Text()}, "/")
}

// EndOrphans ends processes with marks of [Own] that a gonogo which has ended left
// running, and returns how many there were.
func EndOrphans() int { return endCarriers(orphaned) }

func orphaned(mark string) bool {
	parts := strings.Split(mark, "/")
	if len(parts) != 5 || parts[0] != ownMark || parts[1] != namespace() {
		return false
	}
	pid, err := strconv.Atoi(parts[2])
	return err == nil && parts[3] != born(pid)
}

// endCarriers ends the processes with such a mark. They may be starting others and take
// a moment to die, so it looks again until it is sure that none is left, at most
// [mostLooks] times.
func endCarriers(such func(mark string) bool) int {
	ended := map[int]bool{}
	search := newSearch(such)
	for look := range mostLooks {
		strays, sure := search.look()
		for _, pid := range strays {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			ended[pid] = true
		}
		if sure {
			break
		}
		time.Sleep(min(time.Millisecond<<look, 64*time.Millisecond))
	}
	return len(ended)
}

// endCopying waits for the last of the output, but not for somebody who keeps
// the pipe open.
func (p *Program) endCopying(read *os.File, copied <-chan struct{}) {
	timer := time.AfterFunc(Patience/4, func() { _ = read.SetReadDeadline(time.Unix(1, 0)) })
	defer timer.Stop()
	<-copied
}

// Missing says why a program could not be started in a folder, or "".
func Missing(name, dir string) string {
	if info, err := os.Stat(dir); dir != "" && (err != nil || !info.IsDir()) {
		return Unstartable(fs.ErrNotExist, name, dir)
	}
	if _, err := exec.LookPath(located(name, dir)); err != nil {
		return Unstartable(err, name, dir)
	}
	return ""
}

// located is where a program is looked for: in its folder if its name has one,
// otherwise on the PATH.
func located(name, dir string) string {
	if strings.ContainsRune(name, filepath.Separator) && !filepath.IsAbs(name) {
		return filepath.Join(dir, name)
	}
	return name
}

// Unstartable says why a program could not be started.
func Unstartable(err error, name, dir string) string {
	if info, dirErr := os.Stat(dir); dir != "" && (dirErr != nil || !info.IsDir()) {
		return fmt.Sprintf("there is no folder %s to run %s in", dir, name)
	}
	_, absent := exec.LookPath(located(name, dir))
	switch {
	case errors.Is(err, errPrivileges):
		return name + " was not started: " + errPrivileges.Error()
	case errors.Is(err, fs.ErrNotExist) && absent == nil:
		return fmt.Sprintf("what runs %s, the interpreter that its first line names or its loader, is not installed here", name)
	case errors.Is(err, syscall.E2BIG):
		return fmt.Sprintf("the arguments and variables of %s are longer than this machine takes", name)
	case errors.Is(err, syscall.EINVAL):
		return fmt.Sprintf("an argument or variable of %s has a NUL character in it, which no program can be given", name)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrDot):
		return fmt.Sprintf("there is no program %s here; install it, or write its whole path", name)
	case errors.Is(err, fs.ErrPermission):
		return name + " may not be run by this user"
	case errors.Is(err, syscall.ENOEXEC):
		return name + " can't be run on this machine"
	}
	return name + " could not be started; the machine may be out of memory or of processes"
}

// Ending says how a program ended: its exit code, or the signal that ended it.
func Ending(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "signal " + status.Signal().String()
	}
	return fmt.Sprint(state.ExitCode())
}
