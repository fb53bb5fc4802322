package playground

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"gonogo/playground/guide"
)

// guided is the guide as the page shows it.
type guided struct {
	*guide.Guide
	Done []string `json:"done"` // the IDs of steps
}

// Guide shows a guide beside the channels; nil: none. It is called before Run.
func (w *World) Guide(g *guide.Guide) { w.guide = g }

// follow ticks steps of the guide while the world runs. A tick that can't be stored is only
// lost at a restart.
func (w *World) follow(ctx context.Context) error {
	for {
		changed := w.workspace.Changed()
		if err := w.tick(); err != nil {
			w.log.Warn("storing a tick of the guide failed", "error", err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// tick stores and shows the steps that are newly done, and those that people skip.
func (w *World) tick(skipped ...string) error {
	w.turning.Lock()
	defer w.turning.Unlock()
	before := w.state.Done[w.guide.Name]
	done := w.guide.Done(slices.Concat(before, skipped), seen{w})
	if len(done) == len(before) {
		return nil
	}
	if w.state.Done == nil {
		w.state.Done = map[string][]string{}
	}
	w.state.Done[w.guide.Name] = done
	w.workspace.Publish("guide", guided{w.guide, done})
	return w.state.save(w.file)
}

// seen is a world in which signs are looked for while it is locked.
type seen struct{ w *World }

// Shows implements [guide.World].
func (s seen) Shows(channel, text string) bool { return s.w.workspace.Shows(channel, text) }

// Told implements [guide.World].
func (s seen) Told(person, text string) bool { return s.w.workspace.Told(person, text) }

// Position implements [guide.World].
func (s seen) Position(id string) string { return s.w.Position(id) }

func (w *World) showGuide(rw http.ResponseWriter, _ *http.Request) {
	if w.guide == nil {
		answer(rw, http.StatusOK, nil)
		return
	}
	w.turning.Lock()
	defer w.turning.Unlock()
	answer(rw, http.StatusOK, guided{w.guide, append([]string{}, w.state.Done[w.guide.Name]...)})
}

// skipStep handles {"skip": ID}.
func (w *World) skipStep(rw http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		refuse(rw, http.StatusUnsupportedMediaType, "the guide takes application/json")
		return
	}
	var step struct{ Skip string }
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 4<<10)).Decode(&step); err != nil || w.guide == nil || !w.guide.Has(step.Skip) {
		refuse(rw, http.StatusBadRequest, "the guide has no such step to skip")
		return
	}
	if err := w.tick(step.Skip); err != nil {
		w.log.Warn("skipping a step failed", "step", step.Skip, "error", err)
		refuse(rw, http.StatusInternalServerError, err.Error())
		return
	}
	w.showGuide(rw, r)
}
