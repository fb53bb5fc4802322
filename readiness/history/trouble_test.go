package history

import (
	"testing"
	"time"

	"gonogo/readiness/event"
)

// The message about a trouble is found by the trouble's ID, which stays the same when
// the clock turns out to have been ahead and all that was recorded then gets another
// time.
func TestTroubleKeepsItsID(t *testing.T) {
	s := NewState()
	s.Apply(monday.Add(time.Hour), event.Troubled{Trouble: event.TroubleClock, Why: "check the clock"})
	before := s.Troubles[event.TroubleClock]
	s.Apply(monday, event.ClockSetBack{Ahead: time.Hour})
	s.Apply(monday.Add(time.Minute), event.TroubleEnded{Trouble: event.TroubleClock})
	if after := s.Troubles[event.TroubleClock]; after.ID != before.ID || after.ID == "" || after.Since != monday || after.Lasts() {
		t.Errorf("it was %+v and is %+v", before, after)
	}
	s.Apply(monday.Add(2*time.Hour), event.Troubled{Trouble: event.TroubleClock, Why: "check the clock"})
	if again := s.Troubles[event.TroubleClock]; again.ID == before.ID {
		t.Errorf("another one has the same ID, %q", again.ID)
	}
}
