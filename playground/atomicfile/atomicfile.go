// Package atomicfile replaces files in one step. Every part of the practice world
// that has a state file writes it with [Replace], so that a world that is killed at any
// moment starts again with either the old state or the new one.
package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace writes a file in one step: readers see either the old or the new text, even
// after a power failure. Only the owner may read the file. On an error the old text is
// kept.
func Replace(file string, text []byte) error {
	next, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name()) // renamed already if all went well
	_, err = next.Write(text)
	if err == nil {
		err = next.Sync()
	}
	if err := errors.Join(err, next.Close()); err != nil {
		return err
	}
	if err := os.Rename(next.Name(), file); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// syncFolder makes the new name as durable as the text.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
