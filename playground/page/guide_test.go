package page_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// guided shows a guide of three steps, of which some are done; skipping a step is done by done's growing.
func (w *world) guided(done ...string) {
	story := func() object {
		steps := []object{
			{"id": "open", "chapter": "It begins", "title": "Open a release", "about": "It counts from now on.", "as": []string{"U0DEV"}, "channel": "C0RELEASES", "type": "/ready release 2.0"},
			{"id": "break", "title": "Break the site", "about": "And see who is told.", "as": []string{"U0DEV"}, "channel": "C0RELEASES", "turn": object{"switch": "site", "state": "down"}},
			{"id": "approve", "chapter": "It ends", "title": "Approve", "about": "Both of them.", "as": []string{"U0PO", "U0TL"}, "channel": "C0RELEASES", "press": []object{{"under": "Sign-off: 2.0", "label": "Approve"}}},
		}
		return object{"name": "short", "title": "A short story", "steps": steps, "done": append([]string{}, done...), "after": []string{"Try it for real."}}
	}
	w.mux.HandleFunc("GET /_/guide", func(rw http.ResponseWriter, _ *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		json.NewEncoder(rw).Encode(story())
	})
	w.mux.HandleFunc("POST /_/guide", func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		var step struct{ Skip string }
		if err := json.NewDecoder(r.Body).Decode(&step); err != nil {
			w.t.Errorf("the guide was sent %v", err)
		}
		done = append(done, step.Skip)
		json.NewEncoder(rw).Encode(story())
	})
}

// TestGuide follows a story: it becomes the person, types, turns the switch beside the step, and skips.
func TestGuide(t *testing.T) {
	w := newWorld(t)
	w.guided()
	b := open(t, w.as("U0NEW", "C0RELEASES"))
	b.window(1280, 800, "light")
	b.sees("#guide-button", "0 of 3")
	b.sees(`#guide [aria-current="step"]`, "Open a release")
	b.click(`[data-guide-type="open"]`)
	b.until(`document.querySelector("#composer textarea").value === "/ready release 2.0"`)
	b.sees(".person-name", "Dana Reyes")
	b.sees("[data-guide-type]", "Type it for me")
	b.click(".guide-skip")
	b.sees(`#guide [aria-current="step"]`, "Break the site")
	b.sees("#guide .guide-words", "Choose Down.")
	b.click(`#guide label:has([data-state="down"])`)
	b.sees(`#guide [data-switch="site"][data-state="down"]`, "broken")
	b.click(".guide-skip")
	b.sees(".guide-words", "Press Approve under Sign-off: 2.0.")
	b.click(`[data-guide-become="U0TL"]`)
	b.sees("[data-guide-become]", "You are Tomas Lindqvist")
	b.click(".guide-skip")
	b.sees(".guide-after", "Try it for real.")
	b.click(`[aria-label="Close the guide"]`)
	b.misses("#guide")
	b.sees("#guide-button", "Guide")
}

// TestGuideGivesWay leaves the window to the channel where there is little room, and to a thread.
func TestGuideGivesWay(t *testing.T) {
	w := newWorld(t)
	w.guided("open")
	root := w.aDaysWork()
	b := open(t, w.as("U0TL", "C0RELEASES"))
	b.window(1280, 800, "dark")
	b.sees("#guide", "Break the site")
	b.fits("guide-wide-dark")
	b.evaluate(`location.hash = %s`, "#/U0TL/C0RELEASES/"+root)
	b.sees("#thread", "Install the OCA dependencies")
	b.misses("#guide")
	b.click("#thread-close")
	b.sees("#guide", "Break the site")
	narrow := open(t, w.as("U0TL", "C0RELEASES"))
	narrow.window(390, 800, "light")
	narrow.evaluate(`location.reload()`)
	narrow.sees("#messages", "Sign-off for production")
	narrow.misses("#guide")
	narrow.click("#guide-button")
	narrow.sees("#guide", "Break the site")
	narrow.fits("guide-narrow-light")
}
