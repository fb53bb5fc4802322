package bolt_test

import (
	"path/filepath"
	"testing"

	"gonogo/storage"
	"gonogo/storage/bolt"
	"gonogo/storage/storagetest"
)

func TestLog(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) func() (storage.Log, error) {
		path := filepath.Join(t.TempDir(), "gonogo.db")
		return func() (storage.Log, error) { return bolt.Open(path) }
	})
}
