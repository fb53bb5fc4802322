package upstream

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// State is one position of a switch.
type State struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Good  bool   `json:"good"` // whether a release may go out with it so
}

// Switch breaks and mends one thing.
type Switch struct {
	ID     string
	Title  string
	Help   string
	States []State

	// Former is an ID that it once shared with others: it stands where that one
	// stood, unless it has been turned since, and what turns that one turns all.
	Former string

	// effect makes a state so, before the switch shows it; nil where the
	// upstream only looks at the position.
	effect func(state string) error

	mu sync.Mutex // guards at, and lets one turn happen at a time
	at string
}

// stand puts a new switch where it stood before a restart. A state that this
// version does not know counts as a new world's.
func (s *Switch) stand(p Place) *Switch {
	s.at = p.Position(s.ID)
	if s.at == "" && s.Former != "" {
		s.at = p.Position(s.Former)
	}
	if !s.knows(s.at) {
		s.at = s.States[0].ID
	}
	return s
}

func (s *Switch) knows(state string) bool {
	return slices.ContainsFunc(s.States, func(one State) bool { return one.ID == state })
}

// Position is the state that the switch is in.
func (s *Switch) Position() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// is reports whether the switch is in the state.
func (s *Switch) is(state string) bool { return s.Position() == state }

// Turn puts the switch in a state. Turning it to where it stands does what
// that state does once more: "all pass" again is a new test run.
func (s *Switch) Turn(state string) error {
	if !s.knows(state) {
		return fmt.Errorf("the switch %s has no state %q; it has %s", s.ID, state, s.list())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.effect != nil {
		if err := s.effect(state); err != nil {
			return fmt.Errorf("turn the switch %s to %s: %w", s.ID, state, err)
		}
	}
	s.at = state
	return nil
}

func (s *Switch) list() string {
	ids := make([]string, len(s.States))
	for i, one := range s.States {
		ids[i] = one.ID
	}
	return strings.Join(ids, ", ")
}
