package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"gonogo/storage"
	"gonogo/storage/bolt"
	"gonogo/storage/storagetest"
)

// oldFile is a ledger of twelve records as gonogo 0.2.0 wrote it, which kept no
// index: testdata/without-index.bolt.
func oldFile(t *testing.T) (path string) {
	t.Helper()
	file, err := os.ReadFile("testdata/without-index.bolt")
	must(t, err)
	path = filepath.Join(t.TempDir(), "gonogo.db")
	must(t, os.WriteFile(path, file, 0o600))
	return path
}

// wantKeys looks up all keys that storagetest.Records gives n records, written each at
// a time, and some that it doesn't.
func wantKeys(t *testing.T, log storage.Log, n, each int) {
	t.Helper()
	var keys []string
	var want []uint64
	for i := range n {
		keys, want = append(keys, fmt.Sprint("key/", i+1)), append(want, 0)
		if i%each%3 == 0 {
			want[i] = uint64(i + 1)
		}
	}
	got, err := log.Find(t.Context(), keys...)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("found %v, %v; want %v", got, err, want)
	}
}

// indexOf is what the file's head says of its index, and how many keys that has.
func indexOf(t *testing.T, path string) (indexed []byte, keys int) {
	t.Helper()
	inFile(t, path, func(tx *bbolt.Tx) error {
		indexed = bytes.Clone(tx.Bucket([]byte("gonogo")).Get([]byte("indexed")))
		if index := tx.Bucket([]byte("keys")); index != nil {
			keys = index.Stats().KeyN
		}
		return nil
	})
	return indexed, keys
}

// inFile reads or changes a file with bbolt itself.
func inFile(t *testing.T, path string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(change))
	must(t, db.Close())
}

// An old file without an index is valid, and its keys are found while it is only read;
// the first start adds an index.
func TestOldFileGetsAnIndex(t *testing.T) {
	path := oldFile(t)
	before := content(path)
	reader, err := bolt.OpenReadOnly(path)
	must(t, err)
	wantKeys(t, reader, 12, 4)
	if report, err := storage.Verify(t.Context(), reader); err != nil || report.Records != 12 {
		t.Errorf("verify: %+v, %v", report, err)
	}
	mustClose(t, reader)
	if !bytes.Equal(before, content(path)) {
		t.Error("a look has changed the file")
	}

	log := mustOpen(t, path)
	wantKeys(t, log, 12, 4)
	mustClose(t, log)
	if indexed, keys := indexOf(t, path); !bytes.Equal(indexed, []byte{0, 0, 0, 0, 0, 0, 0, 12}) || keys != 6 {
		t.Errorf("the index has %d keys up to record %v, want 6 up to 12", keys, indexed)
	}
	for _, open := range []func(string) (*bolt.Log, error){bolt.Open, bolt.OpenReadOnly} {
		again, err := open(path)
		must(t, err)
		wantKeys(t, again, 12, 4)
		mustClose(t, again)
	}
	if report, err := verifyFile(t, path); err != nil || report.Records != 12 {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

// A gonogo without an index may write to a file that has one: what it added is found
// while the file is only read, and indexed at the next start.
func TestIndexCatchesUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	sample(t, path, 12, 4)
	forget := func(tx *bbolt.Tx) error {
		for _, n := range []int{9, 10, 11, 12} {
			if err := tx.Bucket([]byte("keys")).Delete(fmt.Appendf(nil, "\x00key/%d", n)); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte("gonogo")).Put([]byte("indexed"), []byte{0, 0, 0, 0, 0, 0, 0, 8})
	}
	inFile(t, path, forget)
	reader, err := bolt.OpenReadOnly(path)
	must(t, err)
	wantKeys(t, reader, 12, 4)
	mustClose(t, reader)
	mustClose(t, mustOpen(t, path))
	if indexed, keys := indexOf(t, path); !bytes.Equal(indexed, []byte{0, 0, 0, 0, 0, 0, 0, 12}) || keys != 6 {
		t.Errorf("the index has %d keys up to record %v, want 6 up to 12", keys, indexed)
	}
}

// Any fault of the index is found when verifying, opening or looking up; a copy has a
// valid index.
func TestBrokenIndex(t *testing.T) {
	keys := func(tx *bbolt.Tx) *bbolt.Bucket { return tx.Bucket([]byte("keys")) }
	const another = "copy it with gonogo ledger backup FILE, which builds the index again, and start from the copy"
	for name, test := range map[string]struct {
		change func(tx *bbolt.Tx) error
		want   string // after the path
	}{
		"a key is gone": {func(tx *bbolt.Tx) error { return keys(tx).Delete([]byte("\x00key/4")) },
			"is damaged: record 4 is not in the index of once-only keys; " + another},
		"a key leads to another record": {func(tx *bbolt.Tx) error { return keys(tx).Put([]byte("\x00key/4"), []byte{0, 0, 0, 0, 0, 0, 0, 1}) },
			"is damaged: record 1 does not have the once-only key under which the index lists it; " + another},
		"a key leads nowhere": {func(tx *bbolt.Tx) error { return keys(tx).Put([]byte("\x00key/4"), []byte{4}) },
			"is damaged: record 0 does not have the once-only key under which the index lists it; " + another},
		"all is gone": {func(tx *bbolt.Tx) error {
			_, err := tx.Bucket([]byte("records")).NextSequence() // so that bbolt writes at all
			return errors.Join(err, tx.DeleteBucket([]byte("keys")), func() error { _, err := tx.CreateBucket([]byte("keys")); return err }())
		}, "is damaged: record 1 is not in the index of once-only keys; " + another},
		"it goes too far": {func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("gonogo")).Put([]byte("indexed"), []byte{0, 0, 0, 0, 0, 0, 0, 11})
		}, "is damaged: its index goes up to record 11, its records to 10; restore a backup"},
		"its end is unreadable": {func(tx *bbolt.Tx) error { return tx.Bucket([]byte("gonogo")).Put([]byte("indexed"), []byte{1}) },
			"is damaged: the note of how far its index goes is unreadable; restore a backup"},
		"its writer is unreadable": {func(tx *bbolt.Tx) error { return tx.Bucket([]byte("gonogo")).Put([]byte("writer"), []byte{1}) },
			"is damaged: the note of its writer is unreadable; restore a backup"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gonogo.db")
			alter(t, path, test.change)
			if _, err := verifyFile(t, path); err == nil || err.Error() != path+" "+test.want {
				t.Errorf("verify: %v\nwant: %s %s", err, path, test.want)
			}
			log, err := bolt.Open(path)
			if err != nil {
				if !strings.HasSuffix(test.want, "restore a backup") {
					t.Errorf("open: %v", err)
				}
				return
			}
			defer log.Close()
			if _, err := storage.OpenLedger(t.Context(), log, storage.Options{}); err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("open ledger: %v", err)
			}
			copied := filepath.Join(t.TempDir(), "copy.db")
			_, err = built(t.Context(), copied, false, log)
			must(t, err)
			if _, err := verifyFile(t, copied); err != nil {
				t.Errorf("a copy: %v", err)
			}
		})
	}
}

// A key that a forger added doesn't count as a once-only key: a lookup of it fails, and
// isn't a repeat.
func TestAddedKeyIsNoRepeat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	alter(t, path, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("keys")).Put([]byte("\x00press/1"), []byte{0, 0, 0, 0, 0, 0, 0, 3})
	})
	log := mustOpen(t, path)
	var damage *storage.Damage
	if found, err := log.Find(t.Context(), "press/1"); !errors.As(err, &damage) || damage.Seq != 3 || !damage.Index {
		t.Errorf("found %v, %v; want *Damage of the index at 3", found, err)
	}
}

// An old file with an unreadable record gets no index past it.
func TestOldFileWithDamage(t *testing.T) {
	path := oldFile(t)
	inFile(t, path, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("records")).Put([]byte{0, 0, 0, 0, 0, 0, 0, 7}, []byte("short"))
	})
	wantUnusable(t, bolt.Open, path, path+" is damaged: record 7 cannot be read: it is cut short; restore a backup")
	if _, err := verifyFile(t, path); err == nil || err.Error() != path+" is damaged: record 7 cannot be read: it is cut short; restore a backup" {
		t.Errorf("verify: %v", err)
	}
}

// A writer is told if another handle has claimed its file, which the lock should
// prevent.
func TestSupersededInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	log := mustOpen(t, path)
	_, err := log.Claim(t.Context(), "gonogo on a", storagetest.Records(1, 1)[0].At)
	must(t, err)
	mustClose(t, log)
	log = mustOpen(t, path)
	_, err = log.Append(t.Context(), storage.Fence{}, storagetest.Records(1, 1)...)
	want := "append to " + path + ": term 0 has ended; the log is in term 1 of gonogo on a, since 2026-03-01T09:30:00Z"
	if err == nil || err.Error() != want {
		t.Errorf("append: %v\nwant: %s", err, want)
	}
}
