package gatestest

import "syscall"

// endWithUs has the kernel stop a server should the test be killed, or panic
// when its time is up.
func endWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
