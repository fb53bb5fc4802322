package program

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownGroup gives a program its own process group, and has the kernel end it
// should gonogo be killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// forbidPrivileges has set-user-ID bits and file capabilities not count for what
// this thread starts from now on, as prctl(2) says of PR_SET_NO_NEW_PRIVS. That
// can't be undone.
func forbidPrivileges() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }

// namespace is that of this process's IDs, as pid_namespaces(7) names it: an ID from
// another one, such as a container's, means nothing here.
func namespace() string {
	name, _ := os.Readlink("/proc/self/ns/pid")
	return name
}

// born is when a process started, in the kernel's units, or "" if there is none with
// that ID.
func born(pid int) string {
	field := status(pid)
	if strings.Contains("ZX", field(statState)) {
		return ""
	}
	return field(statBorn)
}

// search looks for the processes with a mark of a kind in their environment (proc(5)):
// what a program started, also if it has left the program's group.
type search struct {
	is   func(mark string) bool
	dead map[int]bool // processes that had ended before this look
	buf  []byte
}

func newSearch(is func(mark string) bool) *search {
	return &search{is: is, dead: map[int]bool{}, buf: make([]byte, 128<<10)}
}

// look lists the marked processes. If there are none, sure is true only if it caught no
// process at a moment at which its environment can't be read, and none that has ended
// since the list was made: that one may have started another.
func (s *search) look() (carriers []int, sure bool) {
	sure = true
	for _, pid := range processes() {
		environ, err := s.environ(pid)
		switch {
		case errors.Is(err, fs.ErrPermission): // another user's
		case err != nil || len(environ) == 0:
			sure = s.known(pid) && sure
		case slices.ContainsFunc(bytes.Split(environ, []byte{0}), s.marks):
			carriers = append(carriers, pid)
		}
	}
	return carriers, sure && len(carriers) == 0
}

// processes lists the machine's processes, the youngest first if IDs tell: they are the
// most likely to end soon.
func processes() []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	slices.Reverse(pids)
	return pids
}

func file(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }

// environ is the environment of a process, as long as any in practice. It comes
// from one read, since what follows in a second may be another program's.
func (s *search) environ(pid int) ([]byte, error) {
	f, err := os.Open(file(pid, "environ"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := f.Read(s.buf)
	if err == io.EOF {
		err = nil
	}
	return s.buf[:n], err
}

// marks reports whether a variable is a mark that is looked for.
func (s *search) marks(variable []byte) bool {
	mark, ok := bytes.CutPrefix(variable, []byte(markVariable+"="))
	return ok && s.is(string(mark))
}

// The fields of /proc/PID/stat by their numbers in proc_pid_stat(5), and two
// flags of the kernel's include/linux/sched.h.
const (
	statState, statFlags, statBorn, statEnvStart, statEnvEnd = 3, 9, 22, 50, 51

	flagExiting, flagKernelThread = 0x4, 0x200000
)

// status returns the fields of a process's status; all are "" if there is none.
func status(pid int) func(field int) string {
	stat, _ := os.ReadFile(file(pid, "stat"))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // its name may have spaces
	return func(field int) string {
		if field -= statState; field < len(fields) {
			return fields[field]
		}
		return ""
	}
}

// known reports whether a process without environment really has none: it is the
// kernel's, had ended before, or was started so. Otherwise it is just executing another
// program, or is about to end.
func (s *search) known(pid int) bool {
	field := status(pid)
	switch field(statState) {
	case "":
		return false
	case "Z", "X":
		before := s.dead[pid]
		s.dead[pid] = true
		return before
	}
	flags, _ := strconv.ParseUint(field(statFlags), 10, 64)
	startedSo := field(statEnvEnd) != "0" && field(statEnvStart) == field(statEnvEnd)
	return flags&flagKernelThread != 0 || flags&flagExiting == 0 && startedSo
}
