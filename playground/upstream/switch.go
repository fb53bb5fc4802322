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
	Good  bool   `json:"good"` // a release can go out in this state
}

// Switch breaks and fixes one thing.
type Switch struct {
	ID     string
	Title  string
	Help   string
	States []State

	// Former is an ID that it once shared with other switches. It starts in the stored
	// position of that ID unless it has one of its own, and turning that ID turns all
	// switches that shared it.
	Former string

	// effect applies a state, before the switch shows it; nil if the upstream only
	// reads the position.
	effect func(state string) error

	mu sync.Mutex // guards at, and serializes turns
	at string
}

// restore sets a new switch to its position before a restart. A state that this version
// doesn't know is replaced by the first.
func (s *Switch) restore(p Place) *Switch {
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

// Turn puts the switch in a state. Turning it to its current state applies that state
// again: "all pass" again is a new test run.
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
