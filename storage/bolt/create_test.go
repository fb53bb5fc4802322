package bolt

import (
	"os"
	"syscall"
	"testing"
)

// On FAT, linking fails with an error that doesn't mention links. No test has such a
// disk.
func TestNotMadeForWantOfLinks(t *testing.T) {
	for _, tt := range []struct {
		op   string
		err  error
		want string
	}{
		{"link", syscall.EPERM, "its file system has no hard links; name a file on another disk"},
		{"link", syscall.ENOTSUP, "its file system has no hard links; name a file on another disk"},
		{"link", syscall.ENOSYS, "its file system has no hard links; name a file on another disk"},
		{"link", syscall.EACCES, "gonogo's user may not write to its folder; name a file where gonogo may write"},
		{"link", syscall.EEXIST, ""},
		{"rename", syscall.EPERM, "gonogo's user may not write to its folder; name a file where gonogo may write"},
		{"rename", syscall.EIO, "input/output error; name a file where gonogo may write"},
	} {
		want := "copy.db cannot be made: " + tt.want
		if tt.want == "" {
			want = "copy.db is there already; name another file"
		}
		if got := notMade("copy.db", &os.LinkError{Op: tt.op, Old: ".copy.db.1.new", New: "copy.db", Err: tt.err}).Error(); got != want {
			t.Errorf("%s, %v: %q, want %q", tt.op, tt.err, got, want)
		}
	}
}
