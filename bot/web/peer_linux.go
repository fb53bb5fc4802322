package web

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// peerUID is the user at the other end of a Unix socket when it connected, according to
// the kernel: SO_PEERCRED of unix(7).
func peerUID(conn net.Conn) (uint32, error) {
	local, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, errors.New("not a Unix socket")
	}
	raw, err := local.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("ask who connects: %w", err)
	}
	var found *syscall.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		found, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return 0, fmt.Errorf("ask who connects: %w", err)
	}
	if failed != nil {
		return 0, fmt.Errorf("ask who connects: %w", failed)
	}
	return found.Uid, nil
}
