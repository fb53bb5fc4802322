package bolt_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"gonogo/storage"
	"gonogo/storage/bolt"
)

func TestOpenRefuses(t *testing.T) {
	write := func(content []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	const foreign = " is not a gonogo ledger; name another file, or restore a backup if it was one"
	for name, test := range map[string]struct {
		place func(t *testing.T, path string)
		want  string // after the path
	}{
		"a text":           {write([]byte("project: insightpulse\n")), foreign},
		"a long text":      {write(bytes.Repeat([]byte("project: insightpulse\n"), 5000)), foreign},
		"zeros":            {write(make([]byte, 1<<16)), foreign},
		"one byte":         {write([]byte("x")), foreign},
		"an empty file":    {write(nil), " is empty, which a ledger never is; restore a backup if it was one, or else remove it"},
		"a folder":         {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, " is a folder; name a file in it"},
		"a pipe":           {func(t *testing.T, path string) { must(t, syscall.Mkfifo(path, 0o600)) }, " is not a regular file; name another"},
		"another's bbolt":  {func(t *testing.T, path string) { bboltFile(t, path, nil, "users") }, foreign},
		"one without list": {func(t *testing.T, path string) { bboltFile(t, path, &bbolt.Options{NoFreelistSync: true}, "users") }, foreign},
		"with our bucket":  {func(t *testing.T, path string) { bboltFile(t, path, nil, "gonogo") }, foreign},
		"a newer ledger":   {func(t *testing.T, path string) { changeHead(t, path, "format", "gonogo ledger 2") }, " was written by a newer gonogo; use that one"},
		"no end":           {func(t *testing.T, path string) { changeHead(t, path, "end", "") }, " is damaged: the note of the last record is unreadable; restore a backup"},
		"no records":       {func(t *testing.T, path string) { deleteRecords(t, path) }, " is damaged: its records are gone; restore a backup"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gonogo.db")
			test.place(t, path)
			before := content(path)
			for _, open := range []func(string) (*bolt.Log, error){bolt.Open, bolt.OpenReadOnly} {
				wantUnusable(t, open, path, path+test.want)
			}
			if !bytes.Equal(before, content(path)) {
				t.Error("the file was changed")
			}
			wantAlone(t, path)
		})
	}
}

func TestOpenRefusesWhereNoFileCanBe(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "file"), []byte("x"), 0o600))
	must(t, os.Symlink(filepath.Join(folder, "nowhere", "gonogo.db"), filepath.Join(folder, "link")))
	for _, test := range []struct{ path, want string }{
		{"missing/gonogo.db", " cannot be made: its folder does not exist; make the folder first"},
		{"file/gonogo.db", " cannot be used: not a directory; mend that, or name another file"},
		{"link", " is a link to a file that is not there; bring that file back, or name another"},
		{"", " is a folder; name a file in it"},
	} {
		path := filepath.Join(folder, test.path)
		wantUnusable(t, bolt.Open, path, path+test.want)
	}
	path := filepath.Join(folder, "none.db")
	wantUnusable(t, bolt.OpenReadOnly, path, path+" does not exist; name the ledger of a gonogo that has run")
	if _, err := os.Stat(path); err == nil {
		t.Error("opening for reading has made a file")
	}
}

func TestOpenMakesAFileForItsUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	mustClose(t, mustOpen(t, path))
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want -rw-------", info.Mode(), err)
	}
	wantAlone(t, path)
}

// TestOpenAtTheSameTime has many processes create one ledger: one gets it, the others
// get an error, and no file replaces another.
func TestOpenAtTheSameTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gonogo.db")
	logs := make([]*bolt.Log, 8)
	var done sync.WaitGroup
	for i := range logs {
		done.Go(func() {
			var err error
			var unusable *storage.Unusable
			if logs[i], err = bolt.Open(path); err != nil && !errors.As(err, &unusable) {
				t.Errorf("open: %v", err)
			}
		})
	}
	done.Wait()
	opened := 0
	for _, log := range logs {
		if log != nil {
			opened++
			mustClose(t, log)
		}
	}
	if opened > 1 {
		t.Errorf("%d have the ledger at once, want one", opened)
	}
	wantAlone(t, path)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// content is a file's content; empty for a folder and the like.
func content(path string) []byte {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	b, _ := os.ReadFile(path)
	return b
}

func wantUnusable(t *testing.T, open func(string) (*bolt.Log, error), path, want string) {
	t.Helper()
	log, err := open(path)
	if err == nil {
		mustClose(t, log)
	}
	var unusable *storage.Unusable
	if !errors.As(err, &unusable) || err.Error() != want {
		t.Errorf("open: %v\nwant: %s", err, want)
	}
}

// wantAlone checks that nothing was left next to the file.
func wantAlone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v; want the ledger alone", entries, err)
	}
}

// bboltFile writes a bbolt file of another program.
func bboltFile(t *testing.T, path string, options *bbolt.Options, buckets ...string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, options)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			b, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			nested, err := b.CreateBucket([]byte("nested"))
			if err != nil {
				return err
			}
			for i := range 1000 {
				if err := nested.Put([]byte{byte(i >> 8), byte(i)}, bytes.Repeat([]byte{1}, i)); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	must(t, db.Close())
}

// alter changes a valid ledger of ten records with bbolt, as a clever forger would.
func alter(t *testing.T, path string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	sample(t, path, 10, 5)
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(change))
	must(t, db.Close())
}

func changeHead(t *testing.T, path, key, value string) {
	alter(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("gonogo")).Put([]byte(key), []byte(value)) })
}

func deleteRecords(t *testing.T, path string) {
	alter(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("records")) })
}
