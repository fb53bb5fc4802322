package storagetest_test

import (
	"testing"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

func TestMemory(t *testing.T) {
	storagetest.Run(t, func(*testing.T) func() (storage.Log, error) {
		memory := storagetest.NewMemory()
		return func() (storage.Log, error) {
			memory = memory.Reopen()
			return memory, nil
		}
	})
}
