package playground_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gonogo/playground"
	"gonogo/playground/guide"
)

var threeSteps = &guide.Guide{Name: "short", Title: "Short", Steps: []guide.Step{
	{ID: "say", Title: "Say hello", Channel: "C0RELEASES", Signs: []guide.Sign{{Channel: "C0RELEASES", Text: "hello"}}},
	{ID: "fail", Title: "Let tests fail", Signs: []guide.Sign{{Turned: &guide.Turn{Switch: "test-run", State: "three-fail"}}}},
	{ID: "rest", Title: "Rest"},
}}

// done waits until the page is told that these steps are done.
func done(t *testing.T, w *playground.World, want ...string) {
	t.Helper()
	var told struct {
		Title string
		Done  []string
	}
	look := func() bool {
		_, body := get(t, w.URL()+"/_/guide")
		if err := json.Unmarshal([]byte(body), &told); err != nil {
			t.Fatal(err)
		}
		return slices.Equal(told.Done, want)
	}
	if err := w.Workspace().Await(t.Context(), look); err != nil || told.Title != "Short" {
		t.Errorf("%q of %q are done (%v), want %q", told.Done, told.Title, err, want)
	}
}

// TestGuide ticks what happens, keeps it over a restart, and lets people skip.
func TestGuide(t *testing.T) {
	dir := t.TempDir()
	w, stop := open(t, dir, threeSteps)
	done(t, w)
	if err := w.Workspace().Say("U0DEV", "C0RELEASES", "", "hello"); err != nil {
		t.Fatal(err)
	}
	done(t, w, "say")
	if err := w.Set("test-run", "three-fail"); err != nil {
		t.Fatal(err)
	}
	done(t, w, "say", "fail")
	if err := w.Set("test-run", "all-pass"); err != nil {
		t.Fatal(err)
	}
	stop()

	w, _ = open(t, dir, threeSteps)
	done(t, w, "say", "fail")
	for _, c := range []struct {
		kind, body, want string
		status           int
	}{
		{"text/plain", `{"skip":"rest"}`, "the guide takes application/json", 415},
		{"application/json", `{"skip":"sleep"}`, "no such step", 400},
		{"application/json", `{"skip":`, "no such step", 400},
		{"application/json", `{"skip":"rest"}`, `"done":["say","fail","rest"]`, 200},
		{"application/json", `{"skip":"rest"}`, `"done":["say","fail","rest"]`, 200},
	} {
		response, err := http.Post(w.URL()+"/_/guide", c.kind, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if status, body := read(t, response); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s as %s is answered %d %s, want %d %s", c.body, c.kind, status, body, c.status, c.want)
		}
	}
}

// TestNoGuide is a world without a story.
func TestNoGuide(t *testing.T) {
	w, _ := open(t, t.TempDir())
	if status, body := get(t, w.URL()+"/_/guide"); status != 200 || strings.TrimSpace(body) != "null" {
		t.Errorf("without a guide the page gets %d %s", status, body)
	}
	response, err := http.Post(w.URL()+"/_/guide", "application/json", strings.NewReader(`{"skip":"rest"}`))
	if err != nil {
		t.Fatal(err)
	}
	if status, body := read(t, response); status != 400 {
		t.Errorf("skipping without a guide is answered %d %s", status, body)
	}
}
