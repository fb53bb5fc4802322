package gates

import "syscall"

// ownGroup gives a program its own process group, so that it can be ended with
// all it started, and has the kernel end it should gonogo be killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
