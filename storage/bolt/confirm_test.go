package bolt

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// If only the last sync of a commit failed, another commit makes it durable, and it
// counts as written. If that fails too, or nothing was written, the append has failed.
func TestCommitThatFailsInItsLastSync(t *testing.T) {
	written := func(l *Log) func(func(*bbolt.Tx) error) error {
		return func(do func(*bbolt.Tx) error) error { return errors.Join(l.db.Update(do), syscall.EIO) }
	}
	nothing := func(l *Log) func(func(*bbolt.Tx) error) error {
		return func(do func(*bbolt.Tx) error) error {
			return l.db.Update(func(tx *bbolt.Tx) error { return errors.Join(do(tx), syscall.EIO) })
		}
	}
	for _, tt := range []struct {
		name   string
		faults int // how many commits fail
		commit func(*Log) func(func(*bbolt.Tx) error) error
		err    error
		holds  int
	}{
		{"once", 1, written, nil, 2},
		{"always", 9, written, syscall.EIO, 2},
		{"before anything was written", 1, nothing, syscall.EIO, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gonogo.db")
			log, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := log.Append(t.Context(), storage.Fence{}, storagetest.Records(1, 1)...); err != nil {
				t.Fatal(err)
			}
			faulty, sound := tt.commit(log), log.update
			log.update = func(do func(*bbolt.Tx) error) error {
				if tt.faults--; tt.faults >= 0 {
					return faulty(do)
				}
				return sound(do)
			}
			if _, err := log.Append(t.Context(), storage.Fence{After: 1}, storagetest.Records(2, 1)...); !errors.Is(err, tt.err) {
				t.Errorf("append: %v, want %v", err, tt.err)
			}
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := OpenReadOnly(path)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if report, err := storage.Verify(t.Context(), again); err != nil || report.Records != uint64(tt.holds) {
				t.Errorf("the file holds %+v, %v; want %d records", report, err, tt.holds)
			}
		})
	}
}
