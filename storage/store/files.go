package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Files are what gonogo keeps for itself on its host: the output of runbooks, a
// snapshot of the state, the socket of the command line, disk space reserved for a
// rollback, and who held which role. They are in a folder of their own, which belongs
// to one ledger.
//
// Up to version 0.2.0 they were next to the ledger, named after it with a suffix.
// [Files.Prepare] moves them.
type Files struct {
	Folder string
	before string // prefix of their old names; "": no version ever used any
}

// The names in the folder, which are also the suffixes of the old names.
const (
	socketName   = "sock"
	snapshotName = "snapshot"
	outputName   = "output"
	reserveName  = "reserve"
	membersName  = "members"
)

// Files says where a ledger's files are: in gonogo.files next to gonogo.db, or where the
// configuration has them if the ledger is in a database.
func (s Store) Files() Files {
	if s.InPostgres() {
		return Files{Folder: s.Folder}
	}
	if name, ok := strings.CutSuffix(s.Bolt, ".db"); ok && filepath.Base(s.Bolt) != ".db" {
		return Files{Folder: name + ".files", before: s.Bolt + "."}
	}
	return Files{Folder: s.Bolt + ".gonogo", before: s.Bolt + "."} // differs from the folder of the same name with .db
}

func (f Files) named(name string) string { return filepath.Join(f.Folder, name) }

// Socket is where the command line finds the bot.
func (f Files) Socket() string { return f.named(socketName) }

// Snapshot is the file of [storage.Snapshots].
func (f Files) Snapshot() string { return f.named(snapshotName) }

// Output is the folder for the output of runbooks.
func (f Files) Output() string { return f.named(outputName) }

// Reserve is the file of [storage.Reserve].
func (f Files) Reserve() string { return f.named(reserveName) }

// Members is the file that remembers who held which role.
func (f Files) Members() string { return f.named(membersName) }

// Running is the socket of a bot that may be running: the current one, or that of a
// version up to 0.2.0 if only that exists.
func (f Files) Running() string {
	if _, err := os.Lstat(f.Socket()); err == nil || f.before == "" {
		return f.Socket()
	}
	if _, err := os.Lstat(f.before + socketName); err == nil {
		return f.before + socketName
	}
	return f.Socket()
}

// Hold reports whether a path is one of the files, or would be mistaken for one.
func (f Files) Hold(path string) bool {
	folder, err := filepath.Abs(f.Folder)
	path, fault := filepath.Abs(path)
	before, _ := filepath.Abs(f.before)
	if err != nil || fault != nil {
		return false
	}
	if path == folder || strings.HasPrefix(path, folder+string(filepath.Separator)) {
		return true
	}
	ending, beside := strings.CutPrefix(path, before)
	return f.before != "" && beside && slices.Contains([]string{socketName, snapshotName, snapshotName + ".new", outputName, reserveName, membersName, membersName + ".new"}, ending)
}

// Prepare makes the folder, and moves what a version up to 0.2.0 left next to the
// ledger into it. Only the process that has the ledger open for writing may call it. If
// it is cut off, the next call continues. A file that can't be moved stays where it is,
// and the error says why; gonogo works without it.
func (f Files) Prepare() error {
	if err := f.makeFolder(); err != nil {
		return err
	}
	if f.before == "" {
		return nil
	}
	var faults []error
	for _, name := range []string{outputName, reserveName, membersName, snapshotName} {
		faults = append(faults, adopt(f.before+name, f.named(name)))
	}
	for _, name := range []string{socketName, snapshotName + ".new", membersName + ".new"} {
		faults = append(faults, removed(f.before+name)) // left by a gonogo that was killed
	}
	return errors.Join(faults...)
}

// makeFolder makes the folder for this user only. If the ledger's folder is setgid, so
// that a group may use the socket, the folder is for that group too.
func (f Files) makeFolder() error {
	if err := os.Mkdir(f.Folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the folder for gonogo's own files: %w", err)
	}
	info, err := os.Stat(f.Folder)
	if err != nil {
		return fmt.Errorf("look at the folder for gonogo's own files: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder, and gonogo keeps its own files there; move it away", f.Folder)
	}
	return f.openToGroup()
}

// openToGroup gives the folder to the group of the ledger's folder, if that is setgid.
func (f Files) openToGroup() error {
	above, err := os.Stat(filepath.Dir(f.Folder))
	if err != nil || above.Mode()&fs.ModeSetgid == 0 {
		return nil // opening the ledger already reported what is wrong with its folder
	}
	owner, ok := above.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if err := errors.Join(os.Lchown(f.Folder, -1, int(owner.Gid)), os.Chmod(f.Folder, 0o750|fs.ModeSetgid)); err != nil {
		return fmt.Errorf("give the folder for gonogo's own files to its group: %w", err)
	}
	return nil
}

// adopt moves a file, or the content of a folder. If both names exist, the old one was
// written last, by a version that doesn't know the new name, so it replaces the new
// one.
func adopt(from, to string) error {
	info, err := os.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.IsDir() {
		if _, there := os.Lstat(to); there == nil {
			return adoptAll(from, to)
		}
	}
	if err == nil {
		err = os.Rename(from, to)
	}
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", from, to, err)
	}
	return nil
}

// adoptAll moves the content of a folder into another one.
func adoptAll(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", from, to, err)
	}
	var faults []error
	for _, entry := range entries {
		faults = append(faults, adopt(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())))
	}
	return errors.Join(append(faults, removed(from))...)
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}
