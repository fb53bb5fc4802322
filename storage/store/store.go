// Package store opens the log that the configuration names. It knows the kinds of
// stores, and is the only package that imports them. Callers that need a ledger get a
// [storage.Log] from a [Store].
//
// A Store also says where gonogo keeps the files that belong to a ledger without being
// part of it, see [Files].
//
// Another kind of store is another field of Store and a case in each of its methods.
package store

import (
	"context"
	"os"
	"path/filepath"

	"gonogo/storage"
	"gonogo/storage/bolt"
)

// Store is where a ledger is kept, as the configuration says. It holds nothing open.
type Store struct {
	Bolt string // path of the file
}

// String names the ledger for people.
func (s Store) String() string { return s.Bolt }

// Open opens the log for this process alone, and makes it if there is none. What it
// cannot use it leaves as it is; the error is then [*storage.Unusable].
func (s Store) Open() (storage.Log, error) { return opened(bolt.Open(s.Bolt)) }

// OpenReadOnly opens the log for reading, beside other readers; it is refused while
// a process has it open for writing, see [InUse]. One that does not exist is an
// [fs.ErrNotExist].
func (s Store) OpenReadOnly() (storage.Log, error) { return opened(bolt.OpenReadOnly(s.Bolt)) }

// opened keeps a log that is nil from being a Log that is not.
func opened(log *bolt.Log, err error) (storage.Log, error) {
	if err != nil {
		return nil, err
	}
	return log, nil
}

// Build makes a new log of what fill appends to an empty one, whole or not at all.
// One that is there already is refused, or with replace exchanged for the new one,
// unless a gonogo is using it.
func (s Store) Build(ctx context.Context, replace bool, fill func(storage.Log) (storage.Report, error)) (storage.Report, error) {
	return bolt.Build(ctx, s.Bolt, replace, fill)
}

// MayWrite tells why [Store.Open] would be refused the right to write, or nil. It
// writes and makes nothing.
func (s Store) MayWrite() error { return bolt.MayWrite(s.Bolt) }

// Held tells why the gonogo that runs on this ledger does not use the one that is
// there now, or nil if a process does: it was deleted, moved or replaced.
func (s Store) Held() error { return bolt.Held(s.Bolt) }

// InUse reports whether an error says that another process has the log.
func InUse(err error) bool { return bolt.InUse(err) }

// Size is how many bytes the log takes up; 0 where that is not known.
func (s Store) Size() int64 {
	info, err := os.Stat(s.Bolt)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Folder is the folder on whose disk the log and its files are.
func (s Store) Folder() string { return filepath.Dir(s.Bolt) }
