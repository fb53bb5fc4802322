package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestDemo starts the demo as a newcomer does: it prints an address, the bot says what it is for, once, and a guide is there.
func TestDemo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a practice world takes its time")
	}
	dir := t.TempDir()
	for range 2 { // the second finds the same world
		stop, url := startDemo(t, "--story", "--dir", dir, "--listen", "127.0.0.1:0")
		seen := await(t, url, "gonogo is here")
		if n := strings.Count(seen, `"text":"gonogo is here: type /ready to begin."`); n != 1 {
			t.Errorf("it is said %d times, want once", n)
		}
		if got := fetched(t, url+"/_/guide"); !strings.Contains(got, `"title":"A release in five minutes"`) {
			t.Errorf("the guide is %.200s", got)
		}
		stop()
	}
}

// startDemo runs the demo and returns the address that it prints.
func startDemo(t *testing.T, args ...string) (stop func(), url string) {
	t.Helper()
	read, write := io.Pipe()
	var log journal
	stop = inBackground(t, func(ctx context.Context) error {
		defer write.Close()
		if code := run(ctx, append([]string{"demo"}, args...), system{Out: write, Err: &log, Environ: func(string) (string, bool) { return "", false }, Browse: func(string) { t.Error("a browser is opened for a pipe") }}); code != 0 {
			t.Errorf("the demo ended with %d:\n%s", code, &log)
		}
		return nil
	})
	first, err := bufio.NewReader(read).ReadString('\n')
	go io.Copy(io.Discard, read)
	if url = regexp.MustCompile(`http://\S+`).FindString(first); err != nil || url == "" {
		t.Fatalf("the demo prints %q (%v), and no address:\n%s", first, err, &log)
	}
	return stop, url
}

// await returns everything that Dana Reyes sees once it has a text in it.
func await(t *testing.T, url, text string) string {
	t.Helper()
	seen := fetched(t, url+"/_/state?user=U0DEV")
	if strings.Contains(seen, text) {
		return seen
	}
	var state struct{ Seq json.Number }
	if err := json.Unmarshal([]byte(seen), &state); err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(url + "/_/events?user=U0DEV&after=" + state.Seq.String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewReader(response.Body); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%q never comes: %v", text, err)
		}
		if strings.Contains(line, text) {
			return fetched(t, url+"/_/state?user=U0DEV")
		}
	}
}

func fetched(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
