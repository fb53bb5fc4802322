//go:build unix && !linux

package gates

import "syscall"

// ownGroup gives a program its own process group, so that it can be ended with
// all it started. Only Linux can also end it when gonogo is killed.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
