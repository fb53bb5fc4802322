// Package store opens the log that the configuration names. It knows the kinds of
// stores, and is the only package that imports them. Callers that need a ledger get a
// [storage.Log] from a [Store].
//
// A Store also says where gonogo keeps the files that belong to a ledger without being
// part of it, see [Files].
//
// To add a kind of store, add a field to Store and a case to each of its methods.
package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gonogo/storage"
	"gonogo/storage/bolt"
)

// Store is where a ledger is kept, as the configuration says. It keeps nothing open.
type Store struct {
	Bolt string // path of the file
}

// String names the ledger for people.
func (s Store) String() string { return s.Bolt }

// Open opens the log for this process alone, and creates it if there is none. It leaves
// a log that it can't use unchanged; the error is then [*storage.Unusable].
func (s Store) Open() (storage.Log, error) { return opened(bolt.Open(s.Bolt)) }

// OpenReadOnly opens the log for reading. Others may read it too; if a process has it
// open for writing, that is an error, see [InUse]. If it doesn't exist, the error is
// [fs.ErrNotExist].
func (s Store) OpenReadOnly() (storage.Log, error) { return opened(bolt.OpenReadOnly(s.Bolt)) }

// opened avoids a Log that isn't nil but holds a nil *bolt.Log.
func opened(log *bolt.Log, err error) (storage.Log, error) {
	if err != nil {
		return nil, err
	}
	return log, nil
}

// Build makes a new log from what fill appends to an empty one, completely or not at
// all. It refuses a log that exists; with replace it replaces that one, unless a gonogo
// is using it.
func (s Store) Build(ctx context.Context, replace bool, fill func(storage.Log) (storage.Report, error)) (storage.Report, error) {
	return bolt.Build(ctx, s.Bolt, replace, fill)
}

// MayWrite returns why [Store.Open] would not be allowed to write, or nil. It writes
// nothing.
func (s Store) MayWrite() error { return bolt.MayWrite(s.Bolt) }

// Held returns why the gonogo that runs on this ledger doesn't use the one that is
// there now (it was deleted, moved or replaced), or nil if a process does.
func (s Store) Held() error { return bolt.Held(s.Bolt) }

// InUse reports whether an error says that another process has the log.
func InUse(err error) bool { return bolt.InUse(err) }

// Holder is the process that has the log open for writing, and whether it is suspended.
// pid is 0 if there is none or it can't be found out.
func (s Store) Holder() (pid int, suspended bool) { return bolt.Holder(s.Bolt) }

// Silent is the error for a log that a process has open without answering, if err says
// so: it names that process, as far as it is known, and what to do about it. Any other
// error is returned as it is.
func (s Store) Silent(err error) error {
	var unusable *storage.Unusable
	if !InUse(err) || !errors.As(err, &unusable) {
		return err
	}
	held := *unusable
	pid, suspended := s.Holder()
	ending := fmt.Sprintf("end it with kill -9 %d and start gonogo again, which loses nothing that was recorded", pid)
	switch {
	case pid == 0:
		held.Problem = "is in use by another gonogo, which does not answer: it is starting or stopping, or hangs"
		held.NextStep = "try again in a moment, or look for it with: fuser " + held.Path
	case suspended:
		held.Problem = fmt.Sprintf("is in use by another gonogo, process %d, which does not answer because it is suspended", pid)
		held.NextStep = fmt.Sprintf("resume it with kill -CONT %d, or %s", pid, ending)
	default:
		held.Problem = fmt.Sprintf("is in use by another gonogo, process %d, which does not answer: it is starting or stopping, or hangs", pid)
		held.NextStep = "try again in a moment; if it still does not answer, " + ending
	}
	return &held
}

// Size is how many bytes the log takes up; 0: unknown.
func (s Store) Size() int64 {
	info, err := os.Stat(s.Bolt)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Folder is the folder on whose disk the log and its files are.
func (s Store) Folder() string { return filepath.Dir(s.Bolt) }
