package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
)

// thisProgram names the code that runs by the hash of its file: what one gonogo
// folded from the ledger is of no use to another. The file is opened now and
// read when it is first asked for, so that an upgrade which puts another file
// in its place meanwhile does not pass for this one.
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
