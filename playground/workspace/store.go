package workspace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"gonogo/playground/atomicfile"
)

// The format and the version of the state file.
const (
	format        = "gonogo practice workspace"
	formatVersion = 1
)

// savedState is the state file.
type savedState struct {
	Format   string         `json:"format"`
	Version  int            `json:"version"`
	Channels []savedChannel `json:"channels"`
	Homes    []*view        `json:"homes"`
	Files    []*file        `json:"files"`
}

type savedChannel struct {
	Channel
	Messages []*Message `json:"messages"`
}

// saving is the state of the saver. It is guarded by Workspace.mu.
type saving struct {
	dirty     bool
	scheduled bool
	now       chan struct{} // one slot: a save is due
}

func newSaving() saving { return saving{now: make(chan struct{}, 1)} }

// Load reads the state file, once; Run calls it too. Without a file the workspace is empty. A file that can't be read is an
// error, and stays as it is.
func (w *Workspace) Load() error {
	w.load.Do(func() { w.fault = w.read() })
	return w.fault
}

// read takes the lock.
func (w *Workspace) read() error {
	if w.opts.StateFile == "" {
		return nil
	}
	data, err := os.ReadFile(w.opts.StateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the practice workspace can't read its state: %w", err)
	}
	state, err := parseState(data)
	if err != nil {
		return fmt.Errorf("%s isn't a state of the practice workspace that this version can read (%w); move it away to start with an empty one", w.opts.StateFile, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.restore(state)
	w.publish("", "reset", object{})
	return nil
}

func parseState(data []byte) (savedState, error) {
	var state savedState
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&state); err != nil {
		return savedState{}, fmt.Errorf("its content is invalid: %w", err)
	}
	if decoder.More() {
		return savedState{}, errors.New("there is more data after its end")
	}
	if state.Format != format {
		return savedState{}, fmt.Errorf("its format is %q", state.Format)
	}
	if state.Version != formatVersion {
		return savedState{}, fmt.Errorf("its version is %d, not %d", state.Version, formatVersion)
	}
	return state, nil
}

func (w *Workspace) restore(state savedState) {
	for _, saved := range state.Channels {
		c := newChannel(saved.Channel)
		for _, m := range saved.Messages {
			c.add(m)
			w.lastTS = max(w.lastTS, micros(m.TS))
		}
		w.channels[c.ID] = c
	}
	for _, home := range state.Homes {
		w.homes[home.User] = home
	}
	for _, f := range state.Files {
		w.files[f.ID] = f
	}
}

// micros is a ts as a number.
func micros(ts string) int64 {
	var seconds, micro int64
	if _, err := fmt.Sscanf(ts, "%d.%06d", &seconds, &micro); err != nil {
		return 0
	}
	return seconds*1e6 + micro
}

// changed marks the state as changed, and schedules a save.
func (w *Workspace) changed() {
	w.saving.dirty = true
	if w.opts.StateFile == "" || w.saving.scheduled {
		return
	}
	w.saving.scheduled = true
	w.later(w.opts.SaveAfter, func() {
		w.saving.scheduled = false
		select {
		case w.saving.now <- struct{}{}:
		default: // the save that is due will include this change
		}
	})
}

// runSaver writes the state file whenever a save is due, until stop is closed. It takes the lock.
func (w *Workspace) runSaver(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-w.saving.now:
			if err := w.save(); err != nil {
				w.log.Error("couldn't save the practice workspace; retrying at the next change", "error", err)
			}
		}
	}
}

// save writes the state file if something has changed. It takes the lock, but not while it writes.
func (w *Workspace) save() error {
	data, err := w.unsaved()
	if data == nil && err == nil {
		return nil
	}
	if err == nil {
		err = atomicfile.Replace(w.opts.StateFile, data)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wakeWatchers()
	if err != nil {
		w.saving.dirty = true
		return fmt.Errorf("the practice workspace can't write its state: %w", err)
	}
	return nil
}

// unsaved is the new content of the state file, or nil if nothing has changed. It takes the lock.
func (w *Workspace) unsaved() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.saving.dirty || w.opts.StateFile == "" {
		return nil, nil
	}
	w.saving.dirty = false
	return json.Marshal(w.state())
}

func (w *Workspace) state() savedState {
	state := savedState{Format: format, Version: formatVersion}
	for _, c := range w.listed() {
		state.Channels = append(state.Channels, savedChannel{c.Channel, c.messages})
	}
	for _, u := range w.people.users {
		if home := w.homes[u.ID]; home != nil {
			state.Homes = append(state.Homes, home)
		}
	}
	for _, id := range sortedKeys(w.files) {
		state.Files = append(state.Files, w.files[id])
	}
	return state
}
