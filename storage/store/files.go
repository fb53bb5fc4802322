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

// Files are what gonogo keeps for itself on the host that it runs on: the output of
// runbooks, a snapshot of the state, the socket of the command line, room on the
// disk for a rollback, and who held which role. They are in a folder of their own,
// which belongs to one ledger.
//
// Up to version 0.2.0 each of them was beside the ledger, under the ledger's name
// with an ending. [Files.Prepare] moves them.
type Files struct {
	Folder string
	before string // what their names once began with; "" where there was no such version
}

// The names in the folder, which are also what the names before ended with.
const (
	socketName   = "sock"
	snapshotName = "snapshot"
	outputName   = "output"
	reserveName  = "reserve"
	membersName  = "members"
)

// Files tells where the files of a ledger are: gonogo.files beside gonogo.db.
func (s Store) Files() Files {
	if name, ok := strings.CutSuffix(s.Bolt, ".db"); ok && filepath.Base(s.Bolt) != ".db" {
		return Files{Folder: name + ".files", before: s.Bolt + "."}
	}
	return Files{Folder: s.Bolt + ".gonogo", before: s.Bolt + "."} // another name than that of the file with .db
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

// Running is where to find a bot that may run: its socket, or that of a version up
// to 0.2.0 where only that is there.
func (f Files) Running() string {
	if _, err := os.Lstat(f.Socket()); err == nil || f.before == "" {
		return f.Socket()
	}
	if _, err := os.Lstat(f.before + socketName); err == nil {
		return f.before + socketName
	}
	return f.Socket()
}

// Hold reports whether a path is one of the files, or would be taken for one.
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

// Prepare makes the folder, and moves into it what a version up to 0.2.0 left beside
// the ledger. Only the process that has the ledger open for writing may call it. Where
// it is cut off, the next call goes on. What cannot be moved stays where it is, and the
// error says why; gonogo works without it.
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
		faults = append(faults, removed(f.before+name)) // of a gonogo that was killed
	}
	return errors.Join(faults...)
}

// makeFolder makes the folder for this user alone or, where the ledger's folder is
// setgid, so that a group may use the socket, for that group too.
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

// openToGroup gives the folder to the group that the ledger's folder is for.
func (f Files) openToGroup() error {
	above, err := os.Stat(filepath.Dir(f.Folder))
	if err != nil || above.Mode()&fs.ModeSetgid == 0 {
		return nil // what is wrong with the ledger's folder was told by whoever opened the ledger
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

// adopt moves a file, or what is in a folder. What is there under both names was
// written last by a version that knows only the name before, so that one stays.
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

// adoptAll moves what is in a folder into another one.
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
