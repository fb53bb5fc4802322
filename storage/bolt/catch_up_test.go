package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// If building a new index is cut off at any of its transactions, before or after it was
// written, the next start continues, and in the end every key is found.
func TestIndexIsCutOff(t *testing.T) {
	const records = 3*indexPiece - 5
	path := filepath.Join(t.TempDir(), "gonogo.db")
	log, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	for last := 0; last < records; last += 1000 {
		if _, err := log.Append(t.Context(), storage.Fence{After: uint64(last)}, storagetest.Records(last+1, min(1000, records-last))...); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(tx.DeleteBucket(keysBucket), tx.Bucket(headBucket).Delete(indexedKey))
	}); err != nil {
		t.Fatal(err)
	}

	sound := log.update
	for cut := range 5 { // three pieces, each of which may be there although it failed
		log.update = func(do func(*bbolt.Tx) error) error {
			if cut%2 == 0 {
				return log.db.Update(func(tx *bbolt.Tx) error { return errors.Join(do(tx), syscall.EIO) })
			}
			return errors.Join(sound(do), syscall.EIO)
		}
		if err := log.completeIndex(); !errors.Is(err, syscall.EIO) {
			t.Fatalf("cut %d: %v, want the disk's error", cut, err)
		}
		wantIndexed(t, log, min(records, (cut+1)/2*indexPiece))
	}
	log.update = sound
	if err := log.completeIndex(); err != nil {
		t.Fatal(err)
	}
	wantIndexed(t, log, records)
	if _, err := storage.Verify(t.Context(), log); err != nil {
		t.Error(err)
	}
}

// wantIndexed checks that the index has exactly the keys of the first records.
func wantIndexed(t *testing.T, log *Log, records int) {
	t.Helper()
	indexed := uint64(0)
	if err := log.db.View(func(tx *bbolt.Tx) (err error) {
		indexed, _, err = indexState(tx)
		return err
	}); err != nil || indexed != uint64(records) {
		t.Errorf("indexed up to %d, %v; want %d", indexed, err, records)
	}
	for _, n := range []int{1, indexPiece - 999, indexPiece + 1, 2*indexPiece + 1} {
		want := uint64(n)
		if n > records {
			want = 0
		}
		if found, err := log.Find(t.Context(), fmt.Sprint("key/", n)); err != nil || found[0] != want {
			t.Errorf("with %d indexed, key/%d is at %v, %v; want %d", records, n, found, err, want)
		}
	}
}
