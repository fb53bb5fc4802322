package prometheus

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRealAnswers asks a real Prometheus that has the same history, where one
// is installed, whether the answers that are kept are its own; with -update it
// keeps them.
func TestRealAnswers(t *testing.T) {
	base := realPrometheus(t)
	given := map[string]reply{}
	for _, path := range requests() {
		given[path] = ask(t, base+path)
	}
	if *update {
		keep(t, given)
		return
	}
	text, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	var kept map[string]reply
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	for path, got := range given {
		if diff := cmp.Diff(kept[path], got, same); diff != "" {
			t.Errorf("%s is answered by Prometheus other than kept (-kept +real):\n%s", readable(path), diff)
		}
	}
}

// keep writes the answers, one a line.
func keep(t *testing.T, given map[string]reply) {
	t.Helper()
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(given)) {
		name, err := json.Marshal(path)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := json.Marshal(given[path])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s: %s", name, answer))
	}
	if err := os.WriteFile(answersFile, []byte("{\n"+strings.Join(lines, ",\n")+"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// listening is how Prometheus logs its address.
var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// realPrometheus starts a Prometheus with the history, and gives its address
// when it is ready.
func realPrometheus(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"prometheus", "promtool"} {
		_, err := exec.LookPath(tool)
		switch {
		case err != nil && os.Getenv("CI") == "true":
			t.Fatal("install Debian's prometheus")
		case err != nil:
			t.Skip("install Debian's prometheus")
		}
	}
	dir := t.TempDir()
	data, samples, config := filepath.Join(dir, "data"), filepath.Join(dir, "samples"), filepath.Join(dir, "prometheus.yml")
	for file, text := range map[string]string{samples: openMetrics(), config: ""} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("promtool", "tsdb", "create-blocks-from", "openmetrics", samples, data).CombinedOutput(); err != nil {
		t.Fatalf("give Prometheus a history: %v\n%s", err, out)
	}
	server := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+data,
		"--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:0")
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may be over already
		<-over
	})
	address := make(chan string, 1)
	go func() {
		defer close(over)
		readLog(bufio.NewScanner(log), address)
		_ = server.Wait() // it was killed
	}()
	select {
	case a, ok := <-address:
		if !ok {
			t.Fatal("Prometheus ended before it was ready")
		}
		return "http://" + a
	case <-t.Context().Done():
		t.Fatal("Prometheus was not ready in time")
	}
	return ""
}

// readLog tells the address once the server is ready, and reads on so that it
// can write. On a busy machine Prometheus logs that it is ready before it logs
// where it listens.
func readLog(lines *bufio.Scanner, address chan<- string) {
	defer close(address)
	found, ready, told := "", false, false
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			found = strings.Trim(m[1], `"`)
		}
		ready = ready || strings.Contains(lines.Text(), "Server is ready to receive web requests")
		if ready && found != "" && !told {
			told = true
			address <- found
		}
	}
}

// The address is told in whichever order the log has the two lines.
func TestReadLog(t *testing.T) {
	const at, ready = `msg="Listening on" address=127.0.0.1:4242`, `msg="Server is ready to receive web requests."`
	for _, log := range []string{at + "\n" + ready, ready + "\n" + at, at + "\n" + ready + "\n" + ready} {
		address := make(chan string, 2)
		readLog(bufio.NewScanner(strings.NewReader(log)), address)
		if got := <-address; got != "127.0.0.1:4242" {
			t.Errorf("address %q of\n%s", got, log)
		}
	}
}

// openMetrics is the history as a text that promtool reads
// (https://prometheus.io/docs/specs/om/open_metrics_spec/).
func openMetrics() string {
	byName := map[string][]string{}
	history(func(s Sample, at time.Time) {
		value := fmt.Sprint(s.Value)
		if math.IsNaN(s.Value) {
			value = "NaN"
		}
		line := fmt.Sprintf("%s%s %s %d", s.Name, strings.ReplaceAll(s.Labels.String(), ", ", ","), value, at.Unix())
		byName[s.Name] = append(byName[s.Name], line)
	})
	var all []string
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, byName[name]...)
	}
	return strings.Join(append(all, "# EOF", ""), "\n")
}
