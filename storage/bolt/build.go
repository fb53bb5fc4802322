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

// Build makes a new ledger at path from what fill appends to an empty one, completely
// or not at all. The ledger is filled under another name, and its chain is read back
// from the disk and compared with fill's report before it gets its own name. Build
// refuses a path that exists; with replace it replaces that file, unless a gonogo is
// using it.
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
	put := os.Link // never replaces a file
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
		if err := regular(path, info); err != nil { // such as a device, which renaming would replace
			return err
		}
	}
	log, err := OpenReadOnly(path)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return err
	}
	if err != nil {
		return nil // no ledger, so nobody uses it
	}
	return log.Close()
}

// filled fills a draft and verifies what the disk has of it. It returns errors of the
// disk as fault, and those of fill as err.
func filled(ctx context.Context, draft string, fill func(storage.Log) (storage.Report, error)) (found storage.Report, fault, err error) {
	log, err := open(draft, false)
	if err != nil {
		return storage.Report{}, err, nil
	}
	to := &errRecorder{Log: log}
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

// errRecorder keeps the error with which the disk refused a record, to tell it from a
// fault in the records.
type errRecorder struct {
	storage.Log
	fault error
}

// Append implements storage.Log.
func (r *errRecorder) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	last, err := r.Log.Append(ctx, fence, records...)
	if ctx.Err() == nil {
		r.fault = err
	}
	return last, err
}
