//go:build unix && !linux

package program

import "syscall"

// ownGroup gives a program its own process group. Only Linux can also end it
// when gonogo is killed.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// carriers finds nothing: only Linux shows the environment of processes.
func carriers(string) []int { return nil }
