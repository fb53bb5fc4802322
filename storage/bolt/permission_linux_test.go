package bolt_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"gonogo/storage/bolt"
)

// nobody runs call on a thread that has no rights to the files of this test, even if
// root runs it. setresuid(2) concerns one thread, which ends with the call.
func nobody(t *testing.T, call func()) {
	t.Helper()
	if os.Getuid() != 0 {
		call()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		const user = 65534
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETRESUID, user, user, user)
		call()
	}()
	<-done
}

func TestOpenWithoutTheRight(t *testing.T) {
	for name, test := range map[string]struct {
		file, folder os.FileMode
		want         string
	}{
		"read-only file":               {0o444, 0o755, " may not be used by this user; give gonogo's user the right to read and write it and its folder"},
		"unreadable file":              {0o000, 0o755, " may not be used by this user; give gonogo's user the right to read and write it and its folder"},
		"folder that cannot be looked": {0o666, 0o000, " may not be used by this user; give gonogo's user the right to read and write it and its folder"},
		"read-only folder, no file":    {0, 0o555, " cannot be made: gonogo's user may not write to its folder; name a file where gonogo may write"},
	} {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			must(t, os.Chmod(outer, 0o755))
			must(t, os.Chmod(filepath.Dir(outer), 0o755))
			path := filepath.Join(outer, "data", "gonogo.db")
			must(t, os.Mkdir(filepath.Dir(path), 0o755))
			if test.want[:len(" cannot be made")] != " cannot be made" {
				sample(t, path, 3, 3)
				must(t, os.Chmod(path, test.file))
			}
			must(t, os.Chmod(filepath.Dir(path), test.folder))
			nobody(t, func() {
				wantUnusable(t, bolt.Open, path, path+test.want)
				if err := bolt.MayWrite(path); err == nil || err.Error() != path+test.want {
					t.Errorf("beforehand: %v, want %s", err, path+test.want)
				}
			})
			must(t, os.Chmod(filepath.Dir(path), 0o755))
		})
	}
}

func TestOpenReadOnlyNeedsNoRightToWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	must(t, os.Chmod(filepath.Dir(path), 0o755))
	must(t, os.Chmod(filepath.Dir(filepath.Dir(path)), 0o755))
	sample(t, path, 3, 3)
	must(t, os.Chmod(path, 0o444))
	must(t, os.Chmod(filepath.Dir(path), 0o555))
	nobody(t, func() {
		log, err := bolt.OpenReadOnly(path)
		if err != nil {
			t.Errorf("open: %v", err)
			return
		}
		_ = log.Close()
	})
	must(t, os.Chmod(filepath.Dir(path), 0o755))
}
