package chat

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/commands/cards"
	"gonogo/playground/workspace"
)

// output is the card of a file in the thread of run/1.
func output(t *testing.T, content string) cards.Card {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c := answerTo("run/1", "run/1/output", "The output is in "+path)
	c.File, c.Final = &cards.File{Path: path, Name: "install-1.txt", Title: "Output of step 1"}, true
	return c
}

func sharedFiles(w *world) []workspace.File {
	var files []workspace.File
	for _, m := range w.Messages(releases) {
		files = append(files, m.Files...)
	}
	return files
}

// A file is shared once, in its thread, and stays so over a restart.
func TestFileIsShared(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	file := output(t, strings.Repeat("a line\n", 5000))
	w.bot.show(card("run/1", "Running"), file)
	w.await("the file", func() bool { a, _ := w.bot.Anchor("run/1/output"); return strings.HasPrefix(a.TS, fileAnchor) })
	m := last(w.Messages(releases))
	if m.ThreadTS != w.Messages(releases)[0].TS || len(m.Files) != 1 || m.Files[0].Name != "install-1.txt" || m.Files[0].Title != "Output of step 1" || m.Files[0].Size != 35000 {
		t.Errorf("shared as %+v in the thread %s", m.Files, m.ThreadTS)
	}
	w.quit()
	w.launch()
	w.bot.show(card("run/1", "Done"), file)
	w.await("the anchor's next state", func() bool { return mentions(w.Messages(releases)[0], "Done") })
	w.quit()
	if n := len(sharedFiles(w)); n != 1 || len(w.Messages(releases)) != 2 {
		t.Errorf("%d files in %d messages, want one below the anchor", n, len(w.Messages(releases)))
	}
}

func TestFileInTrouble(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(w *world, file *cards.Card)
		shared bool
	}{
		{"rate limit", func(w *world, _ *cards.Card) { w.RateLimit("files.completeUploadExternal", 1, time.Second) }, true},
		{"passing failure", func(w *world, _ *cards.Card) { w.Fail("files.getUploadURLExternal", "internal_error", 2) }, true},
		{"a scope is missing", func(w *world, _ *cards.Card) { w.Fail("files.getUploadURLExternal", "missing_scope", 99) }, false},
		{"too large for the workspace", func(_ *world, file *cards.Card) {
			if err := os.WriteFile(file.File.Path, make([]byte, 2<<20), 0o600); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"the file is gone", func(_ *world, file *cards.Card) { file.File.Path += ".gone" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, workspace.Options{}, Options{}).start()
			file := output(t, "a line\n")
			tt.before(w, &file)
			w.bot.show(card("run/1", "Running"), file)
			w.await("the file or its stand-in", func() bool { _, ok := w.bot.Anchor("run/1/output"); return ok })
			m := last(w.Messages(releases))
			if got := len(m.Files) == 1; got != tt.shared || !tt.shared && !mentions(m, "The output is in ") {
				t.Errorf("shared: %t, want %t; the last message says %q", got, tt.shared, m.Text)
			}
		})
	}
}

// fussy is an upload address that refuses the first uploads, and a count of them.
func fussy(c *Chat, times int64, status int, header http.Header) *atomic.Int64 {
	uploads := new(atomic.Int64)
	next := c.http.Transport
	c.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if !strings.Contains(r.URL.Path, "/hooks/upload/") || uploads.Add(1) > times {
			return next.RoundTrip(r)
		}
		_, err := io.Copy(io.Discard, r.Body)
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: header, Body: http.NoBody, Request: r}, err
	})
	return uploads
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Where the content itself is not taken, the message says where it is; a passing
// refusal is waited out.
func TestContentIsRefused(t *testing.T) {
	for _, tt := range []struct {
		status  int
		times   int64
		shared  bool
		uploads int64
	}{
		{http.StatusRequestEntityTooLarge, 99, false, 1},
		{http.StatusForbidden, 99, false, 1},
		{http.StatusTooManyRequests, 1, true, 2},
		{http.StatusBadGateway, 1, true, 2},
	} {
		t.Run(http.StatusText(tt.status), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, workspace.Options{}, Options{})
			var uploads *atomic.Int64
			w.tune = func(c *Chat) {
				uploads = fussy(c, tt.times, tt.status, http.Header{})
			}
			w.start()
			w.bot.show(card("run/1", "Running"), output(t, "a line\n"))
			w.await("the file or its stand-in", func() bool { _, ok := w.bot.Anchor("run/1/output"); return ok })
			m := last(w.Messages(releases))
			if got := len(m.Files) == 1; got != tt.shared || !tt.shared && !mentions(m, "The output is in ") || uploads.Load() != tt.uploads {
				t.Errorf("shared: %t, want %t, after %d uploads, want %d; the last message says %q", got, tt.shared, uploads.Load(), tt.uploads, m.Text)
			}
		})
	}
}

// A pause that the upload address asks for is kept.
func TestUploadPauseIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{})
	var uploads *atomic.Int64
	w.tune = func(c *Chat) {
		uploads = fussy(c, 1<<60, http.StatusTooManyRequests, http.Header{"Retry-After": {"3600"}})
	}
	w.start()
	w.bot.show(card("run/1", "Running"), output(t, "a line\n"))
	w.await("the first upload", func() bool { return uploads.Load() > 0 })
	w.bot.show(card("run/1", "Done"), card("run/2", "Another"))
	w.await("the next states", func() bool { return mentions(w.Messages(releases)[0], "Done") })
	if n := uploads.Load(); n != 1 {
		t.Errorf("uploaded %d times within the pause, want once", n)
	}
}
