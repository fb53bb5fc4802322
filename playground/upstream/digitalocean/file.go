package digitalocean

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"gonogo/playground/atomicfile"
)

// kind marks a state file as ours.
const kind = "practice App Platform"

// kept is the state file's content.
type kept struct {
	Kind    string `json:"kind"`
	Version int    `json:"version"`
	Key     []byte `json:"key"`
	Apps    []*app `json:"apps"`
}

func (p *Platform) load() error {
	if p.opts.File == "" {
		return nil
	}
	text, err := os.ReadFile(p.opts.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the practice App Platform's state: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var k kept
	if err := decoder.Decode(&k); err != nil || k.Kind != kind || k.Version != 1 || len(k.Key) != len(p.key) || !whole(k.Apps) {
		return fmt.Errorf("%s is damaged or isn't the state of a practice App Platform; move it away to start with a new one", p.opts.File)
	}
	p.key, p.apps = k.Key, k.Apps
	return nil
}

// whole reports whether every app has what the code takes for granted.
func whole(apps []*app) bool {
	for _, a := range apps {
		if a == nil || len(a.Deployments) == 0 || a.Pinned != "" && a.deployment(a.Pinned) == nil {
			return false
		}
	}
	return true
}

// save writes the state so that the file is the old one or the new one,
// whatever happens meanwhile. The caller holds mu.
func (p *Platform) save() error {
	if p.opts.File == "" {
		return nil
	}
	text, err := json.Marshal(kept{kind, 1, p.key, p.apps})
	if err == nil {
		err = atomicfile.Replace(p.opts.File, text)
	}
	if err != nil {
		return fmt.Errorf("save the practice App Platform's state: %w", err)
	}
	return nil
}
