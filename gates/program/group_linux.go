package program

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// ownGroup gives a program its own process group, and has the kernel end it
// should gonogo be killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// carriers lists the processes that carry a mark in their environment, as
// proc(5) shows it: what a program started and what has since left its group.
func carriers(mark string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		environ, err := os.ReadFile("/proc/" + entry.Name() + "/environ") // not readable: another user's
		if err == nil && slices.Contains(strings.Split(string(environ), "\x00"), mark) {
			pids = append(pids, pid)
		}
	}
	return pids
}
