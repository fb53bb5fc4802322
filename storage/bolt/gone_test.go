package bolt_test

import (
	"errors"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A file that is deleted, moved or replaced while it is open takes no more writes,
// since they would be lost. Once it is moved back it takes them again.
func TestFileThatIsGone(t *testing.T) {
	copied := func(t *testing.T, path string) {
		must(t, os.WriteFile(path+".copy", content(path), 0o600))
		must(t, os.Rename(path+".copy", path))
	}
	for name, test := range map[string]struct {
		lose    func(t *testing.T, path string)
		says    string
		restart bool
		back    func(t *testing.T, path string)
	}{
		"deleted": {lose: func(t *testing.T, path string) { must(t, os.Remove(path)) },
			says: " was deleted or moved while gonogo was using it; move it back, or restore a backup and restart gonogo"},
		"its folder is deleted": {lose: func(t *testing.T, path string) { must(t, os.RemoveAll(filepath.Dir(path))) },
			says: " was deleted or moved while gonogo was using it; move it back, or restore a backup and restart gonogo"},
		"moved": {lose: func(t *testing.T, path string) { must(t, os.Rename(path, path+".old")) },
			says: " was deleted or moved while gonogo was using it; move it back, or restore a backup and restart gonogo",
			back: func(t *testing.T, path string) { must(t, os.Rename(path+".old", path)) }},
		"replaced by a copy": {lose: copied, restart: true,
			says: " was replaced by another file while gonogo was using it; restart gonogo once the right file is there"},
		"replaced by a folder": {lose: func(t *testing.T, path string) { must(t, errors.Join(os.Remove(path), os.Mkdir(path, 0o700))) }, restart: true,
			says: " was replaced by another file while gonogo was using it; restart gonogo once the right file is there"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data", "gonogo.db")
			must(t, os.Mkdir(filepath.Dir(path), 0o700))
			ledger := openLedger(t, path)
			opens := func(version string) error {
				_, err := ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
					return []event.Event{event.ReleaseOpened{Version: version}}, nil
				})
				return err
			}
			must(t, opens("1"))
			test.lose(t, path)
			for range 2 {
				err := opens("2")
				if err == nil || !strings.HasSuffix(err.Error(), path+test.says) {
					t.Fatalf("a write says %v\nwant %s%s", err, path, test.says)
				}
				if !errors.Is(err, storage.ErrNothingDone) || errors.Is(err, storage.ErrRestart) != test.restart {
					t.Errorf("a write says %v; want that nothing was done, and that only a restart helps: %t", err, test.restart)
				}
			}
			if ledger.Seq() != 1 || ledger.State().Open != "1" {
				t.Errorf("the ledger is at %d, open %s", ledger.Seq(), ledger.State().Open)
			}
			if test.back != nil {
				test.back(t, path)
				must(t, opens("2"))
			}
		})
	}
}

// A claim is a write too.
func TestClaimOfAFileThatIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	log := mustOpen(t, path)
	must(t, os.Remove(path))
	if _, err := log.Claim(t.Context(), "late", time.Now()); err == nil {
		t.Error("claimed")
	}
	if _, err := log.Append(t.Context(), storage.Fence{}); err == nil {
		t.Error("it says that it could be written")
	}
	if _, err := log.Append(t.Context(), storage.Fence{}, storagetest.Records(1, 1)...); err == nil {
		t.Error("appended")
	}
}
