package config

import (
	"cmp"
	"os"
	"path/filepath"

	"gonogo/bot/config/strictyaml"
)

// LedgerPath finds the ledger of a configuration that may have faults elsewhere: a
// shell without the bot's variables must still find the running bot. path is that of
// [Config].Storage. ok is false if the file can't be read as YAML or storage.bolt
// itself has a fault; the path is never guessed.
func LedgerPath(file string, environ func(string) (string, bool)) (path string, ok bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", false
	}
	d := strictyaml.NewDecoder(file, format, environ)
	root, ok := d.Read(data)
	if !ok || root.Shape != strictyaml.Mapping || d.FaultCount() > 0 {
		return "", false
	}
	storage := root.Get("storage")
	if storage == nil {
		return ledgerIn(filepath.Dir(file), ""), true
	}
	bolt := storage.Get("bolt")
	switch {
	case storage.Shape != strictyaml.Mapping:
		return "", false
	case bolt == nil:
		return ledgerIn(filepath.Dir(file), ""), true
	}
	written, _ := d.Text(bolt, "bolt")
	if d.FaultCount() > 0 || written == "" {
		return "", false
	}
	return ledgerIn(filepath.Dir(file), written), true
}

// ledgerIn is the ledger's path as written in a configuration in a folder.
func ledgerIn(folder, written string) string {
	path := cmp.Or(written, "gonogo.db")
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
