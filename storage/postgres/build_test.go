package postgres

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// testBuild makes a ledger as an import does: completely or not at all, and never over
// one that exists or is in use.
func testBuild(t *testing.T, server string) {
	p := newPlace(server)
	p.Schema = "built"
	broken := errors.New("the export is broken")
	filling := func(n int, err error) func(storage.Log) (storage.Report, error) {
		return func(log storage.Log) (storage.Report, error) {
			if _, fault := log.Append(t.Context(), storage.Fence{}, storagetest.Records(1, n)...); fault != nil {
				return storage.Report{}, fault
			}
			report, fault := storage.Verify(t.Context(), log)
			return report, errors.Join(fault, err)
		}
	}
	if _, err := p.Build(t.Context(), false, filling(3, broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := p.OpenReadOnly(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after an import that failed: %v", err)
	}
	for range 2 { // also if an import was killed before
		run(t, server, "CREATE SCHEMA IF NOT EXISTS built_import", "CREATE TABLE built_import.rest ()")
		if report, err := p.Build(t.Context(), true, filling(3, nil)); err != nil || report.Records != 3 {
			t.Fatalf("%+v, %v", report, err)
		}
		holdsAll(t, p, 3)
	}
	_, err := p.Build(t.Context(), false, filling(4, nil))
	says(t, err, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema built) exists already; name another schema with storage.schema")
	log := mustOpen(t, p)
	if _, err := log.Claim(t.Context(), "gonogo", time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Build(t.Context(), true, filling(4, nil)); !errors.Is(err, ErrInUse) {
		t.Errorf("in use: %v", err)
	}
	holdsAll(t, p, 3)
	if _, err := log.Append(t.Context(), storage.Fence{Term: 1, After: 3}, storagetest.Records(4, 1)...); err != nil {
		t.Errorf("what was built doesn't work: %v", err)
	}
	wantNoDraft(t, server)
}

func wantNoDraft(t *testing.T, server string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%import%'").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d drafts were left, %v", n, err)
	}
}
