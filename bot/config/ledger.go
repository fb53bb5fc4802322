package config

import (
	"cmp"
	"os"
	"path/filepath"

	"gonogo/bot/config/strictyaml"
	"gonogo/storage/store"
)

// FindLedger finds the ledger of a configuration that may have faults elsewhere: a shell
// without the bot's variables must still find the running bot. It is that of
// [Config].Storage, but a database has no URL if its variable isn't set. ok is false if
// the file can't be read as YAML or storage itself has a fault; nothing is guessed.
func FindLedger(file string, environ func(string) (string, bool)) (found store.Store, ok bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return store.Store{}, false
	}
	d := strictyaml.NewDecoder(file, format, environ)
	root, ok := d.Read(data)
	if !ok || root.Shape != strictyaml.Mapping || d.FaultCount() > 0 {
		return store.Store{}, false
	}
	storage := root.Get("storage")
	if storage != nil && storage.Shape != strictyaml.Mapping {
		return store.Store{}, false
	}
	written := map[string]string{}
	for _, name := range []string{"bolt", "schema", "files"} {
		if storage == nil || storage.Get(name) == nil {
			continue
		}
		written[name], _ = d.Text(storage.Get(name), name)
		if d.FaultCount() > 0 || written[name] == "" {
			return store.Store{}, false
		}
	}
	folder := filepath.Dir(file)
	if storage != nil && storage.Get("postgres") != nil {
		url := d.TextOrNothing(storage.Get("postgres"))
		return ledgerInPostgres(folder, url, written["schema"], written["files"]), written["bolt"] == ""
	}
	return store.Store{Bolt: ledgerIn(folder, written["bolt"])}, true
}

// ledgerInPostgres is the ledger in a database as written in a configuration in a folder.
func ledgerInPostgres(folder, url, schema, files string) store.Store {
	return store.Store{Postgres: url, Schema: cmp.Or(schema, "gonogo"), Folder: inFolder(folder, cmp.Or(files, "gonogo.files"))}
}

// ledgerIn is the ledger's path as written in a configuration in a folder.
func ledgerIn(folder, written string) string { return inFolder(folder, cmp.Or(written, "gonogo.db")) }

// inFolder is a path that is relative to a folder, unless it is absolute.
func inFolder(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
