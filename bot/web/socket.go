package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// longestPath is what fits a Unix socket's address everywhere: 104 bytes on
// BSD and macOS, 108 on Linux (unix(7)), less the closing zero.
const longestPath = 103

// reachable gives the path of a socket in a form that fits its address: as it
// is, or seen from the folder that the process stands in.
func reachable(path string) (string, error) {
	if len(path) <= longestPath {
		return path, nil
	}
	here, err := os.Getwd()
	if err == nil {
		if short, err := filepath.Rel(here, path); err == nil && len(short) <= longestPath {
			return short, nil
		}
	}
	return "", fmt.Errorf("%s is too long for a socket's address, which holds %d bytes; keep the ledger in a folder with a shorter name", path, longestPath)
}

// listenLocal opens the local door. A socket that a killed bot left behind is
// replaced, but only when nobody answers there; what is no socket is left alone.
func listenLocal(path string) (net.Listener, error) {
	address, err := reachable(path)
	if err != nil {
		return nil, err
	}
	l, err := bind(address)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	if info, err := os.Lstat(address); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("%s is there and is no socket; move it away", path)
	}
	if conn, err := net.DialTimeout("unix", address, time.Second); err == nil {
		conn.Close()
		return nil, fmt.Errorf("another gonogo answers at %s; stop it first", path)
	} else if !errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("find out whether anybody answers at %s: %w", path, err)
	}
	if err := os.Remove(address); err != nil {
		return nil, fmt.Errorf("remove the socket that a stopped gonogo left: %w", err)
	}
	return bind(address)
}

// bind listens on a socket that only this user can connect to, from its first
// moment on: Linux takes a socket file's mode from the descriptor that is bound.
// Elsewhere the mode is set right after, before anything is accepted.
func bind(address string) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, conn syscall.RawConn) error {
		return conn.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) })
	}}
	l, err := config.Listen(context.Background(), "unix", address)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(address, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("keep %s to this user: %w", address, err)
	}
	return l, nil
}
