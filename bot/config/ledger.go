package config

import (
	"cmp"
	"os"
	"path/filepath"

	"gonogo/bot/config/strictyaml"
)

// LedgerPath finds the ledger of a configuration that may be at fault elsewhere:
// a shell in which the variables of the bot are not set has to find the running
// bot all the same. path is that of [Config].Storage. ok is false where the file
// cannot be read as YAML, or storage.bolt is itself at fault; nothing is guessed
// then.
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

// ledgerIn is the path of the ledger as a configuration in a folder writes it.
func ledgerIn(folder, written string) string {
	path := cmp.Or(written, "gonogo.db")
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
