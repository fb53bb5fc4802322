package doctor

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"gonogo/bot/config"
	"gonogo/bot/doctor/finding"
)

// TestLedgerAsNobody checks a ledger that can't be created.
func TestLedgerAsNobody(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for path, mode := range map[string]os.FileMode{filepath.Dir(folder): 0o755, folder: 0o555} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	cfg := &config.Config{}
	cfg.Storage.Bolt = filepath.Join(folder, "gonogo.db")
	done := make(chan []finding.Finding)
	go func() {
		if os.Getuid() == 0 { // root may write anywhere; only this thread gives that up, and it ends here
			runtime.LockOSThread()
			_, _, _ = syscall.RawSyscall(syscall.SYS_SETRESUID, 65534, 65534, 65534)
		}
		done <- examiner{Options{Config: cfg}}.ledger(t.Context())
	}()
	found := <-done
	if len(found) != 1 || found[0].Level != finding.Faulty || !strings.Contains(found[0].Says, "may not write to its folder") {
		t.Errorf("got %v", found)
	}
}
