package chat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonogo/commands"
	"gonogo/playground/workspace"
)

// output is the card of a file in the thread of run/1.
func output(t *testing.T, content string) commands.Card {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c := answerTo("run/1", "run/1/output", "The output is in "+path)
	c.File, c.Final = &commands.File{Path: path, Name: "install-1.txt", Title: "Output of step 1"}, true
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
	w.await("the file", func() bool { _, ts, _ := w.bot.Anchor("run/1/output"); return strings.HasPrefix(ts, fileAnchor) })
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
		before func(w *world, file *commands.Card)
		shared bool
	}{
		{"rate limit", func(w *world, _ *commands.Card) { w.RateLimit("files.completeUploadExternal", 1, time.Second) }, true},
		{"passing failure", func(w *world, _ *commands.Card) { w.Fail("files.getUploadURLExternal", "internal_error", 2) }, true},
		{"a scope is missing", func(w *world, _ *commands.Card) { w.Fail("files.getUploadURLExternal", "missing_scope", 99) }, false},
		{"too large for the workspace", func(_ *world, file *commands.Card) {
			if err := os.WriteFile(file.File.Path, make([]byte, 2<<20), 0o600); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"the file is gone", func(_ *world, file *commands.Card) { file.File.Path += ".gone" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, workspace.Options{}, Options{}).start()
			file := output(t, "a line\n")
			tt.before(w, &file)
			w.bot.show(card("run/1", "Running"), file)
			w.await("the file or its stand-in", func() bool { _, _, ok := w.bot.Anchor("run/1/output"); return ok })
			m := last(w.Messages(releases))
			if got := len(m.Files) == 1; got != tt.shared || !tt.shared && !mentions(m, "The output is in ") {
				t.Errorf("shared: %t, want %t; the last message says %q", got, tt.shared, m.Text)
			}
		})
	}
}
