package gatestest

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
)

// Prometheus is a Prometheus that a test starts.
type Prometheus struct {
	Scrapes string // its scrape_configs, as YAML
	Rules   string // its rule groups, as YAML
	Past    string // samples that it has had before, in the format of OpenMetrics
}

// Start starts it, and gives its address. It scrapes and evaluates once a second.
func (p Prometheus) Start(t testing.TB) (address string) {
	t.Helper()
	program := find(t, "prometheus", "/usr/bin/prometheus", "/usr/local/bin/prometheus")
	s := newServer(t)
	data := filepath.Join(s.dir, "data")
	if p.Past != "" {
		promtool := find(t, "prometheus", "/usr/bin/promtool", "/usr/local/bin/promtool")
		s.run(promtool, "tsdb", "create-blocks-from", "openmetrics", s.file("past.txt", p.Past), data)
	}
	s.file("rules.yml", p.Rules)
	config := s.file("prometheus.yml", fmt.Sprintf("global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\nrule_files: [rules.yml]\nscrape_configs: %s\n", p.Scrapes))
	port := s.listen("Server is ready to receive web requests", syscall.SIGTERM, func(port int) []string {
		return []string{program, "--config.file=" + config, "--storage.tsdb.path=" + data, fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port)}
	})
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}
