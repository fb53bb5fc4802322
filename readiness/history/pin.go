package history

import (
	"time"
)

// Pin is what a rollback, ours or somebody's at the platform, left pinned.
type Pin struct {
	Keeps, Left string // versions; empty: there is no pin, or it is not known what it left
	Rehearsal   bool
}

// PinOn is the pin on an environment that a person keeps or returns from.
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
