package history

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// A trouble that another one follows is known until its message says that it is over.
func TestPastTroubles(t *testing.T) {
	s, now := NewState(), monday
	happens := func(e event.Event) {
		now = now.Add(time.Minute)
		s = s.Next()
		s.Apply(now, e)
	}
	var subjects []string
	for n := range 2 * mostPastTroubles {
		happens(event.Troubled{Trouble: event.TroubleGitHub, Why: "set another token"})
		subject := s.Troubles[event.TroubleGitHub].Subject()
		switch n % 4 {
		case 0: // it is never posted
		case 1:
			happens(event.PostIntended{Subject: subject, Channel: "C1", Mark: "m"})
			subjects = append(subjects, subject)
		default:
			happens(event.AnchorPosted{Subject: subject, Channel: "C1", TS: "1.0"})
			subjects = append(subjects, subject)
		}
		happens(event.TroubleEnded{Trouble: event.TroubleGitHub})
	}
	happens(event.Troubled{Trouble: event.TroubleGitHub, Why: "set another token"})
	var got []string
	for _, past := range s.PastTroubles {
		got = append(got, past.Subject())
	}
	if diff := cmp.Diff(subjects[len(subjects)-mostPastTroubles:], got); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	for _, subject := range got {
		happens(event.AnchorPosted{Subject: subject, Channel: "C1", TS: "1.0", Shows: "the end"})
	}
	happens(event.TroubleEnded{Trouble: event.TroubleGitHub})
	happens(event.Troubled{Trouble: event.TroubleGitHub, Why: "set another token"})
	if len(s.PastTroubles) != 0 {
		t.Errorf("known although their messages say that they are over: %v", s.PastTroubles)
	}
}
