package bolt_test

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The copy of a ledger goes to a disk that is too small for it.
func TestBuildWithoutRoom(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=200k"); errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small disk")
	} else if err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH)
	path := filepath.Join(t.TempDir(), "gonogo.db")
	sample(t, path, 2000, 1000)
	_, err := built(t.Context(), filepath.Join(small, "copy.db"), false, mustOpen(t, path))
	if err == nil || !strings.HasSuffix(err.Error(), "copy.db cannot be made: there is no room for it; make room, or name a file on another disk") {
		t.Errorf("got %v", err)
	}
	wantNames(t, small)
}
