package postgres

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"gonogo/gates/gatestest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// TestFullDisk fills the disk of the ledger's tables: nothing is stored, the error says so,
// a trial finds it out too, and it works again once there is room.
func TestFullDisk(t *testing.T) {
	server := gatestest.Postgres(t)
	small, err := os.MkdirTemp("", "gonogo-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(small)
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=2m,mode=777"); errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small disk")
	} else if err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH)
	owned(t, server, small)
	run(t, server, "CREATE TABLESPACE small LOCATION '"+small+"'", "ALTER ROLE CURRENT_USER SET default_tablespace = small")
	p := newPlace(server)
	log := mustOpen(t, p)
	ballast := filepath.Join(small, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	const full = "127.0.0.1:PORT has no room left on its disk; make room there"
	var last uint64
	for err = nil; err == nil; {
		var stored uint64
		if stored, err = log.Append(t.Context(), storage.Fence{After: last}, storagetest.Records(int(last)+1, 500)...); err == nil {
			last = stored
		}
	}
	says(t, err, full)
	if !errors.Is(err, storage.ErrNothingDone) {
		t.Errorf("%v; want that nothing was done", err)
	}
	holdsAll(t, p, last)
	_, err = log.Append(t.Context(), storage.Fence{After: last})
	says(t, err, full)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(t.Context(), storage.Fence{After: last}); err != nil {
		t.Errorf("tried with room again: %v", err)
	}
	if last, err = log.Append(t.Context(), storage.Fence{After: last}, storagetest.Records(int(last)+1, 500)...); err != nil {
		t.Errorf("with room again: %v", err)
	}
	holdsAll(t, p, last)
}

// owned gives a folder to whoever the server runs as: the owner of its data.
func owned(t *testing.T, server, folder string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var data string
	var info syscall.Stat_t
	if err := conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&data); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Stat(data, &info); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, int(info.Uid), int(info.Gid)); err != nil {
		t.Fatal(err)
	}
}
