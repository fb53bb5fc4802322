package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolterrors "go.etcd.io/bbolt/errors"

	"gonogo/storage"
)

// Build makes a new ledger at path out of what fill appends to an empty one,
// whole or not at all: it is filled beside its place under another name, its
// chain is walked once more from the disk and compared with what fill reports,
// and only then it gets its name. A file that is there already is refused, or
// with replace exchanged for the new one, unless a gonogo is using it.
func Build(ctx context.Context, path string, replace bool, fill func(storage.Log) (storage.Report, error)) (storage.Report, error) {
	folder, err := folderOf(path)
	if err != nil {
		return storage.Report{}, err
	}
	if err := free(path, replace); err != nil {
		return storage.Report{}, err
	}
	draft, err := writeDraft(folder, filepath.Base(path))
	if draft != "" {
		defer os.Remove(draft)
	}
	if err != nil {
		return storage.Report{}, notMade(path, err)
	}
	report, fault, err := filled(ctx, draft, fill)
	switch {
	case fault != nil:
		return storage.Report{}, notMade(path, fault)
	case err != nil:
		return storage.Report{}, err
	}
	put := os.Link // which never takes another file's place
	if replace {
		put = os.Rename
	}
	if err := errors.Join(put(draft, path), syncFolder(folder)); err != nil {
		return storage.Report{}, notMade(path, err)
	}
	return report, nil
}

// free reports whether a name may be given to a new ledger.
func free(path string, replace bool) error {
	if _, err := os.Lstat(path); err != nil {
		return nil // what else is wrong shows when the file is made
	}
	if !replace {
		return notMade(path, os.ErrExist)
	}
	if info, err := os.Stat(path); err == nil {
		if err := regular(path, info); err != nil { // a device, say, which renaming would do away with
			return err
		}
	}
	log, err := OpenReadOnly(path)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return err
	}
	if err != nil {
		return nil // no ledger, so nobody's
	}
	return log.Close()
}

// filled fills a draft, and verifies what the disk has of it. A fault is the
// disk's, any other error that of fill.
func filled(ctx context.Context, draft string, fill func(storage.Log) (storage.Report, error)) (found storage.Report, fault, err error) {
	log, err := open(draft, false)
	if err != nil {
		return storage.Report{}, err, nil
	}
	to := &attentive{Log: log}
	wrote, err := fill(to)
	if fault := errors.Join(to.fault, log.Close()); fault != nil || err != nil {
		return storage.Report{}, fault, err
	}
	if log, err = OpenReadOnly(draft); err != nil {
		return storage.Report{}, err, nil
	}
	found, err = storage.Verify(ctx, log)
	if err = errors.Join(err, log.Close()); err == nil && found != wrote {
		err = fmt.Errorf("the disk has not what was written to it: %d sound records of %d", found.Records, wrote.Records)
	}
	return found, err, nil
}

// attentive remembers why the disk did not take a record, to tell that apart
// from what was wrong with the records.
type attentive struct {
	storage.Log
	fault error
}

// Append implements storage.Log.
func (a *attentive) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	last, err := a.Log.Append(ctx, fence, records...)
	if ctx.Err() == nil {
		a.fault = err
	}
	return last, err
}
