package people

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gonogo/playground/workspace"
	"gonogo/readiness/checklist"
)

// While the disk hangs, the holders of roles are read as ever. Once it responds, the file
// is written.
func TestRolesAreReadWhileTheDiskHangs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gonogo.db.members")
	if err := syscall.Mkfifo(file+".new", 0o600); err != nil { // who writes to it waits for a reader
		t.Fatal(err)
	}
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{groupRole}, File: file})
	w.start()
	w.taken(w.Admin().SetGroup("S0ONCALL", lead, owner))
	w.await("the new member", func() bool {
		users, err := w.people.Members(groupRole)
		return err == nil && slices.Contains(users, owner)
	})

	reader, err := os.OpenFile(file+".new", os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	w.taken(w.Admin().SetGroup("S0ONCALL", owner))
	w.await("the file", func() bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), owner) && !strings.Contains(string(text), lead)
	})
}
