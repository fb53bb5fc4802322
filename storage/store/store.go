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
