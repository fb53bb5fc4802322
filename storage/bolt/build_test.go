package bolt_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gonogo/storage"
	"gonogo/storage/bolt"
)

// built makes a ledger at path with the records of another one.
func built(ctx context.Context, path string, replace bool, from storage.Log) (storage.Report, error) {
	return bolt.Build(ctx, path, replace, func(to storage.Log) (storage.Report, error) {
		return storage.Copy(ctx, to, from.Read(ctx, 0))
	})
}

func TestBuild(t *testing.T) {
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "gonogo.db"), filepath.Join(folder, "copy.db")
	records := sample(t, path, 2100, 700)
	from := mustOpen(t, path)
	for _, replace := range []bool{false, true} {
		got, err := built(t.Context(), copied, replace, from)
		if err != nil || got.LastHash != records[2099].Hash {
			t.Fatalf("built %+v, %v; want 2,100 records", got, err)
		}
		if found, err := verifyFile(t, copied); err != nil || found != got {
			t.Errorf("the copy holds %+v, %v; want %+v", found, err, got)
		}
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is %v, %v; want it for its user alone", info.Mode(), err)
	}
	wantNames(t, folder, "copy.db", "gonogo.db")
}

// Whatever goes wrong, nothing is left behind and nothing is overwritten.
func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, taken, text := filepath.Join(folder, "gonogo.db"), filepath.Join(folder, "taken.db"), filepath.Join(folder, "text")
	sample(t, path, 10, 10)
	sample(t, taken, 3, 3)
	must(t, os.WriteFile(text, []byte("mine"), 0o600))
	pipe, link := filepath.Join(folder, "pipe"), filepath.Join(folder, "link")
	must(t, syscall.Mkfifo(pipe, 0o600))
	must(t, os.Symlink(pipe, link))
	from := mustOpen(t, path)
	for _, test := range []struct {
		name, path string
		replace    bool
		says       string
	}{
		{"there already", text, false, "is there already; name another file"},
		{"in use", path, true, "is in use by another gonogo"},
		{"no folder", filepath.Join(folder, "gone", "x"), false, "its folder does not exist; make the folder first"},
		{"a folder", folder, true, "is a folder; name a file in it"},
		{"a pipe", pipe, true, "is not a regular file; name another"},
		{"a link to a pipe", link, true, "is not a regular file; name another"},
	} {
		if _, err := built(t.Context(), test.path, test.replace, from); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", test.name, err, test.says)
		}
	}
	oops := errors.New("oops")
	if _, err := bolt.Build(t.Context(), taken, true, func(storage.Log) (storage.Report, error) { return storage.Report{}, oops }); !errors.Is(err, oops) {
		t.Errorf("what it was to be filled with is broken: %v", err)
	}
	if _, err := bolt.Build(t.Context(), taken, true, func(storage.Log) (storage.Report, error) { return storage.Report{Records: 1}, nil }); err == nil {
		t.Error("a copy that is not what was written was taken for it")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := built(ended, taken, true, from); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context ended: %v", err)
	}
	if report, err := verifyFile(t, taken); err != nil || report.Records != 3 || string(content(text)) != "mine" {
		t.Errorf("what was there: %+v, %v, %q; want it untouched", report, err, content(text))
	}
	wantNames(t, folder, "gonogo.db", "link", "pipe", "taken.db", "text")
}

func wantNames(t *testing.T, folder string, want ...string) {
	t.Helper()
	found, err := os.ReadDir(folder)
	must(t, err)
	var names []string
	for _, f := range found {
		names = append(names, f.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("the folder holds %v, want %v", names, want)
	}
}
