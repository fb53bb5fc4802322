package playground_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"gonogo/playground"
)

// stateOf asks an environment's database for the state of a module.
func stateOf(t *testing.T, w *playground.World, address, module string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), variable(t, w, address))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), `SELECT name, state FROM ir_module_module WHERE name LIKE 'ipai_%' OR name LIKE 'superset_%' ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Name, State string }])
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range found {
		if row.Name == module {
			return row.State
		}
	}
	t.Fatalf("the database at %s has no row for %s", address, module)
	return ""
}

// TestTwoDatabases breaks each environment's database by itself, and wants it
// so after a restart.
func TestTwoDatabases(t *testing.T) {
	for _, c := range []struct{ broken, staging, production string }{
		{"staging", "uninstalled", "installed"},
		{"production", "installed", "uninstalled"},
	} {
		t.Run(c.broken, func(t *testing.T) {
			dir := t.TempDir()
			w, stop := open(t, dir)
			for id, state := range map[string]string{"staging-remaining-modules": "installed", "production-remaining-modules": "installed", c.broken + "-remaining-modules": "one-missing"} {
				if err := w.Set(id, state); err != nil {
					t.Fatal(err)
				}
			}
			check := func(w *playground.World, when string) {
				t.Helper()
				got := [2]string{stateOf(t, w, "STAGING_ODOO_URL", "ipai_knowledge_ai"), stateOf(t, w, "PRODUCTION_ODOO_URL", "ipai_knowledge_ai")}
				if want := [2]string{c.staging, c.production}; got != want {
					t.Errorf("%s, staging and production have it %v, want %v", when, got, want)
				}
			}
			check(w, "at once")
			stop()
			again, _ := open(t, dir)
			check(again, "after a restart")
		})
	}
}

// TestFolderOfOneDatabase opens a folder that was written when both
// environments shared a database: each stands as that one did, and turns by
// itself from then on. What turned the one turns both.
func TestFolderOfOneDatabase(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/one-database.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "world.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	w, stop := open(t, dir)
	databases := func(w *playground.World) map[string]string {
		all := positions(t, w)
		return map[string]string{"staging modules": all["staging-remaining-modules"], "production modules": all["production-remaining-modules"],
			"staging": all["staging-database"], "production": all["production-database"]}
	}
	want := map[string]string{"staging modules": "stuck", "production modules": "stuck", "staging": "slow", "production": "slow"}
	if diff := cmp.Diff(want, databases(w)); diff != "" {
		t.Errorf("as it was left (-want +got):\n%s", diff)
	}
	if old, own := variable(t, w, "ODOO_DATABASE_URL"), variable(t, w, "STAGING_ODOO_URL"); old != own {
		t.Errorf("the one database is at %s, want staging's, %s", old, own)
	}

	status, _ := post(t, w, "application/json", `{"id":"production-remaining-modules","state":"installed"}`)
	if status != 200 {
		t.Fatalf("turning production's alone: status %d", status)
	}
	said, err := playground.Turn(t.Context(), w.URL(), "database", "answering")
	if want := "Database of staging: Answers\nDatabase of production: Answers"; err != nil || said != want {
		t.Errorf("turning both: got %q, %v, want %q", said, err, want)
	}
	stop()
	again, _ := open(t, dir)
	want = map[string]string{"staging modules": "stuck", "production modules": "installed", "staging": "answering", "production": "answering"}
	if diff := cmp.Diff(want, databases(again)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}
