package postgres

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// thisProcess names this process so that another one on this machine can tell whether it
// still runs: by the machine's boot, the PID namespace and the number. It is "" where that
// isn't known, as on systems without Linux's /proc.
func thisProcess() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace + " " + strconv.Itoa(os.Getpid())
}

// ended reports whether a process that thisProcess named is known to have ended.
func ended(process string) bool {
	mine := thisProcess()
	where, number, named := cutLast(process)
	here, _, known := cutLast(mine)
	pid, err := strconv.Atoi(number)
	if !named || !known || where != here || err != nil || pid <= 0 {
		return false
	}
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func cutLast(name string) (before, after string, ok bool) {
	i := strings.LastIndexByte(name, ' ')
	if i < 0 {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}
