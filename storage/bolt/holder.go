package bolt

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Holder is the process that has the ledger at path locked for writing, and whether it
// is suspended. pid is 0 if there is none or it can't be found out, as on systems
// without Linux's /proc.
func Holder(path string) (pid int, suspended bool) {
	var info syscall.Stat_t
	if syscall.Stat(path, &info) != nil {
		return 0, false
	}
	locks, _ := os.ReadFile("/proc/locks") // without it nothing is found
	for line := range strings.Lines(string(locks)) {
		holder, ok := lockedBy(line, uint64(info.Ino))
		switch {
		case !ok:
		case pid != 0 && holder != pid:
			return 0, false // a file of this number on another disk is locked too
		default:
			pid = holder
		}
	}
	if pid == 0 {
		return 0, false
	}
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	return pid, strings.Contains(string(status), "\nState:\tT")
}

// lockedBy reads a line of /proc/locks, such as "1: FLOCK  ADVISORY  WRITE 8690 fe:00:42 0
// EOF": which process has the file of a number locked for writing. Source: proc_locks(5).
// A process of another PID namespace has no number here.
func lockedBy(line string, inode uint64) (pid int, ok bool) {
	words := strings.Fields(line)
	if len(words) != 8 || words[1] != "FLOCK" || words[3] != "WRITE" || !strings.HasSuffix(words[5], ":"+strconv.FormatUint(inode, 10)) {
		return 0, false
	}
	pid, err := strconv.Atoi(words[4])
	return pid, err == nil && pid > 0
}
