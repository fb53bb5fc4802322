package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"go.etcd.io/bbolt"

	"gonogo/storage"
)

// create makes an empty ledger at path, whole or not at all, and never in the
// place of another file. Linking does both; file systems without hard links
// are refused, as their locks are not to be relied on either.
func create(path string) error {
	folder, err := folderOf(path)
	if err != nil {
		return err
	}
	draft, err := writeDraft(folder, filepath.Base(path))
	if draft != "" {
		defer os.Remove(draft)
	}
	if err == nil {
		err = os.Link(draft, path)
	}
	switch {
	case errors.Is(err, fs.ErrExist): // another process was quicker; Open goes on with its file
		return nil
	case err != nil:
		return notMade(path, err)
	}
	if err := syncFolder(folder); err != nil {
		return notMade(path, err)
	}
	return nil
}

// folderOf is the folder in which a new file is to be, if there is one.
func folderOf(path string) (string, error) {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &storage.Unusable{Path: path, Problem: "cannot be made: its folder does not exist", NextStep: "make the folder first", Cause: err}
	case err == nil && !info.IsDir():
		return "", &storage.Unusable{Path: path, Problem: "cannot be made: " + folder + " is not a folder", NextStep: "name another file"}
	}
	return folder, nil
}

// notMade says why there is no new ledger.
func notMade(path string, err error) error {
	u := &storage.Unusable{Path: path, Problem: "cannot be made: " + err.Error(), NextStep: "name a file where gonogo may write", Cause: err}
	var io *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &link) && link.Op == "link" && linkless(err):
		u.Problem, u.NextStep = "cannot be made: its file system has no hard links", "name a file on another disk"
	case errors.Is(err, fs.ErrPermission):
		u.Problem = "cannot be made: gonogo's user may not write to its folder"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		u.Problem, u.NextStep = "cannot be made: there is no room for it", "make room, or name a file on another disk"
	case errors.Is(err, fs.ErrExist):
		u.Problem, u.NextStep = "is there already", "name another file"
	case errors.As(err, &io):
		u.Problem = "cannot be made: " + io.Err.Error()
	case errors.As(err, &link):
		u.Problem = "cannot be made: " + link.Err.Error()
	}
	return u
}

// linkless reports whether linking failed for want of hard links: FAT answers
// EPERM (link(2)), others that they do not know how. The draft lies in the same
// folder, so that the user may write there is known by then.
func linkless(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS)
}

// writeDraft fills a new file beside where the ledger is to be.
func writeDraft(folder, base string) (draft string, err error) {
	file, err := os.CreateTemp(folder, "."+base+".*.new") // mode 0600
	if err != nil {
		return "", err
	}
	draft = file.Name()
	if err := file.Close(); err != nil {
		return draft, err
	}
	db, err := bbolt.Open(draft, 0o600, nil)
	if err != nil {
		return draft, err
	}
	return draft, errors.Join(db.Update(initialize), db.Close())
}

func initialize(tx *bbolt.Tx) error {
	head, err := tx.CreateBucket(headBucket)
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucket(recordsBucket); err != nil {
		return err
	}
	if _, err := tx.CreateBucket(keysBucket); err != nil {
		return err
	}
	if err := head.Put(formatKey, []byte(formatName+formatVersion)); err != nil {
		return err
	}
	return writeEnd(tx, end{})
}

// syncFolder makes a new name in a folder last.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
