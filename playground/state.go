package playground

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gonogo/playground/atomicfile"
)

// kind marks a state file as that of a practice world, so that no other file is
// mistaken for one.
const kind = "gonogo practice world"

// state is what a world stores in its own file.
type state struct {
	Kind     string            `json:"kind"`
	Version  int               `json:"version"`
	Listen   string            `json:"listen"` // the address that was asked for
	Ports    map[string]int    `json:"ports"`
	Switches map[string]string `json:"switches"`
	// Done are the steps of each guide that are done, by its name.
	Done map[string][]string `json:"done,omitempty"`
}

// readState returns an empty state if there is no file yet. A file that it can't read
// as a state is left as it is.
func readState(file string) (state, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return state{Kind: kind, Version: 1, Ports: map[string]int{}, Switches: map[string]string{}}, nil
	}
	if err != nil {
		return state{}, fmt.Errorf("read the practice world's state: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var s state
	if err := decoder.Decode(&s); err != nil || s.Kind != kind || decoder.More() || s.Ports == nil || s.Switches == nil {
		return state{}, fmt.Errorf("%s is damaged or isn't the state of a practice world; move it away to start with a new world", file)
	}
	if s.Version != 1 {
		return state{}, fmt.Errorf("%s was written by a newer gonogo; use that one, or move the file away to start with a new world", file)
	}
	return s, nil
}

// save writes the state so that the file is either the old or the new one, even after a
// crash.
func (s state) save(file string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = atomicfile.Replace(file, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("save the practice world's state: %w", err)
	}
	return nil
}

// own creates the folder and locks it for this process, until the returned file is
// closed or the process ends.
func own(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for the practice world: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "world.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the practice world cannot be kept in %s, since nothing can be written there; choose another folder: %w", dir, err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another practice world is running in %s; stop it first, or choose another folder", dir)
		}
		return nil, fmt.Errorf("take the practice world's folder %s: %w", dir, err)
	}
	return lock, nil
}
