package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/storage/store"
)

// TestFilesOfAnEarlierVersion starts a bot on a ledger beside which an earlier
// version has its files: they are used, from the folder where they belong now.
func TestFilesOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	files := store.Store{Bolt: p.ledger}.Files()
	stop := p.start()
	p.openRelease("19.0.1 0a1b2c3d")
	stop()
	for name, ending := range map[string]string{files.Reserve(): ".reserve", files.Snapshot(): ".snapshot"} {
		if err := os.Rename(name, p.ledger+ending); err != nil && name == files.Reserve() {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(p.ledger+".output", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(files.Folder); err != nil {
		t.Fatal(err)
	}

	stop = p.start()
	var out bytes.Buffer
	if code := p.command(p.ctx, &out, "status", "-c", p.config); code > 1 || !strings.Contains(out.String(), "19.0.1") {
		t.Errorf("status ended with %d:\n%s%s", code, out.String(), p.logs)
	}
	if _, err := os.Stat(files.Socket()); err != nil {
		t.Error(err)
	}
	stop()
	left, err := filepath.Glob(p.ledger + ".*")
	if err != nil || len(left) != 0 {
		t.Errorf("beside the ledger are left %q, %v", left, err)
	}
	for _, name := range []string{files.Reserve(), files.Output()} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}
