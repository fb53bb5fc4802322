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

// reachable returns the path of a socket in a form that fits its address: unchanged, or
// relative to the working directory.
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

// listenLocal opens the local listener. It replaces a socket that a killed bot left, if
// nobody answers there; it leaves anything that isn't a socket alone.
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

// socketMode is who may connect to a socket in a folder: this user and, if the folder
// is setgid, so that new files belong to its group, that group. It refuses a folder in
// which others can replace the socket.
func socketMode(folder string) (fs.FileMode, error) {
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return 0, err
	case info.Mode()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0:
		return 0, fmt.Errorf("everybody may replace what is in %s; take that right away: chmod o-w %s", folder, folder)
	case info.Mode()&fs.ModeSetgid != 0:
		return 0o660, nil
	}
	return 0o600, nil
}

// bind listens on a socket that only those whom socketMode names can connect
// to, from its first moment on: Linux takes a socket file's mode from the
// descriptor that is bound. Elsewhere the mode is set right after, before
// anything is accepted.
func bind(address string) (net.Listener, error) {
	mode, err := socketMode(filepath.Dir(address))
	if err != nil {
		return nil, err
	}
	config := net.ListenConfig{Control: func(_, _ string, conn syscall.RawConn) error {
		return conn.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), uint32(mode)) })
	}}
	l, err := config.Listen(context.Background(), "unix", address)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(address, mode); err != nil {
		l.Close()
		return nil, fmt.Errorf("say who may connect to %s: %w", address, err)
	}
	return l, nil
}
