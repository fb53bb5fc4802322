package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLedgerPath finds the ledger in a configuration that is at fault
// elsewhere, and takes no guess where the fault is with the ledger itself.
func TestLedgerPath(t *testing.T) {
	environ := func(name string) (string, bool) {
		value, set := map[string]string{"LEDGER": "/var/lib/gonogo/ledger.db", "NONE": ""}[name]
		return value, set
	}
	dir := t.TempDir()
	beside := filepath.Join(dir, "gonogo.db")
	for text, want := range map[string]string{
		"project: ${PROMETHEUS_URL}\nstorage: { bolt: \"${LEDGER}\" }": "/var/lib/gonogo/ledger.db",
		"storage: { bolt: other.db, nonsense: 1 }":                     filepath.Join(dir, "other.db"),
		"x: &x { bolt: other.db }\nstorage: *x":                        filepath.Join(dir, "other.db"),
		"project: ${PROMETHEUS_URL}":                                   beside,
		"storage: { }":                                                 beside,
		"storage: { postgres: \"${DATABASE_URL}\" }":                   beside,
		"storage: { bolt: \"${UNSET}/gonogo.db\" }":                    "",
		"storage: { bolt: \"${NONE}\" }":                               "",
		"storage: { bolt: [gonogo.db] }":                               "",
		"storage: { bolt: }":                                           "",
		"storage: { bolt: a.db, bolt: b.db }":                          "",
		"storage: { bolt: a.db }\nstorage: { bolt: b.db }":             "",
		"storage: \"${LEDGER}\"":                                       "",
		"storage: [":                                                   "",
		"- storage":                                                    "",
		"":                                                             "",
	} {
		file := filepath.Join(dir, "gonogo.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if path, ok := LedgerPath(file, environ); path != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", text, path, ok, want)
		}
	}
	if path, ok := LedgerPath(filepath.Join(dir, "none.yml"), environ); ok {
		t.Errorf("without a file: %q", path)
	}
}

// TestLedgerPathAsLoaded finds the same ledger as loading does, without a single
// variable.
func TestLedgerPathAsLoaded(t *testing.T) {
	want := loadSample(t, sampleVariables).Storage.Bolt
	path, ok := LedgerPath(filepath.Join("testdata", "sample.yml"), func(string) (string, bool) { return "", false })
	if !ok || path != want {
		t.Errorf("%q, %v, want %q", path, ok, want)
	}
}
