package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/gates/gatestest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"gonogo/storage/store"
)

// TestMoves takes a ledger from a file to a database and back, as text: with the same
// hashes.
func TestMoves(t *testing.T) {
	server := gatestest.Postgres(t)
	folder := t.TempDir()
	file, back := store.Store{Bolt: filepath.Join(folder, "gonogo.db")}, store.Store{Bolt: filepath.Join(folder, "back.db")}
	database := store.Store{Postgres: server, Schema: "gonogo", Folder: filepath.Join(folder, "gonogo.files")}
	if _, err := database.OpenReadOnly(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before it is there: %v", err)
	}
	log, err := file.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(t.Context(), storage.Fence{}, storagetest.Records(1, 2500)...); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	text := exported(t, file)
	for _, to := range []store.Store{database, back} {
		report, err := to.Build(t.Context(), false, func(log storage.Log) (storage.Report, error) {
			return storage.Copy(t.Context(), log, storage.Lines(strings.NewReader(text)))
		})
		if err != nil || report.Records != 2500 {
			t.Fatalf("%+v, %v", report, err)
		}
		if got := exported(t, to); got != text {
			t.Errorf("%s holds something else", to)
		}
		text = exported(t, to)
	}
	if err := database.MayWrite(t.Context()); err != nil {
		t.Error(err)
	}
	if database.Reserve() != nil || file.Reserve() == nil {
		t.Error("room for a rollback is kept where the ledger isn't, or not where it is")
	}
	if name := database.String(); strings.Contains(name, gatestest.Password) || !strings.HasSuffix(name, "/postgres, schema gonogo)") {
		t.Errorf("it is called %q", name)
	}
	if files := database.Files(); files.Folder != database.Folder || files.Running() != filepath.Join(database.Folder, "sock") || database.Disk() != folder {
		t.Errorf("its files are in %+v, on the disk of %s", files, database.Disk())
	}
	first, err := database.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := database.Held(); err != nil {
		t.Errorf("held: %v", err)
	}
}

func exported(t *testing.T, kept store.Store) string {
	t.Helper()
	log, err := kept.OpenReadOnly(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var text bytes.Buffer
	if err := storage.Export(t.Context(), log, &text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
