package history

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/event"
)

func lockedBy(by, claim, takes string, until time.Time) event.Event {
	return event.EnvironmentLocked{Environment: "production", Claim: claim, By: by, Reason: claim, Takes: takes, Until: until}
}

// Who holds a lock, who waits, and what they are told.
func TestLocksAndQueues(t *testing.T) {
	queue := func(by string, leaves bool) event.Event {
		return event.EnvironmentQueued{Environment: "production", By: by, Leaves: leaves}
	}
	for name, tt := range map[string]struct {
		events  []event.Event
		holder  string
		waiting []string
		news    []string
	}{
		"expired": {[]event.Event{lockedBy("A", "a", "", monday.Add(time.Hour)), event.EnvironmentUnlocked{Environment: "production", Claim: "a", Expired: true}},
			"", nil, []string{"expired A"}},
		"another lock's expiry": {[]event.Event{lockedBy("A", "a", "", time.Time{}), event.EnvironmentUnlocked{Environment: "production", Claim: "b", Expired: true}}, "A", nil, nil},
		"taken over":            {[]event.Event{lockedBy("A", "a", "", time.Time{}), lockedBy("B", "b", "a", time.Time{})}, "B", nil, []string{"taken A by B"}},
		"taken over too late":   {[]event.Event{lockedBy("A", "a", "", time.Time{}), lockedBy("B", "b", "other", time.Time{})}, "B", nil, nil},
		"reminded":              {[]event.Event{lockedBy("A", "a", "", time.Time{}), event.LockReminded{Environment: "production", Claim: "a"}}, "A", nil, []string{"lasts A"}},
		"queued":                {[]event.Event{lockedBy("A", "a", "", time.Time{}), queue("B", false), queue("C", false), queue("B", false)}, "A", []string{"C", "B"}, nil},
		"left":                  {[]event.Event{queue("B", false), queue("C", false), queue("B", true)}, "", []string{"C"}, nil},
		"told":                  {[]event.Event{queue("B", false), queue("C", false), event.EnvironmentOffered{Environment: "production", To: "B"}}, "", []string{"C"}, []string{"free B"}},
		"locks":                 {[]event.Event{queue("B", false), queue("C", false), lockedBy("C", "c", "", time.Time{})}, "C", []string{"B"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := fold(NewState(), 0, tt.events)
			var waiting, news []string
			for _, w := range s.Queues["production"].Waiting {
				waiting = append(waiting, w.By)
			}
			for _, n := range s.LockNews {
				said := string(n.Kind) + " " + n.To
				if n.By != "" {
					said += " by " + n.By
				}
				news = append(news, said)
			}
			if s.Locks["production"].By != tt.holder {
				t.Errorf("held by %q, want %q", s.Locks["production"].By, tt.holder)
			}
			if s.Locks["production"].Under != nil && name == "taken over" {
				t.Error("the lock that was taken over comes back")
			}
			if diff := cmp.Diff([][]string{tt.waiting, tt.news}, [][]string{waiting, news}); diff != "" {
				t.Errorf("waiting and news (-want +got):\n%s", diff)
			}
		})
	}
}

// A lock whose time is over doesn't come back from under another one.
func TestExpiredLockIsReplaced(t *testing.T) {
	s := fold(NewState(), 0, []event.Event{lockedBy("A", "a", "", monday.Add(time.Minute/2)), lockedBy("B", "b", "", time.Time{}), event.EnvironmentUnlocked{Environment: "production", Claim: "b", By: "B"}})
	if lock, locked := s.Locks["production"]; locked {
		t.Errorf("locked by %q", lock.By)
	}
}
