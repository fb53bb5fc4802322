package config

import (
	"os"
	"path/filepath"
	"testing"

	"gonogo/storage/store"
)

// TestFindLedger finds the ledger in a configuration that is at fault
// elsewhere, and takes no guess where the fault is with the ledger itself.
func TestFindLedger(t *testing.T) {
	environ := func(name string) (string, bool) {
		value, set := map[string]string{"KNOWN": "postgres://u:p@db/x", "LEDGER": "/var/lib/gonogo/ledger.db", "NONE": ""}[name]
		return value, set
	}
	dir := t.TempDir()
	beside := filepath.Join(dir, "gonogo.db")
	file := func(path string) *store.Store { return &store.Store{Bolt: path} }
	database := store.Store{Schema: "gonogo", Folder: filepath.Join(dir, "gonogo.files")}
	known, elsewhere := database, database
	known.Postgres = "postgres://u:p@db/x"
	elsewhere.Schema, elsewhere.Folder = "prod", "/run/gonogo"
	for text, want := range map[string]*store.Store{
		"project: ${PROMETHEUS_URL}\nstorage: { bolt: \"${LEDGER}\" }":      file("/var/lib/gonogo/ledger.db"),
		"storage: { bolt: other.db, nonsense: 1 }":                          file(filepath.Join(dir, "other.db")),
		"x: &x { bolt: other.db }\nstorage: *x":                             file(filepath.Join(dir, "other.db")),
		"project: ${PROMETHEUS_URL}":                                        file(beside),
		"storage: { }":                                                      file(beside),
		"storage: { postgres: \"${DATABASE_URL}\" }":                        &database,
		"storage: { postgres: \"${KNOWN}\" }":                               &known,
		"storage: { postgres: \"${X}\", schema: prod, files: /run/gonogo }": &elsewhere,
		"storage: { postgres: \"${X}\", files: \"${UNSET}\" }":              nil,
		"storage: { postgres: \"${X}\", bolt: a.db }":                       nil,
		"storage: { bolt: \"${UNSET}/gonogo.db\" }":                         nil,
		"storage: { bolt: \"${NONE}\" }":                                    nil,
		"storage: { bolt: [gonogo.db] }":                                    nil,
		"storage: { bolt: }":                                                nil,
		"storage: { bolt: a.db, bolt: b.db }":                               nil,
		"storage: { bolt: a.db }\nstorage: { bolt: b.db }":                  nil,
		"storage: \"${LEDGER}\"":                                            nil,
		"storage: [":                                                        nil,
		"- storage":                                                         nil,
		"":                                                                  nil,
	} {
		file := filepath.Join(dir, "gonogo.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, ok := FindLedger(file, environ); ok != (want != nil) || ok && found != *want {
			t.Errorf("%q: %+v, %t, want %+v", text, found, ok, want)
		}
	}
	if found, ok := FindLedger(filepath.Join(dir, "none.yml"), environ); ok {
		t.Errorf("without a file: %+v", found)
	}
}

// TestFindLedgerAsLoaded finds the same ledger as loading does, without a single
// variable.
func TestFindLedgerAsLoaded(t *testing.T) {
	want := loadSample(t, sampleVariables).Storage
	found, ok := FindLedger(filepath.Join("testdata", "sample.yml"), func(string) (string, bool) { return "", false })
	if !ok || found != want {
		t.Errorf("%+v, %v, want %+v", found, ok, want)
	}
}
