package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"gonogo/storage"
)

// lockWait is how long to wait for a lock of another process: long enough if that is
// only checking or closing, short enough for a person.
const lockWait = 500 * time.Millisecond

// Open opens the ledger at path for this process alone, and creates it if there is
// none. It leaves a file that it can't use unchanged; the error is then
// *storage.Unusable.
func Open(path string) (*Log, error) {
	found, err := look(path)
	if err != nil {
		return nil, err
	}
	if !found {
		if err := create(path); err != nil {
			return nil, err
		}
	}
	checked, err := OpenReadOnly(path)
	if err != nil {
		return nil, err
	}
	if err := checked.Close(); err != nil {
		return nil, err
	}
	return open(path, false)
}

// OpenReadOnly opens the ledger at path for reading. Others may read it too; if a
// process has it open for writing, that is an error. Append fails.
func OpenReadOnly(path string) (*Log, error) {
	found, err := look(path)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, &storage.Unusable{Path: path, Problem: "does not exist", NextStep: "name the ledger of a gonogo that has run", Cause: fs.ErrNotExist}
	}
	return open(path, true)
}

// MayWrite returns why [Open] would not be allowed to write at path, or nil. It writes
// nothing.
func MayWrite(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		return file.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return refused(path, err)
	}
	folder, err := folderOf(path)
	if err != nil {
		return err
	}
	const write = 2 // W_OK of access(2)
	if err := syscall.Access(folder, write); err != nil {
		return notMade(path, err)
	}
	return nil
}

// look refuses what can be refused without opening the file.
func look(path string) (found bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, absent(path)
	case err != nil:
		return false, refused(path, err)
	case info.Mode().IsRegular() && info.Size() == 0:
		return false, &storage.Unusable{Path: path, Problem: "is empty, which a ledger never is", NextStep: "restore a backup if it was one, or else remove it"}
	}
	return true, regular(path, info)
}

// absent refuses a link that leads nowhere. The disk that it leads to may not be
// mounted yet, and a new ledger would be mistaken for the one on it.
func absent(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	return &storage.Unusable{Path: path, Problem: "is a link to a file that is not there", NextStep: "bring that file back, or name another"}
}

// regular refuses something that exists and can't be a ledger.
func regular(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return &storage.Unusable{Path: path, Problem: "is a folder", NextStep: "name a file in it"}
	case !info.Mode().IsRegular():
		return &storage.Unusable{Path: path, Problem: "is not a regular file", NextStep: "name another"}
	}
	return nil
}

// open has bbolt open an existing file. For reading, bbolt takes a shared lock and
// looks only at the meta pages, so everything is checked at that point; a file is
// opened for writing only after that.
func open(path string, readOnly bool) (*Log, error) {
	l := &Log{path: path}
	options := &bbolt.Options{
		Timeout: lockWait, ReadOnly: readOnly, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		OpenFile: func(path string, flag int, mode os.FileMode) (_ *os.File, err error) {
			if l.file, err = os.OpenFile(path, flag&^os.O_CREATE, mode); err == nil {
				l.info, err = l.file.Stat()
			}
			return l.file, err
		},
	}
	err := recovered(func() (err error) {
		l.db, err = bbolt.Open(path, 0, options)
		return err
	})
	if err != nil {
		return nil, refused(path, diagnosed(path, err))
	}
	l.update = l.db.Update
	prepare := l.completeIndex
	if readOnly {
		prepare = l.check
	}
	if err := prepare(); err != nil {
		_ = l.Close() // what is wrong with the file matters more
		return nil, refused(path, err)
	}
	return l, nil
}

// check checks all pages, and then whether the file is a ledger.
func (l *Log) check() error {
	if err := checkFile(l.file); err != nil {
		return err
	}
	err := l.guarded(func() error { return l.db.View(checkFormat) })
	if err == nil {
		l.rest, err = l.restOfIndex()
	}
	return err
}

func checkFile(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return checkPages(file, info.Size())
}

var errNewer = errors.New("its format is of a newer gonogo")

func checkFormat(tx *bbolt.Tx) error {
	head := tx.Bucket(headBucket)
	if head == nil || !bytes.HasPrefix(head.Get(formatKey), []byte(formatName)) {
		return errForeign
	}
	if string(head.Get(formatKey)) != formatName+formatVersion {
		return errNewer
	}
	if tx.Bucket(recordsBucket) == nil {
		return errors.New("its records are gone")
	}
	if _, err := readWriter(tx); err != nil {
		return err
	}
	_, _, err := indexState(tx)
	return err
}

// diagnosed finds the fault behind an error of bbolt, which says little. bbolt had the
// file locked, so nobody was writing to it.
func diagnosed(path string, err error) error {
	var io *fs.PathError
	if errors.Is(err, bolterrors.ErrTimeout) || errors.As(err, &io) {
		return err
	}
	file, openErr := os.Open(path)
	if openErr != nil {
		return openErr
	}
	defer file.Close()
	if fault := checkFile(file); fault != nil {
		return fault
	}
	return err
}

// Held returns why the gonogo that runs on the ledger at path doesn't use the file that
// is there, or nil if a process does. It changes nothing.
func Held(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return gone(path, err)
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) // bbolt's own lock is flock(2)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	return gone(path, err)
}

// InUse reports whether an error says that another process holds the ledger.
func InUse(err error) bool { return errors.Is(err, bolterrors.ErrTimeout) }

// refused says why a ledger cannot be used, and what to do.
func refused(path string, err error) error {
	u := &storage.Unusable{Path: path, Cause: err}
	var io *fs.PathError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		u.Problem, u.NextStep = "is in use by another gonogo", "stop that one first, or name another file"
	case errors.Is(err, syscall.EROFS):
		u.Problem, u.NextStep = "is on a read-only file system", "name a file where gonogo may write"
	case errors.Is(err, fs.ErrPermission):
		u.Problem, u.NextStep = "may not be used by this user", "give gonogo's user the right to read and write it and its folder"
	case errors.As(err, &io):
		u.Problem, u.NextStep = fmt.Sprintf("cannot be used: %v", io.Err), "mend that, or name another file"
	case errors.Is(err, errForeign):
		u.Problem, u.NextStep = "is not a gonogo ledger", "name another file, or restore a backup if it was one"
	case errors.Is(err, errNewer):
		u.Problem, u.NextStep = "was written by a newer gonogo", "use that one"
	default:
		u.Problem, u.NextStep = fmt.Sprintf("is damaged: %v", err), "restore a backup"
	}
	return u
}
