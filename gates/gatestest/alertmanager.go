package gatestest

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
)

// Alertmanager starts an Alertmanager with a configuration, and gives its address.
// reconfigure replaces the file; Alertmanager reads it when it is told to.
func Alertmanager(t testing.TB, config string) (address string, reconfigure func(config string)) {
	t.Helper()
	program := find(t, "prometheus-alertmanager", "/usr/bin/prometheus-alertmanager", "/usr/local/bin/alertmanager")
	s := newServer(t)
	file := s.file("alertmanager.yml", config)
	data := filepath.Join(s.dir, "data")
	port := s.listen("Listening on", syscall.SIGTERM, func(port int) []string {
		return []string{program, "--config.file=" + file, "--storage.path=" + data, fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port), "--cluster.listen-address="}
	})
	return fmt.Sprintf("http://127.0.0.1:%d", port), func(config string) { s.file("alertmanager.yml", config) }
}
