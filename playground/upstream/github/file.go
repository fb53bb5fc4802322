package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"gonogo/playground/atomicfile"
)

// kind marks a state file as ours.
const kind = "practice GitHub"

// kept is the state file's content.
type kept struct {
	Kind       string   `json:"kind"`
	Version    int      `json:"version"`
	Repository string   `json:"repository"`
	Labels     []Label  `json:"labels"`
	Issues     []*Issue `json:"issues"`
}

func (h *Host) load() error {
	if h.opts.File == "" {
		return nil
	}
	text, err := os.ReadFile(h.opts.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the practice GitHub's state: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var k kept
	if err := decoder.Decode(&k); err != nil || k.Kind != kind || k.Version != 1 || k.Repository != h.opts.Repository || !whole(k.Issues) {
		return fmt.Errorf("%s is damaged or isn't the practice GitHub's state of %s; move it away to start with a new one", h.opts.File, h.opts.Repository)
	}
	h.labels, h.issues = k.Labels, k.Issues
	return nil
}

// whole reports whether the issues are in order, which the code takes for
// granted.
func whole(issues []*Issue) bool {
	if slices.Contains(issues, nil) {
		return false
	}
	return slices.IsSortedFunc(issues, func(a, b *Issue) int { return a.Number - b.Number })
}

// save writes the state so that the file is the old one or the new one,
// whatever happens meanwhile. The caller holds mu.
func (h *Host) save() error {
	if h.opts.File == "" {
		return nil
	}
	text, err := json.Marshal(kept{kind, 1, h.opts.Repository, h.labels, h.issues})
	if err == nil {
		err = atomicfile.Replace(h.opts.File, text)
	}
	if err != nil {
		return fmt.Errorf("save the practice GitHub's state: %w", err)
	}
	return nil
}
