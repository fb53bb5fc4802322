package upstream

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// migrationsName is the file with what came of the migration scripts on an empty
// database. It is in the folder of the JUnit files.
const migrationsName = "migrations.json"

// oneFails is the position in which the last script fails.
const oneFails = "one-fails"

// writeMigrations writes the file of a run in this state, or removes it if the run
// doesn't get that far.
func (r *reports) writeMigrations(state string) error {
	file := filepath.Join(r.dir, migrationsName)
	if !leavesCoverage(state) {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	failed := 0
	if r.migrated == oneFails {
		failed = 1
	}
	text, err := json.MarshalIndent(map[string]any{
		"timestamp": r.now().UTC().Format(time.RFC3339), "applied": len(migrationScripts) - failed, "failed": failed,
	}, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(file, append(text, '\n'))
}

// migrationSwitch controls what comes of the scripts.
func (r *reports) migrationSwitch(p Place) *Switch {
	s := (&Switch{
		ID: "migration-test", Title: "The migrations on an empty database",
		Help: "Each choice writes a new " + migrationsName + " next to the run's files.",
		States: []State{
			{ID: "all-run", Title: "All 8 run", Good: true},
			{ID: oneFails, Title: "The last one fails"},
		},
		effect: func(state string) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			before := r.migrated
			r.migrated = state
			if _, err := os.Stat(filepath.Join(r.dir, migrationsName)); err != nil {
				return nil // there has been no run; the next one will show it
			}
			if err := r.writeMigrations("all-pass"); err != nil {
				r.migrated = before
				return err
			}
			return nil
		},
	}).restore(p)
	r.migrated = s.at
	return s
}
