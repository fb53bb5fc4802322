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

// create makes an empty ledger at path, completely or not at all, and never replaces a
// file. Linking does both. A file system without hard links is refused; its locks can't
// be relied on either.
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
	case errors.Is(err, fs.ErrExist): // another process was faster; Open uses its file
		return nil
	case err != nil:
		return notMade(path, err)
	}
	if err := syncFolder(folder); err != nil {
		return notMade(path, err)
	}
	return nil
}

// folderOf is the folder for a new file, if it exists.
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

// linkless reports whether linking failed because there are no hard links: FAT returns
// EPERM (link(2)), other file systems that they don't support it. The draft is in the
// same folder, so the user is known to have the right to write there.
func linkless(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS)
}

// writeDraft writes an empty ledger to a temporary file in the folder.
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

// syncFolder makes a new name in a folder durable.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
