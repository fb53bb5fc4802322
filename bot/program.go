package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
)

// thisProgram identifies the running code by the hash of its file: a snapshot that
// another version made of the ledger must not be used. The file is opened now and read
// when the hash is first needed, so that an upgrade which replaces the file meanwhile
// isn't mistaken for this program.
func thisProgram() func() (string, error) {
	var file *os.File
	path, err := os.Executable()
	if err == nil {
		file, err = os.Open(path)
	}
	return sync.OnceValues(func() (string, error) {
		if err != nil {
			return "", fmt.Errorf("find gonogo's own file: %w", err)
		}
		defer file.Close()
		sum := sha256.New()
		if _, err := io.Copy(sum, file); err != nil {
			return "", fmt.Errorf("read gonogo's own file: %w", err)
		}
		return hex.EncodeToString(sum.Sum(nil)), nil
	})
}
