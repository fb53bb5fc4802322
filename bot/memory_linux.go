package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// forgetCode releases the pages of gonogo's own executable that it has read so far,
// most of which only the start needed. The kernel counts them towards the process and
// reads them again from its cache when they are needed (madvise(2), MADV_DONTNEED;
// proc(5), maps). If that fails, nothing is lost.
func forgetCode() {
	path, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) != 6 || fields[5] != path || strings.Contains(fields[1], "w") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err := strconv.ParseUint(from, 16, 64)
		end, fault := strconv.ParseUint(to, 16, 64)
		if err == nil && fault == nil {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(start), uintptr(end-start), syscall.MADV_DONTNEED)
		}
	}
}
