package alertmanager

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"gonogo/suite"
)

// A real Alertmanager creates, prolongs and expires silences as this package says it does.
func TestRealSilences(t *testing.T) {
	suite.LeftToFull(t)
	c, err := New(Options{URL: realAlertmanager(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.http.CloseIdleConnections)
	now := time.Now().UTC().Truncate(time.Second)
	wanted := NewSilence{Labels: map[string]string{"environment": "production", "absent": ""}, Starts: now.Add(-time.Hour), Ends: now.Add(time.Hour), By: "gonogo", Comment: "mark 1"}
	first := create(t, c, wanted)
	if second := create(t, c, wanted); second == first {
		t.Error("creating one twice made one; gonogo needn't look for it then")
	}
	known := find(t, c, first)
	if !known.InForce() || known.By != "gonogo" || known.Comment != "mark 1" || !known.Ends.Equal(wanted.Ends) || known.Starts.Before(now.Add(-time.Minute)) {
		t.Errorf("created %+v", known)
	}
	if all, err := c.Silences(t.Context()); err != nil || len(all) != 2 {
		t.Fatalf("got %+v, error %v, want 2", all, err)
	}
	wanted.ID, wanted.Ends = first, now.Add(2*time.Hour)
	longer := create(t, c, wanted)
	if known := find(t, c, longer); !known.Ends.Equal(wanted.Ends) || !known.InForce() {
		t.Errorf("prolonged it is %+v", known)
	}
	if before := find(t, c, first); longer != first && before.InForce() {
		t.Errorf("prolonging made a second: %+v", before)
	}
	first = longer
	for range 2 {
		if err := c.Expire(t.Context(), first); err != nil {
			t.Error(err)
		}
	}
	if over := find(t, c, first); over.InForce() {
		t.Errorf("expired it is %+v", over)
	}
	if err := c.Expire(t.Context(), "00000000-0000-4000-8000-000000000000"); err == nil {
		t.Error("one that doesn't exist was expired")
	}
	wanted.ID, wanted.Ends = "", now.Add(-time.Minute)
	if id, err := c.Create(t.Context(), wanted); err == nil {
		t.Errorf("%s ends before it begins", id)
	}
}

func create(t *testing.T, c *Client, s NewSilence) string {
	t.Helper()
	id, err := c.Create(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func find(t *testing.T, c *Client, id string) Silence {
	t.Helper()
	all, err := c.Silences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("there is no silence %s among %+v", id, all)
	return Silence{}
}

var listening = regexp.MustCompile(`msg="?Listening on"? address="?([^\s"]+)`)

// realAlertmanager starts an Alertmanager, and gives its URL once it listens.
func realAlertmanager(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("prometheus-alertmanager")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip("install Alertmanager to run this test: make tools")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(config, []byte("route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, "--config.file="+config, "--storage.path="+dir, "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	address, over := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(over)
		for lines := bufio.NewScanner(log); lines.Scan(); { // to its end, so that it can write
			if found := listening.FindStringSubmatch(lines.Text()); found != nil {
				select {
				case address <- found[1]:
				default:
				}
			}
		}
		close(address)
		_ = server.Wait() // it was killed
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may be over already
		<-over
	})
	listens, ok := <-address
	if !ok {
		t.Fatalf("%s ended before it listened", program)
	}
	return "http://" + listens
}
