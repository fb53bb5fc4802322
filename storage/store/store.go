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
	"gonogo/storage/postgres"
)

// Store is where a ledger is kept, as the configuration says. It keeps nothing open.
type Store struct {
	Bolt string // path of the file; empty: the ledger is in PostgreSQL

	Postgres string // URL of the database, a secret
	Schema   string // of the ledger in the database
	Folder   string // for gonogo's own files, if the ledger isn't a file
}

// InPostgres reports whether the ledger is in a database, not in a file.
func (s Store) InPostgres() bool { return s.Bolt == "" }

func (s Store) place() postgres.Place { return postgres.Place{URL: s.Postgres, Schema: s.Schema} }

// String names the ledger for people, without the login of a database.
func (s Store) String() string {
	if s.InPostgres() {
		return s.place().String()
	}
	return s.Bolt
}

// Open opens the log for this process alone, and creates it if there is none. It leaves
// a log that it can't use unchanged; the error is then [*storage.Unusable].
func (s Store) Open(ctx context.Context) (storage.Log, error) {
	if s.InPostgres() {
		return opened(s.place().Open(ctx))
	}
	return opened(bolt.Open(s.Bolt))
}

// OpenReadOnly opens the log for reading. Others may read it too. If a process has it
// open for writing, a file can't be read, see [InUse]; a database can. If it doesn't
// exist, the error is [fs.ErrNotExist].
func (s Store) OpenReadOnly(ctx context.Context) (storage.Log, error) {
	if s.InPostgres() {
		return opened(s.place().OpenReadOnly(ctx))
	}
	return opened(bolt.OpenReadOnly(s.Bolt))
}

// opened avoids a Log that isn't nil but holds a nil pointer.
func opened[L storage.Log](log L, err error) (storage.Log, error) {
	if err != nil {
		return nil, err
	}
	return log, nil
}

// Build makes a new log from what fill appends to an empty one, completely or not at
// all. It refuses a log that exists; with replace it replaces that one, unless a gonogo
// is using it.
func (s Store) Build(ctx context.Context, replace bool, fill func(storage.Log) (storage.Report, error)) (storage.Report, error) {
	if s.InPostgres() {
		return s.place().Build(ctx, replace, fill)
	}
	return bolt.Build(ctx, s.Bolt, replace, fill)
}

// MayWrite returns why [Store.Open] would not be allowed to write, or nil. It writes
// nothing.
func (s Store) MayWrite(ctx context.Context) error {
	if s.InPostgres() {
		_, err := s.place().Examine(ctx)
		return err
	}
	return bolt.MayWrite(s.Bolt)
}

// Server is what matters about the server of a ledger in a database.
func (s Store) Server(ctx context.Context) (postgres.Facts, error) { return s.place().Examine(ctx) }

// SameServer reports whether a database is on the ledger's own server.
func (s Store) SameServer(ctx context.Context, url string) (bool, error) {
	return s.place().SameServer(ctx, url)
}

// Held returns why the gonogo that runs on this ledger doesn't use the one that is
// there now (the file was deleted, moved or replaced), or nil if a process does.
func (s Store) Held() error {
	if s.InPostgres() {
		return nil
	}
	return bolt.Held(s.Bolt)
}

// InUse reports whether an error says that another process has the log.
func InUse(err error) bool { return bolt.InUse(err) || errors.Is(err, postgres.ErrInUse) }

// Holder is the process that has the log's file open for writing, and whether it is
// suspended. pid is 0 if there is none or it can't be found out.
func (s Store) Holder() (pid int, suspended bool) {
	if s.InPostgres() {
		return 0, false
	}
	return bolt.Holder(s.Bolt)
}

// Silent is the error for a log that a process has open without answering, if err says
// so: it names that process, as far as it is known, and what to do about it. Any other
// error is returned as it is.
func (s Store) Silent(err error) error {
	var unusable *storage.Unusable
	if s.InPostgres() || !InUse(err) || !errors.As(err, &unusable) {
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

// Size is how many bytes the log's file takes up; 0: unknown.
func (s Store) Size() int64 {
	if s.InPostgres() {
		return 0
	}
	info, err := os.Stat(s.Bolt)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Disk is the folder on whose disk the log's file and gonogo's own files are.
func (s Store) Disk() string {
	if s.InPostgres() {
		return filepath.Dir(s.Folder)
	}
	return filepath.Dir(s.Bolt)
}

// Reserve is the space that is kept on that disk for a rollback; nil if the ledger isn't
// on it.
func (s Store) Reserve() *storage.Reserve {
	if s.InPostgres() {
		return nil
	}
	return &storage.Reserve{Path: s.Files().Reserve()}
}
