package prometheus

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRealPrometheus asks a real server, to check the stored envelopes.
func TestRealPrometheus(t *testing.T) {
	const two = `label_replace(vector(1), "pod", "a", "", "") or label_replace(vector(2), "pod", "b", "", "")`
	c := client(t, realPrometheus(t))
	now := time.Now()
	for _, tt := range []struct {
		query string
		want  Reading
		kind  string
		words string
	}{
		{query: "vector(0.25)", want: Reading{0.25, true}},
		{query: "1 / 8", want: Reading{0.125, true}},
		{query: "time()", want: Reading{float64(now.UnixMilli()) / 1000, true}},
		{query: "vector(1) / 0", kind: "inconclusive", words: "+Inf"},
		{query: "vector(0) / 0"},
		{query: "absent(vector(1))"},
		{query: "sum(" + two + ")", want: Reading{3, true}},
		{query: two, kind: "inconclusive", words: "2 series"},
		{query: "vector(1)[5m:1m]", kind: "inconclusive", words: "a matrix"},
		{query: `"text"`, kind: "inconclusive", words: "a string"},
		{query: "sum(", kind: "bad query", words: "parse error"},
		{query: `label_replace(vector(1), "not-a-label", "x", "", "")`, kind: "bad query", words: "not-a-label"},
	} {
		got, err := c.Value(t.Context(), tt.query, now)
		switch {
		case tt.kind == "" && err != nil, got != tt.want:
			t.Errorf("%s: got %+v, %v, want %+v", tt.query, got, err, tt.want)
		case tt.kind != "" && (kind(err) != tt.kind || !strings.Contains(err.Error(), tt.words)):
			t.Errorf("%s: got %v, want %s with %q", tt.query, err, tt.kind, tt.words)
		}
	}
}

// listening is how Prometheus logs its address.
var listening = regexp.MustCompile(`msg="Listening on" address="?([^\s"]+)`)

// realPrometheus starts a Prometheus that scrapes nothing, and returns its address when
// it is ready.
func realPrometheus(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip("install Prometheus to run this test: make tools")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+dir, "--web.listen-address=127.0.0.1:0")
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ready, over := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(over)
		readLog(bufio.NewScanner(log), ready)
		_ = server.Wait() // it was killed
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may have ended already
		<-over
	})
	address, ok := <-ready
	if !ok {
		t.Fatal("Prometheus ended before it was ready")
	}
	return "http://" + address
}

// readLog sends the address once the server is ready, and reads on so that the server
// can write.
func readLog(lines *bufio.Scanner, ready chan<- string) {
	defer close(ready)
	address, serving, told := "", false, false
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			address = found[1]
		}
		serving = serving || strings.Contains(lines.Text(), "Server is ready to receive web requests")
		if serving && address != "" && !told { // on a busy machine the log has them the other way round
			told = true
			ready <- address
		}
	}
}
