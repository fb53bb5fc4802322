package playground

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"gonogo/playground/upstream"
)

// panel is the switches that break and fix the world, as the page shows them.
type panel struct {
	Groups []panelGroup `json:"groups"`
}

type panelGroup struct {
	Title    string        `json:"title"`
	Switches []panelSwitch `json:"switches"`
}

type panelSwitch struct {
	ID     string           `json:"id"`
	Former string           `json:"former,omitempty"` // an ID that it once shared with others
	Title  string           `json:"title"`
	Help   string           `json:"help"`
	State  string           `json:"state"`
	States []upstream.State `json:"states"`
}

func (w *World) panel() panel {
	p := panel{Groups: []panelGroup{}}
	for _, u := range w.upstreams {
		group := panelGroup{Title: u.Title, Switches: []panelSwitch{}}
		for _, s := range u.Switches {
			group.Switches = append(group.Switches, panelSwitch{s.ID, s.Former, s.Title, s.Help, s.Position(), s.States})
		}
		p.Groups = append(p.Groups, group)
	}
	return p
}

// Set turns a switch like a press on the panel: when it returns, the upstream is in the
// new state, the folder has stored it, and every window shows it.
func (w *World) Set(switchID, state string) error {
	w.turning.Lock()
	defer w.turning.Unlock()
	found := w.find(switchID)
	if len(found) == 0 {
		return fmt.Errorf("the panel has no switch %q; it has %s", switchID, strings.Join(w.switchNames(), ", "))
	}
	for _, s := range found {
		if err := s.Turn(state); err != nil {
			return err
		}
		w.state.Switches[s.ID] = state
	}
	w.workspace.Publish("panel", w.panel())
	return w.state.save(w.file)
}

func (w *World) switchNames() []string {
	var names []string
	for _, u := range w.upstreams {
		for _, s := range u.Switches {
			names = append(names, s.ID)
		}
	}
	return names
}

// find returns the switch with an ID, or all those that once shared it.
func (w *World) find(switchID string) []*upstream.Switch {
	var found []*upstream.Switch
	for _, u := range w.upstreams {
		for _, s := range u.Switches {
			if s.ID == switchID || s.Former == switchID {
				found = append(found, s)
			}
		}
	}
	return found
}

// Position is the state of a switch; empty: there is none with this ID.
func (w *World) Position(switchID string) string {
	for _, s := range w.find(switchID) {
		return s.Position()
	}
	return ""
}

func (w *World) showPanel(rw http.ResponseWriter, _ *http.Request) {
	answer(rw, http.StatusOK, w.panel())
}

// turnSwitch handles {"id": …, "state": …}.
func (w *World) turnSwitch(rw http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		refuse(rw, http.StatusUnsupportedMediaType, "the panel takes application/json")
		return
	}
	var turn struct{ ID, State string }
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 4<<10)).Decode(&turn); err != nil {
		refuse(rw, http.StatusBadRequest, "the panel takes {\"id\": …, \"state\": …}")
		return
	}
	if err := w.Set(turn.ID, turn.State); err != nil {
		w.log.Warn("setting a switch failed", "switch", turn.ID, "state", turn.State, "error", err)
		refuse(rw, http.StatusBadRequest, err.Error())
		return
	}
	answer(rw, http.StatusOK, w.panel())
}

// isJSON reports whether a request says that it sends JSON, which a form on another site can't.
func isJSON(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/json"
}

// Turn turns a switch of a running world from another process, and returns the switch
// and its new state in words. An error has the world's own sentence.
func Turn(ctx context.Context, address, switchID, state string) (string, error) {
	body, err := json.Marshal(map[string]string{"id": switchID, "state": state})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(address, "/")+"/_/panel", bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("%q is no address of a practice world", address)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("no practice world answers at %s; start one with gonogo demo", address)
	}
	defer response.Body.Close()
	var told struct {
		panel
		Error string `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&told); err != nil {
		return "", fmt.Errorf("what answers at %s is no practice world", address)
	}
	if told.Error != "" {
		return "", errors.New(told.Error)
	}
	return told.describe(switchID), nil
}

// describe says what state a switch is in, or all those that once shared an ID.
func (p panel) describe(switchID string) string {
	var said []string
	for _, group := range p.Groups {
		for _, s := range group.Switches {
			i := slices.IndexFunc(s.States, func(state upstream.State) bool { return state.ID == s.State })
			if (s.ID == switchID || s.Former == switchID) && i >= 0 {
				said = append(said, s.Title+": "+s.States[i].Title)
			}
		}
	}
	return cmp.Or(strings.Join(said, "\n"), switchID)
}

func refuse(rw http.ResponseWriter, status int, sentence string) {
	answer(rw, status, map[string]string{"error": sentence})
}

func answer(rw http.ResponseWriter, status int, body any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body) // if the reader has gone away, there is nobody to tell
}
