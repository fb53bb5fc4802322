package history

import (
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonogo/readiness/event"
)

// fold applies events to a state, a minute apart, the first at the minute given.
func fold(s *State, minute int, events []event.Event) *State {
	for i, e := range events {
		s.Apply(monday.Add(time.Duration(minute+i)*time.Minute), e)
	}
	return s
}

// sameState compares all that a state holds; who owns which map is no part of it, nor is the index, which follows from the incidents.
var sameState = cmp.Options{cmp.AllowUnexported(State{}), cmpopts.IgnoreFields(State{}, "own", "index"), cmpopts.EquateEmpty()}
