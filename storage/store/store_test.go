package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonogo/storage"
	"gonogo/storage/storagetest"
	"gonogo/storage/store"
)

// TestLog runs the suite on what the factory opens.
func TestLog(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) func() (storage.Log, error) {
		kept := store.Store{Bolt: filepath.Join(t.TempDir(), "gonogo.db")}
		return func() (storage.Log, error) { return kept.Open(t.Context()) }
	})
}

func TestStore(t *testing.T) {
	kept := store.Store{Bolt: filepath.Join(t.TempDir(), "gonogo.db")}
	if log, err := kept.OpenReadOnly(t.Context()); log != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a ledger that is not there: %v, %v; want nil and that it does not exist", log, err)
	}
	if err := kept.MayWrite(t.Context()); err != nil || kept.Size() != 0 {
		t.Errorf("may write: %v; %d bytes", err, kept.Size())
	}
	report, err := kept.Build(t.Context(), false, func(log storage.Log) (storage.Report, error) {
		if _, err := log.Append(context.Background(), storage.Fence{}, storagetest.Records(1, 3)...); err != nil {
			return storage.Report{}, err
		}
		return storage.Verify(context.Background(), log)
	})
	if err != nil || report.Records != 3 || kept.Size() == 0 || kept.String() != kept.Bolt || kept.Disk() != filepath.Dir(kept.Bolt) {
		t.Errorf("built %+v, %v, %d bytes", report, err, kept.Size())
	}
	log, err := kept.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if other, err := kept.Open(t.Context()); other != nil || !store.InUse(err) {
		t.Errorf("opened twice: %v, %v", other, err)
	}
	if err := kept.Held(); err != nil {
		t.Errorf("while it is open: %v", err)
	}
	if err := os.Rename(kept.Bolt, kept.Bolt+".old"); err != nil {
		t.Fatal(err)
	}
	if err := kept.Held(); err == nil || !strings.Contains(err.Error(), "was deleted or moved while gonogo was using it") {
		t.Errorf("moved: %v", err)
	}
	if err := os.WriteFile(kept.Bolt, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := kept.Held(); err == nil || !strings.Contains(err.Error(), "was replaced by another file while gonogo was using it") {
		t.Errorf("replaced: %v", err)
	}
}

// Ledgers in one folder have different files, whatever they are called.
func TestFilesBelongToOneLedger(t *testing.T) {
	seen := map[string]string{}
	for path, want := range map[string]string{
		"/var/lib/gonogo.db": "/var/lib/gonogo.files", "/var/lib/gonogo": "/var/lib/gonogo.gonogo", "/var/lib/gonogo.db.db": "/var/lib/gonogo.db.files",
		"/var/lib/.db": "/var/lib/.db.gonogo", "gonogo.db": "gonogo.files", "ledger.bolt": "ledger.bolt.gonogo",
	} {
		files := store.Store{Bolt: path}.Files()
		if files.Folder != want || seen[want] != "" {
			t.Errorf("%s has its files in %s, want %s; %s has them there too", path, files.Folder, want, seen[want])
		}
		seen[files.Folder] = path
		for _, name := range []string{files.Socket(), files.Snapshot(), files.Output(), files.Reserve(), files.Members()} {
			if filepath.Dir(name) != files.Folder || !files.Hold(name) || !files.Hold(name+".new") {
				t.Errorf("%s is not a file of %s", name, path)
			}
		}
		for _, ending := range []string{".sock", ".snapshot", ".snapshot.new", ".output", ".reserve", ".members", ".members.new"} {
			if !files.Hold(path + ending) {
				t.Errorf("%s would not be moved", path+ending)
			}
		}
		for _, name := range []string{path, path + ".bak", files.Folder + ".bak", "/var/lib/other.sock", "other.sock"} {
			if files.Hold(name) {
				t.Errorf("%s is a file of %s", name, path)
			}
		}
	}
}

// before creates what gonogo 0.2.0 left next to a ledger.
func before(t *testing.T) (kept store.Store, lay func(name, content string), want map[string]string) {
	t.Helper()
	kept = store.Store{Bolt: filepath.Join(t.TempDir(), "gonogo.db")}
	lay = func(name, content string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(kept.Bolt+name), 0o700), os.WriteFile(kept.Bolt+name, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	lay(".snapshot", "a state")
	lay(".snapshot.new", "half a state")
	lay(".members", "people")
	lay(".reserve", "room")
	lay(".output/run-1.txt", "one")
	lay(".output/run-2.txt", "two")
	lay(".sock", "")
	return kept, lay, map[string]string{"snapshot": "a state", "members": "people", "reserve": "room", "output/run-1.txt": "one", "output/run-2.txt": "two"}
}

// wantFiles checks the content of a ledger's folder, and that there is nothing else
// next to the ledger.
func wantFiles(t *testing.T, kept store.Store, want map[string]string) {
	t.Helper()
	folder := kept.Files().Folder
	got := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		got[strings.TrimPrefix(path, folder+"/")] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
	for name, content := range want {
		if got[name] != content {
			t.Errorf("%s holds %q, want %q", name, got[name], content)
		}
	}
	beside, err := os.ReadDir(kept.Disk())
	if err != nil || len(beside) != 1 {
		t.Errorf("beside the ledger are %v, %v", beside, err)
	}
}

func TestPrepareMovesWhatWasBeside(t *testing.T) {
	kept, lay, want := before(t)
	for range 2 {
		if err := kept.Files().Prepare(); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, kept, want)
	}
	if info, err := os.Stat(kept.Files().Folder); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("the folder is %v, %v; want it for its user alone", info.Mode(), err)
	}

	// A version that only knows the old names has run in between.
	lay(".members", "other people")
	lay(".output/run-2.txt", "two, and more")
	lay(".output/run-3.txt", "three")
	want["members"], want["output/run-2.txt"], want["output/run-3.txt"] = "other people", "two, and more", "three"
	if err := kept.Files().Prepare(); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, kept, want)
}

// Prepare is cut off after each move; the next call continues.
func TestPrepareIsCutOff(t *testing.T) {
	moves := []string{"output", "reserve", "members", "snapshot"}
	for cut := range len(moves) + 1 {
		kept, _, want := before(t)
		files := kept.Files()
		if err := os.Mkdir(files.Folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range moves[:cut] {
			if err := os.Rename(kept.Bolt+"."+name, filepath.Join(files.Folder, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := files.Prepare(); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, kept, want)
	}
}

// What is in the way is reported, and doesn't keep anything else from being moved.
func TestPrepareTellsWhatIsInTheWay(t *testing.T) {
	kept, _, want := before(t)
	files := kept.Files()
	if err := errors.Join(os.Mkdir(files.Folder, 0o700), os.Mkdir(files.Members(), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := files.Prepare(); err == nil || !strings.Contains(err.Error(), "move "+kept.Bolt+".members to "+files.Members()) {
		t.Errorf("a folder in the way: %v", err)
	}
	if err := os.Remove(files.Members()); err != nil {
		t.Fatal(err)
	}
	if err := files.Prepare(); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, kept, want)

	kept, _, _ = before(t)
	if err := os.WriteFile(kept.Files().Folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := kept.Files().Folder + " is no folder, and gonogo keeps its own files there; move it away"
	if err := kept.Files().Prepare(); err == nil || err.Error() != wrong {
		t.Errorf("got  %v\nwant %s", err, wrong)
	}
}

// The folder is open to the group of the ledger's folder, also if that group was set
// later, and to nobody else.
func TestFolderIsOpenToAGroup(t *testing.T) {
	kept := store.Store{Bolt: filepath.Join(t.TempDir(), "gonogo.db")}
	for _, step := range []struct{ above, want fs.FileMode }{{0o755, 0o700}, {0o755 | fs.ModeSetgid, 0o750 | fs.ModeSetgid}, {0o750 | fs.ModeSetgid, 0o750 | fs.ModeSetgid}} {
		if err := errors.Join(os.Chmod(kept.Disk(), step.above), kept.Files().Prepare()); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(kept.Files().Folder); err != nil || info.Mode() != fs.ModeDir|step.want {
			t.Errorf("below a folder with %v: %v, %v; want %v", step.above, info.Mode(), err, step.want)
		}
	}
}

// A running bot of 0.2.0 is found at its socket, until another one has its own.
func TestRunning(t *testing.T) {
	kept := store.Store{Bolt: filepath.Join(t.TempDir(), "gonogo.db")}
	files := kept.Files()
	var found []string
	look := func() { found = append(found, strings.TrimPrefix(files.Running(), kept.Disk()+"/")) }
	look()
	if err := os.WriteFile(kept.Bolt+".sock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	look()
	if err := errors.Join(os.Mkdir(files.Folder, 0o700), os.WriteFile(files.Socket(), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	look()
	if want := []string{"gonogo.files/sock", "gonogo.db.sock", "gonogo.files/sock"}; !slices.Equal(found, want) {
		t.Errorf("found at %q, want %q", found, want)
	}
}
