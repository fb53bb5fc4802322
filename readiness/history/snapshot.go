package history

import (
	"encoding/gob"
	"fmt"
	"io"
)

// snapshot is a State as it is stored. It includes all exported fields of a State,
// since gob writes those; the unexported ones are repeated here. What a State owns is
// left out, since it matters only while the State is being made, and so is the index of
// its incidents, which follows from them.
type snapshot struct {
	State                *State
	Ended, Changed, Over []string
}

// Encode writes a state, so that starting anew need not fold all events.
// What is written is of use to the same program alone: another one may fold the
// same events to another state, and its State may have other fields.
func Encode(w io.Writer, s *State) error {
	if err := gob.NewEncoder(w).Encode(snapshot{State: s, Ended: s.ended, Changed: s.changed, Over: s.over}); err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	return nil
}

// Decode reads a state as Encode wrote it. It may be changed, like a fresh one from
// [State.Next].
func Decode(r io.Reader) (*State, error) {
	read := snapshot{State: NewState()}
	if err := gob.NewDecoder(r).Decode(&read); err != nil {
		return nil, fmt.Errorf("decode state: %w", err)
	}
	s := read.State
	s.index = indexIncidents(s.Incidents)
	s.ended, s.changed, s.over = read.Ended, read.Changed, read.Over
	return s.Next(), nil
}
