package history

import (
	"time"
)

// Pin is an environment pinned by a rollback, gonogo's or somebody's on the platform.
type Pin struct {
	Keeps, Left string // versions; empty: there is no pin, or it is not known what it left
	Rehearsal   bool
}

// PinOn is the pin on an environment, for a person to keep or return from.
func (s *State) PinOn(environment string) Pin {
	if last := s.LastRollback(environment); last != nil && (s.Pinned(environment) || s.Changing(environment) == last) {
		return Pin{last.Change.To.Version, last.Change.From.Version, last.Change.Rehearsal}
	}
	if !s.Observed[environment].Pinned {
		return Pin{}
	}
	found, newest := Pin{Keeps: s.Live[environment].Version}, time.Time{}
	for place, w := range s.RolledBack {
		if place.Environment == environment && w.Run == "" && w.At.After(newest) {
			found.Left, newest = place.Version, w.At
		}
	}
	return found
}
