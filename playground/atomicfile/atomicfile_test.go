package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "state.json")
	for _, want := range []string{"old", "new"} {
		if err := Replace(file, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want the file alone", entries, err)
	}
}

// A file that cannot be replaced stays as it was, and leaves nothing beside it.
func TestReplaceFails(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(folder, "inside"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Replace(folder, []byte("text")); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want what was there before", entries, err)
	}
	if err := Replace(filepath.Join(dir, "nowhere", "state.json"), nil); err == nil {
		t.Error("a file was made in a folder that is not there")
	}
}
